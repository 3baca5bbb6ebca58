// SPDX-License-Identifier: BSD-2-Clause
#include "ta/chacha20_poly1305.h"

#ifdef FESTORE_MBEDTLS
#include <mbedtls/chachapoly.h>

namespace festore::ta {
namespace {

// An mbedTLS context; its key is wiped at the end.
class Context {
public:
    Context() { mbedtls_chachapoly_init(&context_); }
    ~Context() { mbedtls_chachapoly_free(&context_); }
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    bool takes(const engine::AeadParameters& p) {
        return p.key.size() == engine::kKeyBytes && p.nonce.size() == 12 &&
               mbedtls_chachapoly_setkey(&context_, octets(p.key)) == 0;
    }
    mbedtls_chachapoly_context* get() { return &context_; }

    static const unsigned char* octets(Bytes bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
    static unsigned char* octets(MutableBytes bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

private:
    mbedtls_chachapoly_context context_;
};

}  // namespace

bool has_chacha20_poly1305() { return true; }

Status chacha20_poly1305_seal(const engine::AeadParameters& p, Bytes plain, MutableBytes sealed, engine::Tag& tag) {
    Context context;
    if (!context.takes(p) || sealed.size() != plain.size()) return fail(Code::bad_parameters);
    const int result = mbedtls_chachapoly_encrypt_and_tag(
        context.get(), plain.size(), Context::octets(p.nonce), Context::octets(p.associated), p.associated.size(),
        Context::octets(plain), Context::octets(sealed), Context::octets(MutableBytes(tag)));
    return result == 0 ? Status{} : fail(Code::generic);
}

Status chacha20_poly1305_open(const engine::AeadParameters& p, Bytes sealed, const engine::Tag& tag, MutableBytes plain) {
    Context context;
    if (!context.takes(p) || plain.size() != sealed.size()) return fail(Code::bad_parameters);
    const int result = mbedtls_chachapoly_auth_decrypt(
        context.get(), sealed.size(), Context::octets(p.nonce), Context::octets(p.associated), p.associated.size(),
        Context::octets(Bytes(tag)), Context::octets(sealed), Context::octets(plain));
    if (result == MBEDTLS_ERR_CHACHAPOLY_AUTH_FAILED) return fail(Code::security);
    return result == 0 ? Status{} : fail(Code::generic);
}

}  // namespace festore::ta
#else

namespace festore::ta {

bool has_chacha20_poly1305() { return false; }
Status chacha20_poly1305_seal(const engine::AeadParameters&, Bytes, MutableBytes, engine::Tag&) {
    return fail(Code::not_supported);
}
Status chacha20_poly1305_open(const engine::AeadParameters&, Bytes, const engine::Tag&, MutableBytes) {
    return fail(Code::not_supported);
}

}  // namespace festore::ta
#endif
