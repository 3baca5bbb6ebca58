// SPDX-License-Identifier: BSD-2-Clause
#include "ree_fs/crypto.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <cstdio>
#include <cstdlib>

namespace festore::ree_fs {
namespace {

void must(bool worked) {
    if (worked) return;
    (void)std::fputs("festore: OpenSSL cannot do SHA-256, HMAC or AES here\n", stderr);
    std::abort();
}

const unsigned char* in_ptr(Bytes b) { return reinterpret_cast<const unsigned char*>(b.data()); }
unsigned char* out_ptr(MutableBytes b) { return reinterpret_cast<unsigned char*>(b.data()); }

}  // namespace

void Sha256::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
    must(context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
}

void Sha256::add(Bytes bytes) { must(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1); }

Hash Sha256::finish() {
    Hash out{};
    unsigned size = 0;
    must(EVP_DigestFinal_ex(context_.get(), out_ptr(out), &size) == 1 && size == out.size());
    must(EVP_DigestInit_ex(context_.get(), nullptr, nullptr) == 1);
    return out;
}

void hmac_sha256(Bytes key, std::initializer_list<Bytes> parts, MutableBytes out) {
    EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    EVP_MAC_CTX* const context = mac != nullptr ? EVP_MAC_CTX_new(mac) : nullptr;
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                 OSSL_PARAM_construct_end()};
    must(context != nullptr && EVP_MAC_init(context, in_ptr(key), key.size(), params) == 1);
    for (const Bytes part : parts) must(EVP_MAC_update(context, in_ptr(part), part.size()) == 1);
    size_t size = 0;
    must(EVP_MAC_final(context, out_ptr(out), &size, out.size()) == 1 && size == kHashBytes);
    EVP_MAC_CTX_free(context);
    EVP_MAC_free(mac);
}

void aes256_ecb_decrypt_block(Bytes key, Bytes in, MutableBytes out) {
    must(key.size() == 32 && in.size() == 16 && out.size() == 16);
    EVP_CIPHER_CTX* const context = EVP_CIPHER_CTX_new();
    int size = 0;
    must(context != nullptr && EVP_DecryptInit_ex(context, EVP_aes_256_ecb(), nullptr, in_ptr(key), nullptr) == 1 &&
         EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
         EVP_DecryptUpdate(context, out_ptr(out), &size, in_ptr(in), static_cast<int>(in.size())) == 1 && size == 16);
    EVP_CIPHER_CTX_free(context);
}

void aes256_ecb_encrypt_block(Bytes key, Bytes in, MutableBytes out) {
    must(key.size() == 32 && in.size() == 16 && out.size() == 16);
    EVP_CIPHER_CTX* const context = EVP_CIPHER_CTX_new();
    int size = 0;
    must(context != nullptr && EVP_EncryptInit_ex(context, EVP_aes_256_ecb(), nullptr, in_ptr(key), nullptr) == 1 &&
         EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
         EVP_EncryptUpdate(context, out_ptr(out), &size, in_ptr(in), static_cast<int>(in.size())) == 1 && size == 16);
    EVP_CIPHER_CTX_free(context);
}

void random_bytes(MutableBytes out) { must(RAND_bytes(out_ptr(out), static_cast<int>(out.size())) == 1); }

void GcmOpener::Free::operator()(evp_cipher_ctx_st* context) const { EVP_CIPHER_CTX_free(context); }

GcmOpener::GcmOpener(Bytes key) : context_(EVP_CIPHER_CTX_new()) {
    must(key.size() == kFekBytes && context_ != nullptr &&
         EVP_DecryptInit_ex(context_.get(), EVP_aes_128_gcm(), nullptr, nullptr, nullptr) == 1 &&
         EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_IVLEN, kIvBytes, nullptr) == 1 &&
         EVP_DecryptInit_ex(context_.get(), nullptr, nullptr, in_ptr(key), nullptr) == 1);
}

void GcmOpener::start(Bytes iv) {
    must(iv.size() == kIvBytes && EVP_DecryptInit_ex(context_.get(), nullptr, nullptr, nullptr, in_ptr(iv)) == 1);
}

bool GcmOpener::open(Bytes iv, std::initializer_list<Bytes> associated, Bytes sealed, Bytes tag, MutableBytes out) {
    must(out.size() == sealed.size() && tag.size() == kTagBytes);
    start(iv);
    int size = 0;
    for (const Bytes part : associated) {
        must(EVP_DecryptUpdate(context_.get(), nullptr, &size, in_ptr(part), static_cast<int>(part.size())) == 1);
    }
    must(EVP_DecryptUpdate(context_.get(), out_ptr(out), &size, in_ptr(sealed), static_cast<int>(sealed.size())) == 1);
    std::array<std::byte, kTagBytes> expected{};
    copy_bytes(tag, expected);
    must(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes, expected.data()) == 1);
    std::array<std::byte, kTagBytes> rest{};
    if (EVP_DecryptFinal_ex(context_.get(), out_ptr(rest), &size) == 1) return true;
    wipe(out);
    return false;
}

void GcmOpener::decrypt_unverified(Bytes iv, Bytes sealed, MutableBytes out) {
    must(out.size() == sealed.size());
    start(iv);
    int size = 0;
    must(EVP_DecryptUpdate(context_.get(), out_ptr(out), &size, in_ptr(sealed), static_cast<int>(sealed.size())) == 1);
}

void GcmSealer::Free::operator()(evp_cipher_ctx_st* context) const { EVP_CIPHER_CTX_free(context); }

GcmSealer::GcmSealer(Bytes key) : context_(EVP_CIPHER_CTX_new()) {
    must(key.size() == kFekBytes && context_ != nullptr &&
         EVP_EncryptInit_ex(context_.get(), EVP_aes_128_gcm(), nullptr, nullptr, nullptr) == 1 &&
         EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_IVLEN, kIvBytes, nullptr) == 1 &&
         EVP_EncryptInit_ex(context_.get(), nullptr, nullptr, in_ptr(key), nullptr) == 1);
}

Tag GcmSealer::seal(Bytes iv, std::initializer_list<Bytes> associated, Bytes plain, MutableBytes sealed) {
    must(iv.size() == kIvBytes && sealed.size() == plain.size() &&
         EVP_EncryptInit_ex(context_.get(), nullptr, nullptr, nullptr, in_ptr(iv)) == 1);
    int size = 0;
    for (const Bytes part : associated) {
        must(EVP_EncryptUpdate(context_.get(), nullptr, &size, in_ptr(part), static_cast<int>(part.size())) == 1);
    }
    must(EVP_EncryptUpdate(context_.get(), out_ptr(sealed), &size, in_ptr(plain), static_cast<int>(plain.size())) == 1);
    std::array<std::byte, kTagBytes> rest{};
    Tag tag{};
    must(EVP_EncryptFinal_ex(context_.get(), out_ptr(rest), &size) == 1 && size == 0 &&
         EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes, tag.data()) == 1);
    return tag;
}

}  // namespace festore::ree_fs
