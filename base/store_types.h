// SPDX-License-Identifier: BSD-2-Clause
// What a store's record, its header and the messages about it say with the same numbers. Do not renumber.
#pragma once
#include <cstdint>
#include <string_view>

namespace festore::stored {

// Which trusted storage holds the root record.
enum class Anchor : uint8_t { ree = 1, rpmb = 2 };
constexpr bool is_known(Anchor anchor) { return anchor == Anchor::ree || anchor == Anchor::rpmb; }
constexpr std::string_view name_of(Anchor anchor) { return anchor == Anchor::ree ? "ree" : "rpmb"; }

enum class Cipher : uint8_t { aes_256_gcm = 1, chacha20_poly1305 = 2 };
constexpr bool is_known(Cipher cipher) { return cipher == Cipher::aes_256_gcm || cipher == Cipher::chacha20_poly1305; }
constexpr std::string_view name_of(Cipher cipher) { return cipher == Cipher::aes_256_gcm ? "aes-256-gcm" : "chacha20-poly1305"; }

// Bits of the root record's flags. A reader that does not know one of the lower 24 refuses the store and does not change it; it
// ignores and keeps the upper 8. Clients get them in protocol::StoreStatus::flags.
enum RootFlag : uint32_t {
    kRootFreshnessLost = 1 << 0,   // a repair gave up freshness, and nobody has acknowledged it yet (rule 19)
    kRootOfAnotherTable = 1 << 1,  // some recovery copies may name no root table, or another one than this
    kRootCopySecret = 1 << 2,      // the key of the recovery copies includes a secret that the TEE keeps (anchor rpmb)
    kRootLostRanges = 1 << 3,      // names were lost with damage that was dropped; the index lists the ranges (engine/reserved.h)
    kRootKeptObjects = 1 << 4,     // a kept object, never replaced or removed, was stored: a lost name may be that of one
    kRootMoving = 1 << 5,          // under ree: the record is moving to the RPMB; if the RPMB has it already, that one counts
    kRootNamed = 1 << 6,           // the store has a name other than the default
    kRootTwoCiphers = 1 << 7,      // there are, or were, entries with kEntryOtherCipher (engine/entry.h)
    // Ignorable. When this record was made under ree, the RPMB did not answer or was not asked: the store also opens without an RPMB.
    kRootMadeUnasked = 1 << 24,
};

}  // namespace festore::stored
