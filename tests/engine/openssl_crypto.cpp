// SPDX-License-Identifier: BSD-2-Clause
#include "tests/engine/openssl_crypto.h"

#include <cstdlib>
#include <openssl/core_names.h>
#include <openssl/sha.h>

namespace festore::engine {
namespace {

const unsigned char* in(Bytes b) { return reinterpret_cast<const unsigned char*>(b.data()); }
unsigned char* out(MutableBytes b) { return reinterpret_cast<unsigned char*>(b.data()); }
void must(bool worked) {
    if (!worked) std::abort();
}
std::string text(Bytes b) { return std::string(text_of(b)); }

}  // namespace

OpenSslCrypto::~OpenSslCrypto() {
    EVP_MAC_CTX_free(mac_context_);
    EVP_MAC_free(mac_);
    EVP_CIPHER_CTX_free(cipher_context_);
}

Status OpenSslCrypto::hmac(Bytes key, std::initializer_list<Bytes> parts, Mac& mac) {
    if (fails()) return fail(Code::generic);
    if (mac_ == nullptr) {
        mac_ = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
        mac_context_ = EVP_MAC_CTX_new(mac_);
    }
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                 OSSL_PARAM_construct_end()};
    must(EVP_MAC_init(mac_context_, in(key), key.size(), params) == 1);
    for (const Bytes part : parts) must(EVP_MAC_update(mac_context_, in(part), part.size()) == 1);
    size_t size = 0;
    must(EVP_MAC_final(mac_context_, out(mac), &size, mac.size()) == 1 && size == mac.size());
    return {};
}

Status OpenSslCrypto::random(MutableBytes bytes) {
    if (fails()) return fail(Code::generic);
    for (std::byte& b : bytes) b = constant_random ? std::byte{0x42} : static_cast<std::byte>(random_());
    return {};
}

EVP_CIPHER_CTX* OpenSslCrypto::context(const AeadParameters& p, bool sealing) {
    if (cipher_context_ == nullptr) cipher_context_ = EVP_CIPHER_CTX_new();
    const EVP_CIPHER* cipher = p.cipher == Cipher::aes_256_gcm ? EVP_aes_256_gcm() : EVP_chacha20_poly1305();
    must(p.key.size() == kKeyBytes && p.nonce.size() == kNonceBytes);
    must(EVP_CipherInit_ex(cipher_context_, cipher, nullptr, in(p.key), in(p.nonce), sealing ? 1 : 0) == 1);
    int size = 0;
    must(EVP_CipherUpdate(cipher_context_, nullptr, &size, in(p.associated), static_cast<int>(p.associated.size())) == 1);
    return cipher_context_;
}

Status OpenSslCrypto::seal(const AeadParameters& p, Bytes plain, MutableBytes sealed, Tag& tag) {
    if (fails()) return fail(Code::generic);
    must(plain.size() == sealed.size());
    ++seals;
    EVP_CIPHER_CTX* const c = context(p, true);
    int size = 0;
    unsigned char rest[16];
    must(EVP_CipherUpdate(c, out(sealed), &size, in(plain), static_cast<int>(plain.size())) == 1);
    must(EVP_CipherFinal_ex(c, rest, &size) == 1);
    must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, kTagBytes, out(tag)) == 1);
    if (nonces != nullptr) {
        const std::string sealed_what = text(p.associated) + text(tag) + text(sealed);
        std::array<std::byte, 32> digest{};
        SHA256(reinterpret_cast<const unsigned char*>(sealed_what.data()), sealed_what.size(), out(digest));
        const auto [at, is_new] = nonces->emplace(text(p.key) + text(p.nonce), text(digest));
        if (!is_new && at->second != text(digest)) ++repeated_nonces;
    }
    return {};
}

Status OpenSslCrypto::open(const AeadParameters& p, Bytes sealed, const Tag& tag, MutableBytes plain) {
    if (fails()) return fail(Code::generic);
    must(plain.size() == sealed.size());
    EVP_CIPHER_CTX* const c = context(p, false);
    Tag expected = tag;
    int size = 0;
    unsigned char rest[16];
    must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, kTagBytes, expected.data()) == 1);
    must(EVP_CipherUpdate(c, out(plain), &size, in(sealed), static_cast<int>(sealed.size())) == 1);
    if (EVP_CipherFinal_ex(c, rest, &size) == 1) return {};
    return fail(Code::security);
}

}  // namespace festore::engine
