// SPDX-License-Identifier: BSD-2-Clause
// The engine's cryptography by OpenSSL 3, for reading stores without a TEE: it derives keys and opens, but never seals.
// A failure of OpenSSL itself ends the process: it says nothing about the data. Not thread safe.
#pragma once
#include "engine/crypto.h"

#include <memory>

struct evp_cipher_ctx_st;

namespace festore::inspect {

class OpenSslCrypto final : public engine::Crypto {
public:
    OpenSslCrypto();
    Status hmac(Bytes key, std::initializer_list<Bytes> parts, engine::Mac& out) override;
    Status open(const engine::AeadParameters& p, Bytes sealed, const engine::Tag& tag, MutableBytes plain) override;
    // not_supported
    Status random(MutableBytes out) override;
    Status seal(const engine::AeadParameters& p, Bytes plain, MutableBytes sealed, engine::Tag& tag) override;

private:
    struct Free {
        void operator()(evp_cipher_ctx_st* context) const;
    };
    std::unique_ptr<evp_cipher_ctx_st, Free> context_;
};

}  // namespace festore::inspect
