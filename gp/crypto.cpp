// SPDX-License-Identifier: BSD-2-Clause
#include "gp/crypto.h"

namespace festore::gp {
namespace {

class Operation {
public:
    static Result<Operation> allocate(uint32_t algorithm, uint32_t mode, uint32_t key_bits) {
        TEE_OperationHandle handle = TEE_HANDLE_NULL;
        const TEE_Result result = TEE_AllocateOperation(&handle, algorithm, mode, key_bits);
        if (result != TEE_SUCCESS) return fail_with(result);
        return Operation(handle);
    }
    Operation(Operation&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Operation& operator=(Operation&&) = delete;
    ~Operation() {
        if (handle_ != TEE_HANDLE_NULL) TEE_FreeOperation(handle_);
    }
    [[nodiscard]] TEE_OperationHandle get() const { return handle_; }

private:
    explicit Operation(TEE_OperationHandle handle) : handle_(handle) {}
    TEE_OperationHandle handle_;
};

class TransientKey {
public:
    static Result<TransientKey> make(uint32_t type, Bytes secret) {
        TEE_ObjectHandle handle = TEE_HANDLE_NULL;
        TEE_Result result = TEE_AllocateTransientObject(type, static_cast<uint32_t>(secret.size() * 8), &handle);
        if (result != TEE_SUCCESS) return fail_with(result);
        TransientKey key(handle);
        TEE_Attribute attribute{};
        // The API takes a pointer to non-const and only reads through it.
        TEE_InitRefAttribute(&attribute, TEE_ATTR_SECRET_VALUE, const_cast<std::byte*>(secret.data()),
                             static_cast<Size>(secret.size()));
        result = TEE_PopulateTransientObject(handle, &attribute, 1);
        if (result != TEE_SUCCESS) return fail_with(result);
        return key;
    }
    TransientKey(TransientKey&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    TransientKey& operator=(TransientKey&&) = delete;
    ~TransientKey() {
        if (handle_ != TEE_HANDLE_NULL) TEE_FreeTransientObject(handle_);
    }
    [[nodiscard]] TEE_ObjectHandle get() const { return handle_; }

private:
    explicit TransientKey(TEE_ObjectHandle handle) : handle_(handle) {}
    TEE_ObjectHandle handle_;
};

}  // namespace

Result<Sha1Digest> sha1(std::initializer_list<Bytes> parts) {
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

Result<Sha256Digest> hmac_sha256(Bytes key, std::initializer_list<Bytes> parts) {
    const uint32_t key_bits = static_cast<uint32_t>(key.size() * 8);
    const TransientKey transient = FESTORE_TRY(TransientKey::make(TEE_TYPE_HMAC_SHA256, key));
    const Operation operation = FESTORE_TRY(Operation::allocate(TEE_ALG_HMAC_SHA256, TEE_MODE_MAC, key_bits));
    if (const TEE_Result result = TEE_SetOperationKey(operation.get(), transient.get()); result != TEE_SUCCESS)
        return fail_with(result);
    TEE_MACInit(operation.get(), nullptr, 0);
    for (const Bytes part : parts)
        TEE_MACUpdate(operation.get(), part.data(), static_cast<Size>(part.size()));
    Sha256Digest mac{};
    Size size = static_cast<Size>(mac.size());
    const TEE_Result result = TEE_MACComputeFinal(operation.get(), nullptr, 0, mac.data(), &size);
    if (result != TEE_SUCCESS) return fail_with(result);
    if (size != mac.size()) return fail(Code::generic);
    return mac;
}

}  // namespace festore::gp
