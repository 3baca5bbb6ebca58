// SPDX-License-Identifier: BSD-2-Clause
// The primitives of REE-FS, implemented with OpenSSL 3: SHA-256, HMAC-SHA-256, AES-256-ECB of one block, AES-128-GCM with a
// 16-byte IV and tag, random bytes. A failure of OpenSSL itself (no memory, no algorithm) ends the process, since it says nothing
// about the data. Do not share objects between threads.
#pragma once
#include "base/secret_bytes.h"
#include "ree_fs/layout.h"

#include <initializer_list>
#include <memory>

struct evp_md_ctx_st;
struct evp_cipher_ctx_st;

namespace festore::ree_fs {

class Sha256 {
public:
    Sha256();
    void add(Bytes bytes);
    // The digest of what was added. Afterwards a new digest begins.
    Hash finish();

private:
    struct Free {
        void operator()(evp_md_ctx_st* context) const;
    };
    std::unique_ptr<evp_md_ctx_st, Free> context_;
};

void hmac_sha256(Bytes key, std::initializer_list<Bytes> parts, MutableBytes out);
void aes256_ecb_decrypt_block(Bytes key, Bytes in, MutableBytes out);
void aes256_ecb_encrypt_block(Bytes key, Bytes in, MutableBytes out);
void random_bytes(MutableBytes out);

// Opens what was sealed under one file key.
class GcmOpener {
public:
    explicit GcmOpener(Bytes key);
    // Returns true and fills `out` if the tag matches; else returns false and wipes `out`. `out` is as large as `sealed`.
    [[nodiscard]] bool open(Bytes iv, std::initializer_list<Bytes> associated, Bytes sealed, Bytes tag,
                            MutableBytes out);
    // Decrypts without checking the tag: only to find out which part of a damaged file still matches the rest.
    void decrypt_unverified(Bytes iv, Bytes sealed, MutableBytes out);

private:
    struct Free {
        void operator()(evp_cipher_ctx_st* context) const;
    };
    void start(Bytes iv);
    std::unique_ptr<evp_cipher_ctx_st, Free> context_;
};

// Seals under one file key. An IV must never be used twice with one key: use random ones.
class GcmSealer {
public:
    explicit GcmSealer(Bytes key);
    // `sealed` is as large as `plain`.
    Tag seal(Bytes iv, std::initializer_list<Bytes> associated, Bytes plain, MutableBytes sealed);

private:
    struct Free {
        void operator()(evp_cipher_ctx_st* context) const;
    };
    std::unique_ptr<evp_cipher_ctx_st, Free> context_;
};

}  // namespace festore::ree_fs
