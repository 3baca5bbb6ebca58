// SPDX-License-Identifier: BSD-2-Clause
// The root table: the TEE object that holds the root records of all stores of one anchor. Since format 1.1 a header comes
// before the places, and a destroyed store leaves a tombstone in its place, so that destroyed is told from lost (rule 25).
//
//   content of 1.1   header (232 bytes), then n × 256 bytes: a place each
//   content of 1.0   n × 256 bytes
//   a place          a root record (engine/root_record.h), a tombstone, or zeroes: never used, or lost
//
// 232 bytes: OP-TEE puts 24 before them, so that each place is one block of an RPMB. No multiple of 256: a TA of 1.0 refuses
// the table untouched. docs/format-store.md has the bytes.
#pragma once
#include "engine/root_record.h"

namespace festore::engine {

// Id of the TEE's object.
inline constexpr std::string_view kRootTableId = "FSO\x01root table";

// Random; another one for each table that is made: a recovery copy says which table its store's record was in.
using TableId = std::array<std::byte, 16>;

// Stores that came into this table from another one, by a repair or a move: their copies that name the other table say "lost" for
// ever. When the tombstone of one goes, its owner's id is kept: no copy of that owner's that names another table is believed any
// more. One entry for each owner, so that nobody fills the list alone. The first four bytes of an id: all that there is room for.
// Owners whose ids begin alike are taken for one, which refuses a repair. (Earlier, store ids were kept: they mean that store.)
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
    // Does nothing where it is there. When the list is full, only the flag is set.
    void retire(const Uuid& owner);
};

// Bits of TableHeader::flags.
enum TableFlag : uint32_t {
    kTableRetiredListFull = 1 << 0,  // an owner's id has found no room: no copy that names another table is believed any more
    kTableUpgraded = 1 << 1,         // it was one of 1.0, which does not know what was destroyed: no copy of 1.0 is believed
    kTableNoRpmb = 1 << 2,           // of ree, by root's word: this device has no RPMB, and none is asked
};
inline constexpr uint32_t kTableFlagsKnown = kTableRetiredListFull | kTableUpgraded | kTableNoRpmb;

inline constexpr size_t kTableHeaderBytes = 232;
using TableHeaderBytes = std::array<std::byte, kTableHeaderBytes>;

void encode(const TableHeader& header, TableHeaderBytes& out);
// corrupt_object; not_supported: of a newer version, or with a required flag that this one does not know.
Result<TableHeader> decode_table_header(Bytes input);

// The places in a whole table, of format 1.0, too. Errors as of decode_table_header().
Result<Bytes> places_of_table(Bytes content);

// HMAC(device key, label ‖ random ‖ salt): see make_store().
Result<TableId> make_table_id(Crypto& crypto, Bytes device_key, Bytes salt);

// What is left of a destroyed store. Owner and store id lie where a record has them.
struct Tombstone {
    uint8_t flags = 0;
    uint32_t login = 0;
    Uuid identity{};
    StoreId store_id{};
};

// Bits of Tombstone::flags.
enum TombstoneFlag : uint8_t {
    kTombstoneOfAnotherTable = 1 << 0,  // its owner's id is to be kept when the place is used again
    kTombstoneHasCopySecret = 1 << 1,   // the secret of its recovery copies is not erased yet
};

void encode(const Tombstone& tombstone, RootRecordBytes& out);
// corrupt_object: not a tombstone; not_supported: of a newer version, or with a flag that this one does not know.
Result<Tombstone> decode_tombstone(Bytes input);
// Whether they begin as a tombstone does, of whatever version.
[[nodiscard]] bool looks_like_tombstone(Bytes input);

}  // namespace festore::engine
