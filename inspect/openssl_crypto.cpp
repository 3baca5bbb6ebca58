// SPDX-License-Identifier: BSD-2-Clause
#include "inspect/openssl_crypto.h"

#include "ree_fs/crypto.h"

#include <cstdio>
#include <cstdlib>
#include <openssl/evp.h>

namespace festore::inspect {
namespace {

void must(bool worked) {
    if (worked) return;
    (void)std::fputs("festore: OpenSSL cannot do AES-GCM or ChaCha20-Poly1305 here\n", stderr);
    std::abort();
}

const unsigned char* in(Bytes b) { return reinterpret_cast<const unsigned char*>(b.data()); }
unsigned char* out(MutableBytes b) { return reinterpret_cast<unsigned char*>(b.data()); }

}  // namespace

void OpenSslCrypto::Free::operator()(evp_cipher_ctx_st* context) const { EVP_CIPHER_CTX_free(context); }

OpenSslCrypto::OpenSslCrypto() : context_(EVP_CIPHER_CTX_new()) { must(context_ != nullptr); }

Status OpenSslCrypto::hmac(Bytes key, std::initializer_list<Bytes> parts, engine::Mac& mac) {
    ree_fs::hmac_sha256(key, parts, mac);
    return {};
}

Status OpenSslCrypto::open(const engine::AeadParameters& p, Bytes sealed, const engine::Tag& tag, MutableBytes plain) {
    const bool sizes_fit =
        p.key.size() == engine::kKeyBytes && p.nonce.size() == engine::kNonceBytes && sealed.size() == plain.size();
    if (!sizes_fit) return fail(Code::bad_parameters);
    EVP_CIPHER_CTX* const c = context_.get();
    const EVP_CIPHER* const cipher =
        p.cipher == engine::Cipher::aes_256_gcm ? EVP_aes_256_gcm() : EVP_chacha20_poly1305();
    engine::Tag expected = tag;
    std::array<unsigned char, 16> rest{};
    int size = 0;
    must(EVP_DecryptInit_ex(c, cipher, nullptr, in(p.key), in(p.nonce)) == 1);
    must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, engine::kTagBytes, expected.data()) == 1);
    must(EVP_DecryptUpdate(c, nullptr, &size, in(p.associated), static_cast<int>(p.associated.size())) == 1);
    if (!sealed.empty())
        must(EVP_DecryptUpdate(c, out(plain), &size, in(sealed), static_cast<int>(sealed.size())) == 1);
    if (EVP_DecryptFinal_ex(c, rest.data(), &size) == 1) return {};
    wipe(plain);
    return fail(Code::security);
}

Status OpenSslCrypto::random(MutableBytes) { return fail(Code::not_supported); }
Status OpenSslCrypto::seal(const engine::AeadParameters&, Bytes, MutableBytes, engine::Tag&) {
    return fail(Code::not_supported);
}

}  // namespace festore::inspect
