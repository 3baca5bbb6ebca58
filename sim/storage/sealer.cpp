// SPDX-License-Identifier: BSD-2-Clause
#include "sim/storage/sealer.h"

#include "sim/api/openssl.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <string_view>

namespace festore::sim {
namespace {

constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;

unsigned char* u8(std::byte* p) { return reinterpret_cast<unsigned char*>(p); }
const unsigned char* u8(const void* p) { return static_cast<const unsigned char*>(p); }

// OpenSSL fails here only if memory is exhausted or its installation is broken.
void need(bool openssl_succeeded) {
    if (openssl_succeeded) return;
    std::fputs("simulated TEE: OpenSSL failed\n", stderr);
    std::abort();
}

}  // namespace

Sealer::Sealer(Bytes hardware_key) {
    constexpr std::string_view label = "festore simulated trusted storage 1";
    unsigned size = 0;
    need(HMAC(EVP_sha256(), hardware_key.data(), static_cast<int>(hardware_key.size()), u8(label.data()), label.size(),
              key_.data(), &size) != nullptr);
}

Sealer::~Sealer() { OPENSSL_cleanse(key_.data(), key_.size()); }

Blob Sealer::seal(const std::string& place, Bytes content) const {
    Blob sealed(kNonceBytes + content.size() + kTagBytes);
    unsigned char* nonce = u8(sealed.data());
    unsigned char* text = nonce + kNonceBytes;
    need(RAND_bytes(nonce, kNonceBytes) == 1);
    const CipherContext c(EVP_CIPHER_CTX_new());
    int n = 0;
    need(EVP_EncryptInit_ex2(c.get(), EVP_aes_256_gcm(), key_.data(), nonce, nullptr) == 1);
    need(EVP_EncryptUpdate(c.get(), nullptr, &n, u8(place.data()), static_cast<int>(place.size())) == 1);
    if (!content.empty())
        need(EVP_EncryptUpdate(c.get(), text, &n, u8(content.data()), static_cast<int>(content.size())) == 1);
    need(EVP_EncryptFinal_ex(c.get(), text + content.size(), &n) == 1);
    need(EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes, text + content.size()) == 1);
    return sealed;
}

bool Sealer::open(const std::string& place, Bytes sealed, Blob& content) const {
    if (sealed.size() < kNonceBytes + kTagBytes) return false;
    const Bytes text = sealed.subspan(kNonceBytes, sealed.size() - kNonceBytes - kTagBytes);
    std::array<unsigned char, kTagBytes> tag{};
    std::copy_n(u8(sealed.last(kTagBytes).data()), kTagBytes, tag.begin());
    content.resize(text.size());
    std::array<unsigned char, kTagBytes> none{};
    const CipherContext c(EVP_CIPHER_CTX_new());
    int n = 0;
    need(EVP_DecryptInit_ex2(c.get(), EVP_aes_256_gcm(), key_.data(), u8(sealed.data()), nullptr) == 1);
    need(EVP_DecryptUpdate(c.get(), nullptr, &n, u8(place.data()), static_cast<int>(place.size())) == 1);
    if (!text.empty())
        need(EVP_DecryptUpdate(c.get(), u8(content.data()), &n, u8(text.data()), static_cast<int>(text.size())) == 1);
    need(EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes, tag.data()) == 1);
    return EVP_DecryptFinal_ex(c.get(), none.data(), &n) == 1;
}

}  // namespace festore::sim
