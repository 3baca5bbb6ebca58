// SPDX-License-Identifier: BSD-2-Clause
// The Client API as a table of functions: what the client library gets from libteec (real or simulated, loaded at run
// time) and what the simulated TEE offers in process to tests.
#pragma once
#include "base/tee_client_api.h"

namespace festore {

struct TeecFunctions {
    TEEC_Result (*initialize_context)(const char* name, TEEC_Context* context);
    void (*finalize_context)(TEEC_Context* context);
    TEEC_Result (*open_session)(TEEC_Context* context, TEEC_Session* session, const TEEC_UUID* destination,
                                uint32_t connection_method, const void* connection_data, TEEC_Operation* operation,
                                uint32_t* return_origin);
    void (*close_session)(TEEC_Session* session);
    TEEC_Result (*invoke_command)(TEEC_Session* session, uint32_t command, TEEC_Operation* operation,
                                  uint32_t* return_origin);
    TEEC_Result (*register_shared_memory)(TEEC_Context* context, TEEC_SharedMemory* memory);
    TEEC_Result (*allocate_shared_memory)(TEEC_Context* context, TEEC_SharedMemory* memory);
    void (*release_shared_memory)(TEEC_SharedMemory* memory);
    void (*request_cancellation)(TEEC_Operation* operation);
};

}  // namespace festore
