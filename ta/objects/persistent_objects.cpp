// SPDX-License-Identifier: BSD-2-Clause
#include "ta/objects/persistent_objects.h"

#include "base/name.h"
#include "gp/heap_buffer.h"

#include <algorithm>

namespace festore::ta {

using protocol::Metadata;

namespace {

constexpr uint32_t kReadFlags = TEE_DATA_FLAG_ACCESS_READ | TEE_DATA_FLAG_SHARE_READ;

Metadata metadata_of(const ObjectHeader& header) {
    return {header.flags, header.content_size, header.version, header.created, header.modified};
}

bool is(const Failure& failure, Code code) { return failure.code == code; }

// The conditions under which a put may replace `before`.
Status check_conditions(const protocol::PutRequest& request, const std::optional<Metadata>& before) {
    if ((request.flags & protocol::kPutIfAbsent) != 0 && before) return fail(Code::access_conflict);
    if ((request.flags & protocol::kPutIfVersion) != 0) {
        if (!before) return fail(Code::item_not_found);
        if (before->version != request.if_version) return fail(Code::version_conflict);
    }
    if (before && (before->flags & protocol::kObjectWriteOnce) != 0) return fail(Code::write_once);
    if (before && before->version == UINT64_MAX) return fail(Code::limit_exceeded);
    return {};
}

}  // namespace

// An open object whose header has been read.
struct PersistentObjects::Found {
    gp::PersistentObject object;
    Metadata metadata;
    size_t content_offset = 0;
    size_t bytes_read = 0;  // of the object, into the caller's prelude
};

Outcome<uint32_t> trusted_storage(protocol::Storage storage) {
    if (storage == protocol::Storage::ree) return TEE_STORAGE_PRIVATE_REE;
    // If OP-TEE was built without a storage, opening an object in it gives "not found". This property is 1000 whenever RPMB
    // is built in (only an access shows whether there is a device).
    if (gp::tee_property_u32("gpd.tee.trustedStorage.antiRollback.protectionLevel") < 1000)
        return fail(Code::storage_not_available);
    return TEE_STORAGE_PRIVATE_RPMB;
}

PersistentObjects::PersistentObjects(const ObjectIds& ids, const Identity& owner, protocol::Storage storage)
    : ids_(ids), owner_(owner),
      storage_(storage == protocol::Storage::ree ? TEE_STORAGE_PRIVATE_REE : TEE_STORAGE_PRIVATE_RPMB) {}

// The demo's TA stored with public login, with the caller's own bytes as the id, in the default storage.
bool PersistentObjects::may_be_legacy(Bytes name) const {
    return owner_.login == protocol::Login::public_ && storage_ == TEE_STORAGE_PRIVATE_REE &&
           name.size() <= limits::kObjectIdBytesMax;
}

Outcome<PersistentObjects::Found> PersistentObjects::find_legacy(Bytes name) {
    if (!may_be_legacy(name)) return fail(Code::item_not_found);
    const std::optional<gp::ObjectId> id = gp::ObjectId::from(name);
    if (!id || !ObjectIds::is_legacy(*id)) return fail(Code::item_not_found);
    gp::PersistentObject object = FESTORE_TRY(gp::PersistentObject::open(storage_, *id, kReadFlags));
    const size_t size = FESTORE_TRY(object.size());
    if (size > UINT32_MAX) return fail(Code::corrupt_object);
    Metadata metadata;
    metadata.flags = protocol::kObjectLegacy;
    metadata.content_size = static_cast<uint32_t>(size);
    return Found{std::move(object), metadata, 0, 0};
}

// Opens the object and reads its first bytes into `prelude`, at least kObjectPreludeBytesMax long.
Outcome<PersistentObjects::Found> PersistentObjects::find(Bytes name, MutableBytes prelude) {
    const gp::ObjectId id = FESTORE_TRY(ids_.id_of(owner_, name));
    Outcome<gp::PersistentObject> opened = gp::PersistentObject::open(storage_, id, kReadFlags);
    if (!opened && is(opened.error(), Code::item_not_found)) return find_legacy(name);
    gp::PersistentObject object = FESTORE_TRY(std::move(opened));
    const size_t object_size = FESTORE_TRY(object.size());
    const size_t count = FESTORE_TRY(object.read(prelude));
    const ObjectHeader header = FESTORE_TRY(decode_object_header(prelude.first(count), object_size));
    if (header.owner != owner_ || text_of(header.name) != text_of(name)) return fail(Code::corrupt_object);
    return Found{std::move(object), metadata_of(header), header.content_offset(), count};
}

Outcome<std::optional<Metadata>> PersistentObjects::existing(Bytes name, bool conditional) {
    std::array<std::byte, kObjectPreludeBytesMax> prelude{};
    const Outcome<Found> found = find(name, prelude);
    wipe(prelude);  // the start of the content may be in it
    if (found) return std::optional(found->metadata);
    if (is(found.error(), Code::item_not_found)) return std::optional<Metadata>();
    // A damaged object may be replaced: OP-TEE has deleted it. Not with a condition, which can no longer be checked.
    if (is(found.error(), Code::corrupt_object) && !conditional) return std::optional<Metadata>();
    return fail(found.error());
}

Outcome<protocol::PutAnswer> PersistentObjects::put(const protocol::PutRequest& request, const SharedInput& content, AllowList& allowed) {
    if (content.size > limits::kPersistentObjectBytesMax) return fail(Code::limit_exceeded);
    const bool conditional = (request.flags & (protocol::kPutIfAbsent | protocol::kPutIfVersion)) != 0;
    const std::optional<Metadata> before = FESTORE_TRY(existing(request.name, conditional));
    FESTORE_CHECK(check_conditions(request, before));

    ObjectHeader header;
    header.flags = (request.flags & protocol::kPutWriteOnce) != 0 ? protocol::kObjectWriteOnce : 0;
    header.content_size = static_cast<uint32_t>(content.size);
    header.owner = owner_;
    header.version = before ? before->version + 1 : 1;
    const bool keeps_creation = before && (before->flags & protocol::kObjectLegacy) == 0;
    header.created = keeps_creation ? before->created : request.modified;
    header.modified = request.modified;
    header.name = request.name;

    const gp::ObjectId id = FESTORE_TRY(ids_.id_of(owner_, request.name));
    PutChange change{id, request.name, header.content_offset() + content.size, {}};
    if (before) change.bytes_before = before->content_size + (keeps_creation ? header.content_offset() : 0);
    FESTORE_CHECK(allowed.check_put(ids_, owner_, storage_ == TEE_STORAGE_PRIVATE_REE ? protocol::Storage::ree : protocol::Storage::rpmb,
                                    change));

    gp::HeapBuffer image = FESTORE_TRY(gp::HeapBuffer::allocate(header.content_offset() + content.size));
    Writer out(image.bytes());
    encode(header, out);
    out.bytes(bytes_of(content.buffer, content.size));
    if (!out.ok()) return fail(Code::generic);

    const Status stored = gp::PersistentObject::replace(storage_, id, image.view());
    if (!stored) return fail(stored.error());
    // Only now: a crash in between leaves the new object, which hides the demo's object. If the removal fails, that stays hidden.
    if (before && (before->flags & protocol::kObjectLegacy) != 0) (void)remove_legacy(request.name);
    return protocol::PutAnswer{header.version, header.content_size};
}

Outcome<Metadata> PersistentObjects::get(Bytes name, SharedOutput& content) {
    gp::HeapBuffer chunk = FESTORE_TRY(gp::HeapBuffer::allocate(limits::kReadChunkBytes));
    Found found = FESTORE_TRY(find(name, chunk.bytes()));
    const size_t size = found.metadata.content_size;
    content.needed = size;
    if (size > content.size) return fail(Code::short_buffer);
    size_t done = 0;
    if (found.bytes_read > found.content_offset) {
        const Bytes first = chunk.view().first(found.bytes_read).subspan(found.content_offset);
        content.write(0, first);
        done = first.size();
    }
    while (done < size) {
        const size_t want = std::min(size - done, limits::kReadChunkBytes);
        const size_t count = FESTORE_TRY(found.object.read(chunk.bytes().first(want)));
        if (count == 0) return fail(Code::corrupt_object);
        content.write(done, chunk.view().first(count));
        done += count;
    }
    return found.metadata;
}

Outcome<Metadata> PersistentObjects::stat(Bytes name) {
    const std::optional<Metadata> metadata = FESTORE_TRY(existing(name, true));
    if (!metadata) return fail(Code::item_not_found);
    return *metadata;
}

Status PersistentObjects::remove_legacy(Bytes name) {
    const std::optional<gp::ObjectId> id = gp::ObjectId::from(name);
    if (!may_be_legacy(name) || !id || !ObjectIds::is_legacy(*id)) return fail(Code::item_not_found);
    gp::PersistentObject object =
        FESTORE_TRY(gp::PersistentObject::open(storage_, *id, TEE_DATA_FLAG_ACCESS_WRITE_META));
    return std::move(object).remove();
}

Status PersistentObjects::remove(Bytes name) {
    // The demo's object is removed first: if it were last, a crash in between would bring old content back.
    const Status legacy = remove_legacy(name);
    if (!legacy && !is(legacy.error(), Code::item_not_found)) return legacy;
    const gp::ObjectId id = FESTORE_TRY(ids_.id_of(owner_, name));
    Outcome<gp::PersistentObject> opened =
        gp::PersistentObject::open(storage_, id, TEE_DATA_FLAG_ACCESS_WRITE_META);
    if (!opened && is(opened.error(), Code::item_not_found) && legacy) return {};
    gp::PersistentObject object = FESTORE_TRY(std::move(opened));
    return std::move(object).remove();
}

}  // namespace festore::ta
