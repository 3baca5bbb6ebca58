// SPDX-License-Identifier: BSD-2-Clause
// Cryptographic operations: TEE Internal Core API 1.3, chapter 6, with OpenSSL 3. Modelled: AES-GCM, AES-CTR, SHA-1,
// SHA-256, HMAC-SHA256; keys of exactly the size that the operation was made for.
#include "sim/api/keys.h"
#include "sim/api/openssl.h"

#include <climits>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

using namespace festore::sim;

// `initialized` and `active` are the two states that OP-TEE keeps, and that its functions check (libutee).
struct __TEE_OperationHandle {
    uint32_t algorithm = 0;
    uint32_t mode = 0;
    uint32_t max_bits = 0;
    std::vector<unsigned char> key;
    bool initialized = false;
    bool active = false;  // data has been processed
    size_t tag_bytes = 0;
    CipherContext cipher;
    DigestContext digest;
    MacContext mac;
    ~__TEE_OperationHandle() { OPENSSL_cleanse(key.data(), key.size()); }
};

void festore::sim::destroy(__TEE_OperationHandle* operation) { delete operation; }
festore::Bytes festore::sim::key_of(const __TEE_OperationHandle& operation) {
    return bytes_of(operation.key.data(), operation.key.size());
}

namespace {

constexpr size_t kMacBytes = 32;

const unsigned char* u8(const void* p) { return static_cast<const unsigned char*>(p); }
unsigned char* u8(void* p) { return static_cast<unsigned char*>(p); }

TEE_OperationHandle known(TEE_OperationHandle operation) {
    if (!current_call().instance->operations.contains(operation))
        panic(TEE_ERROR_BAD_PARAMETERS, "no handle of an operation");
    return operation;
}
TEE_OperationHandle of(TEE_OperationHandle operation, uint32_t algorithm) {
    if (known(operation)->algorithm != algorithm) panic(TEE_ERROR_BAD_PARAMETERS, "an operation of another algorithm");
    return operation;
}
TEE_OperationHandle started(TEE_OperationHandle operation) {
    if (!operation->initialized) panic(TEE_ERROR_BAD_PARAMETERS, "an operation that was not initialised");
    return operation;
}
TEE_OperationHandle with_key(TEE_OperationHandle operation) {
    if (operation->key.empty()) panic(TEE_ERROR_BAD_STATE, "an operation without a key");
    return operation;
}
void reset_state(TEE_OperationHandle operation, bool initialized = false) {
    operation->initialized = initialized;
    operation->active = false;
}
void need(bool openssl_succeeded) {
    if (!openssl_succeeded) panic(TEE_ERROR_GENERIC, "OpenSSL failed");
}

bool is_digest(uint32_t algorithm) { return algorithm == TEE_ALG_SHA1 || algorithm == TEE_ALG_SHA256; }

void start_digest(TEE_OperationHandle operation) {
    operation->digest.reset(EVP_MD_CTX_new());
    need(EVP_DigestInit_ex2(operation->digest.get(), operation->algorithm == TEE_ALG_SHA1 ? EVP_sha1() : EVP_sha256(),
                            nullptr) == 1);
    reset_state(operation, true);
}

void require_input(const void* in, size_t size) {
    if (in == nullptr && size > 0) panic(TEE_ERROR_BAD_PARAMETERS, "input without an address");
    if (size > INT_MAX) refuse("input of 2 GiB or more");
}

const EVP_CIPHER* cipher_of(const __TEE_OperationHandle& operation) {
    const bool gcm = operation.algorithm == TEE_ALG_AES_GCM;
    switch (operation.key.size()) {
    case 16: return gcm ? EVP_aes_128_gcm() : EVP_aes_128_ctr();
    case 24: return gcm ? EVP_aes_192_gcm() : EVP_aes_192_ctr();
    case 32: return gcm ? EVP_aes_256_gcm() : EVP_aes_256_ctr();
    default: panic(TEE_ERROR_BAD_STATE, "a key of no AES size");
    }
}

void start_cipher(TEE_OperationHandle operation, const void* iv, size_t iv_size) {
    operation->cipher.reset(EVP_CIPHER_CTX_new());
    EVP_CIPHER_CTX* c = operation->cipher.get();
    const int encrypt = operation->mode == TEE_MODE_ENCRYPT ? 1 : 0;
    need(EVP_CipherInit_ex2(c, cipher_of(*operation), nullptr, nullptr, encrypt, nullptr) == 1);
    if (operation->algorithm == TEE_ALG_AES_GCM)
        need(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_IVLEN, static_cast<int>(iv_size), nullptr) == 1);
    need(EVP_CipherInit_ex2(c, nullptr, operation->key.data(), u8(iv), encrypt, nullptr) == 1);
    operation->initialized = true;
}

TEE_Result run_cipher(TEE_OperationHandle operation, const void* in, size_t in_size, void* out, size_t* out_size) {
    require_input(in, in_size);
    if (operation->cipher == nullptr) panic(TEE_ERROR_BAD_STATE, "an operation that has failed");
    if (required(out_size) < in_size) {
        *out_size = in_size;
        return TEE_ERROR_SHORT_BUFFER;
    }
    int n = 0;
    if (in_size > 0) {
        required(static_cast<char*>(out));
        need(EVP_CipherUpdate(operation->cipher.get(), u8(out), &n, u8(in), static_cast<int>(in_size)) == 1);
    }
    *out_size = in_size;
    return TEE_SUCCESS;
}

}  // namespace

extern "C" {

TEE_Result TEE_AllocateOperation(TEE_OperationHandle* operation, uint32_t algorithm, uint32_t mode, uint32_t max_bits) {
    required(operation) = TEE_HANDLE_NULL;
    const bool aes = (algorithm == TEE_ALG_AES_GCM || algorithm == TEE_ALG_AES_CTR) &&
                     (mode == TEE_MODE_ENCRYPT || mode == TEE_MODE_DECRYPT) && is_key_size(TEE_TYPE_AES, max_bits);
    const bool mac = algorithm == TEE_ALG_HMAC_SHA256 && mode == TEE_MODE_MAC &&
                     is_key_size(TEE_TYPE_HMAC_SHA256, max_bits);
    const bool digest = is_digest(algorithm) && mode == TEE_MODE_DIGEST;
    if (!aes && !mac && !digest) return TEE_ERROR_NOT_SUPPORTED;
    if (allocation_fails()) return TEE_ERROR_OUT_OF_MEMORY;
    auto* made = new __TEE_OperationHandle;
    current_call().instance->operations.insert(made);
    made->algorithm = algorithm;
    made->mode = mode;
    made->max_bits = max_bits;
    if (digest) start_digest(made);
    *operation = made;
    return TEE_SUCCESS;
}

void TEE_FreeOperation(TEE_OperationHandle operation) {
    if (operation == TEE_HANDLE_NULL) return;
    current_call().instance->operations.erase(known(operation));
    delete operation;
}

void TEE_ResetOperation(TEE_OperationHandle operation) {
    if (is_digest(known(operation)->algorithm)) start_digest(operation);
    else reset_state(with_key(operation));
}

TEE_Result TEE_SetOperationKey(TEE_OperationHandle operation, TEE_ObjectHandle key) {
    if (known(operation)->initialized) panic(TEE_ERROR_BAD_STATE, "setting the key of an operation that is under way");
    OPENSSL_cleanse(operation->key.data(), operation->key.size());
    operation->key.clear();
    if (key == TEE_HANDLE_NULL) return TEE_SUCCESS;
    const uint32_t type = operation->algorithm == TEE_ALG_HMAC_SHA256 ? TEE_TYPE_HMAC_SHA256 : TEE_TYPE_AES;
    if (known_transient(key)->secret.empty() || key->type != type || key->secret.size() * 8 > operation->max_bits)
        panic(TEE_ERROR_BAD_PARAMETERS, "a key that does not fit the operation");
    operation->key = key->secret;
    return TEE_SUCCESS;
}

void TEE_DigestUpdate(TEE_OperationHandle operation, const void* chunk, size_t size) {
    if (!is_digest(known(operation)->algorithm)) panic(TEE_ERROR_BAD_PARAMETERS, "not a digest");
    require_input(chunk, size);
    need(EVP_DigestUpdate(operation->digest.get(), chunk, size) == 1);
    operation->active = true;
}

TEE_Result TEE_DigestDoFinal(TEE_OperationHandle operation, const void* chunk, size_t size, void* hash,
                             size_t* hash_size) {
    if (!is_digest(known(operation)->algorithm)) panic(TEE_ERROR_BAD_PARAMETERS, "not a digest");
    const size_t needed = operation->algorithm == TEE_ALG_SHA1 ? 20 : 32;
    if (required(hash_size) < needed) {
        *hash_size = needed;
        return TEE_ERROR_SHORT_BUFFER;
    }
    TEE_DigestUpdate(operation, chunk, size);
    need(EVP_DigestFinal_ex(operation->digest.get(), u8(hash), nullptr) == 1);
    *hash_size = needed;
    start_digest(operation);
    return TEE_SUCCESS;
}

void TEE_CipherInit(TEE_OperationHandle operation, const void* iv, size_t iv_size) {
    with_key(of(operation, TEE_ALG_AES_CTR));
    if (iv == nullptr || iv_size != 16) panic(TEE_ERROR_BAD_PARAMETERS, "AES-CTR with an IV that is not 16 bytes");
    start_cipher(operation, iv, iv_size);
}

TEE_Result TEE_CipherUpdate(TEE_OperationHandle operation, const void* in, size_t in_size, void* out,
                            size_t* out_size) {
    return run_cipher(started(of(operation, TEE_ALG_AES_CTR)), in, in_size, out, out_size);
}

TEE_Result TEE_CipherDoFinal(TEE_OperationHandle operation, const void* in, size_t in_size, void* out,
                             size_t* out_size) {
    const TEE_Result r = run_cipher(started(of(operation, TEE_ALG_AES_CTR)), in, in_size, out, out_size);
    if (r == TEE_SUCCESS) reset_state(operation);
    return r;
}

void TEE_MACInit(TEE_OperationHandle operation, const void*, size_t) {
    with_key(of(operation, TEE_ALG_HMAC_SHA256));
    const Mac mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    operation->mac.reset(EVP_MAC_CTX_new(mac.get()));
    std::string digest = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
                                 OSSL_PARAM_construct_end()};
    need(EVP_MAC_init(operation->mac.get(), operation->key.data(), operation->key.size(), params) == 1);
    operation->initialized = true;
}

void TEE_MACUpdate(TEE_OperationHandle operation, const void* chunk, size_t size) {
    started(of(operation, TEE_ALG_HMAC_SHA256));
    require_input(chunk, size);
    if (size > 0) need(EVP_MAC_update(operation->mac.get(), u8(chunk), size) == 1);
    operation->active = true;
}

TEE_Result TEE_MACComputeFinal(TEE_OperationHandle operation, const void* in, size_t in_size, void* mac,
                               size_t* mac_size) {
    started(of(operation, TEE_ALG_HMAC_SHA256));
    require_input(in, in_size);
    if (required(mac_size) < kMacBytes) {
        *mac_size = kMacBytes;
        return TEE_ERROR_SHORT_BUFFER;
    }
    TEE_MACUpdate(operation, in, in_size);
    need(EVP_MAC_final(operation->mac.get(), u8(mac), mac_size, kMacBytes) == 1);
    reset_state(operation);
    return TEE_SUCCESS;
}

TEE_Result TEE_MACCompareFinal(TEE_OperationHandle operation, const void* in, size_t in_size, const void* mac,
                               size_t mac_size) {
    unsigned char computed[kMacBytes];
    size_t size = sizeof computed;
    TEE_MACComputeFinal(operation, in, in_size, computed, &size);
    return mac_size == size && CRYPTO_memcmp(computed, mac, size) == 0 ? TEE_SUCCESS : TEE_ERROR_MAC_INVALID;
}

TEE_Result TEE_AEInit(TEE_OperationHandle operation, const void* nonce, size_t nonce_size, uint32_t tag_bits, size_t,
                      size_t) {
    of(operation, TEE_ALG_AES_GCM);
    if (operation->active) panic(TEE_ERROR_BAD_PARAMETERS, "an operation that is under way");
    if (nonce == nullptr || nonce_size == 0) panic(TEE_ERROR_BAD_PARAMETERS, "no nonce");
    if (tag_bits < 96 || tag_bits > 128 || tag_bits % 8 != 0) return TEE_ERROR_NOT_SUPPORTED;
    start_cipher(with_key(operation), nonce, nonce_size);
    operation->tag_bytes = tag_bits / 8;
    return TEE_SUCCESS;
}

void TEE_AEUpdateAAD(TEE_OperationHandle operation, const void* aad, size_t size) {
    started(of(operation, TEE_ALG_AES_GCM));
    if (operation->active) panic(TEE_ERROR_BAD_PARAMETERS, "associated data after the payload has begun");
    require_input(aad, size);
    int n = 0;
    if (size > 0)
        need(EVP_CipherUpdate(operation->cipher.get(), nullptr, &n, u8(aad), static_cast<int>(size)) == 1);
}

TEE_Result TEE_AEUpdate(TEE_OperationHandle operation, const void* in, size_t in_size, void* out, size_t* out_size) {
    const TEE_Result r = run_cipher(started(of(operation, TEE_ALG_AES_GCM)), in, in_size, out, out_size);
    if (r == TEE_SUCCESS && in_size > 0) operation->active = true;
    return r;
}

TEE_Result TEE_AEEncryptFinal(TEE_OperationHandle operation, const void* in, size_t in_size, void* out,
                              size_t* out_size, void* tag, size_t* tag_size) {
    started(of(operation, TEE_ALG_AES_GCM));
    if (operation->mode != TEE_MODE_ENCRYPT) panic(TEE_ERROR_BAD_PARAMETERS, "not an encryption");
    if (required(tag_size) < operation->tag_bytes) {
        *tag_size = operation->tag_bytes;
        return TEE_ERROR_SHORT_BUFFER;
    }
    if (const TEE_Result r = run_cipher(operation, in, in_size, out, out_size); r != TEE_SUCCESS) return r;
    int n = 0;
    unsigned char none[16];
    need(EVP_EncryptFinal_ex(operation->cipher.get(), none, &n) == 1);
    need(EVP_CIPHER_CTX_ctrl(operation->cipher.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(operation->tag_bytes),
                             tag) == 1);
    *tag_size = operation->tag_bytes;
    reset_state(operation);
    return TEE_SUCCESS;
}

// As in OP-TEE, the plaintext is written out before its tag is checked, and after a wrong tag the operation needs a reset.
TEE_Result TEE_AEDecryptFinal(TEE_OperationHandle operation, const void* in, size_t in_size, void* out,
                              size_t* out_size, void* tag, size_t tag_size) {
    started(of(operation, TEE_ALG_AES_GCM));
    if (operation->mode != TEE_MODE_DECRYPT) panic(TEE_ERROR_BAD_PARAMETERS, "not a decryption");
    if (const TEE_Result r = run_cipher(operation, in, in_size, out, out_size); r != TEE_SUCCESS) return r;
    const CipherContext cipher = std::move(operation->cipher);
    if (tag == nullptr || tag_size != operation->tag_bytes) return TEE_ERROR_MAC_INVALID;
    need(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag_size), tag) == 1);
    int n = 0;
    unsigned char none[16];
    if (EVP_DecryptFinal_ex(cipher.get(), none, &n) != 1) return TEE_ERROR_MAC_INVALID;
    reset_state(operation);
    return TEE_SUCCESS;
}

}  // extern "C"
