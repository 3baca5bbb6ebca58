// SPDX-License-Identifier: BSD-2-Clause
// The five entry points of a trusted application (TEE Internal Core API 1.3, section 4.3).
#include "base/limits.h"
#include "ta/dispatch.h"

namespace {

using festore::ta::Instance;
using festore::ta::Session;

// The instance's memory comes from TEE_Malloc: the TEE reclaims it if the TA panics. A new instance starts from nothing.
Instance* instance = nullptr;

TEE_Result result_of(const festore::Failure& failure) { return static_cast<TEE_Result>(failure.code); }

// Overwrites what the functions that the caller has called left on the stack: copies of records, keys and contents. The array is as large
// as the TA's own part of the stack, less what the frames above take.
[[gnu::noinline, gnu::no_sanitize_address]] void wipe_stack() {
    volatile uintptr_t words[(festore::limits::kTaStackBytes - 1024) / sizeof(uintptr_t)];
    for (volatile uintptr_t& word : words) word = 0;
}

TEE_Result make_instance() {
    void* memory = TEE_Malloc(sizeof(Instance), TEE_MALLOC_FILL_ZERO);
    if (memory == nullptr) return TEE_ERROR_OUT_OF_MEMORY;
    instance = new (memory) Instance;
    return TEE_SUCCESS;
}

}  // namespace

extern "C" {

TEE_Result TA_CreateEntryPoint(void) {
    instance = nullptr;
    return make_instance();
}

void TA_DestroyEntryPoint(void) {
    if (instance == nullptr) return;
    Instance* const ended = std::exchange(instance, nullptr);
    ended->~Instance();
    festore::wipe({reinterpret_cast<std::byte*>(ended), sizeof *ended});
    TEE_Free(ended);
}

TEE_Result TA_OpenSessionEntryPoint(uint32_t types, TEE_Param*, void** context) {
    const uint32_t no_params = TEE_PARAM_TYPES(TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_NONE,
                                               TEE_PARAM_TYPE_NONE);
    if (types != no_params) return TEE_ERROR_BAD_PARAMETERS;
    // OP-TEE 4.5 to 4.10 may open a session in an instance that has just ended, if the session comes while the last one closes. They
    // call TA_DestroyEntryPoint again when that session ends, but never TA_CreateEntryPoint.
    if (instance == nullptr) {
        if (const TEE_Result made = make_instance(); made != TEE_SUCCESS) return made;
    }
    const festore::Outcome<Session*> session = instance->open_session();
    wipe_stack();
    if (!session) return result_of(session.error());
    *context = *session;
    return TEE_SUCCESS;
}

void TA_CloseSessionEntryPoint(void* context) {
    if (instance != nullptr) instance->close_session(static_cast<Session*>(context));
    wipe_stack();
}

TEE_Result TA_InvokeCommandEntryPoint(void* context, uint32_t command, uint32_t types, TEE_Param* params) {
    Session* const session = static_cast<Session*>(context);
    if (instance == nullptr || !instance->has(session)) return TEE_ERROR_BAD_STATE;
    const TEE_Result result =
        festore::ta::dispatch(*instance, *session, command, types, std::span<TEE_Param, 4>(params, 4));
    wipe_stack();
    return result;
}

}  // extern "C"
