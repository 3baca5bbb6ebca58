// SPDX-License-Identifier: BSD-2-Clause
// The recovery copy (rule 17): the root record, sealed with the device key, in one of the two first pages of the
// page file. Written with a transaction's pages, before the root record; the copies take turns, so the one of the
// generation before is intact while the next is written. Only repair and inspect read them: whoever restores an old one
// restores an old store.
//
//   slot   "FSRC", u8 major, u8 minor, u8 cipher, u8 zero, store id (16), nonce (12), tag (16), sealed record (256), zeroes
//
// The first 24 bytes are the associated data. All that matters is inside the seal: anchor, identity, store id, epoch.
#pragma once
#include "engine/keys.h"

namespace festore::engine {

inline constexpr uint32_t kRecoverySlots = 2;
[[nodiscard]] inline uint32_t recovery_slot(uint64_t generation) {
    return static_cast<uint32_t>(generation % kRecoverySlots);
}

// Fills the page of slot recovery_slot(record.generation). `device_key`: 32 bytes.
Status seal_recovery_copy(Crypto& crypto, Bytes device_key, const RootRecord& record, PageBytes& slot);

// item_not_found: nothing but zeroes; corrupt_object: damaged, or made by another device or for another purpose;
// not_supported: of another version. The caller compares identity, anchor and store id with what it expects.
Result<RootRecord> open_recovery_copy(Crypto& crypto, Bytes device_key, const PageBytes& slot);

}  // namespace festore::engine
