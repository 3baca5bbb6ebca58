// SPDX-License-Identifier: BSD-2-Clause
#include "gp/crypto.h"

namespace festore::gp {
namespace {

constexpr uint32_t kGcmTagBits = 128;

Outcome<Sha256Digest> run_mac(TEE_OperationHandle operation, std::initializer_list<Bytes> parts) {
    TEE_MACInit(operation, nullptr, 0);
    for (const Bytes part : parts)
        TEE_MACUpdate(operation, part.data(), static_cast<Size>(part.size()));
    Sha256Digest mac{};
    Size size = static_cast<Size>(mac.size());
    const TEE_Result result = TEE_MACComputeFinal(operation, nullptr, 0, mac.data(), &size);
    if (result != TEE_SUCCESS) return fail_with(result);
    if (size != mac.size()) return fail(Code::generic);
    return mac;
}

Outcome<TEE_OperationHandle> start_gcm(KeyedOperation& operation, const Aes256Gcm::Parameters& p, size_t size) {
    TEE_OperationHandle const handle = FESTORE_TRY(operation.with_key(p.key));
    const TEE_Result result = TEE_AEInit(handle, p.nonce.data(), static_cast<Size>(p.nonce.size()), kGcmTagBits,
                                         static_cast<Size>(p.associated.size()), static_cast<Size>(size));
    if (result != TEE_SUCCESS) return fail_with(result);
    TEE_AEUpdateAAD(handle, p.associated.data(), static_cast<Size>(p.associated.size()));
    return handle;
}

}  // namespace

Outcome<Sha1Digest> sha1(std::initializer_list<Bytes> parts) {
    const Operation operation = FESTORE_TRY(Operation::allocate(TEE_ALG_SHA1, TEE_MODE_DIGEST, 0));
    for (const Bytes part : parts)
        TEE_DigestUpdate(operation.get(), part.data(), static_cast<Size>(part.size()));
    Sha1Digest digest{};
    Size size = static_cast<Size>(digest.size());
    const TEE_Result result = TEE_DigestDoFinal(operation.get(), nullptr, 0, digest.data(), &size);
    if (result != TEE_SUCCESS) return fail_with(result);
    if (size != digest.size()) return fail(Code::generic);
    return digest;
}

Outcome<Sha256Digest> hmac_sha256(Bytes key, std::initializer_list<Bytes> parts) {
    Operation operation =
        FESTORE_TRY(Operation::allocate(TEE_ALG_HMAC_SHA256, TEE_MODE_MAC, static_cast<uint32_t>(key.size() * 8)));
    FESTORE_CHECK(operation.set_key(TEE_TYPE_HMAC_SHA256, key));
    return run_mac(operation.get(), parts);
}

void random(MutableBytes out) { TEE_GenerateRandom(out.data(), static_cast<Size>(out.size())); }

Outcome<Sha256Digest> HmacSha256::mac(Bytes key, std::initializer_list<Bytes> parts) {
    return run_mac(FESTORE_TRY(operation_.with_key(key)), parts);
}

Status Aes256Gcm::seal(const Parameters& p, Bytes plain, MutableBytes sealed, MutableBytes tag) {
    TEE_OperationHandle const operation = FESTORE_TRY(start_gcm(encryption_, p, plain.size()));
    Size size = static_cast<Size>(sealed.size());
    Size tag_size = static_cast<Size>(tag.size());
    const TEE_Result result = TEE_AEEncryptFinal(operation, plain.data(), static_cast<Size>(plain.size()),
                                                 sealed.data(), &size, tag.data(), &tag_size);
    if (result == TEE_SUCCESS && size == plain.size() && tag_size == tag.size()) return {};
    encryption_.drop();
    return result == TEE_SUCCESS ? fail(Code::generic) : fail_with(result);
}

Status Aes256Gcm::open(const Parameters& p, Bytes sealed, Bytes tag, MutableBytes plain) {
    TEE_OperationHandle const operation = FESTORE_TRY(start_gcm(decryption_, p, sealed.size()));
    Size size = static_cast<Size>(plain.size());
    // The API takes a pointer to non-const and only reads through it.
    const TEE_Result result =
        TEE_AEDecryptFinal(operation, sealed.data(), static_cast<Size>(sealed.size()), plain.data(), &size,
                           const_cast<std::byte*>(tag.data()), static_cast<Size>(tag.size()));
    if (result == TEE_SUCCESS && size == sealed.size()) return {};
    decryption_.drop();
    if (result == TEE_ERROR_MAC_INVALID) return fail(Code::security);
    return result == TEE_SUCCESS ? fail(Code::generic) : fail_with(result);
}

}  // namespace festore::gp
