// SPDX-License-Identifier: BSD-2-Clause
// Owners of the handles of cryptographic operations and of transient keys (TEE Internal Core API 1.3, chapters 5.6 and 6).
#pragma once
#include "base/bytes.h"
#include "base/secret_bytes.h"
#include "gp/tee.h"

namespace festore::gp {

class Operation {
public:
    static Outcome<Operation> allocate(uint32_t algorithm, uint32_t mode, uint32_t key_bits);
    Operation(Operation&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Operation& operator=(Operation&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~Operation() {
        if (handle_ != TEE_HANDLE_NULL) TEE_FreeOperation(handle_);
    }
    [[nodiscard]] TEE_OperationHandle get() const { return handle_; }
    // `type`: TEE_TYPE_* of the secret.
    Status set_key(uint32_t type, Bytes secret);

private:
    explicit Operation(TEE_OperationHandle handle) : handle_(handle) {}
    TEE_OperationHandle handle_;
};

// An operation and its 32-byte key, kept from one use to the next: setting up a key takes several calls into the
// TEE's core, and the same key is often used many times in a row.
class KeyedOperation {
public:
    KeyedOperation(uint32_t algorithm, uint32_t mode, uint32_t key_type)
        : algorithm_(algorithm), mode_(mode), key_type_(key_type) {}
    KeyedOperation(const KeyedOperation&) = delete;
    KeyedOperation& operator=(const KeyedOperation&) = delete;

    // The operation in its initial state, with that key.
    Outcome<TEE_OperationHandle> with_key(Bytes key);
    // Forgets the key and frees the operation. Call it after a failure, too: the operation's state is then different in different
    // TEEs.
    void drop() {
        operation_.reset();
        wipe(key_.fill());
    }

private:
    uint32_t algorithm_;
    uint32_t mode_;
    uint32_t key_type_;
    std::optional<Operation> operation_;
    SecretBytes<32> key_;
};

}  // namespace festore::gp
