// SPDX-License-Identifier: BSD-2-Clause
#include "gp/operation.h"

namespace festore::gp {
namespace {

class TransientKey {
public:
    static Outcome<TransientKey> make(uint32_t type, Bytes secret) {
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

Outcome<Operation> Operation::allocate(uint32_t algorithm, uint32_t mode, uint32_t key_bits) {
    TEE_OperationHandle handle = TEE_HANDLE_NULL;
    const TEE_Result result = TEE_AllocateOperation(&handle, algorithm, mode, key_bits);
    if (result != TEE_SUCCESS) return fail_with(result);
    return Operation(handle);
}

Status Operation::set_key(uint32_t type, Bytes secret) {
    const TransientKey key = FESTORE_TRY(TransientKey::make(type, secret));
    const TEE_Result result = TEE_SetOperationKey(handle_, key.get());
    if (result != TEE_SUCCESS) return fail_with(result);
    return {};
}

Outcome<TEE_OperationHandle> KeyedOperation::with_key(Bytes key) {
    if (operation_ && key_.equals(key)) return operation_->get();
    drop();
    if (key.size() != key_.size()) return fail(Code::bad_parameters);
    Operation fresh = FESTORE_TRY(Operation::allocate(algorithm_, mode_, static_cast<uint32_t>(key.size() * 8)));
    FESTORE_CHECK(fresh.set_key(key_type_, key));
    copy_bytes(key, key_.fill());
    operation_.emplace(std::move(fresh));
    return operation_->get();
}

}  // namespace festore::gp
