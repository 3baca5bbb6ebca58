// SPDX-License-Identifier: BSD-2-Clause
// A transaction on one store: changes of the index that become visible together, by one write of the root record.
//
//   begin(base)           base: the record as the TEE has it
//   put/remove/rename     each may ask for pages, and is then called again with the same arguments and more pages
//   prepare               again while it returns need_room: seals dirty pages, writes the free list
//   record()              to be written over the base, once all pages that the calls wrote are durable (rules 3 and 7)
//   end()
//
// Nothing is changed until record() has replaced the base: to stop before that, forget this object. Not thread safe.
// An error of an operation's first phase (conditions, limits, damage) leaves the transaction unchanged; after any other
// error is_broken() is true, and everything except end() fails with bad_state.
#pragma once
#include "engine/reserved.h"
#include "engine/tree_change.h"

#include <optional>

namespace festore::engine {

struct PutArguments {
    Bytes name;    // 1 to 255 bytes; in the caller's own memory, like all views
    // kind, flags, modified, size and content or payload; the transaction sets version and created.
    Entry entry;
    bool if_absent = false;              // access_conflict if the name exists
    std::optional<uint64_t> if_version;  // version_conflict if it has another version; item_not_found
};

// What an operation did.
struct Effect {
    uint64_t version = 0;      // of the object afterwards
    bool dropped_payload = false;
    PayloadId payload{};       // the dropped one: its file is not used any more once the transaction is committed
};

class IndexTransaction {
public:
    // `pages` must be attached to the store. Both arguments must outlive this.
    IndexTransaction(Pages& pages, NumberMemory& memory) : pages_(pages), change_(memory), writer_(pages, change_) {}

    // Derives the id. bad_state: a transaction is running. limit_exceeded: the store must be rekeyed first (rule 13).
    Status begin(const StoreKeys& keys, const RootRecord& base);
    [[nodiscard]] bool is_running() const { return state_ == State::open || state_ == State::prepared; }
    [[nodiscard]] bool is_broken() const { return state_ == State::broken; }
    [[nodiscard]] const TransactionId& id() const { return next_.transaction_id; }
    // Ends the transaction: its record has been written, or it is given up. Changes that were not committed are forgotten;
    // the pages that it wrote are free again.
    void end();

    // Errors: item_not_found, access_conflict, version_conflict, write_once; limit_exceeded (rule 11, kChangesMax); short_buffer
    // (the call has too little room); corrupt_object.
    Outcome<ChangeProgress> put(CallPages& io, const PutArguments& arguments, Effect& effect);
    Outcome<ChangeProgress> remove(CallPages& io, Bytes name, Effect& effect);
    // Copies an entry of another index, with all fields that are known; the key must be new (else corrupt_object). Reserved entries
    // (engine/reserved.h) are not objects and not counted.
    Outcome<ChangeProgress> copy(CallPages& io, Bytes name, const Entry& entry);
    // Replaces the object's payload by one with the same content, sealed again. Nothing else changes, not even its version. This works
    // for kept objects, too, so the caller must ensure that the content is the same. `from`: the payload that the content was read from,
    // `to`: the new one, with the store's cipher. version_conflict: the object now has another payload, or one with the store's cipher.
    Outcome<ChangeProgress> reseal(CallPages& io, Bytes name, const Entry& from, const Entry& to, Effect& effect);
    // Without `replace`, access_conflict if the new name exists. The object keeps its metadata except its version, which is new
    // unless the object is renamed to itself. After need_pages half of the rename may be done: then only the same rename, or
    // end(), is allowed.
    Outcome<ChangeProgress> rename(CallPages& io, Bytes from, Bytes to, bool replace, Effect& effect);
    // Stores a lost range. It must not overlap another one, except one with the same end, which it replaces.
    Outcome<ChangeProgress> put_lost_range(CallPages& io, const LostRange& range);
    // Acknowledges a lost range: removes it or, if an object in it may have been kept for good, keeps it closed. `is_last`: there is
    // no other one.
    Outcome<ChangeProgress> acknowledge_lost_range(CallPages& io, const LostRange& range, bool is_last);
    void forget_lost_ranges() { next_.flags &= ~uint32_t{kRootLostRanges}; }  // there are none any more
    // Stores a reserved entry; replaces one with the same key.
    Outcome<ChangeProgress> put_reserved(CallPages& io, Bytes key, const Entry& entry);
    // Clears the mark of a repair (rule 19).
    Outcome<ChangeProgress> acknowledge();
    // Reads the index as the transaction has changed it so far.
    IndexReader reader(CallPages& io);

    enum class Prepared : uint8_t { yes, need_room };
    // need_room: call again, with room for pages; the last call needs room for at least kFreeListPagesMax.
    Outcome<Prepared> prepare(CallPages& io);
    // Only after prepare() has returned yes.
    [[nodiscard]] const RootRecord& record() const { return next_; }

    [[nodiscard]] uint64_t pages_sealed() const { return change_.sealed; }
    // Room in pages that a call of put() or remove(), and one of rename(), must have. It grows with the height only or, if
    // there are few frames, with the number of dirty ones, too.
    [[nodiscard]] size_t room_for_change() const;
    [[nodiscard]] size_t room_for_rename() const;

private:
    enum class State : uint8_t { idle, open, prepared, broken };
    // The second half of a rename: the new name is stored, the old one must still be removed.
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
    Outcome<ChangeProgress> insert_renamed(Bytes from, Bytes to, bool replace);
    Outcome<ChangeProgress> remove_renamed(CallPages& io, Bytes from, Effect& effect);
    Status write_free_list();

    Pages& pages_;
    Change change_;
    TreeChange writer_;
    RootRecord next_{};
    State state_ = State::idle;
    PendingRename rename_{};
    size_t value_bytes_ = 0;
    std::array<std::byte, limits::kIndexEntryBytesMax> value_{};  // of an entry that rename() moves or reseal() changes
};

}  // namespace festore::engine
