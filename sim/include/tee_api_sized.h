/* SPDX-License-Identifier: BSD-2-Clause
 * The types and functions of the Internal Core API that have sizes in them. tee_internal_api.h includes this twice: with
 * size_t (since version 1.2 of the API) and, under other names, with uint32_t (version 1.1). So there is no include guard.
 */

typedef union {
    struct { void* buffer; FESTORE_SIM_SIZE size; } memref;
    struct { uint32_t a, b; } value;
} FESTORE_SIM_NAME(TEE_Param);
typedef struct {
    uint32_t objectType;
    uint32_t objectSize;
    uint32_t maxObjectSize;
    uint32_t objectUsage;
    FESTORE_SIM_SIZE dataSize;
    FESTORE_SIM_SIZE dataPosition;
    uint32_t handleFlags;
} FESTORE_SIM_NAME(TEE_ObjectInfo);
typedef struct {
    uint32_t attributeID;
    union {
        struct { void* buffer; FESTORE_SIM_SIZE length; } ref;
        struct { uint32_t a, b; } value;
    } content;
} FESTORE_SIM_NAME(TEE_Attribute);

/* The TA's entry points */
TEE_Result FESTORE_SIM_NAME(TA_OpenSessionEntryPoint)(uint32_t types, FESTORE_SIM_NAME(TEE_Param) params[TEE_NUM_PARAMS],
                                                      void** context);
TEE_Result FESTORE_SIM_NAME(TA_InvokeCommandEntryPoint)(void* context, uint32_t command, uint32_t types,
                                                        FESTORE_SIM_NAME(TEE_Param) params[TEE_NUM_PARAMS]);

/* Properties, memory, random */
TEE_Result FESTORE_SIM_NAME(TEE_GetPropertyAsString)(TEE_PropSetHandle set, const char* name, char* value,
                                                     FESTORE_SIM_SIZE* size);
void* FESTORE_SIM_NAME(TEE_Malloc)(FESTORE_SIM_SIZE size, uint32_t hint);
void* FESTORE_SIM_NAME(TEE_Realloc)(void* buffer, FESTORE_SIM_SIZE size);
void FESTORE_SIM_NAME(TEE_MemMove)(void* dest, const void* src, FESTORE_SIM_SIZE size);
int32_t FESTORE_SIM_NAME(TEE_MemCompare)(const void* a, const void* b, FESTORE_SIM_SIZE size);
void FESTORE_SIM_NAME(TEE_MemFill)(void* buffer, uint32_t x, FESTORE_SIM_SIZE size);
TEE_Result FESTORE_SIM_NAME(TEE_CheckMemoryAccessRights)(uint32_t flags, void* buffer, FESTORE_SIM_SIZE size);
void FESTORE_SIM_NAME(TEE_GenerateRandom)(void* buffer, FESTORE_SIM_SIZE size);

/* Other TAs: only OP-TEE's system pseudo-TA exists. */
TEE_Result FESTORE_SIM_NAME(TEE_OpenTASession)(const TEE_UUID* ta, uint32_t timeout, uint32_t types,
                                               FESTORE_SIM_NAME(TEE_Param) params[TEE_NUM_PARAMS],
                                               TEE_TASessionHandle* session, uint32_t* origin);
TEE_Result FESTORE_SIM_NAME(TEE_InvokeTACommand)(TEE_TASessionHandle session, uint32_t timeout, uint32_t command,
                                                 uint32_t types, FESTORE_SIM_NAME(TEE_Param) params[TEE_NUM_PARAMS],
                                                 uint32_t* origin);

/* Trusted storage */
TEE_Result FESTORE_SIM_NAME(TEE_OpenPersistentObject)(uint32_t storage, const void* id, FESTORE_SIM_SIZE id_size,
                                                      uint32_t flags, TEE_ObjectHandle* object);
TEE_Result FESTORE_SIM_NAME(TEE_CreatePersistentObject)(uint32_t storage, const void* id, FESTORE_SIM_SIZE id_size,
                                                        uint32_t flags, TEE_ObjectHandle attributes, const void* data,
                                                        FESTORE_SIM_SIZE data_size, TEE_ObjectHandle* object);
TEE_Result FESTORE_SIM_NAME(TEE_RenamePersistentObject)(TEE_ObjectHandle object, const void* id,
                                                        FESTORE_SIM_SIZE id_size);
TEE_Result FESTORE_SIM_NAME(TEE_GetObjectInfo1)(TEE_ObjectHandle object, FESTORE_SIM_NAME(TEE_ObjectInfo)* info);
TEE_Result FESTORE_SIM_NAME(TEE_ReadObjectData)(TEE_ObjectHandle object, void* buffer, FESTORE_SIM_SIZE size,
                                                FESTORE_SIM_SIZE* count);
TEE_Result FESTORE_SIM_NAME(TEE_WriteObjectData)(TEE_ObjectHandle object, const void* buffer, FESTORE_SIM_SIZE size);
TEE_Result FESTORE_SIM_NAME(TEE_TruncateObjectData)(TEE_ObjectHandle object, FESTORE_SIM_SIZE size);
TEE_Result FESTORE_SIM_NAME(TEE_SeekObjectData)(TEE_ObjectHandle object, FESTORE_SIM_OFFSET offset, TEE_Whence whence);
/* `id` must have room for TEE_OBJECT_ID_MAX_LEN bytes, whatever *id_size says: OP-TEE ignores the input value of *id_size. */
TEE_Result FESTORE_SIM_NAME(TEE_GetNextPersistentObject)(TEE_ObjectEnumHandle enumerator,
                                                         FESTORE_SIM_NAME(TEE_ObjectInfo)* info, void* id,
                                                         FESTORE_SIM_SIZE* id_size);

/* Keys */
TEE_Result FESTORE_SIM_NAME(TEE_AllocateTransientObject)(TEE_ObjectType type, uint32_t max_bits,
                                                         TEE_ObjectHandle* object);
TEE_Result FESTORE_SIM_NAME(TEE_PopulateTransientObject)(TEE_ObjectHandle object,
                                                         const FESTORE_SIM_NAME(TEE_Attribute)* attributes,
                                                         uint32_t count);
void FESTORE_SIM_NAME(TEE_InitRefAttribute)(FESTORE_SIM_NAME(TEE_Attribute)* attribute, uint32_t id, const void* buffer,
                                            FESTORE_SIM_SIZE length);
TEE_Result FESTORE_SIM_NAME(TEE_SetOperationKey)(TEE_OperationHandle operation, TEE_ObjectHandle key);
void FESTORE_SIM_NAME(TEE_FreeOperation)(TEE_OperationHandle operation);

/* Digests, ciphers, MACs, authenticated encryption */
void FESTORE_SIM_NAME(TEE_DigestUpdate)(TEE_OperationHandle operation, const void* chunk, FESTORE_SIM_SIZE size);
TEE_Result FESTORE_SIM_NAME(TEE_DigestDoFinal)(TEE_OperationHandle operation, const void* chunk, FESTORE_SIM_SIZE size,
                                               void* hash, FESTORE_SIM_SIZE* hash_size);
void FESTORE_SIM_NAME(TEE_CipherInit)(TEE_OperationHandle operation, const void* iv, FESTORE_SIM_SIZE iv_size);
TEE_Result FESTORE_SIM_NAME(TEE_CipherUpdate)(TEE_OperationHandle operation, const void* in, FESTORE_SIM_SIZE in_size,
                                              void* out, FESTORE_SIM_SIZE* out_size);
TEE_Result FESTORE_SIM_NAME(TEE_CipherDoFinal)(TEE_OperationHandle operation, const void* in, FESTORE_SIM_SIZE in_size,
                                               void* out, FESTORE_SIM_SIZE* out_size);
void FESTORE_SIM_NAME(TEE_MACInit)(TEE_OperationHandle operation, const void* iv, FESTORE_SIM_SIZE iv_size);
void FESTORE_SIM_NAME(TEE_MACUpdate)(TEE_OperationHandle operation, const void* chunk, FESTORE_SIM_SIZE size);
TEE_Result FESTORE_SIM_NAME(TEE_MACComputeFinal)(TEE_OperationHandle operation, const void* in, FESTORE_SIM_SIZE in_size,
                                                 void* mac, FESTORE_SIM_SIZE* mac_size);
TEE_Result FESTORE_SIM_NAME(TEE_MACCompareFinal)(TEE_OperationHandle operation, const void* in, FESTORE_SIM_SIZE in_size,
                                                 const void* mac, FESTORE_SIM_SIZE mac_size);
TEE_Result FESTORE_SIM_NAME(TEE_AEInit)(TEE_OperationHandle operation, const void* nonce, FESTORE_SIM_SIZE nonce_size,
                                        uint32_t tag_bits, FESTORE_SIM_SIZE aad_size, FESTORE_SIM_SIZE payload_size);
void FESTORE_SIM_NAME(TEE_AEUpdateAAD)(TEE_OperationHandle operation, const void* aad, FESTORE_SIM_SIZE size);
TEE_Result FESTORE_SIM_NAME(TEE_AEUpdate)(TEE_OperationHandle operation, const void* in, FESTORE_SIM_SIZE in_size,
                                          void* out, FESTORE_SIM_SIZE* out_size);
TEE_Result FESTORE_SIM_NAME(TEE_AEEncryptFinal)(TEE_OperationHandle operation, const void* in, FESTORE_SIM_SIZE in_size,
                                                void* out, FESTORE_SIM_SIZE* out_size, void* tag,
                                                FESTORE_SIM_SIZE* tag_size);
TEE_Result FESTORE_SIM_NAME(TEE_AEDecryptFinal)(TEE_OperationHandle operation, const void* in, FESTORE_SIM_SIZE in_size,
                                                void* out, FESTORE_SIM_SIZE* out_size, void* tag,
                                                FESTORE_SIM_SIZE tag_size);
