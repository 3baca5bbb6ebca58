// SPDX-License-Identifier: BSD-2-Clause
// The root records of all stores that one trusted storage anchors: ONE TEE object, 256 bytes a store (rule 3).
//
//   object id   "FSO" 0x01 ‖ "root table"       (no other id of festore's has this length)
//   content     n × 256 bytes, n ≤ limits::kStoresMax: a root record (engine/root_record.h), or zeroes: a free place
//
// The object is opened at the first use and stays open until this ends with the last session (rule 1). After any failure
// its handle is given up, the object opened and read anew, and what is read then is believed (rules 2 and 4), unless it
// is older than what was seen (rule 5). Calls into TEE storage: the first load 2 (one more for its size), find none, write
// 1 (seeking costs nothing), record none, or 1 for one that is not at hand.
//
// A record holds its store's secret. Of stores that no session has open, only what rule 5 and finding need stays in memory from
// one call to the next: whose it is, store id, epoch, generation (rule 32).
#pragma once
#include "base/limits.h"
#include "engine/root_record.h"
#include "gp/heap_buffer.h"
#include "gp/persistent_object.h"
#include "ta/identity.h"

namespace festore::ta {

inline protocol::Storage storage_of(engine::Anchor anchor) {
    return anchor == engine::Anchor::rpmb ? protocol::Storage::rpmb : protocol::Storage::ree;
}

class RootTable {
public:
    explicit RootTable(engine::Anchor anchor) : anchor_(anchor) {}

    // Reads the object, unless it has been read. No object is an empty table; any other failure ends it (rule 3).
    // corrupt_object: damaged, or older than seen.
    Status load();

    // Each after load(). item_not_found: the owner has no store here.
    Result<size_t> find(const Identity& owner) const;
    // A place for a new store. limit_exceeded.
    Result<size_t> free_place(bool for_root) const;
    // Reads it from the TEE's object, unless it is at hand: then errors as of load(). corrupt_object, not_supported (a newer
    // version's).
    Result<engine::RootRecord> record(size_t place);

    // Whose record is there, as it says itself; nobody's: the place is free. item_not_found: there is no such place.
    Result<std::optional<Identity>> owner(size_t place) const;

    // Overwrites the record, in one step. An error: it is certain that it was not written, or nothing is known and load()
    // must succeed first.
    Status write(size_t place, const engine::RootRecord& record);

    // Whether the record there, however damaged, says that it is of this store.
    [[nodiscard]] bool is_of(size_t place, const engine::StoreId& store_id) const;
    // Overwrites the record with zeroes, in one step; errors as of write().
    Status erase(size_t place);

    [[nodiscard]] engine::Anchor anchor() const { return anchor_; }

    // At the end of each call: wipes the records of all stores that are not open, as `is_open`(store id) says.
    template <class F>
    void forget_unless(F&& is_open) {
        for (size_t place = 0; place < places_; ++place)
            if (known_[place].at_hand && !is_open(known_[place].store_id)) forget(place);
    }

private:
    // What stays in memory of each record.
    struct Known {
        bool is_used = false;
        bool is_readable = false;  // epoch and generation are known
        bool at_hand = false;      // raw() has it
        std::array<std::byte, 4 + 16> owner{};  // these two as the record says, whatever its version is
        engine::StoreId store_id{};
        uint64_t epoch = 0;
        uint64_t generation = 0;
    };
    static Known known_of(Bytes record);
    [[nodiscard]] MutableBytes raw(size_t place) {
        return memory_->bytes().subspan(place * engine::kRootRecordBytes, engine::kRootRecordBytes);
    }
    Status read_object();
    Status read_record(size_t place);
    [[nodiscard]] Status accept(size_t place, const Known& now) const;
    void forget(size_t place);
    Status put(size_t place, const engine::RootRecordBytes& encoded);
    Status overwrite(size_t place, const engine::RootRecordBytes& encoded);

    engine::Anchor anchor_;
    bool loaded_ = false;
    std::optional<gp::PersistentObject> object_;
    std::optional<gp::HeapBuffer> memory_;  // the records that are at hand, zeroes for the others; room for all places
    std::array<Known, limits::kStoresMax> known_{};
    size_t places_ = 0;                     // that the object has
    static constexpr size_t kNoPlace = SIZE_MAX;
    size_t erasing_ = kNoPlace;  // while erase() runs
};

}  // namespace festore::ta
