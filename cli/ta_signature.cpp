// SPDX-License-Identifier: BSD-2-Clause
#include "cli/ta_signature.h"

#include "base/reader.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <memory>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

namespace festore::cli {
namespace {

// The public half of the key that OP-TEE's sources and every TA dev kit carry (keys/default_ta.pem): RSA, 2048 bits, e 65537.
constexpr const char* kDefaultModulus =
    "a65a18adc0b3cee30c902b7d409bacbb5a4988420ab1e092c08691e69eefa0e1f12f90f666ddea155ac028b49ddf520c"
    "6ea5c61943ac69a8f25ffe6000a5d23acc1201f35bba0c511c2cf4b077b9d672351c0f73cd2f16f9ba8984a09bbf8b5b"
    "7fe88b8b9fc871ea1c6c1f00a0eeca3ebf188e579b4866eb8bd44051ae86a186f8d00bfab62e252e05ff760146d73deb"
    "1f7cfcdf1e828b5eb0caa3ea16be2d6e54509cb841ef17c77f6054aaf970a0f8982e82f98c5ffb9c888e77b03272991a"
    "e0045ebf1daaf7f0053cb495dd4dba3a71a1f8728e1d98e313bacab027bf87595427f8e8ecc68537d23a95e4a5099ad0"
    "1fa386b092d8021e3375db26bf27fc35";

// The signed header of a TA file: OP-TEE's struct shdr.
constexpr uint32_t kMagic = 0x4f545348;  // "HSTO"
constexpr uint32_t kAlgorithmPss = 0x70414930;    // RSASSA-PSS, MGF1, SHA-256: the default since 3.8
constexpr uint32_t kAlgorithmPkcs1 = 0x70004830;  // RSASSA-PKCS1-v1_5, SHA-256
constexpr size_t kHeaderBytesMax = 4096;

template <auto Free>
struct FreeWith {
    template <class T>
    void operator()(T* p) const {
        Free(p);
    }
};
using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, FreeWith<EVP_PKEY_CTX_free>>;

Key default_key() {
    BIGNUM* modulus = nullptr;
    BN_hex2bn(&modulus, kDefaultModulus);
    const std::unique_ptr<BIGNUM, FreeWith<BN_free>> n(modulus);
    const std::unique_ptr<OSSL_PARAM_BLD, FreeWith<OSSL_PARAM_BLD_free>> builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
    OSSL_PARAM_BLD_push_uint(builder.get(), OSSL_PKEY_PARAM_RSA_E, 65537);
    const std::unique_ptr<OSSL_PARAM, FreeWith<OSSL_PARAM_free>> params(OSSL_PARAM_BLD_to_param(builder.get()));
    const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
    EVP_PKEY* key = nullptr;
    EVP_PKEY_fromdata_init(context.get());
    EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get());
    return Key(key);
}

bool verifies(uint32_t algorithm, Bytes hash, Bytes signature) {
    const Key key = default_key();
    const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
    const bool pss = algorithm == kAlgorithmPss;
    EVP_PKEY_verify_init(context.get());
    EVP_PKEY_CTX_set_rsa_padding(context.get(), pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING);
    EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256());
    if (pss) EVP_PKEY_CTX_set_rsa_pss_saltlen(context.get(), RSA_PSS_SALTLEN_AUTO);
    const auto u8 = [](Bytes b) { return reinterpret_cast<const unsigned char*>(b.data()); };
    return EVP_PKEY_verify(context.get(), u8(signature), signature.size(), u8(hash), hash.size()) == 1;
}

}  // namespace

TaSigner signer_of(const std::string& ta_file) {
    std::ifstream in(ta_file, std::ios::binary);
    std::array<char, kHeaderBytesMax> start{};
    in.read(start.data(), start.size());
    Reader header(bytes_of(start.data(), static_cast<size_t>(std::max<std::streamsize>(in.gcount(), 0))));
    const uint32_t magic = header.u32();
    header.u32();  // image type
    header.u32();  // image size
    const uint32_t algorithm = header.u32();
    const size_t hash_size = header.u16();
    const size_t signature_size = header.u16();
    const Bytes hash = header.bytes(hash_size);
    const Bytes signature = header.bytes(signature_size);
    if (!header.ok() || magic != kMagic || hash_size != 32) return TaSigner::not_readable;
    if (algorithm != kAlgorithmPss && algorithm != kAlgorithmPkcs1) return TaSigner::another;
    return verifies(algorithm, hash, signature) ? TaSigner::public_default : TaSigner::another;
}

}  // namespace festore::cli
