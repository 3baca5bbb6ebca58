// SPDX-License-Identifier: BSD-2-Clause
// Which cipher a new store gets when nobody says: the faster one on this device, measured by sealing in TA memory.
#pragma once
#include "engine/crypto.h"

namespace festore::ta {

inline constexpr uint32_t kMeasureMs = 20;  // the TEE's clock counts milliseconds

// How much was sealed in how long.
struct SealingRate {
    uint64_t bytes = 0;
    uint32_t ms = 0;
};

// AES-256-GCM, which the board's crypto engine may do, unless ChaCha20-Poly1305 is there and faster by half.
[[nodiscard]] engine::Cipher faster_cipher(const SealingRate& aes, const SealingRate& chacha);

// Seals `plain` into `sealed` (of one size) again and again, for some kMeasureMs each. not_supported: a cipher is not there.
Result<SealingRate> measure_sealing(engine::Crypto& crypto, engine::Cipher cipher, Bytes plain, MutableBytes sealed);

}  // namespace festore::ta
