// SPDX-License-Identifier: BSD-2-Clause
// The engine's only interface to cryptography. The TA implements it with the TEE's API, the tests with OpenSSL.
//
// All buffers are the caller's own memory (in a TA: TA memory, rule 15), never shared with the normal world; inputs
// and outputs never overlap. Keys are plain views of 32 bytes; the same key is often used many times in a row, so an
// implementation may keep the last one set up. Not thread safe.
#pragma once
#include "base/result.h"
#include "base/store_types.h"
#include "engine/page.h"

#include <initializer_list>

namespace festore::engine {

using stored::Cipher;  // one per store; part of the root record and of all associated data

inline constexpr size_t kKeyBytes = 32;
inline constexpr size_t kMacBytes = 32;
using Mac = std::array<std::byte, kMacBytes>;

// Inputs of an AEAD besides the text: RFC 5116 with a nonce of 12 and a tag of 16 bytes.
struct AeadParameters {
    Cipher cipher = Cipher::aes_256_gcm;
    Bytes key;         // 32 bytes
    Bytes nonce;       // 12 bytes
    Bytes associated;
};

class Crypto {
public:
    // HMAC-SHA-256 over the concatenation of the parts.
    virtual Status hmac(Bytes key, std::initializer_list<Bytes> parts, Mac& out) = 0;
    // Should be unpredictable. Pages stay safe if it is not (rule 13).
    virtual Status random(MutableBytes out) = 0;
    // `sealed` is as large as `plain`.
    virtual Status seal(const AeadParameters& p, Bytes plain, MutableBytes sealed, Tag& tag) = 0;
    // `plain` is as large as `sealed`. Code::security if the tag does not match; do not use `plain` then.
    virtual Status open(const AeadParameters& p, Bytes sealed, const Tag& tag, MutableBytes plain) = 0;

protected:
    ~Crypto() = default;
};

}  // namespace festore::engine
