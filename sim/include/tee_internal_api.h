/* SPDX-License-Identifier: BSD-2-Clause
 * The part of the GlobalPlatform TEE Internal Core API 1.3 that the simulated TEE models, written from the specification,
 * with OP-TEE's values where it leaves them open. A TA for the simulator cannot use anything else.
 *
 * With __OPTEE_CORE_API_COMPAT_1_1 set to 1 the names mean the API 1.1 functions with uint32_t sizes, as in OP-TEE's kit.
 */
#ifndef FESTORE_SIM_TEE_INTERNAL_API_H
#define FESTORE_SIM_TEE_INTERNAL_API_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef uint32_t TEE_Result;

#define TEE_SUCCESS 0x00000000U
#define TEE_ERROR_CORRUPT_OBJECT 0xF0100001U
#define TEE_ERROR_CORRUPT_OBJECT_2 0xF0100002U
#define TEE_ERROR_STORAGE_NOT_AVAILABLE 0xF0100003U
#define TEE_ERROR_STORAGE_NOT_AVAILABLE_2 0xF0100004U
#define TEE_ERROR_GENERIC 0xFFFF0000U
#define TEE_ERROR_ACCESS_DENIED 0xFFFF0001U
#define TEE_ERROR_CANCEL 0xFFFF0002U
#define TEE_ERROR_ACCESS_CONFLICT 0xFFFF0003U
#define TEE_ERROR_EXCESS_DATA 0xFFFF0004U
#define TEE_ERROR_BAD_FORMAT 0xFFFF0005U
#define TEE_ERROR_BAD_PARAMETERS 0xFFFF0006U
#define TEE_ERROR_BAD_STATE 0xFFFF0007U
#define TEE_ERROR_ITEM_NOT_FOUND 0xFFFF0008U
#define TEE_ERROR_NOT_IMPLEMENTED 0xFFFF0009U
#define TEE_ERROR_NOT_SUPPORTED 0xFFFF000AU
#define TEE_ERROR_NO_DATA 0xFFFF000BU
#define TEE_ERROR_OUT_OF_MEMORY 0xFFFF000CU
#define TEE_ERROR_BUSY 0xFFFF000DU
#define TEE_ERROR_COMMUNICATION 0xFFFF000EU
#define TEE_ERROR_SECURITY 0xFFFF000FU
#define TEE_ERROR_SHORT_BUFFER 0xFFFF0010U
#define TEE_ERROR_EXTERNAL_CANCEL 0xFFFF0011U
#define TEE_ERROR_OVERFLOW 0xFFFF300FU
#define TEE_ERROR_TARGET_DEAD 0xFFFF3024U
#define TEE_ERROR_STORAGE_NO_SPACE 0xFFFF3041U
#define TEE_ERROR_MAC_INVALID 0xFFFF3071U
#define TEE_ERROR_SIGNATURE_INVALID 0xFFFF3072U
#define TEE_ERROR_TIME_NOT_SET 0xFFFF5000U
#define TEE_ERROR_TIME_NEEDS_RESET 0xFFFF5001U

#define TEE_ORIGIN_API 1U
#define TEE_ORIGIN_COMMS 2U
#define TEE_ORIGIN_TEE 3U
#define TEE_ORIGIN_TRUSTED_APP 4U

typedef struct { uint32_t timeLow; uint16_t timeMid; uint16_t timeHiAndVersion; uint8_t clockSeqAndNode[8]; } TEE_UUID;
typedef struct { uint32_t login; TEE_UUID uuid; } TEE_Identity;
typedef struct { uint32_t seconds; uint32_t millis; } TEE_Time;

#define TEE_LOGIN_PUBLIC 0x00000000U
#define TEE_LOGIN_USER 0x00000001U
#define TEE_LOGIN_GROUP 0x00000002U
#define TEE_LOGIN_APPLICATION 0x00000004U
#define TEE_LOGIN_APPLICATION_USER 0x00000005U
#define TEE_LOGIN_APPLICATION_GROUP 0x00000006U
#define TEE_LOGIN_TRUSTED_APP 0xF0000000U

#define TEE_NUM_PARAMS 4
#define TEE_PARAM_TYPE_NONE 0U
#define TEE_PARAM_TYPE_VALUE_INPUT 1U
#define TEE_PARAM_TYPE_VALUE_OUTPUT 2U
#define TEE_PARAM_TYPE_VALUE_INOUT 3U
#define TEE_PARAM_TYPE_MEMREF_INPUT 5U
#define TEE_PARAM_TYPE_MEMREF_OUTPUT 6U
#define TEE_PARAM_TYPE_MEMREF_INOUT 7U
#define TEE_PARAM_TYPES(t0, t1, t2, t3) ((t0) | ((t1) << 4) | ((t2) << 8) | ((t3) << 12))
#define TEE_PARAM_TYPE_GET(t, i) ((((uint32_t)(t)) >> ((i) * 4)) & 0xFU)

typedef struct __TEE_TASessionHandle* TEE_TASessionHandle;
typedef struct __TEE_PropSetHandle* TEE_PropSetHandle;
typedef struct __TEE_ObjectHandle* TEE_ObjectHandle;
typedef struct __TEE_ObjectEnumHandle* TEE_ObjectEnumHandle;
typedef struct __TEE_OperationHandle* TEE_OperationHandle;
#define TEE_HANDLE_NULL 0

/* Flags of a TA's header (OP-TEE's values). */
#define TA_FLAG_SINGLE_INSTANCE (1U << 2)
#define TA_FLAG_MULTI_SESSION (1U << 3)
#define TA_FLAG_INSTANCE_KEEP_ALIVE (1U << 4)
#define TA_FLAG_DONT_CLOSE_HANDLE_ON_CORRUPT_OBJECT (1U << 11)

/* Properties */
#define TEE_PROPSET_TEE_IMPLEMENTATION ((TEE_PropSetHandle)0xFFFFFFFDU)
#define TEE_PROPSET_CURRENT_CLIENT ((TEE_PropSetHandle)0xFFFFFFFEU)
#define TEE_PROPSET_CURRENT_TA ((TEE_PropSetHandle)0xFFFFFFFFU)
TEE_Result TEE_GetPropertyAsBool(TEE_PropSetHandle set, const char* name, bool* value);
TEE_Result TEE_GetPropertyAsU32(TEE_PropSetHandle set, const char* name, uint32_t* value);
TEE_Result TEE_GetPropertyAsUUID(TEE_PropSetHandle set, const char* name, TEE_UUID* value);
TEE_Result TEE_GetPropertyAsIdentity(TEE_PropSetHandle set, const char* name, TEE_Identity* value);

/* Panic, memory, time, other TAs */
#ifdef __cplusplus
[[noreturn]] void TEE_Panic(TEE_Result code);
#else
_Noreturn void TEE_Panic(TEE_Result code);
#endif
#define TEE_MALLOC_FILL_ZERO 0x00000000U
#define TEE_MALLOC_NO_FILL 0x00000001U
#define TEE_USER_MEM_HINT_NO_FILL_ZERO 0x80000000U
#define TEE_MEMORY_ACCESS_READ 1U
#define TEE_MEMORY_ACCESS_WRITE 2U
#define TEE_MEMORY_ACCESS_ANY_OWNER 4U
void TEE_Free(void* buffer);
#define TEE_TIMEOUT_INFINITE 0xFFFFFFFFU
void TEE_GetSystemTime(TEE_Time* time);
void TEE_GetREETime(TEE_Time* time);
TEE_Result TEE_Wait(uint32_t milliseconds);
void TEE_CloseTASession(TEE_TASessionHandle session);

/* Trusted storage */
#define TEE_STORAGE_PRIVATE 0x00000001U
#define TEE_STORAGE_PRIVATE_REE 0x80000000U
#define TEE_STORAGE_PRIVATE_RPMB 0x80000100U
#define TEE_OBJECT_ID_MAX_LEN 64
#define TEE_DATA_MAX_POSITION 0xFFFFFFFFU
#define TEE_DATA_FLAG_ACCESS_READ 0x00000001U
#define TEE_DATA_FLAG_ACCESS_WRITE 0x00000002U
#define TEE_DATA_FLAG_ACCESS_WRITE_META 0x00000004U
#define TEE_DATA_FLAG_SHARE_READ 0x00000010U
#define TEE_DATA_FLAG_SHARE_WRITE 0x00000020U
#define TEE_DATA_FLAG_OVERWRITE 0x00000400U
#define TEE_HANDLE_FLAG_PERSISTENT 0x00010000U
#define TEE_HANDLE_FLAG_INITIALIZED 0x00020000U
#define TEE_TYPE_DATA 0xA00000BFU
#define TEE_USAGE_DEFAULT 0xFFFFFFFFU
typedef uint32_t TEE_Whence;
#define TEE_DATA_SEEK_SET 0U
#define TEE_DATA_SEEK_CUR 1U
#define TEE_DATA_SEEK_END 2U
void TEE_CloseObject(TEE_ObjectHandle object);
TEE_Result TEE_CloseAndDeletePersistentObject1(TEE_ObjectHandle object);
TEE_Result TEE_AllocatePersistentObjectEnumerator(TEE_ObjectEnumHandle* enumerator);
void TEE_FreePersistentObjectEnumerator(TEE_ObjectEnumHandle enumerator);
void TEE_ResetPersistentObjectEnumerator(TEE_ObjectEnumHandle enumerator);
TEE_Result TEE_StartPersistentObjectEnumerator(TEE_ObjectEnumHandle enumerator, uint32_t storage);

/* Cryptography */
#define TEE_TYPE_AES 0xA0000010U
#define TEE_TYPE_HMAC_SHA256 0xA0000004U
#define TEE_ATTR_SECRET_VALUE 0xC0000000U
#define TEE_ATTR_FLAG_VALUE 0x20000000U
#define TEE_ALG_AES_CTR 0x10000210U
#define TEE_ALG_AES_GCM 0x40000810U
#define TEE_ALG_HMAC_SHA256 0x30000004U
#define TEE_ALG_SHA1 0x50000002U
#define TEE_ALG_SHA256 0x50000004U
typedef uint32_t TEE_ObjectType;
typedef uint32_t TEE_OperationMode;
#define TEE_MODE_ENCRYPT 0U
#define TEE_MODE_DECRYPT 1U
#define TEE_MODE_SIGN 2U
#define TEE_MODE_VERIFY 3U
#define TEE_MODE_MAC 4U
#define TEE_MODE_DIGEST 5U
#define TEE_MODE_DERIVE 6U
void TEE_FreeTransientObject(TEE_ObjectHandle object);
void TEE_ResetTransientObject(TEE_ObjectHandle object);
TEE_Result TEE_AllocateOperation(TEE_OperationHandle* operation, uint32_t algorithm, uint32_t mode, uint32_t max_bits);
void TEE_ResetOperation(TEE_OperationHandle operation);

/* The TA's entry points, except those that take parameters */
TEE_Result TA_CreateEntryPoint(void);
void TA_DestroyEntryPoint(void);
void TA_CloseSessionEntryPoint(void* context);

/* Everything that depends on the type of sizes, for both versions of the API. */
#define FESTORE_SIM_NAME(name) name
#define FESTORE_SIM_SIZE size_t
#define FESTORE_SIM_OFFSET intmax_t
#include "tee_api_sized.h"
#undef FESTORE_SIM_NAME
#undef FESTORE_SIM_SIZE
#undef FESTORE_SIM_OFFSET
#define FESTORE_SIM_NAME(name) __GP11_##name
#define FESTORE_SIM_SIZE uint32_t
#define FESTORE_SIM_OFFSET int32_t
#include "tee_api_sized.h"
#undef FESTORE_SIM_NAME
#undef FESTORE_SIM_SIZE
#undef FESTORE_SIM_OFFSET

#ifdef __cplusplus
}
#endif
#include "tee_api_compat.h"
#endif
