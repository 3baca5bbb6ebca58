// SPDX-License-Identifier: BSD-2-Clause
// The GlobalPlatform TEE Client API 1.0 as libteec implements it, written from the specification and from the binary
// interface of libteec.so.1 and .so.2. festore loads libteec at run time, so one binary serves both, and a build needs
// no SDK. libteec only gets pointers to these types. The public members come first and have never moved; the private
// members after them differ between versions, so room is left for the largest version.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef uint32_t TEEC_Result;
typedef struct { uint32_t timeLow; uint16_t timeMid; uint16_t timeHiAndVersion; uint8_t clockSeqAndNode[8]; } TEEC_UUID;

typedef struct { uint64_t imp[16]; } TEEC_Context;
typedef struct { uint64_t imp[16]; } TEEC_Session;
typedef struct { void* buffer; size_t size; uint32_t flags; uint64_t imp[16]; } TEEC_SharedMemory;

typedef struct { void* buffer; size_t size; } TEEC_TempMemoryReference;
typedef struct { TEEC_SharedMemory* parent; size_t size; size_t offset; } TEEC_RegisteredMemoryReference;
typedef struct { uint32_t a; uint32_t b; } TEEC_Value;
typedef union {
    TEEC_TempMemoryReference tmpref;
    TEEC_RegisteredMemoryReference memref;
    TEEC_Value value;
} TEEC_Parameter;
typedef struct { uint32_t started; uint32_t paramTypes; TEEC_Parameter params[4]; uint64_t imp[8]; } TEEC_Operation;

enum { TEEC_CONFIG_PAYLOAD_REF_COUNT = 4 };

#define TEEC_SUCCESS 0x00000000U
#define TEEC_ERROR_GENERIC 0xFFFF0000U
#define TEEC_ERROR_ACCESS_DENIED 0xFFFF0001U
#define TEEC_ERROR_CANCEL 0xFFFF0002U
#define TEEC_ERROR_ACCESS_CONFLICT 0xFFFF0003U
#define TEEC_ERROR_EXCESS_DATA 0xFFFF0004U
#define TEEC_ERROR_BAD_FORMAT 0xFFFF0005U
#define TEEC_ERROR_BAD_PARAMETERS 0xFFFF0006U
#define TEEC_ERROR_BAD_STATE 0xFFFF0007U
#define TEEC_ERROR_ITEM_NOT_FOUND 0xFFFF0008U
#define TEEC_ERROR_NOT_IMPLEMENTED 0xFFFF0009U
#define TEEC_ERROR_NOT_SUPPORTED 0xFFFF000AU
#define TEEC_ERROR_NO_DATA 0xFFFF000BU
#define TEEC_ERROR_OUT_OF_MEMORY 0xFFFF000CU
#define TEEC_ERROR_BUSY 0xFFFF000DU
#define TEEC_ERROR_COMMUNICATION 0xFFFF000EU
#define TEEC_ERROR_SECURITY 0xFFFF000FU
#define TEEC_ERROR_SHORT_BUFFER 0xFFFF0010U
#define TEEC_ERROR_EXTERNAL_CANCEL 0xFFFF0011U
#define TEEC_ERROR_TARGET_DEAD 0xFFFF3024U
#define TEEC_ERROR_STORAGE_NO_SPACE 0xFFFF3041U

#define TEEC_ORIGIN_API 0x00000001U
#define TEEC_ORIGIN_COMMS 0x00000002U
#define TEEC_ORIGIN_TEE 0x00000003U
#define TEEC_ORIGIN_TRUSTED_APP 0x00000004U

#define TEEC_MEM_INPUT 0x00000001U
#define TEEC_MEM_OUTPUT 0x00000002U

#define TEEC_NONE 0x00000000U
#define TEEC_VALUE_INPUT 0x00000001U
#define TEEC_VALUE_OUTPUT 0x00000002U
#define TEEC_VALUE_INOUT 0x00000003U
#define TEEC_MEMREF_TEMP_INPUT 0x00000005U
#define TEEC_MEMREF_TEMP_OUTPUT 0x00000006U
#define TEEC_MEMREF_TEMP_INOUT 0x00000007U
#define TEEC_MEMREF_WHOLE 0x0000000CU
#define TEEC_MEMREF_PARTIAL_INPUT 0x0000000DU
#define TEEC_MEMREF_PARTIAL_OUTPUT 0x0000000EU
#define TEEC_MEMREF_PARTIAL_INOUT 0x0000000FU

#define TEEC_LOGIN_PUBLIC 0x00000000U
#define TEEC_LOGIN_USER 0x00000001U
#define TEEC_LOGIN_GROUP 0x00000002U
#define TEEC_LOGIN_APPLICATION 0x00000004U

#define TEEC_PARAM_TYPES(p0, p1, p2, p3) ((p0) | ((p1) << 4) | ((p2) << 8) | ((p3) << 12))
#define TEEC_PARAM_TYPE_GET(types, index) (((types) >> ((index) * 4)) & 0xFU)

TEEC_Result TEEC_InitializeContext(const char* name, TEEC_Context* context);
void TEEC_FinalizeContext(TEEC_Context* context);
TEEC_Result TEEC_RegisterSharedMemory(TEEC_Context* context, TEEC_SharedMemory* memory);
TEEC_Result TEEC_AllocateSharedMemory(TEEC_Context* context, TEEC_SharedMemory* memory);
void TEEC_ReleaseSharedMemory(TEEC_SharedMemory* memory);
TEEC_Result TEEC_OpenSession(TEEC_Context* context, TEEC_Session* session, const TEEC_UUID* destination, uint32_t connection_method,
                             const void* connection_data, TEEC_Operation* operation, uint32_t* return_origin);
void TEEC_CloseSession(TEEC_Session* session);
TEEC_Result TEEC_InvokeCommand(TEEC_Session* session, uint32_t command, TEEC_Operation* operation, uint32_t* return_origin);
void TEEC_RequestCancellation(TEEC_Operation* operation);

#ifdef __cplusplus
}
#endif
