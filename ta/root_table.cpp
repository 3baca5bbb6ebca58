// SPDX-License-Identifier: BSD-2-Clause
#include "ta/root_table.h"

#include "base/limits.h"
#include "base/reader.h"
#include "ta/persistent_objects.h"

#include <algorithm>

namespace festore::ta {
namespace {

using engine::kRootRecordBytes;
using engine::RootRecord;
using engine::RootRecordBytes;

constexpr uint32_t kFlags = TEE_DATA_FLAG_ACCESS_READ | TEE_DATA_FLAG_ACCESS_WRITE;
constexpr size_t kTableBytesMax = limits::kStoresMax * kRootRecordBytes;
// Where a record has its owner (docs/format-store.md), whatever its version is.
constexpr size_t kOwnerOffset = 8;
constexpr size_t kOwnerBytes = 4 + 16;
constexpr size_t kStoreIdOffset = kOwnerOffset + kOwnerBytes;

gp::ObjectId table_id() {
    gp::ObjectId id;
    copy_bytes(bytes_of(engine::kRootTableId), id.bytes);
    id.size = engine::kRootTableId.size();
    return id;
}

bool is_free(Bytes record) {
    return std::all_of(record.begin(), record.end(), [](std::byte b) { return b == std::byte{}; });
}

}  // namespace

Status RootTable::load() {
    if (loaded_) return {};
    FESTORE_CHECK(read_object());
    loaded_ = true;
    return {};
}

Status RootTable::read_object() {
    object_.reset();
    const uint32_t storage = FESTORE_TRY(trusted_storage(storage_of(anchor_)));
    gp::HeapBuffer fresh = FESTORE_TRY(gp::HeapBuffer::allocate(kTableBytesMax));
    size_t size = 0;
    Result<gp::PersistentObject> opened = gp::PersistentObject::open(storage, table_id(), kFlags);
    if (opened) {
        size = FESTORE_TRY(opened->size());
        if (size > kTableBytesMax || size % kRootRecordBytes != 0) return fail(Code::corrupt_object);
        if (FESTORE_TRY(opened->read(fresh.bytes().first(size))) != size) return fail(Code::corrupt_object);
    } else if (opened.error().code != Code::item_not_found) {
        return tl::make_unexpected(opened.error());
    }
    FESTORE_CHECK(accept(fresh.view()));
    if (opened) object_.emplace(std::move(*opened));
    memory_.emplace(std::move(fresh));
    places_ = size / kRootRecordBytes;
    return {};
}

// Rule 5: for as long as this instance lives, no store goes back.
Status RootTable::accept(Bytes fresh) const {
    for (size_t place = 0; memory_ && place < places_; ++place) {
        const Result<RootRecord> seen = engine::decode_root_record(raw(place));
        if (!seen) continue;
        if (place == erasing_ && is_free(fresh.subspan(place * kRootRecordBytes, kRootRecordBytes))) continue;
        const Result<RootRecord> now = engine::decode_root_record(fresh.subspan(place * kRootRecordBytes, kRootRecordBytes));
        if (!now || now->store_id != seen->store_id || now->epoch != seen->epoch || now->generation < seen->generation)
            return fail(Code::corrupt_object);
    }
    return {};
}

Result<size_t> RootTable::find(const Identity& owner) const {
    std::array<std::byte, kOwnerBytes> wanted{};
    Writer out(wanted);
    out.u32(static_cast<uint32_t>(owner.login));
    out.bytes(owner.uuid.bytes);
    for (size_t place = 0; place < places_; ++place) {
        if (is_free(raw(place))) continue;
        if (text_of(raw(place).subspan(kOwnerOffset, kOwnerBytes)) == text_of(wanted)) return place;
    }
    return fail(Code::item_not_found);
}

Result<size_t> RootTable::free_place(bool for_root) const {
    const size_t places = for_root ? limits::kStoresMax : limits::kStoresMax - limits::kStoresKeptForRoot;
    size_t used = 0;
    size_t free = places_;
    for (size_t place = places_; place-- > 0;) {
        if (is_free(raw(place))) free = place;
        else ++used;
    }
    if (used >= places || free >= limits::kStoresMax) return fail(Code::limit_exceeded);
    return free;
}

Result<RootRecord> RootTable::record(size_t place) const {
    if (place >= places_) return fail(Code::item_not_found);
    RootRecord record = FESTORE_TRY(engine::decode_root_record(raw(place)));
    if (record.anchor != anchor_) return fail(Code::corrupt_object);
    return record;
}

Result<std::optional<Identity>> RootTable::owner(size_t place) const {
    if (place >= places_) return fail(Code::item_not_found);
    if (is_free(raw(place))) return std::optional<Identity>{};
    Reader in(raw(place).subspan(kOwnerOffset, kOwnerBytes));
    Identity identity;
    identity.login = static_cast<protocol::Login>(in.u32());
    in.read_into(identity.uuid.bytes);
    return std::optional(identity);
}

Status RootTable::put(size_t place, const RootRecordBytes& encoded) {
    const size_t offset = place * kRootRecordBytes;
    if (object_) return object_->write(offset, encoded);
    if (place != 0) return fail(Code::bad_state);
    const uint32_t storage = FESTORE_TRY(trusted_storage(storage_of(anchor_)));
    object_.emplace(FESTORE_TRY(gp::PersistentObject::create(storage, table_id(), kFlags, encoded)));
    return {};
}

Status RootTable::write(size_t place, const RootRecord& record) {
    if (!loaded_ || place > places_ || place >= limits::kStoresMax) return fail(Code::bad_state);
    RootRecordBytes encoded{};
    encode(record, encoded);
    const Status written = overwrite(place, encoded);
    wipe(encoded);
    return written;
}

Status RootTable::overwrite(size_t place, const RootRecordBytes& encoded) {
    const Status written = put(place, encoded);
    if (written) {
        copy_bytes(encoded, memory_->bytes().subspan(place * kRootRecordBytes));
        places_ = std::max(places_, place + 1);
        return {};
    }
    // Rule 4: what is there now decides.
    loaded_ = false;
    FESTORE_CHECK(load());
    return place < places_ && text_of(raw(place)) == text_of(encoded) ? Status{} : written;
}

bool RootTable::is_of(size_t place, const engine::StoreId& store_id) const {
    return place < places_ && text_of(raw(place).subspan(kStoreIdOffset, store_id.size())) == text_of(store_id);
}

// Rule 5 is not broken by a record that is found gone after an attempt to erase it.
Status RootTable::erase(size_t place) {
    if (!loaded_ || place >= places_) return fail(Code::bad_state);
    erasing_ = place;
    const Status erased = overwrite(place, RootRecordBytes{});
    erasing_ = kNoPlace;
    return erased;
}

}  // namespace festore::ta
