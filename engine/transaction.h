// SPDX-License-Identifier: BSD-2-Clause
// A transaction on one store: changes of the index that become visible together, by one write of the root record.
//
//   begin(base)           base: the record as the TEE has it
//   put/remove/rename     each may ask for pages, and is then called again with the same arguments and more pages
//   prepare               as often as it says need_room: seals what is dirty, writes the free list
//   record()              to be written over the base, once all pages that the calls wrote are durable (rules 3 and 7)
//   end()
//
// Nothing is changed as long as record() has not replaced the base: whoever stops before only forgets this object.
// Not thread safe. An error of an operation's first phase (conditions, limits, damage) leaves the transaction as it
// was; after any other error is_broken() holds, and everything but giving up is refused with bad_state.
#pragma once
#include "engine/reserved.h"
#include "engine/tree_change.h"

#include <optional>

namespace festore::engine {

struct PutArguments {
    Bytes name;    // 1 to 255 bytes; in the caller's own memory, like all views
    // kind, flags, modified, size and content or payload; version and created are found here.
    Entry entry;
    bool if_absent = false;              // access_conflict when the name exists
    std::optional<uint64_t> if_version;  // version_conflict when it has another version; item_not_found
};

// What an operation did.
struct Effect {
    uint64_t version = 0;      // of the object afterwards
    bool dropped_payload = false;
    PayloadId payload{};       // dropped: its file is of no use once the transaction is committed
};

class Transaction {
public:
    // `pages` is attached to the store. All must outlive this.
    Transaction(Pages& pages, NumberMemory& memory) : pages_(pages), change_(memory), writer_(pages, change_) {}

    // Derives the id. bad_state while one is running. limit_exceeded: the store must be rekeyed first (rule 13).
    Status begin(const StoreKeys& keys, const RootRecord& base);
    [[nodiscard]] bool is_running() const { return state_ == State::open || state_ == State::prepared; }
    [[nodiscard]] bool is_broken() const { return state_ == State::broken; }
    [[nodiscard]] const TransactionId& id() const { return next_.transaction_id; }
    // Over: its record has been written, or it is given up. What was not committed is forgotten; pages that it wrote
    // to are simply free again.
    void end();

    // Errors: item_not_found, access_conflict, version_conflict, write_once; limit_exceeded (rule 11, kChangesMax); short_buffer:
    // the call has not the room that is needed; corrupt_object.
    Result<Progress> put(CallPages& io, const PutArguments& arguments, Effect& effect);
    Result<Progress> remove(CallPages& io, Bytes name, Effect& effect);
    // An entry that was in another index, with all that is known of it; the key must be new (else corrupt_object). What is reserved
    // (engine/reserved.h) is no object, and not counted.
    Result<Progress> copy(CallPages& io, Bytes name, const Entry& entry);
    // The object's content is sealed anew, and nothing else of it changes, its version neither: for kept objects, too, so the caller must
    // know that it is the same content. `from`: the payload that it was read from, `to`: the new one, with the store's cipher.
    // version_conflict: the object has another payload by now, or one with the store's cipher.
    Result<Progress> reseal(CallPages& io, Bytes name, const Entry& from, const Entry& to, Effect& effect);
    // Without `replace`, access_conflict when the new name exists. The object keeps its metadata but its version: that
    // is a new one, unless it is renamed to itself. need_pages may come with half of it done: then only the same rename, or
    // end(), is allowed.
    Result<Progress> rename(CallPages& io, Bytes from, Bytes to, bool replace, Effect& effect);
    // A lost range, which has no name in common with any other but one of the same end, which it replaces.
    Result<Progress> put_lost_range(CallPages& io, const LostRange& range);
    // The lost range that was found is acknowledged: it goes, or, where an object of it may have been kept for good, it stays closed.
    // `is_last`: there is no other.
    Result<Progress> acknowledge_lost_range(CallPages& io, const LostRange& range, bool is_last);
    void forget_lost_ranges() { next_.flags &= ~uint32_t{kRootLostRanges}; }  // there are none any more
    // Another entry that is no object, instead of what was there.
    Result<Progress> put_reserved(CallPages& io, Bytes key, const Entry& entry);
    // Takes the mark of a repair away (rule 19).
    Result<Progress> acknowledge();
    // Reading what the transaction has done so far.
    IndexReader reader(CallPages& io);

    enum class Prepared : uint8_t { yes, need_room };
    // need_room: call again, with room for pages; at least kFreeListPagesMax at the end.
    Result<Prepared> prepare(CallPages& io);
    // Only after prepare() has said yes.
    [[nodiscard]] const RootRecord& record() const { return next_; }

    [[nodiscard]] uint64_t pages_sealed() const { return change_.sealed; }
    // Room that a call of put() or remove() must have, and of rename(), in pages. Grows with the height only, or,
    // with few frames, with their number.
    [[nodiscard]] size_t room_for_change() const;
    [[nodiscard]] size_t room_for_rename() const;

private:
    enum class State : uint8_t { idle, open, prepared, broken };
    // The second half of a rename: the new name is there, the old one still has to go.
    struct PendingRename {
        bool active = false;
        uint8_t from_bytes = 0;
        std::array<std::byte, limits::kNameBytesMax> from{};
        Effect effect;
    };

    Status start(CallPages& io, Bytes name, size_t changes, size_t room);
    Status settle();
    Status apply(Status changed);
    void count(Bytes key, const Entry* before, const Entry* after);
    [[nodiscard]] bool has_version_left() const { return next_.changes < kChangesMax; }
    Result<Progress> insert_renamed(Bytes from, Bytes to, bool replace);
    Result<Progress> remove_renamed(CallPages& io, Bytes from, Effect& effect);
    Status write_free_list();

    Pages& pages_;
    Change change_;
    TreeChange writer_;
    RootRecord next_{};
    State state_ = State::idle;
    PendingRename rename_{};
    size_t value_bytes_ = 0;
    std::array<std::byte, limits::kIndexEntryBytesMax> value_{};  // of an entry that a rename moves
};

}  // namespace festore::engine
