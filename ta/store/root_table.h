// SPDX-License-Identifier: BSD-2-Clause
// The root records of all stores that one trusted storage anchors: ONE TEE object (engine/records/table_format.h; rules 3 and 25).
//
// The object is opened at the first use and stays open until the instance ends with the last session (rule 1). After any failure
// the handle is closed, and the object is opened and read again; what is read then is believed (rules 2 and 4), unless it
// is older than what was seen before (rule 5). Calls into TEE storage: the first load 2 (one more for its size), find none, write
// 1 (seeking costs nothing), record none, or 1 if the record is not in memory. A table of format 1.0 becomes 1.1 at its first
// write: the object is replaced in one step.
//
// A record holds its store's secret. Of stores that no session has open, only what rule 5 and find() need stays in memory from
// one call to the next: owner, store id, epoch, generation (rule 32).
#pragma once
#include "base/limits.h"
#include "engine/records/recovery.h"
#include "gp/heap_buffer.h"
#include "gp/persistent_object.h"
#include "ta/identity.h"

namespace festore::ta {

inline protocol::Storage storage_of(engine::Anchor anchor) {
    return anchor == engine::Anchor::rpmb ? protocol::Storage::rpmb : protocol::Storage::ree;
}

// One of an identity's stores, by name.
struct StoreOwner {
    Identity identity;
    engine::StoreNameTag name{};
};

class RootTable {
public:
    explicit RootTable(engine::Anchor anchor) : anchor_(anchor) {}

    // Reads the object, unless it has been read. A missing object is an empty table; any other failure is an error (rule 3).
    // corrupt_object: damaged, or older than what was seen before. not_supported: of a newer version.
    Status load();

    // Call load() before any of the following.

    // Whether the table has an id. If not (no object, or one of format 1.0), call give_id() before the first write, which makes the
    // id durable.
    [[nodiscard]] bool has_id() const { return header_.table_id != engine::TableId{}; }
    void give_id(const engine::TableId& id) { header_.table_id = id; }
    [[nodiscard]] engine::TablePlace at(size_t place) const { return {header_.table_id, static_cast<uint32_t>(place)}; }

    // The place of the owner's store with that name, or with that id; item_not_found: there is none. A damaged record of the owner may
    // have had any name: it is found for every name that no other record of the owner has (rule 3).
    Outcome<size_t> find(const StoreOwner& owner) const;
    Outcome<size_t> find(const Identity& owner, const engine::StoreId& store_id) const;
    // How many stores the owner has here, damaged records included.
    [[nodiscard]] size_t count(const Identity& owner) const;
    // A place for a new store of that owner, or for a repaired one. limit_exceeded.
    Outcome<size_t> free_place(const Identity& owner) const;
    // The place that a lost store had in this table, if nothing is there now.
    [[nodiscard]] std::optional<size_t> lost_place(const engine::TablePlace& at) const;
    // The record, read from the TEE's object unless it is in memory: then errors as of load(). corrupt_object, not_supported (of a newer
    // version).
    Outcome<engine::RootRecord> record(size_t place);

    // The owner that the record there names; not set: the place is free. item_not_found: there is no such place.
    Outcome<std::optional<Identity>> owner(size_t place) const;
    // Whether the record there has this store id, even if it is damaged.
    [[nodiscard]] bool is_of(size_t place, const engine::StoreId& store_id) const;

    // Whether the record there tells its name, which a damaged one does not.
    [[nodiscard]] bool has_name(size_t place) const { return place < places_ && known_[place].has_name; }
    // Whether the record there can be read.
    [[nodiscard]] bool is_readable(size_t place) const { return place < places_ && known_[place].is_readable; }
    // Whether the record there, damaged or not, says that it is of another store.
    [[nodiscard]] bool is_of_another(size_t place, const engine::StoreId& store_id) const {
        return place < places_ && known_[place].names_store && known_[place].store_id != store_id;
    }

    // Rule 25: whether the table has the store's tombstone, or has kept its id.
    [[nodiscard]] bool remembers_destroyed(const engine::StoreId& store_id) const;
    // Whether the table may have forgotten destroyed stores of that owner.
    [[nodiscard]] bool has_forgotten_destroyed(const Identity& owner) const {
        return (header_.flags & engine::kTableRetiredListFull) != 0 || header_.is_retired(owner.uuid);
    }
    // For a store that has no record here: true if it was destroyed, as this table can tell, false if it was lost. `at`: the place
    // that its recovery copy names.
    [[nodiscard]] bool was_destroyed(const Identity& owner, const engine::StoreId& store_id,
                                     const std::optional<engine::TablePlace>& at) const;

    // Overwrites the store's record, in one step. After an error either the record was certainly not written, or its state is not known
    // and load() must succeed first.
    Status write(size_t place, const engine::RootRecord& record);
    // Writes into a free place; one more call into TEE storage if the header must remember the owner of the tombstone there.
    Status write_new(size_t place, const engine::RootRecord& record);
    // Overwrites the record with a tombstone, in one step; errors as of write(). With the anchor rpmb the place is then unfinished:
    // the secret of the store's recovery copies must be erased, then finish() notes that in the tombstone.
    Status bury(size_t place);
    // The first unfinished place at or after `from`; whether that owner has one.
    [[nodiscard]] std::optional<size_t> unfinished(size_t from = 0) const;
    [[nodiscard]] bool has_unfinished(const Identity& owner) const;
    [[nodiscard]] const engine::StoreId& store_id(size_t place) const { return known_[place].store_id; }
    Status finish(size_t place);

    // Of ree: whether root has declared that this device has no RPMB. Setting it is one write, durable when it has succeeded. If there is
    // no table, it is made; a table of format 1.0 becomes 1.1. Errors as of write().
    [[nodiscard]] bool says_no_rpmb() const { return (header_.flags & engine::kTableNoRpmb) != 0; }
    Status say_no_rpmb(bool none);

    [[nodiscard]] engine::Anchor anchor() const { return anchor_; }

    // At the end of each call: wipes the records of all stores that are not open; `is_open`(store id) says which are.
    template <class F>
    void forget_unless(F&& is_open) {
        for (size_t place = 0; place < places_; ++place)
            if (known_[place].at_hand && !is_open(known_[place].store_id)) forget(place);
    }

private:
    enum class Layout : uint8_t { none, format_1_0, format_1_1 };
    enum class Holds : uint8_t { nothing, record, tombstone };
    // What stays in memory of each place.
    struct Known {
        Holds holds = Holds::nothing;
        bool names_store = false;  // a record that, damaged or not, names its owner and store
        bool is_readable = false;  // a record whose epoch and generation are known
        bool at_hand = false;      // raw() has the content
        uint8_t tombstone_flags = 0;  // of the tombstone; for a record, those that its tombstone will have
        std::array<std::byte, 4 + 16> owner{};  // owner and store_id are taken from the record, whatever its version is
        engine::StoreId store_id{};
        engine::StoreNameTag name{};  // of a record, taken from it; a damaged record may have had any name
        bool has_name = false;        // the record's name is known
        uint64_t epoch = 0;
        uint64_t generation = 0;
    };
    static std::array<std::byte, 4 + 16> owner_form(const Identity& owner);
    [[nodiscard]] bool has_record_of(size_t place, const Identity& owner) const;
    [[nodiscard]] bool is_unfinished(size_t place) const {
        return known_[place].holds == Holds::tombstone && (known_[place].tombstone_flags & engine::kTombstoneHasCopySecret) != 0;
    }
    static constexpr size_t kNoPlace = SIZE_MAX;
    static constexpr size_t kBytesMax = engine::kTableHeaderBytes + limits::kStoresMax * engine::kRootRecordBytes;
    struct Image;  // what has been read

    Known known_of(Bytes record) const;
    [[nodiscard]] MutableBytes raw(size_t place) {
        return memory_->bytes().subspan(engine::kTableHeaderBytes + place * engine::kRootRecordBytes, engine::kRootRecordBytes);
    }
    [[nodiscard]] size_t offset_of(size_t place) const {
        return (layout_ == Layout::format_1_0 ? 0 : engine::kTableHeaderBytes) + place * engine::kRootRecordBytes;
    }
    Status read_object();
    Outcome<Image> read_image();
    Status read_record(size_t place);
    [[nodiscard]] Status accept(const Image& image) const;
    [[nodiscard]] Status accept(size_t place, const Known& now) const;
    void forget(size_t place);
    [[nodiscard]] size_t rank(size_t place, const Identity& to) const;
    [[nodiscard]] Uuid owner_id(size_t place) const;
    [[nodiscard]] bool must_be_kept(size_t place) const;
    [[nodiscard]] size_t kept_tombstones_of_owner(size_t place) const;
    [[nodiscard]] std::optional<size_t> own_kept_tombstone(const Identity& owner) const;
    [[nodiscard]] bool is_sooner_given_away(size_t place, size_t other, const Identity& to) const;
    [[nodiscard]] bool is_in_old_rpmb() const;
    Status retire(size_t place);
    Status write_tombstone(size_t place, uint8_t flags);
    Status overwrite(size_t place, const engine::RootRecordBytes& encoded);
    Status put(size_t place, const engine::RootRecordBytes& encoded);
    Status make_object(Bytes first);
    // One place's new content; none: the header's only.
    struct Change {
        size_t place;
        const engine::RootRecordBytes* content = nullptr;
    };
    Status upgrade(const Change& change);
    Status put_header(const engine::TableHeader& next);

    engine::Anchor anchor_;
    bool loaded_ = false;
    Layout layout_ = Layout::none;
    engine::TableHeader header_;  // without an id until one is given
    std::optional<gp::PersistentObject> object_;
    std::optional<gp::HeapBuffer> memory_;  // laid out as the object of format 1.1, zeroes for what is not in memory; room for all places
    std::array<Known, limits::kStoresMax> known_{};
    size_t places_ = 0;           // number of places in the object
    size_t changing_ = kNoPlace;  // the place that is being replaced by another kind of content, which rule 5 allows
    bool changing_no_rpmb_ = false;  // the flag kTableNoRpmb is being changed, which rule 5 allows
};

}  // namespace festore::ta
