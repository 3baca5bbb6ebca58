// SPDX-License-Identifier: BSD-2-Clause
// A TA as a TA development kit would build it: for API 1.1, without exceptions. Command 0 stores memref 0 under the id "a", reads it back
// into memref 1, and lists it; command 1 takes its digest, HMAC and ciphertext; command 2 panics, a few frames deep, when
// memref 0 is empty.
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <pta_system.h>
#include <tee_internal_api.h>
#include <tee_internal_api_extensions.h>

static_assert(std::is_same_v<decltype(TEE_Param{}.memref.size), uint32_t>);
static_assert(std::is_same_v<decltype(TEE_ObjectInfo{}.dataSize), uint32_t>);

namespace {

constexpr uint32_t kStorage = TEE_STORAGE_PRIVATE;

bool list_has_a() {
    TEE_ObjectEnumHandle e = TEE_HANDLE_NULL;
    TEE_AllocatePersistentObjectEnumerator(&e);
    char id[TEE_OBJECT_ID_MAX_LEN];
    uint32_t size = sizeof id;
    TEE_ObjectInfo info;
    const bool found = TEE_StartPersistentObjectEnumerator(e, kStorage) == TEE_SUCCESS &&
                       TEE_GetNextPersistentObject(e, &info, id, &size) == TEE_SUCCESS && size == 1 && id[0] == 'a';
    TEE_FreePersistentObjectEnumerator(e);
    return found;
}

TEE_Result store_and_read(TEE_Param* params) {
    char id[] = {'a'};
    auto* copy = static_cast<char*>(TEE_Malloc(params[0].memref.size, TEE_MALLOC_FILL_ZERO));
    TEE_MemMove(copy, params[0].memref.buffer, params[0].memref.size);
    TEE_ObjectHandle object = TEE_HANDLE_NULL;
    const uint32_t flags = TEE_DATA_FLAG_ACCESS_READ | TEE_DATA_FLAG_ACCESS_WRITE | TEE_DATA_FLAG_ACCESS_WRITE_META;
    TEE_Result result = TEE_CreatePersistentObject(kStorage, id, sizeof id, flags, TEE_HANDLE_NULL, copy,
                                                   params[0].memref.size, &object);
    TEE_ObjectInfo info{};
    if (result == TEE_SUCCESS) result = TEE_GetObjectInfo1(object, &info);
    if (result == TEE_SUCCESS) result = TEE_SeekObjectData(object, -1, TEE_DATA_SEEK_END);
    if (result == TEE_SUCCESS) result = TEE_WriteObjectData(object, "!?", 2);
    if (result == TEE_SUCCESS) result = TEE_TruncateObjectData(object, info.dataSize);
    if (result == TEE_SUCCESS) result = TEE_SeekObjectData(object, 0, TEE_DATA_SEEK_SET);
    uint32_t count = 0;
    if (result == TEE_SUCCESS) result = TEE_ReadObjectData(object, copy, info.dataSize, &count);
    TEE_MemMove(params[1].memref.buffer, copy, count);
    params[1].memref.size = count;
    TEE_Free(copy);
    TEE_CloseObject(object);
    return result == TEE_SUCCESS && !list_has_a() ? TEE_ERROR_GENERIC : result;
}

bool key_of(TEE_OperationHandle operation, uint32_t type, const char* secret, uint32_t size) {
    TEE_ObjectHandle key = TEE_HANDLE_NULL;
    if (TEE_AllocateTransientObject(type, size * 8, &key) != TEE_SUCCESS) return false;
    TEE_Attribute attribute;
    TEE_InitRefAttribute(&attribute, TEE_ATTR_SECRET_VALUE, const_cast<char*>(secret), size);
    const bool done = TEE_PopulateTransientObject(key, &attribute, 1) == TEE_SUCCESS &&
                      TEE_SetOperationKey(operation, key) == TEE_SUCCESS;
    TEE_FreeTransientObject(key);
    return done;
}

// Output: SHA-256, HMAC-SHA256 and AES-GCM (ciphertext and tag) of the input, and the TA's unique key.
TEE_Result transform(TEE_Param* params) {
    const char secret[] = "0123456789abcdef0123456789abcdef";
    auto* out = static_cast<char*>(params[1].memref.buffer);
    const void* in = params[0].memref.buffer;
    const uint32_t in_size = params[0].memref.size;
    TEE_OperationHandle o = TEE_HANDLE_NULL;
    uint32_t size = 32;
    TEE_AllocateOperation(&o, TEE_ALG_SHA256, TEE_MODE_DIGEST, 0);
    TEE_DigestUpdate(o, in, in_size);
    if (TEE_DigestDoFinal(o, nullptr, 0, out, &size) != TEE_SUCCESS) return TEE_ERROR_GENERIC;
    TEE_FreeOperation(o);
    TEE_AllocateOperation(&o, TEE_ALG_HMAC_SHA256, TEE_MODE_MAC, 256);
    if (!key_of(o, TEE_TYPE_HMAC_SHA256, secret, 32)) return TEE_ERROR_GENERIC;
    TEE_MACInit(o, nullptr, 0);
    if (TEE_MACComputeFinal(o, in, in_size, out + 32, &size) != TEE_SUCCESS) return TEE_ERROR_GENERIC;
    TEE_FreeOperation(o);
    TEE_AllocateOperation(&o, TEE_ALG_AES_GCM, TEE_MODE_ENCRYPT, 256);
    uint32_t tag_size = 16;
    size = in_size;
    if (!key_of(o, TEE_TYPE_AES, secret, 32) || TEE_AEInit(o, secret, 12, 128, 0, in_size) != TEE_SUCCESS ||
        TEE_AEEncryptFinal(o, in, in_size, out + 64, &size, out + 64 + in_size, &tag_size) != TEE_SUCCESS)
        return TEE_ERROR_GENERIC;
    TEE_FreeOperation(o);
    const TEE_UUID pta = PTA_SYSTEM_UUID;
    TEE_TASessionHandle session = TEE_HANDLE_NULL;
    if (TEE_OpenTASession(&pta, TEE_TIMEOUT_INFINITE, 0, nullptr, &session, nullptr) != TEE_SUCCESS)
        return TEE_ERROR_GENERIC;
    char key[32];
    TEE_Param derive[4]{};
    derive[0].memref.buffer = nullptr;
    derive[1].memref.buffer = key;
    derive[1].memref.size = sizeof key;
    const TEE_Result derived = TEE_InvokeTACommand(session, TEE_TIMEOUT_INFINITE, PTA_SYSTEM_DERIVE_TA_UNIQUE_KEY,
                                                   TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT,
                                                                   TEE_PARAM_TYPE_MEMREF_OUTPUT, 0U, 0U),
                                                   derive, nullptr);
    TEE_CloseTASession(session);
    TEE_MemMove(out + 80 + in_size, key, sizeof key);
    params[1].memref.size = 80 + in_size + 32;
    return derived;
}

struct Frame {  // whose destructor must not run when the TA panics
    ~Frame() { *ran = true; }
    bool* ran;
};

[[gnu::noinline]] void panic_if(bool wanted, bool* ran) noexcept {
    const Frame frame{ran};
    DMSG("about to panic: %d", wanted);
    if (wanted) TEE_Panic(0xABCD);
}

[[gnu::noinline]] TEE_Result panic_below(TEE_Param* params, bool* ran) noexcept {
    const Frame frame{ran};
    panic_if(params[0].memref.size == 0, ran);
    return TEE_SUCCESS;
}

}  // namespace

extern "C" {

bool ta_1_1_cleaned_up = false;

TEE_Result TA_CreateEntryPoint(void) { return TEE_SUCCESS; }
void TA_DestroyEntryPoint(void) {}
TEE_Result TA_OpenSessionEntryPoint(uint32_t, TEE_Param*, void**) { return TEE_SUCCESS; }
void TA_CloseSessionEntryPoint(void*) {}
TEE_Result TA_InvokeCommandEntryPoint(void*, uint32_t command, uint32_t, TEE_Param* params) {
    switch (command) {
    case 0: return store_and_read(params);
    case 1: return transform(params);
    default: return panic_below(params, &ta_1_1_cleaned_up);
    }
}

}  // extern "C"
