// SPDX-License-Identifier: BSD-2-Clause
// Which cipher a new store gets if the client names none: the faster one on this device, measured by sealing in TA memory.
#pragma once
#include "engine/crypto.h"

namespace festore::ta {

inline constexpr uint32_t kMeasureMs = 20;  // the TEE's clock counts milliseconds

// The amount sealed, and the time it took.
struct SealingRate {
    uint64_t bytes = 0;
    uint32_t ms = 0;
};

// AES-256-GCM, which a crypto engine of the board may do, unless ChaCha20-Poly1305 was measured to be more than 1.5 times as fast.
[[nodiscard]] engine::Cipher faster_cipher(const SealingRate& aes, const SealingRate& chacha);

// Seals `plain` into `sealed` (of the same size) repeatedly, for about kMeasureMs. not_supported: the TA lacks this cipher.
Outcome<SealingRate> measure_sealing(engine::Crypto& crypto, engine::Cipher cipher, Bytes plain, MutableBytes sealed);

}  // namespace festore::ta
