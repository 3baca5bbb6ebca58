// SPDX-License-Identifier: BSD-2-Clause
// The root records of all stores that one trusted storage anchors: ONE TEE object, 256 bytes a store (rule 3).
//
//   object id   "FSO" 0x01 ‖ "root table"       (no other id of festore's has this length)
//   content     n × 256 bytes, n ≤ limits::kStoresMax: a root record (engine/root_record.h), or zeroes: a free place
//
// The object is opened at the first use and stays open until this ends with the last session (rule 1). After any failure
// its handle is given up, the object opened and read anew, and what is read then is believed (rules 2 and 4), unless it
// is older than what was seen (rule 5). Calls into TEE storage: the first load 2 (one more for its size), find none, write
// 1 (seeking costs nothing).
#pragma once
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
    // corrupt_object, not_supported (a newer version's).
    Result<engine::RootRecord> record(size_t place) const;

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

private:
    [[nodiscard]] Bytes raw(size_t place) const {
        return memory_->view().subspan(place * engine::kRootRecordBytes, engine::kRootRecordBytes);
    }
    Status read_object();
    Status accept(Bytes fresh) const;
    Status put(size_t place, const engine::RootRecordBytes& encoded);
    Status overwrite(size_t place, const engine::RootRecordBytes& encoded);

    engine::Anchor anchor_;
    bool loaded_ = false;
    std::optional<gp::PersistentObject> object_;
    std::optional<gp::HeapBuffer> memory_;  // the content as it was read last; room for all places
    size_t places_ = 0;                     // that the object has
    static constexpr size_t kNoPlace = SIZE_MAX;
    size_t erasing_ = kNoPlace;  // while erase() runs
};

}  // namespace festore::ta
