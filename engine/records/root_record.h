// SPDX-License-Identifier: BSD-2-Clause
// The root record: all that the TEE's trusted storage keeps of a store. 256 bytes, written in one piece at each
// commit (rule 3). docs/format-store.md has the table.
#pragma once
#include "base/uuid.h"
#include "engine/crypto.h"

namespace festore::engine {

inline constexpr uint8_t kFormatMajor = 1;  // a reader refuses any other
inline constexpr uint8_t kFormatMinor = 1;  // what this version writes; it reads 0, too, and turns it into 1 at the next change

using stored::Anchor;

using StoreId = std::array<std::byte, 16>;
using TransactionId = std::array<std::byte, 16>;
using StoreSecret = std::array<std::byte, 32>;
// The tag of the store's name (engine/keys.h, store_name_tag()): zeroes for the default one.
using StoreNameTag = std::array<std::byte, 16>;

using stored::RootFlag;
using enum stored::RootFlag;
inline constexpr uint32_t kRequiredFlags = 0x00FFFFFF;

// The change counter of a record of 1.0 begins here: in 1.0 each name counted its own versions. A repair adds the same amount, 1 to
// 256 times (engine/new_epoch.h), so that versions assigned after the recovery copy that it starts from are not assigned again.
inline constexpr uint64_t kChangesOfUpgrade = uint64_t{1} << 32;
inline constexpr uint64_t kChangesOfRepair = uint64_t{1} << 32;
inline constexpr uint64_t kChangesMax = (uint64_t{1} << 53) - 1;  // a double holds it exactly, and so does JSON everywhere

struct RootRecord {
    uint8_t minor = kFormatMinor;  // as it was read; encode() writes kFormatMinor
    Anchor anchor = Anchor::ree;
    Cipher cipher = Cipher::aes_256_gcm;
    uint32_t login = 0;  // GlobalPlatform's number: 1 user, 2 group
    Uuid identity{};     // the owner as the kernel names it
    StoreId store_id{};
    uint64_t epoch = 0;       // random; another one after each repair or rekeying. Page keys depend on it
    uint64_t generation = 0;  // number of the commit that wrote this record
    TransactionId transaction_id{};
    PageRef index;      // none: no objects
    PageRef free_list;  // none: no page below page_count is free
    uint32_t page_count = kFirstPage;  // of the page file: pages from here on have never been used
    uint8_t height = 0;                // levels of the index
    uint32_t freshness_lost_count = 0;       // repairs that gave up freshness
    uint64_t freshness_lost_generation = 0;  // the generation that the last of them found
    uint64_t objects = 0;
    uint64_t content_bytes = 0;
    uint64_t pages_sealed = 0;  // under this epoch's keys, by the transactions that committed
    uint32_t flags = 0;
    uint32_t free_pages = 0;  // numbers in the free list
    StoreSecret secret{};     // all keys of the store depend on it: if the record is lost, they are lost
    int64_t created = 0;      // seconds since 1970, the normal world's claim
    uint64_t changes = 0;     // of all objects so far: the version of the object that was changed last
    StoreNameTag name{};      // not zero if, and only if, kRootNamed is set
};

inline constexpr size_t kRootRecordBytes = 256;
using RootRecordBytes = std::array<std::byte, kRootRecordBytes>;

inline constexpr size_t kRootNameOffset = 240;

void encode(const RootRecord& record, RootRecordBytes& out);

// Whether the bytes look like a record of any version; its owner, store id and name have the same offsets in all of them.
[[nodiscard]] bool looks_like_record(Bytes input);

// corrupt_object: not a root record, or one that contradicts itself. not_supported: of another major version, or of
// a newer minor one: do not overwrite it.
Outcome<RootRecord> decode_root_record(Bytes input);

}  // namespace festore::engine
