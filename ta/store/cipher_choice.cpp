// SPDX-License-Identifier: BSD-2-Clause
#include "ta/store/cipher_choice.h"

#include "gp/tee.h"

namespace festore::ta {
namespace {

uint64_t now_ms() {
    TEE_Time now{};
    TEE_GetSystemTime(&now);
    return uint64_t{now.seconds} * 1000 + now.millis;
}

// Ends the measurement even if the clock stands still.
constexpr int kRepetitionsMax = 1000;

}  // namespace

engine::Cipher faster_cipher(const SealingRate& aes, const SealingRate& chacha) {
    const bool faster = 2 * chacha.bytes * aes.ms > 3 * aes.bytes * chacha.ms;
    return faster ? engine::Cipher::chacha20_poly1305 : engine::Cipher::aes_256_gcm;
}

Outcome<SealingRate> measure_sealing(engine::Crypto& crypto, engine::Cipher cipher, Bytes plain, MutableBytes sealed) {
    constexpr std::array<std::byte, engine::kKeyBytes> key{};  // protects nothing: what is sealed is thrown away
    constexpr std::array<std::byte, 12> nonce{};
    engine::Tag tag{};
    // The first call sets the operation up, so it is not measured.
    FESTORE_CHECK(crypto.seal({cipher, key, nonce, {}}, plain, sealed, tag));
    SealingRate rate;
    const uint64_t begin = now_ms();
    for (int i = 0; i < kRepetitionsMax && rate.ms < kMeasureMs; ++i) {
        FESTORE_CHECK(crypto.seal({cipher, key, nonce, {}}, plain, sealed, tag));
        rate.bytes += plain.size();
        rate.ms = static_cast<uint32_t>(std::min<uint64_t>(now_ms() - begin, UINT32_MAX));
    }
    return rate;
}

}  // namespace festore::ta
