// SPDX-License-Identifier: BSD-2-Clause
// The recovery copy (rule 17): the root record, sealed with the device key, in one of the first two pages of the page
// file. It is written with a transaction's pages, before the root record. The two copies alternate, so the previous
// generation's copy is intact while the next is written. Only repair and inspect read them: restoring an old copy
// restores an old store.
//
//   slot   "FSRC", u8 major, u8 minor, u8 cipher, u8 flags, store id (16), nonce (12), tag (16), sealed (288), zeroes
//   sealed root record (256), table id (16), u32 place, zeroes (12); in format 1.0 the record only
//
// The first 24 bytes are the associated data. All that matters is inside the seal: anchor, identity, store id, epoch, and
// where the TEE had the record (rule 25). Under the anchor rpmb the key includes a secret that the RPMB keeps: if it is
// lost, all copies are lost.
#pragma once
#include "engine/keys.h"
#include "engine/records/table_format.h"

#include <optional>

namespace festore::engine {

inline constexpr uint32_t kRecoverySlots = 2;
[[nodiscard]] inline uint32_t recovery_slot(uint64_t generation) {
    return static_cast<uint32_t>(generation % kRecoverySlots);
}

// The table, and the place in it, that held the record when the copy was made.
struct TablePlace {
    TableId table{};
    uint32_t place = 0;
};

struct RecoveryCopy {
    RootRecord record;
    std::optional<TablePlace> at;  // none: the copy has format 1.0, or a repair made it from such a copy
    RecoveryCopy() = default;
    RecoveryCopy(const RecoveryCopy&) = delete;
    RecoveryCopy& operator=(const RecoveryCopy&) = delete;
    ~RecoveryCopy() { wipe(record.secret); }
};

using CopySecret = SecretBytes<32>;

// Fills a page of the page file: recovery_slot(record.generation), or both. `device_key`: 32 bytes. `secret`: null for none.
Status seal_recovery_copy(Crypto& crypto, Bytes device_key, const CopySecret* secret, const RootRecord& record,
                          const TablePlace& at, PageBytes& slot);

// Whether the copy's unencrypted header says that it is sealed with a secret.
[[nodiscard]] bool has_copy_secret(const PageBytes& slot);
// item_not_found: only zeroes; corrupt_object: damaged, or made by another device or for another purpose, or with
// another secret; bad_state: it needs a secret, and `secret` is null; not_supported: of another version. The caller
// compares identity, anchor and store id with what it expects.
Status open_recovery_copy(Crypto& crypto, Bytes device_key, const CopySecret* secret, const PageBytes& slot, RecoveryCopy& out);

}  // namespace festore::engine
