// SPDX-License-Identifier: BSD-2-Clause
// The root table: the TEE object that holds the root records of all stores of one anchor. Since format 1.1 a header comes
// before the places, and a destroyed store leaves a tombstone in its place, which distinguishes destroyed from lost (rule 25).
//
//   content of 1.1   header (232 bytes), then n × 256 bytes: a place each
//   content of 1.0   n × 256 bytes
//   a place          a root record (engine/records/root_record.h), a tombstone, or zeroes: never used, or lost
//
// 232 bytes, because OP-TEE puts 24 before them: each place is then one block of an RPMB. 232 is not a multiple of 256, so a
// TA of 1.0 refuses the table and leaves it untouched. docs/format-store.md describes the bytes.
#pragma once
#include "engine/records/root_record.h"

namespace festore::engine {

// Id of the TEE's object.
inline constexpr std::string_view kRootTableId = "FSO\x01root table";

// Random; each new table gets another one. A recovery copy says which table its store's record was in.
using TableId = std::array<std::byte, 16>;

// A retired owner. If a store came into this table from another one, by a repair or a move, its recovery copies that name the other
// table say "lost" forever. When the tombstone of such a store is overwritten, its owner's id is kept here: copies of that owner that
// name another table are then no longer believed. One entry for each owner, so that one owner cannot fill the list. Only the first
// four bytes of an id: there is no room for more. Owners whose ids begin with the same four bytes are treated as one, which can refuse
// a repair. (Earlier tables kept store ids here: such an entry means that store.)
using RetiredId = std::array<std::byte, 4>;
inline constexpr size_t kRetiredMax = 32;

struct TableHeader {
    Anchor anchor = Anchor::ree;
    TableId table_id{};
    uint32_t flags = 0;  // as of RootRecord: the lower 24 bits are required, the upper 8 ignorable
    uint32_t retired_count = 0;
    std::array<RetiredId, kRetiredMax> retired{};

    [[nodiscard]] bool is_retired(const StoreId& store_id) const;
    [[nodiscard]] bool is_retired(const Uuid& owner) const;
    // Does nothing if the owner is in the list already. If the list is full, only kTableRetiredListFull is set.
    void retire(const Uuid& owner);
};

// Bits of TableHeader::flags.
enum TableFlag : uint32_t {
    kTableRetiredListFull = 1 << 0,  // there was no room for an owner's id: copies that name another table are no longer believed
    kTableUpgraded = 1 << 1,         // it was one of 1.0, which did not record what was destroyed: copies of 1.0 are not believed
    kTableNoRpmb = 1 << 2,           // of ree, set by root: this device has no RPMB, so none is asked
};
inline constexpr uint32_t kTableFlagsKnown = kTableRetiredListFull | kTableUpgraded | kTableNoRpmb;

inline constexpr size_t kTableHeaderBytes = 232;
using TableHeaderBytes = std::array<std::byte, kTableHeaderBytes>;

void encode(const TableHeader& header, TableHeaderBytes& out);
// Errors: corrupt_object; not_supported (of a newer version, or with an unknown required flag).
Outcome<TableHeader> decode_table_header(Bytes input);

// The places in a whole table, also of format 1.0. Errors as of decode_table_header().
Outcome<Bytes> places_of_table(Bytes content);

// HMAC(device key, label ‖ random ‖ salt): see make_store().
Outcome<TableId> make_table_id(Crypto& crypto, Bytes device_key, Bytes salt);

// What is left of a destroyed store. Owner and store id have the same offsets as in a record.
struct Tombstone {
    uint8_t flags = 0;
    uint32_t login = 0;
    Uuid identity{};
    StoreId store_id{};
};

// Bits of Tombstone::flags.
enum TombstoneFlag : uint8_t {
    kTombstoneOfAnotherTable = 1 << 0,  // its owner's id must be kept in the header when the place is used again
    kTombstoneHasCopySecret = 1 << 1,   // the secret of its recovery copies is not erased yet
};

void encode(const Tombstone& tombstone, RootRecordBytes& out);
// corrupt_object: not a tombstone; not_supported: of a newer version, or with an unknown flag.
Outcome<Tombstone> decode_tombstone(Bytes input);
// Whether the bytes look like a tombstone of any version.
[[nodiscard]] bool looks_like_tombstone(Bytes input);

}  // namespace festore::engine
