// SPDX-License-Identifier: BSD-2-Clause
// The engine's cryptography by OpenSSL 3, with what tests need: a seeded or constant random source, failures on
// demand, and a record of every nonce.
#pragma once
#include "engine/crypto.h"

#include <map>
#include <memory>
#include <openssl/evp.h>
#include <random>
#include <string>

namespace festore::engine {

class OpenSslCrypto final : public Crypto {
public:
    explicit OpenSslCrypto(uint64_t seed = 1) : random_(seed) {}
    ~OpenSslCrypto();
    OpenSslCrypto(const OpenSslCrypto&) = delete;

    Status hmac(Bytes key, std::initializer_list<Bytes> parts, Mac& out) override;
    Status random(MutableBytes out) override;
    Status seal(const AeadParameters& p, Bytes plain, MutableBytes sealed, Tag& tag) override;
    Status open(const AeadParameters& p, Bytes sealed, const Tag& tag, MutableBytes plain) override;

    void reseed(uint64_t seed) { random_.seed(seed); }
    bool constant_random = false;  // always the same bytes (rule 13)
    // The number of the operation that fails, counted from now over all four kinds; 0: none.
    void fail_at(uint64_t n) { fail_at_ = n, operations_ = 0; }
    [[nodiscard]] uint64_t operations() const { return operations_; }
    // Key and nonce of each sealing, with a digest of what was sealed and its associated data.
    std::map<std::string, std::string>* nonces = nullptr;
    uint64_t repeated_nonces = 0;  // one nonce and key for two different texts
    uint64_t seals = 0;

private:
    bool fails() { return ++operations_ == fail_at_; }
    EVP_CIPHER_CTX* context(const AeadParameters& p, bool sealing);

    std::mt19937_64 random_;
    uint64_t fail_at_ = 0;
    uint64_t operations_ = 0;
    EVP_MAC* mac_ = nullptr;
    EVP_MAC_CTX* mac_context_ = nullptr;
    EVP_CIPHER_CTX* cipher_context_ = nullptr;
};

}  // namespace festore::engine
