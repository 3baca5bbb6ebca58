/* SPDX-License-Identifier: BSD-2-Clause
 * The probe's entry points.
 */
#include "commands.h"
#include "probe.h"

TEE_Result TA_CreateEntryPoint(void) { return TEE_SUCCESS; }

void TA_DestroyEntryPoint(void) { forget_keys(); }

TEE_Result TA_OpenSessionEntryPoint(uint32_t types, TEE_Param params[4], void **context) {
    struct session *session = TEE_Malloc(sizeof(*session), TEE_MALLOC_FILL_ZERO);
    (void)types;
    (void)params;
    if (!session) return TEE_ERROR_OUT_OF_MEMORY;
    session->held = TEE_HANDLE_NULL;
    *context = session;
    return TEE_SUCCESS;
}

void TA_CloseSessionEntryPoint(void *context) {
    struct session *session = context;
    TEE_CloseObject(session->held);
    TEE_Free(session);
}

#define NONE TEE_PARAM_TYPE_NONE
#define IN TEE_PARAM_TYPE_MEMREF_INPUT
#define OUT TEE_PARAM_TYPE_MEMREF_OUTPUT
#define VALUE TEE_PARAM_TYPE_VALUE_INPUT

TEE_Result TA_InvokeCommandEntryPoint(void *context, uint32_t command, uint32_t types, TEE_Param params[4]) {
    static const uint32_t expected[] = {
        [PROBE_EMPTY] = TEE_PARAM_TYPES(NONE, NONE, NONE, NONE),   [PROBE_PUT] = TEE_PARAM_TYPES(IN, IN, VALUE, NONE),
        [PROBE_GET] = TEE_PARAM_TYPES(IN, OUT, NONE, NONE),        [PROBE_REMOVE] = TEE_PARAM_TYPES(IN, NONE, NONE, NONE),
        [PROBE_HOLD] = TEE_PARAM_TYPES(IN, NONE, NONE, NONE),      [PROBE_WRITE] = TEE_PARAM_TYPES(VALUE, NONE, NONE, NONE),
        [PROBE_SEAL] = TEE_PARAM_TYPES(IN, OUT, VALUE, NONE),      [PROBE_OPEN] = TEE_PARAM_TYPES(IN, OUT, VALUE, NONE),
    };
    if (command >= sizeof(expected) / sizeof(expected[0])) return TEE_ERROR_NOT_SUPPORTED;
    if (types != expected[command]) return TEE_ERROR_BAD_PARAMETERS;
    switch (command) {
        case PROBE_EMPTY: return TEE_SUCCESS;
        case PROBE_PUT: return probe_put(params);
        case PROBE_GET: return probe_get(params);
        case PROBE_REMOVE: return probe_remove(params);
        case PROBE_HOLD: return probe_hold(context, params);
        case PROBE_WRITE: return probe_write(context, params);
        case PROBE_SEAL: return probe_seal(params);
        default: return probe_open(params);
    }
}
