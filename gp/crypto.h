// SPDX-License-Identifier: BSD-2-Clause
// Digests, MACs and authenticated encryption by the TEE's own implementation (TEE Internal Core API 1.3, chapter 6). A TEE
// built without an algorithm answers not_supported.
#pragma once
#include "gp/operation.h"

#include <initializer_list>

namespace festore::gp {

using Sha1Digest = std::array<std::byte, 20>;
using Sha256Digest = std::array<std::byte, 32>;

// Over the concatenation of the parts. SHA-1 only names things here (RFC 9562 UUIDs); it protects nothing.
Outcome<Sha1Digest> sha1(std::initializer_list<Bytes> parts);
// `key`: 24 to 128 bytes (what OP-TEE takes for TEE_TYPE_HMAC_SHA256).
Outcome<Sha256Digest> hmac_sha256(Bytes key, std::initializer_list<Bytes> parts);

void random(MutableBytes out);

// The same as hmac_sha256(), for 32-byte keys that are used many times in a row.
class HmacSha256 {
public:
    Outcome<Sha256Digest> mac(Bytes key, std::initializer_list<Bytes> parts);
    void forget_key() { operation_.drop(); }

private:
    KeyedOperation operation_{TEE_ALG_HMAC_SHA256, TEE_MODE_MAC, TEE_TYPE_HMAC_SHA256};
};

// AES-256-GCM (NIST SP 800-38D), nonces of 12 and tags of 16 bytes. Buffers are TA memory and do not overlap.
class Aes256Gcm {
public:
    struct Parameters {
        Bytes key;  // 32 bytes
        Bytes nonce;
        Bytes associated;
    };
    Status seal(const Parameters& p, Bytes plain, MutableBytes sealed, MutableBytes tag);
    // security: not authentic; do not use `plain` then.
    Status open(const Parameters& p, Bytes sealed, Bytes tag, MutableBytes plain);
    void forget_keys() {
        encryption_.drop();
        decryption_.drop();
    }

private:
    KeyedOperation encryption_{TEE_ALG_AES_GCM, TEE_MODE_ENCRYPT, TEE_TYPE_AES};
    KeyedOperation decryption_{TEE_ALG_AES_GCM, TEE_MODE_DECRYPT, TEE_TYPE_AES};
};

}  // namespace festore::gp
