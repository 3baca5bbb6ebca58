// SPDX-License-Identifier: BSD-2-Clause
#include "doctor/ta_signature.h"

#include "base/reader.h"
#include "doctor/supplicant.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <unistd.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

namespace festore::doctor {
namespace {

// The public halves of the keys that OP-TEE's sources and every TA dev kit carry (keys/default_ta.pem), exponent 65537.
constexpr const char* kDefaultModuli[] = {
    // 2048 bits, found in 4.5
    "a65a18adc0b3cee30c902b7d409bacbb5a4988420ab1e092c08691e69eefa0e1f12f90f666ddea155ac028b49ddf520c"
    "6ea5c61943ac69a8f25ffe6000a5d23acc1201f35bba0c511c2cf4b077b9d672351c0f73cd2f16f9ba8984a09bbf8b5b"
    "7fe88b8b9fc871ea1c6c1f00a0eeca3ebf188e579b4866eb8bd44051ae86a186f8d00bfab62e252e05ff760146d73deb"
    "1f7cfcdf1e828b5eb0caa3ea16be2d6e54509cb841ef17c77f6054aaf970a0f8982e82f98c5ffb9c888e77b03272991a"
    "e0045ebf1daaf7f0053cb495dd4dba3a71a1f8728e1d98e313bacab027bf87595427f8e8ecc68537d23a95e4a5099ad0"
    "1fa386b092d8021e3375db26bf27fc35",
    // 4096 bits, found in 4.10
    "e9ee82639f0bcdded5c5bfc1f64e3b5fc7eebe4604f0ed697a8d549e611a7ae008f75cbac0548b92883bb8f65c8b30f1"
    "caa037381b5b16a8bb9d1d1f4ecfa7af7ed6fb21521999636555f1b9d3288dc72c8073fda4c523966baeff52122f2bc0"
    "e50f11e802eb4e63695107cda9c76920181fc120d4ac1514d0f22aea2894771a16b6e0bbd4e80a878360f0d5dd2101e2"
    "255c31da2fc90789627560cf258fe74cb2a7983cdb2adc8a59e41fcf81498038c30138595c049ea1a1295a68d10ef7db"
    "1ba23bce2536d2388003947c4fa86df43770a09f8220aa2fb1cba475e74f67d6fcfc87ac062654459bfba70a803162d5"
    "6fddcf423d5adbc573c99396e0caffa1afbda98d3f775f40a41e58255ee17fa7d66399b03dd006b8ee05a578a77a60fe"
    "1cb5c65c0bbaf8f9737ed256f7b52dbc4e4333392b326f4362385ed5bd4010794360933b593a518bdcf80ae07299e739"
    "0ac2857d900909094a839aa33ca03bdc21f53c1b55cc02be37c92d6ec200228897d1a439c88b58f45cb1a9db92b7676d"
    "d2d3e3ae37e5bc7588d7edbbce0632d2c58e96c496cb3f4d3281fdc75206574fee7cebe7b3de72dd7477a6d1c8ac1d62"
    "65d7d27410954c702c71592c0fc156942d92fc415e76a61c0776634751696fd45e18ad82852554fc3c60f976b7033517"
    "a38173f2b35a277fc1bc1f0da610e18b7f75204a0fbbf6d14d59ba313fd81da1"};

// The signed header of a TA file: OP-TEE's struct shdr.
constexpr uint32_t kMagic = 0x4f545348;  // "HSTO"
constexpr size_t kHeaderBytes = 20;      // without hash and signature
constexpr size_t kFileBytesMax = 64 << 20;
enum ImageType : uint32_t { kPlain = 0, kWithVersion = 1, kEncrypted = 2, kSubkey = 3 };
constexpr size_t kVersionBytes = 20;  // of kWithVersion and kEncrypted, before the image: UUID and version

// The algorithms that OP-TEE accepts, by GlobalPlatform's numbers.
struct Algorithm {
    uint32_t number;
    bool pss;
    const EVP_MD* (*digest)();
};
constexpr Algorithm kAlgorithms[] = {
    {0x70414930, true, EVP_sha256},  // the default since 3.8
    {0x70515930, true, EVP_sha384},
    {0x70616930, true, EVP_sha512},
    {0x70004830, false, EVP_sha256},  // RSASSA-PKCS1-v1_5
    {0x70005830, false, EVP_sha384},
    {0x70006830, false, EVP_sha512},
};

const unsigned char* u8(Bytes b) { return reinterpret_cast<const unsigned char*>(b.data()); }

template <auto Free>
struct FreeWith {
    template <class T>
    void operator()(T* p) const {
        Free(p);
    }
};
using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, FreeWith<EVP_PKEY_CTX_free>>;

Key public_key(const char* modulus_text) {
    BIGNUM* modulus = nullptr;
    BN_hex2bn(&modulus, modulus_text);
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

bool verifies(const char* modulus, const Algorithm& algorithm, Bytes hash, Bytes signature) {
    const Key key = public_key(modulus);
    const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
    EVP_PKEY_verify_init(context.get());
    EVP_PKEY_CTX_set_rsa_padding(context.get(), algorithm.pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING);
    EVP_PKEY_CTX_set_signature_md(context.get(), algorithm.digest());
    if (algorithm.pss) EVP_PKEY_CTX_set_rsa_pss_saltlen(context.get(), RSA_PSS_SALTLEN_AUTO);
    return EVP_PKEY_verify(context.get(), u8(signature), signature.size(), u8(hash), hash.size()) == 1;
}

// OP-TEE hashes the header without hash and signature, then everything that follows them.
bool hash_is_right(const Algorithm& algorithm, Bytes header, Bytes covered, Bytes hash) {
    const std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
    std::array<std::byte, EVP_MAX_MD_SIZE> computed{};
    unsigned size = 0;
    return EVP_DigestInit_ex(context.get(), algorithm.digest(), nullptr) == 1 &&
           EVP_DigestUpdate(context.get(), header.data(), header.size()) == 1 &&
           EVP_DigestUpdate(context.get(), covered.data(), covered.size()) == 1 &&
           EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(computed.data()), &size) == 1 &&
           std::ranges::equal(Bytes(computed).first(size), hash);
}

struct SignedFile {
    uint32_t type = 0;
    size_t image_size = 0;
    uint32_t algorithm = 0;
    Bytes hash;
    Bytes signature;
    Bytes covered;  // by the hash: what follows the signature
};

std::optional<SignedFile> decode_signed(Bytes file) {
    Reader in(file);
    SignedFile decoded;
    const uint32_t magic = in.u32();
    decoded.type = in.u32();
    decoded.image_size = in.u32();
    decoded.algorithm = in.u32();
    const size_t hash_size = in.u16();
    const size_t signature_size = in.u16();
    decoded.hash = in.bytes(hash_size);
    decoded.signature = in.bytes(signature_size);
    if (!in.ok() || magic != kMagic || decoded.type > kSubkey) return std::nullopt;
    decoded.covered = in.rest();
    return decoded;
}

TaSigner signer_of(Bytes file) {
    const std::optional<SignedFile> decoded = decode_signed(file);
    if (!decoded) return TaSigner::not_a_ta;
    const auto& [type, image_size, number, hash, signature, rest] = *decoded;
    const Algorithm* const algorithm = std::ranges::find(kAlgorithms, number, &Algorithm::number);
    if (algorithm == std::ranges::end(kAlgorithms)) return TaSigner::not_a_ta;
    if (hash.size() != static_cast<size_t>(EVP_MD_get_size(algorithm->digest()))) return TaSigner::not_a_ta;
    // More headers follow a subkey.
    const Bytes covered = type == kSubkey && rest.size() >= image_size ? rest.first(image_size) : rest;
    if (type != kEncrypted) {
        const size_t expected = (type == kWithVersion ? kVersionBytes : 0) + image_size;
        if (covered.size() != expected || !hash_is_right(*algorithm, file.first(kHeaderBytes), covered, hash))
            return TaSigner::damaged;
    }
    for (const char* modulus : kDefaultModuli)
        if (verifies(modulus, *algorithm, hash, signature)) return TaSigner::public_default;
    return type == kEncrypted ? TaSigner::cannot_tell : TaSigner::not_default;
}

}  // namespace

TaSigner signer_of(const std::string& ta_file) {
    if (access(ta_file.c_str(), R_OK) != 0)
        return errno == ENOENT || errno == ENOTDIR ? TaSigner::not_there : TaSigner::not_readable;
    const std::string content = text_of_file(ta_file, kFileBytesMax);
    return signer_of(bytes_of(content));
}

std::optional<uint32_t> version_of_ta(const std::string& ta_file) {
    const std::string content = text_of_file(ta_file, kFileBytesMax);
    const std::optional<SignedFile> decoded = decode_signed(bytes_of(content));
    if (!decoded || (decoded->type != kWithVersion && decoded->type != kEncrypted)) return std::nullopt;
    Reader in(decoded->covered);
    in.bytes(kVersionBytes - sizeof(uint32_t));
    const uint32_t version = in.u32();
    if (!in.ok()) return std::nullopt;
    return version;
}

}  // namespace festore::doctor
