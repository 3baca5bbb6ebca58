// SPDX-License-Identifier: BSD-2-Clause
#include "ta/objects/listing.h"

#include "gp/heap_buffer.h"
#include "ta/objects/storage_walk.h"

namespace festore::ta {
namespace {

// All ids of one owner have the same prefix and length; ids of the demo can have any. Of two ids, a prefix of the other comes first.
bool before(Bytes a, Bytes b) {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
}
bool before(const gp::ObjectId& a, const gp::ObjectId& b) { return before(a.view(), b.view()); }

// The smallest ids after the cursor, as many as a page may hold, in TA memory.
class Candidates {
public:
    static Outcome<Candidates> make() {
        return Candidates(FESTORE_TRY(gp::HeapBuffer::allocate(sizeof(gp::ObjectId) * limits::kListPageEntriesMax)));
    }
    void offer(const gp::ObjectId& id) {
        const std::span<gp::ObjectId> all = slots();
        if (count_ < all.size()) {
            all[count_++] = id;
            std::push_heap(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count_), is_before);
            return;
        }
        dropped_ = true;
        if (!before(id, all.front())) return;
        std::pop_heap(all.begin(), all.end(), is_before);
        all.back() = id;
        std::push_heap(all.begin(), all.end(), is_before);
    }
    // The ids in order. Do not call offer() afterwards.
    std::span<const gp::ObjectId> sorted() {
        const std::span<gp::ObjectId> used = slots().first(count_);
        std::sort_heap(used.begin(), used.end(), is_before);
        return used;
    }
    [[nodiscard]] bool dropped() const { return dropped_; }

private:
    explicit Candidates(gp::HeapBuffer memory) : memory_(std::move(memory)) {}
    static bool is_before(const gp::ObjectId& a, const gp::ObjectId& b) { return before(a, b); }
    // ObjectId is an array and a size: zeroed memory from TEE_Malloc, aligned for any type, is a valid one.
    std::span<gp::ObjectId> slots() {
        static_assert(std::is_trivially_copyable_v<gp::ObjectId>);
        return {reinterpret_cast<gp::ObjectId*>(memory_.bytes().data()), limits::kListPageEntriesMax};
    }
    gp::HeapBuffer memory_;
    size_t count_ = 0;
    bool dropped_ = false;
};

struct Selection {
    const Identity& owner;
    gp::ObjectId owner_prefix;
    Bytes cursor;
    bool with_legacy = false;

    [[nodiscard]] bool takes(const gp::ObjectId& id) const {
        if (!cursor.empty() && !before(cursor, id.view())) return false;
        const bool own = text_of(id.view()).starts_with(text_of(owner_prefix.view()));
        return own || (with_legacy && ObjectIds::is_legacy(id));
    }
};

// One object's entry; its name is a view into `prelude` or into the id.
Outcome<protocol::ListEntry> entry_of(const ObjectIds& ids, uint32_t storage, const Identity& owner,
                                      const gp::ObjectId& id, MutableBytes prelude) {
    const uint32_t flags = TEE_DATA_FLAG_ACCESS_READ | TEE_DATA_FLAG_SHARE_READ;
    protocol::ListEntry entry;
    gp::PersistentObject object = FESTORE_TRY(gp::PersistentObject::open(storage, id, flags));
    const size_t size = FESTORE_TRY(object.size());
    if (ObjectIds::is_legacy(id)) {
        const gp::ObjectId replacement = FESTORE_TRY(ids.id_of(owner, id.view()));
        if (gp::PersistentObject::open(storage, replacement, flags)) return fail(Code::item_not_found);  // the replacement hides it
        entry.metadata.flags = protocol::kObjectLegacy;
        entry.metadata.content_size = static_cast<uint32_t>(size);
        entry.name = id.view();
        return entry;
    }
    const size_t count = FESTORE_TRY(object.read(prelude));
    const ObjectHeader header = FESTORE_TRY(decode_object_header(Bytes(prelude).first(count), size));
    const gp::ObjectId expected = FESTORE_TRY(ids.id_of(header.owner, header.name));
    if (header.owner != owner || text_of(expected.view()) != text_of(id.view())) return fail(Code::corrupt_object);
    entry.metadata = {header.flags, header.content_size, header.version, header.created, header.modified};
    entry.name = header.name;
    return entry;
}

}  // namespace

Outcome<uint32_t> count_damaged(protocol::Storage storage) {
    return walk(FESTORE_TRY(trusted_storage(storage)), [](const gp::ObjectId&, size_t) {});
}

Outcome<protocol::ListAnswer> list_page(const ObjectIds& ids, const Identity& owner, const protocol::ListRequest& request,
                                        SharedOutput& page, gp::ObjectId& cursor_out) {
    const uint32_t storage = FESTORE_TRY(trusted_storage(request.storage));
    if (page.size < limits::kListBufferBytesMin) return fail(Code::bad_parameters);
    Selection selection{owner, FESTORE_TRY(ids.prefix_of(owner)), request.cursor,
                        owner.login == protocol::Login::public_ && request.storage == protocol::Storage::ree};
    Candidates candidates = FESTORE_TRY(Candidates::make());
    protocol::ListAnswer answer;
    // Objects that the TEE cannot name may belong to anybody: an owner's listing says nothing of them (rule 28).
    FESTORE_CHECK(walk(storage, [&](const gp::ObjectId& id, size_t) {
        if (selection.takes(id)) candidates.offer(id);
    }));

    answer.more = candidates.dropped();
    std::array<std::byte, kObjectPreludeBytesMax> prelude{};
    std::array<std::byte, protocol::kListEntryBytesMax> encoded{};
    size_t used = 0;
    for (const gp::ObjectId& id : candidates.sorted()) {
        const Outcome<protocol::ListEntry> entry = entry_of(ids, storage, owner, id, prelude);
        if (!entry && entry.error().code == Code::corrupt_object) ++answer.damaged;
        else if (!entry && entry.error().code != Code::item_not_found) return fail(entry.error());
        if (entry && text_of(entry->name).starts_with(text_of(request.prefix))) {
            Writer out(encoded);
            encode(*entry, out);
            if (!out.ok()) return fail(Code::generic);
            if (out.size() > page.size - used) {
                answer.more = true;
                break;
            }
            page.write(used, out.written());
            used += out.size();
            ++answer.entries;
        }
        cursor_out = id;
    }
    wipe(prelude);
    page.needed = used;
    answer.cursor = cursor_out.view();
    return answer;
}

}  // namespace festore::ta
