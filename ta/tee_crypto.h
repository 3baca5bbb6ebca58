// SPDX-License-Identifier: BSD-2-Clause
// The engine's cryptography: all from the TEE's own API, except ChaCha20-Poly1305.
#pragma once
#include "engine/crypto.h"
#include "gp/crypto.h"
#include "ta/chacha20_poly1305.h"

namespace festore::ta {

class TeeCrypto final : public engine::Crypto {
public:
    Status hmac(Bytes key, std::initializer_list<Bytes> parts, engine::Mac& out) override {
        out = FESTORE_TRY(hmac_.mac(key, parts));
        return {};
    }
    Status random(MutableBytes out) override {
        gp::random(out);
        return {};
    }
    Status seal(const engine::AeadParameters& p, Bytes plain, MutableBytes sealed, engine::Tag& tag) override {
        if (p.cipher == engine::Cipher::chacha20_poly1305) return chacha20_poly1305_seal(p, plain, sealed, tag);
        return gcm_.seal({p.key, p.nonce, p.associated}, plain, sealed, tag);
    }
    Status open(const engine::AeadParameters& p, Bytes sealed, const engine::Tag& tag, MutableBytes plain) override {
        if (p.cipher == engine::Cipher::chacha20_poly1305) return chacha20_poly1305_open(p, sealed, tag, plain);
        return gcm_.open({p.key, p.nonce, p.associated}, sealed, tag, plain);
    }

    // Forgets the keys that were used last, which the TEE still has set up.
    void forget_keys() {
        hmac_.forget_key();
        gcm_.forget_keys();
    }

private:
    gp::HmacSha256 hmac_;
    gp::Aes256Gcm gcm_;
};

}  // namespace festore::ta
