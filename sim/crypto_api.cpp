// SPDX-License-Identifier: BSD-2-Clause
// Cryptographic operations: TEE Internal Core API 1.3, chapter 6, over OpenSSL 3. Modelled: AES-GCM, AES-CTR, SHA-1,
// SHA-256, HMAC-SHA256; keys of exactly the size that the operation was made for.
#include "sim/openssl.h"
#include "sim/state.h"

#include <cstring>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

using namespace festore::sim;

struct __TEE_OperationHandle {
    uint32_t algorithm = 0;
    uint32_t mode = 0;
    uint32_t max_bits = 0;
    std::vector<unsigned char> key;
    bool active = false;
    size_t tag_bytes = 0;
    CipherContext cipher;
    DigestContext digest;
    MacContext mac;
    ~__TEE_OperationHandle() { OPENSSL_cleanse(key.data(), key.size()); }
};

void festore::sim::destroy(__TEE_OperationHandle* operation) { delete operation; }

namespace {

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
TEE_OperationHandle active(TEE_OperationHandle operation) {
    if (!operation->active) panic(TEE_ERROR_BAD_STATE, "an operation that was not initialised");
    return operation;
}
void need(bool openssl_succeeded) {
    if (!openssl_succeeded) panic(TEE_ERROR_GENERIC, "OpenSSL failed");
}

bool is_digest(uint32_t algorithm) { return algorithm == TEE_ALG_SHA1 || algorithm == TEE_ALG_SHA256; }

void start_digest(TEE_OperationHandle operation) {
    operation->digest.reset(EVP_MD_CTX_new());
    need(EVP_DigestInit_ex2(operation->digest.get(), operation->algorithm == TEE_ALG_SHA1 ? EVP_sha1() : EVP_sha256(),
                            nullptr) == 1);
}

const EVP_CIPHER* cipher_of(const __TEE_OperationHandle& operation) {
    const bool gcm = operation.algorithm == TEE_ALG_AES_GCM;
    switch (operation.key.size()) {
    case 16: return gcm ? EVP_aes_128_gcm() : EVP_aes_128_ctr();
    case 24: return gcm ? EVP_aes_192_gcm() : EVP_aes_192_ctr();
    case 32: return gcm ? EVP_aes_256_gcm() : EVP_aes_256_ctr();
    default: panic(TEE_ERROR_BAD_STATE, "an operation without a key");
    }
}

void start_cipher(TEE_OperationHandle operation, const void* iv, size_t iv_size) {
    operation->cipher.reset(EVP_CIPHER_CTX_new());
    EVP_CIPHER_CTX* c = operation->cipher.get();
    const int encrypt = operation->mode == TEE_MODE_ENCRYPT ? 1 : 0;
    need(EVP_CipherInit_ex2(c, cipher_of(*operation), nullptr, nullptr, encrypt, nullptr) == 1);
    if (operation->algorithm == TEE_ALG_AES_GCM)
        need(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_IVLEN, static_cast<int>(iv_size), nullptr) == 1);
    else if (iv_size != 16) panic(TEE_ERROR_BAD_PARAMETERS, "AES-CTR with an IV that is not 16 bytes");
    need(EVP_CipherInit_ex2(c, nullptr, operation->key.data(), u8(iv), encrypt, nullptr) == 1);
    operation->active = true;
}

TEE_Result run_cipher(TEE_OperationHandle operation, const void* in, size_t in_size, void* out, size_t* out_size) {
    if (*out_size < in_size) {
        *out_size = in_size;
        return TEE_ERROR_SHORT_BUFFER;
    }
    int n = 0;
    if (in_size > 0)
        need(EVP_CipherUpdate(operation->cipher.get(), u8(out), &n, u8(in), static_cast<int>(in_size)) == 1);
    *out_size = in_size;
    return TEE_SUCCESS;
}

}  // namespace

extern "C" {

TEE_Result TEE_AllocateTransientObject(uint32_t type, uint32_t max_bits, TEE_ObjectHandle* object) {
    *object = TEE_HANDLE_NULL;
    const bool aes = type == TEE_TYPE_AES && (max_bits == 128 || max_bits == 192 || max_bits == 256);
    const bool hmac = type == TEE_TYPE_HMAC_SHA256 && max_bits % 8 == 0 && max_bits >= 192 && max_bits <= 1024;
    if (!aes && !hmac) return TEE_ERROR_NOT_SUPPORTED;
    if (allocation_fails()) return TEE_ERROR_OUT_OF_MEMORY;
    *object = new __TEE_ObjectHandle;
    (*object)->type = type;
    (*object)->max_bits = max_bits;
    current_call().instance->objects.insert(*object);
    return TEE_SUCCESS;
}

void TEE_FreeTransientObject(TEE_ObjectHandle object) {
    if (object == TEE_HANDLE_NULL) return;
    if (!current_call().instance->objects.contains(object) || object->persistent)
        panic(TEE_ERROR_BAD_PARAMETERS, "not a transient object");
    TEE_ResetTransientObject(object);
    current_call().instance->objects.erase(object);
    delete object;
}

void TEE_ResetTransientObject(TEE_ObjectHandle object) {
    if (object == TEE_HANDLE_NULL) return;
    OPENSSL_cleanse(object->secret.data(), object->secret.size());
    object->secret.clear();
}

TEE_Result TEE_PopulateTransientObject(TEE_ObjectHandle object, const TEE_Attribute* attributes, uint32_t count) {
    if (!current_call().instance->objects.contains(object) || object->persistent || !object->secret.empty())
        panic(TEE_ERROR_BAD_STATE, "populating what is no empty transient object");
    if (count != 1 || attributes[0].attributeID != TEE_ATTR_SECRET_VALUE)
        panic(TEE_ERROR_BAD_PARAMETERS, "a secret key has one attribute");
    const auto& ref = attributes[0].content.ref;
    if (ref.length * 8 > object->max_bits || ref.length == 0) return TEE_ERROR_BAD_PARAMETERS;
    object->secret.assign(u8(ref.buffer), u8(ref.buffer) + ref.length);
    return TEE_SUCCESS;
}

void TEE_InitRefAttribute(TEE_Attribute* attribute, uint32_t id, const void* buffer, size_t length) {
    attribute->attributeID = id;
    attribute->content.ref.buffer = const_cast<void*>(buffer);
    attribute->content.ref.length = length;
}

TEE_Result TEE_AllocateOperation(TEE_OperationHandle* operation, uint32_t algorithm, uint32_t mode, uint32_t max_bits) {
    *operation = TEE_HANDLE_NULL;
    const bool aes = (algorithm == TEE_ALG_AES_GCM || algorithm == TEE_ALG_AES_CTR) &&
                     (mode == TEE_MODE_ENCRYPT || mode == TEE_MODE_DECRYPT);
    const bool mac = algorithm == TEE_ALG_HMAC_SHA256 && mode == TEE_MODE_MAC;
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
    known(operation)->active = false;
    if (is_digest(operation->algorithm)) start_digest(operation);
}

TEE_Result TEE_SetOperationKey(TEE_OperationHandle operation, TEE_ObjectHandle key) {
    known(operation);
    if (!current_call().instance->objects.contains(key) || key->persistent || key->secret.empty())
        panic(TEE_ERROR_BAD_PARAMETERS, "setting what is no key");
    if (operation->active) panic(TEE_ERROR_BAD_STATE, "setting the key of an operation that is under way");
    const uint32_t type = operation->algorithm == TEE_ALG_HMAC_SHA256 ? TEE_TYPE_HMAC_SHA256 : TEE_TYPE_AES;
    if (key->type != type || key->secret.size() * 8 > operation->max_bits)
        panic(TEE_ERROR_BAD_PARAMETERS, "a key that does not fit the operation");
    operation->key = key->secret;
    return TEE_SUCCESS;
}

void TEE_DigestUpdate(TEE_OperationHandle operation, const void* chunk, size_t size) {
    if (!is_digest(known(operation)->algorithm)) panic(TEE_ERROR_BAD_PARAMETERS, "not a digest");
    need(EVP_DigestUpdate(operation->digest.get(), chunk, size) == 1);
}

TEE_Result TEE_DigestDoFinal(TEE_OperationHandle operation, const void* chunk, size_t size, void* hash,
                             size_t* hash_size) {
    TEE_DigestUpdate(operation, chunk, size);
    const size_t needed = operation->algorithm == TEE_ALG_SHA1 ? 20 : 32;
    if (*hash_size < needed) {
        *hash_size = needed;
        return TEE_ERROR_SHORT_BUFFER;
    }
    need(EVP_DigestFinal_ex(operation->digest.get(), u8(hash), nullptr) == 1);
    *hash_size = needed;
    start_digest(operation);
    return TEE_SUCCESS;
}

void TEE_CipherInit(TEE_OperationHandle operation, const void* iv, size_t iv_size) {
    start_cipher(of(operation, TEE_ALG_AES_CTR), iv, iv_size);
}

TEE_Result TEE_CipherUpdate(TEE_OperationHandle operation, const void* in, size_t in_size, void* out,
                            size_t* out_size) {
    return run_cipher(active(of(operation, TEE_ALG_AES_CTR)), in, in_size, out, out_size);
}

TEE_Result TEE_CipherDoFinal(TEE_OperationHandle operation, const void* in, size_t in_size, void* out,
                             size_t* out_size) {
    const TEE_Result r = run_cipher(active(of(operation, TEE_ALG_AES_CTR)), in, in_size, out, out_size);
    if (r == TEE_SUCCESS) operation->active = false;
    return r;
}

void TEE_MACInit(TEE_OperationHandle operation, const void*, size_t) {
    of(operation, TEE_ALG_HMAC_SHA256);
    if (operation->key.empty()) panic(TEE_ERROR_BAD_STATE, "an operation without a key");
    const Mac mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    operation->mac.reset(EVP_MAC_CTX_new(mac.get()));
    std::string digest = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
                                 OSSL_PARAM_construct_end()};
    need(EVP_MAC_init(operation->mac.get(), operation->key.data(), operation->key.size(), params) == 1);
    operation->active = true;
}

void TEE_MACUpdate(TEE_OperationHandle operation, const void* chunk, size_t size) {
    active(of(operation, TEE_ALG_HMAC_SHA256));
    need(EVP_MAC_update(operation->mac.get(), u8(chunk), size) == 1);
}

TEE_Result TEE_MACComputeFinal(TEE_OperationHandle operation, const void* in, size_t in_size, void* mac,
                               size_t* mac_size) {
    active(of(operation, TEE_ALG_HMAC_SHA256));
    if (*mac_size < 32) {
        *mac_size = 32;
        return TEE_ERROR_SHORT_BUFFER;
    }
    if (in_size > 0) TEE_MACUpdate(operation, in, in_size);
    need(EVP_MAC_final(operation->mac.get(), u8(mac), mac_size, *mac_size) == 1);
    operation->active = false;
    return TEE_SUCCESS;
}

TEE_Result TEE_MACCompareFinal(TEE_OperationHandle operation, const void* in, size_t in_size, const void* mac,
                               size_t mac_size) {
    unsigned char computed[32];
    size_t size = sizeof computed;
    TEE_MACComputeFinal(operation, in, in_size, computed, &size);
    return mac_size == size && CRYPTO_memcmp(computed, mac, size) == 0 ? TEE_SUCCESS : TEE_ERROR_MAC_INVALID;
}

TEE_Result TEE_AEInit(TEE_OperationHandle operation, const void* nonce, size_t nonce_size, uint32_t tag_bits, size_t,
                      size_t) {
    of(operation, TEE_ALG_AES_GCM);
    if (operation->active) panic(TEE_ERROR_BAD_STATE, "an operation that is under way");
    if (tag_bits < 96 || tag_bits > 128 || tag_bits % 8 != 0) return TEE_ERROR_NOT_SUPPORTED;
    start_cipher(operation, nonce, nonce_size);
    operation->tag_bytes = tag_bits / 8;
    return TEE_SUCCESS;
}

void TEE_AEUpdateAAD(TEE_OperationHandle operation, const void* aad, size_t size) {
    active(of(operation, TEE_ALG_AES_GCM));
    int n = 0;
    need(EVP_CipherUpdate(operation->cipher.get(), nullptr, &n, u8(aad), static_cast<int>(size)) == 1);
}

TEE_Result TEE_AEUpdate(TEE_OperationHandle operation, const void* in, size_t in_size, void* out, size_t* out_size) {
    return run_cipher(active(of(operation, TEE_ALG_AES_GCM)), in, in_size, out, out_size);
}

TEE_Result TEE_AEEncryptFinal(TEE_OperationHandle operation, const void* in, size_t in_size, void* out,
                              size_t* out_size, void* tag, size_t* tag_size) {
    active(of(operation, TEE_ALG_AES_GCM));
    if (operation->mode != TEE_MODE_ENCRYPT) panic(TEE_ERROR_BAD_PARAMETERS, "not an encryption");
    if (*tag_size < operation->tag_bytes) {
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
    operation->active = false;
    return TEE_SUCCESS;
}

TEE_Result TEE_AEDecryptFinal(TEE_OperationHandle operation, const void* in, size_t in_size, void* out,
                              size_t* out_size, void* tag, size_t tag_size) {
    active(of(operation, TEE_ALG_AES_GCM));
    if (operation->mode != TEE_MODE_DECRYPT) panic(TEE_ERROR_BAD_PARAMETERS, "not a decryption");
    if (const TEE_Result r = run_cipher(operation, in, in_size, out, out_size); r != TEE_SUCCESS) return r;
    operation->active = false;
    if (tag_size != operation->tag_bytes) return TEE_ERROR_MAC_INVALID;
    need(EVP_CIPHER_CTX_ctrl(operation->cipher.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag_size), tag) == 1);
    int n = 0;
    unsigned char none[16];
    return EVP_DecryptFinal_ex(operation->cipher.get(), none, &n) == 1 ? TEE_SUCCESS : TEE_ERROR_MAC_INVALID;
}

}  // extern "C"
