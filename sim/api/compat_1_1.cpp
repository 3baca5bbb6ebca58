// SPDX-License-Identifier: BSD-2-Clause
// API 1.1: the functions with uint32_t sizes, implemented with those that have size_t.
#include "sim/state.h"

using festore::sim::panic;
using festore::sim::required;

namespace {

// Calls `f` with a size_t instead of *size, and writes the result back to *size.
template <class F>
TEE_Result with_size(uint32_t* size, F f) {
    size_t wide = required(size);
    const TEE_Result result = f(&wide);
    *size = static_cast<uint32_t>(wide);
    return result;
}

// The same for the parameters of a call to another TA; `params` may be null if there are none.
template <class F>
TEE_Result with_params(uint32_t types, __GP11_TEE_Param* params, F f) {
    TEE_Param wide[TEE_NUM_PARAMS]{};
    const auto is_memref = [&](uint32_t i) { return (TEE_PARAM_TYPE_GET(types, i) & 4) != 0; };
    for (uint32_t i = 0; types != 0 && i < TEE_NUM_PARAMS; ++i) {
        if (is_memref(i)) wide[i].memref = {params[i].memref.buffer, params[i].memref.size};
        else wide[i].value = {params[i].value.a, params[i].value.b};
    }
    const TEE_Result result = f(wide);
    for (uint32_t i = 0; types != 0 && i < TEE_NUM_PARAMS; ++i) {
        if (is_memref(i)) params[i].memref.size = static_cast<uint32_t>(wide[i].memref.size);
        else params[i].value = {wide[i].value.a, wide[i].value.b};
    }
    return result;
}

void narrow(const TEE_ObjectInfo& from, __GP11_TEE_ObjectInfo* to) {
    if (to == nullptr) return;
    *to = {from.objectType,
           from.objectSize,
           from.maxObjectSize,
           from.objectUsage,
           static_cast<uint32_t>(from.dataSize),
           static_cast<uint32_t>(from.dataPosition),
           from.handleFlags};
}

}  // namespace

extern "C" {

TEE_Result __GP11_TEE_GetPropertyAsString(TEE_PropSetHandle set, const char* name, char* value, uint32_t* size) {
    return with_size(size, [&](size_t* s) { return TEE_GetPropertyAsString(set, name, value, s); });
}
void* __GP11_TEE_Malloc(uint32_t size, uint32_t hint) { return TEE_Malloc(size, hint); }
void* __GP11_TEE_Realloc(void* buffer, uint32_t size) { return TEE_Realloc(buffer, size); }
void __GP11_TEE_MemMove(void* dest, const void* src, uint32_t size) { TEE_MemMove(dest, src, size); }
int32_t __GP11_TEE_MemCompare(const void* a, const void* b, uint32_t size) { return TEE_MemCompare(a, b, size); }
void __GP11_TEE_MemFill(void* buffer, uint32_t x, uint32_t size) { TEE_MemFill(buffer, x, size); }
TEE_Result __GP11_TEE_CheckMemoryAccessRights(uint32_t flags, void* buffer, uint32_t size) {
    return TEE_CheckMemoryAccessRights(flags, buffer, size);
}
void __GP11_TEE_GenerateRandom(void* buffer, uint32_t size) { TEE_GenerateRandom(buffer, size); }

TEE_Result __GP11_TEE_OpenTASession(const TEE_UUID* ta, uint32_t timeout, uint32_t types, __GP11_TEE_Param* params,
                                    TEE_TASessionHandle* session, uint32_t* origin) {
    return with_params(types, params,
                       [&](TEE_Param* p) { return TEE_OpenTASession(ta, timeout, types, p, session, origin); });
}
TEE_Result __GP11_TEE_InvokeTACommand(TEE_TASessionHandle session, uint32_t timeout, uint32_t command, uint32_t types,
                                      __GP11_TEE_Param* params, uint32_t* origin) {
    return with_params(types, params,
                       [&](TEE_Param* p) { return TEE_InvokeTACommand(session, timeout, command, types, p, origin); });
}

TEE_Result __GP11_TEE_OpenPersistentObject(uint32_t storage, const void* id, uint32_t id_size, uint32_t flags,
                                           TEE_ObjectHandle* object) {
    return TEE_OpenPersistentObject(storage, id, id_size, flags, object);
}
TEE_Result __GP11_TEE_CreatePersistentObject(uint32_t storage, const void* id, uint32_t id_size, uint32_t flags,
                                             TEE_ObjectHandle attributes, const void* data, uint32_t data_size,
                                             TEE_ObjectHandle* object) {
    required(object);  // null is allowed since 1.2
    return TEE_CreatePersistentObject(storage, id, id_size, flags, attributes, data, data_size, object);
}
TEE_Result __GP11_TEE_RenamePersistentObject(TEE_ObjectHandle object, const void* id, uint32_t id_size) {
    return TEE_RenamePersistentObject(object, id, id_size);
}
TEE_Result __GP11_TEE_GetObjectInfo1(TEE_ObjectHandle object, __GP11_TEE_ObjectInfo* info) {
    TEE_ObjectInfo wide{};
    const TEE_Result result = TEE_GetObjectInfo1(object, &wide);
    narrow(wide, &required(info));
    return result;
}
TEE_Result __GP11_TEE_ReadObjectData(TEE_ObjectHandle object, void* buffer, uint32_t size, uint32_t* count) {
    return with_size(count, [&](size_t* c) { return TEE_ReadObjectData(object, buffer, size, c); });
}
TEE_Result __GP11_TEE_WriteObjectData(TEE_ObjectHandle object, const void* buffer, uint32_t size) {
    return TEE_WriteObjectData(object, buffer, size);
}
TEE_Result __GP11_TEE_TruncateObjectData(TEE_ObjectHandle object, uint32_t size) {
    return TEE_TruncateObjectData(object, size);
}
TEE_Result __GP11_TEE_SeekObjectData(TEE_ObjectHandle object, int32_t offset, TEE_Whence whence) {
    return TEE_SeekObjectData(object, offset, whence);
}
TEE_Result __GP11_TEE_GetNextPersistentObject(TEE_ObjectEnumHandle enumerator, __GP11_TEE_ObjectInfo* info, void* id,
                                              uint32_t* id_size) {
    TEE_ObjectInfo wide{};
    const TEE_Result result =
        with_size(id_size, [&](size_t* s) { return TEE_GetNextPersistentObject(enumerator, &wide, id, s); });
    narrow(wide, info);
    return result;
}

TEE_Result __GP11_TEE_AllocateTransientObject(TEE_ObjectType type, uint32_t max_bits, TEE_ObjectHandle* object) {
    return TEE_AllocateTransientObject(type, max_bits, object);
}
TEE_Result __GP11_TEE_PopulateTransientObject(TEE_ObjectHandle object, const __GP11_TEE_Attribute* attributes,
                                              uint32_t count) {
    if (count != 1 || attributes == nullptr) return TEE_PopulateTransientObject(object, nullptr, count);
    TEE_Attribute wide{attributes->attributeID, {}};
    wide.content.ref = {attributes->content.ref.buffer, attributes->content.ref.length};
    return TEE_PopulateTransientObject(object, &wide, count);
}
void __GP11_TEE_InitRefAttribute(__GP11_TEE_Attribute* attribute, uint32_t id, const void* buffer, uint32_t length) {
    TEE_Attribute wide{};
    TEE_InitRefAttribute(&wide, id, buffer, length);
    required(attribute).attributeID = id;
    attribute->content.ref = {wide.content.ref.buffer, length};
}
TEE_Result __GP11_TEE_SetOperationKey(TEE_OperationHandle operation, TEE_ObjectHandle key) {
    return TEE_SetOperationKey(operation, key);
}
void __GP11_TEE_FreeOperation(TEE_OperationHandle operation) {
    if (operation == TEE_HANDLE_NULL) panic(TEE_ERROR_BAD_PARAMETERS, "no handle of an operation");
    TEE_FreeOperation(operation);
}

void __GP11_TEE_DigestUpdate(TEE_OperationHandle operation, const void* chunk, uint32_t size) {
    TEE_DigestUpdate(operation, chunk, size);
}
TEE_Result __GP11_TEE_DigestDoFinal(TEE_OperationHandle operation, const void* chunk, uint32_t size, void* hash,
                                    uint32_t* hash_size) {
    return with_size(hash_size, [&](size_t* s) { return TEE_DigestDoFinal(operation, chunk, size, hash, s); });
}
void __GP11_TEE_CipherInit(TEE_OperationHandle operation, const void* iv, uint32_t iv_size) {
    TEE_CipherInit(operation, iv, iv_size);
}
TEE_Result __GP11_TEE_CipherUpdate(TEE_OperationHandle operation, const void* in, uint32_t in_size, void* out,
                                   uint32_t* out_size) {
    return with_size(out_size, [&](size_t* s) { return TEE_CipherUpdate(operation, in, in_size, out, s); });
}
TEE_Result __GP11_TEE_CipherDoFinal(TEE_OperationHandle operation, const void* in, uint32_t in_size, void* out,
                                    uint32_t* out_size) {
    return with_size(out_size, [&](size_t* s) { return TEE_CipherDoFinal(operation, in, in_size, out, s); });
}
void __GP11_TEE_MACInit(TEE_OperationHandle operation, const void* iv, uint32_t iv_size) {
    TEE_MACInit(operation, iv, iv_size);
}
void __GP11_TEE_MACUpdate(TEE_OperationHandle operation, const void* chunk, uint32_t size) {
    TEE_MACUpdate(operation, chunk, size);
}
TEE_Result __GP11_TEE_MACComputeFinal(TEE_OperationHandle operation, const void* in, uint32_t in_size, void* mac,
                                      uint32_t* mac_size) {
    return with_size(mac_size, [&](size_t* s) { return TEE_MACComputeFinal(operation, in, in_size, mac, s); });
}
TEE_Result __GP11_TEE_MACCompareFinal(TEE_OperationHandle operation, const void* in, uint32_t in_size, const void* mac,
                                      uint32_t mac_size) {
    return TEE_MACCompareFinal(operation, in, in_size, mac, mac_size);
}
TEE_Result __GP11_TEE_AEInit(TEE_OperationHandle operation, const void* nonce, uint32_t nonce_size, uint32_t tag_bits,
                             uint32_t aad_size, uint32_t payload_size) {
    return TEE_AEInit(operation, nonce, nonce_size, tag_bits, aad_size, payload_size);
}
void __GP11_TEE_AEUpdateAAD(TEE_OperationHandle operation, const void* aad, uint32_t size) {
    TEE_AEUpdateAAD(operation, aad, size);
}
TEE_Result __GP11_TEE_AEUpdate(TEE_OperationHandle operation, const void* in, uint32_t in_size, void* out,
                               uint32_t* out_size) {
    return with_size(out_size, [&](size_t* s) { return TEE_AEUpdate(operation, in, in_size, out, s); });
}
TEE_Result __GP11_TEE_AEEncryptFinal(TEE_OperationHandle operation, const void* in, uint32_t in_size, void* out,
                                     uint32_t* out_size, void* tag, uint32_t* tag_size) {
    return with_size(out_size, [&](size_t* s) {
        return with_size(tag_size, [&](size_t* t) { return TEE_AEEncryptFinal(operation, in, in_size, out, s, tag, t); });
    });
}
TEE_Result __GP11_TEE_AEDecryptFinal(TEE_OperationHandle operation, const void* in, uint32_t in_size, void* out,
                                     uint32_t* out_size, void* tag, uint32_t tag_size) {
    return with_size(out_size,
                     [&](size_t* s) { return TEE_AEDecryptFinal(operation, in, in_size, out, s, tag, tag_size); });
}

}  // extern "C"
