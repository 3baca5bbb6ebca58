// SPDX-License-Identifier: BSD-2-Clause
// The recovery copy (rule 17): the root record, sealed with the device key, in one of the two first pages of the
// page file. Written with a transaction's pages, before the root record; the copies take turns, so the one of the
// generation before is intact while the next is written. Only repair and inspect read them: whoever restores an old one
// restores an old store.
//
//   slot   "FSRC", u8 major, u8 minor, u8 cipher, u8 flags, store id (16), nonce (12), tag (16), sealed (288), zeroes
//   sealed root record (256), table id (16), u32 place, zeroes (12); in format 1.0 the record only
//
// The first 24 bytes are the associated data. All that matters is inside the seal: anchor, identity, store id, epoch, and
// where the TEE had the record (rule 25). Under the anchor rpmb the key includes a secret that the RPMB keeps: with it all
// copies are gone.
#pragma once
#include "engine/keys.h"
#include "engine/table_format.h"

#include <optional>

namespace festore::engine {

inline constexpr uint32_t kRecoverySlots = 2;
[[nodiscard]] inline uint32_t recovery_slot(uint64_t generation) {
    return static_cast<uint32_t>(generation % kRecoverySlots);
}

// Which place of which table had the record when the copy was made.
struct TablePlace {
    TableId table{};
    uint32_t place = 0;
};

struct RecoveryCopy {
    RootRecord record;
    std::optional<TablePlace> at;  // a copy of format 1.0, or made out of one by a repair, does not say
    RecoveryCopy() = default;
    RecoveryCopy(const RecoveryCopy&) = delete;
    RecoveryCopy& operator=(const RecoveryCopy&) = delete;
    ~RecoveryCopy() { wipe(record.secret); }
};

using CopySecret = SecretBytes<32>;

// Fills a page of the page file: recovery_slot(record.generation), or both. `device_key`: 32 bytes. `secret`: null for none.
Status seal_recovery_copy(Crypto& crypto, Bytes device_key, const CopySecret* secret, const RootRecord& record,
                          const TablePlace& at, PageBytes& slot);

// Whether the copy says, in clear, that it is sealed with a secret.
[[nodiscard]] bool has_copy_secret(const PageBytes& slot);
// item_not_found: nothing but zeroes; corrupt_object: damaged, or made by another device or for another purpose, or with
// another secret; bad_state: it needs a secret, and there is none; not_supported: of another version. The caller compares
// identity, anchor and store id with what it expects.
Status open_recovery_copy(Crypto& crypto, Bytes device_key, const CopySecret* secret, const PageBytes& slot, RecoveryCopy& out);

}  // namespace festore::engine
