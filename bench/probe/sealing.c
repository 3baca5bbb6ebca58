/* SPDX-License-Identifier: BSD-2-Clause
 * Bare sealing: each segment is copied into TA memory, sealed from there into TA memory, and copied out; opening is the
 * reverse. It uses the same algorithms, key length, nonce, associated data and segment size as festore's contents, and nothing
 * else: no index, no file, no key that changes.
 */
#include "commands.h"
#include "probe.h"

#ifdef PROBE_MBEDTLS
#include <mbedtls/chachapoly.h>
#endif

#define KEY_BYTES 32
#define NONCE_BYTES 12

static const uint8_t key[KEY_BYTES] = { 1, 2, 3, 4, 5, 6, 7, 8 };
static const uint8_t associated[48] = { 9 };
static uint8_t plain[PROBE_SEGMENT_BYTES_MAX];
static uint8_t sealed[PROBE_SEGMENT_BYTES_MAX + PROBE_TAG_BYTES];
static TEE_OperationHandle encryption = TEE_HANDLE_NULL;
static TEE_OperationHandle decryption = TEE_HANDLE_NULL;

static void forget(TEE_OperationHandle *operation) {
    if (*operation != TEE_HANDLE_NULL) TEE_FreeOperation(*operation);
    *operation = TEE_HANDLE_NULL;
}

void forget_keys(void) {
    forget(&encryption);
    forget(&decryption);
}

static TEE_Result set_up(TEE_OperationHandle *operation, uint32_t mode) {
    TEE_ObjectHandle object = TEE_HANDLE_NULL;
    TEE_Attribute attribute;
    TEE_Result result;

    if (*operation != TEE_HANDLE_NULL) return TEE_SUCCESS;
    result = TEE_AllocateOperation(operation, TEE_ALG_AES_GCM, mode, KEY_BYTES * 8);
    if (result != TEE_SUCCESS) return result;
    result = TEE_AllocateTransientObject(TEE_TYPE_AES, KEY_BYTES * 8, &object);
    if (result == TEE_SUCCESS) {
        TEE_InitRefAttribute(&attribute, TEE_ATTR_SECRET_VALUE, (void *)(uintptr_t)key, sizeof(key));
        result = TEE_PopulateTransientObject(object, &attribute, 1);
        if (result == TEE_SUCCESS) result = TEE_SetOperationKey(*operation, object);
        TEE_FreeTransientObject(object);
    }
    if (result != TEE_SUCCESS) forget(operation);
    return result;
}

static TEE_Result gcm(TEE_OperationHandle *operation, uint32_t mode, const uint8_t *nonce, size_t size) {
    TEE_Result result = set_up(operation, mode);

    if (result == TEE_SUCCESS)
        result = TEE_AEInit(*operation, nonce, NONCE_BYTES, PROBE_TAG_BYTES * 8, sizeof(associated), size);
    if (result == TEE_SUCCESS) TEE_AEUpdateAAD(*operation, associated, sizeof(associated));
    return result;
}

/* Seals `plain` into `sealed`, followed by the tag. */
static TEE_Result gcm_seal(const uint8_t *nonce, size_t size) {
    TEE_Param sizes[2];
    TEE_Result result = gcm(&encryption, TEE_MODE_ENCRYPT, nonce, size);

    sizes[0].memref.size = size;
    sizes[1].memref.size = PROBE_TAG_BYTES;
    if (result == TEE_SUCCESS)
        result = TEE_AEEncryptFinal(encryption, plain, size, sealed, &sizes[0].memref.size, sealed + size, &sizes[1].memref.size);
    return result;
}

static TEE_Result gcm_open(const uint8_t *nonce, size_t size) {
    TEE_Param sizes[1];
    TEE_Result result = gcm(&decryption, TEE_MODE_DECRYPT, nonce, size);

    sizes[0].memref.size = size;
    if (result == TEE_SUCCESS)
        result = TEE_AEDecryptFinal(decryption, sealed, size, plain, &sizes[0].memref.size, sealed + size, PROBE_TAG_BYTES);
    return result;
}

#ifdef PROBE_MBEDTLS
static TEE_Result chacha(int seal, const uint8_t *nonce, size_t size) {
    mbedtls_chachapoly_context context;
    int failed;

    mbedtls_chachapoly_init(&context);
    failed = mbedtls_chachapoly_setkey(&context, key);
    if (!failed && seal)
        failed = mbedtls_chachapoly_encrypt_and_tag(&context, size, nonce, associated, sizeof(associated), plain, sealed,
                                                    sealed + size);
    else if (!failed)
        failed = mbedtls_chachapoly_auth_decrypt(&context, size, nonce, associated, sizeof(associated), sealed + size, sealed,
                                                 plain);
    mbedtls_chachapoly_free(&context);
    return failed ? TEE_ERROR_SECURITY : TEE_SUCCESS;
}
#else
static TEE_Result chacha(int seal, const uint8_t *nonce, size_t size) {
    (void)seal;
    (void)nonce;
    (void)size;
    return TEE_ERROR_NOT_SUPPORTED;
}
#endif

static TEE_Result check(const TEE_Param params[4]) {
    const uint32_t cipher = params[2].value.a;
    const uint32_t segment = params[2].value.b;

    if (cipher != PROBE_AES_256_GCM && cipher != PROBE_CHACHA20_POLY1305) return TEE_ERROR_NOT_SUPPORTED;
    return segment == 0 || segment > PROBE_SEGMENT_BYTES_MAX ? TEE_ERROR_BAD_PARAMETERS : TEE_SUCCESS;
}

static size_t part_of(size_t left, size_t most) { return left < most ? left : most; }

TEE_Result probe_seal(TEE_Param params[4]) {
    const uint32_t cipher = params[2].value.a;
    const size_t segment = params[2].value.b;
    const uint8_t *from = params[0].memref.buffer;
    uint8_t *to = params[1].memref.buffer;
    size_t left = params[0].memref.size;
    size_t room = params[1].memref.size;
    uint8_t nonce[NONCE_BYTES] = { 0 };
    TEE_Result result = check(params);

    while (result == TEE_SUCCESS && left > 0) {
        const size_t part = part_of(left, segment);

        if (room < part + PROBE_TAG_BYTES) return TEE_ERROR_SHORT_BUFFER;
        TEE_MemMove(plain, from, part);
        result = cipher == PROBE_AES_256_GCM ? gcm_seal(nonce, part) : chacha(1, nonce, part);
        if (result == TEE_SUCCESS) TEE_MemMove(to, sealed, part + PROBE_TAG_BYTES);
        from += part;
        left -= part;
        to += part + PROBE_TAG_BYTES;
        room -= part + PROBE_TAG_BYTES;
        ++nonce[0];
    }
    if (result == TEE_SUCCESS) params[1].memref.size -= room;
    return result;
}

TEE_Result probe_open(TEE_Param params[4]) {
    const uint32_t cipher = params[2].value.a;
    const size_t segment = params[2].value.b;
    const uint8_t *from = params[0].memref.buffer;
    uint8_t *to = params[1].memref.buffer;
    size_t left = params[0].memref.size;
    size_t room = params[1].memref.size;
    uint8_t nonce[NONCE_BYTES] = { 0 };
    TEE_Result result = check(params);

    while (result == TEE_SUCCESS && left > PROBE_TAG_BYTES) {
        const size_t part = part_of(left - PROBE_TAG_BYTES, segment);

        if (room < part) return TEE_ERROR_SHORT_BUFFER;
        TEE_MemMove(sealed, from, part + PROBE_TAG_BYTES);
        result = cipher == PROBE_AES_256_GCM ? gcm_open(nonce, part) : chacha(0, nonce, part);
        if (result == TEE_SUCCESS) TEE_MemMove(to, plain, part);
        from += part + PROBE_TAG_BYTES;
        left -= part + PROBE_TAG_BYTES;
        to += part;
        room -= part;
        ++nonce[0];
    }
    if (result == TEE_SUCCESS) params[1].memref.size -= room;
    return result;
}
