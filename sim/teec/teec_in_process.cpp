// SPDX-License-Identifier: BSD-2-Clause
#include "sim/teec/teec_in_process.h"

#include "sim/teec/teec_operation.h"

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <unistd.h>

namespace festore::sim {
namespace {

Tee* the_tee = nullptr;
std::mutex pretended_lock;
std::optional<Credentials> pretended;  // for all threads: a client library may call from a thread of its own

Credentials own_credentials() {
    Credentials c{geteuid(), getegid(), {}};
    c.groups.resize(static_cast<size_t>(std::max(getgroups(0, nullptr), 0)));
    const int count = getgroups(static_cast<int>(c.groups.size()), c.groups.data());
    c.groups.resize(static_cast<size_t>(std::max(count, 0)));
    return c;
}

Credentials current_caller() {
    const std::lock_guard guard(pretended_lock);
    return pretended ? *pretended : own_credentials();
}

// The opaque members hold the TEE's address and, in a session, its number.
uint64_t address_of(Tee* tee) { return reinterpret_cast<uintptr_t>(tee); }
Tee& tee_at(uint64_t address) { return *reinterpret_cast<Tee*>(static_cast<uintptr_t>(address)); }

TEEC_Result initialize_context(const char*, TEEC_Context* context) {
    if (context == nullptr) return TEEC_ERROR_BAD_PARAMETERS;
    if (the_tee == nullptr) return TEEC_ERROR_ITEM_NOT_FOUND;
    context->imp[0] = address_of(the_tee);
    return TEEC_SUCCESS;
}

TEEC_Result open_session(TEEC_Context* context, TEEC_Session* session, const TEEC_UUID* destination, uint32_t method,
                         const void* data, TEEC_Operation* operation, uint32_t* origin) {
    uint32_t unwanted = 0;
    uint32_t& where = origin != nullptr ? *origin : unwanted;
    where = TEEC_ORIGIN_API;
    Params params;
    if (context == nullptr || session == nullptr || destination == nullptr || !params_of(operation, params))
        return TEEC_ERROR_BAD_PARAMETERS;
    const std::optional<Identity> identity = identity_of_login(method, group_in(data), current_caller());
    where = TEEC_ORIGIN_COMMS;
    if (!identity) return TEEC_ERROR_ACCESS_DENIED;
    uint32_t number = 0;
    const uint32_t result = tee_at(context->imp[0]).open_session(uuid_of(*destination), *identity, params, &number, &where);
    give_back(params, operation);
    if (result == TEEC_SUCCESS) {
        session->imp[0] = context->imp[0];
        session->imp[1] = number;
    }
    return result;
}

TEEC_Result invoke_command(TEEC_Session* session, uint32_t command, TEEC_Operation* operation, uint32_t* origin) {
    uint32_t unwanted = 0;
    uint32_t& where = origin != nullptr ? *origin : unwanted;
    where = TEEC_ORIGIN_API;
    Params params;
    if (session == nullptr || !params_of(operation, params)) return TEEC_ERROR_BAD_PARAMETERS;
    const uint32_t result = tee_at(session->imp[0]).invoke(static_cast<uint32_t>(session->imp[1]), command, params, &where);
    give_back(params, operation);
    return result;
}

void close_session(TEEC_Session* session) {
    if (session != nullptr) tee_at(session->imp[0]).close_session(static_cast<uint32_t>(session->imp[1]));
}

TEEC_Result allocate_shared_memory(TEEC_Context* context, TEEC_SharedMemory* memory) {
    if (context == nullptr || memory == nullptr || !flags_are_known(memory->flags)) return TEEC_ERROR_BAD_PARAMETERS;
    memory->buffer = std::calloc(1, memory->size > 0 ? memory->size : 1);
    memory->imp[0] = 1;  // ours to free
    return memory->buffer != nullptr ? TEEC_SUCCESS : TEEC_ERROR_OUT_OF_MEMORY;
}

TEEC_Result register_shared_memory(TEEC_Context* context, TEEC_SharedMemory* memory) {
    if (context == nullptr || memory == nullptr || !flags_are_known(memory->flags) || memory->buffer == nullptr)
        return TEEC_ERROR_BAD_PARAMETERS;
    memory->imp[0] = 0;
    return TEEC_SUCCESS;
}

void release_shared_memory(TEEC_SharedMemory* memory) {
    if (memory == nullptr) return;
    if (memory->imp[0] == 1) std::free(memory->buffer);
    memory->buffer = nullptr;
    memory->imp[0] = 0;
}

}  // namespace

const TeecFunctions& teec_in_process() {
    static const TeecFunctions functions{
        .initialize_context = initialize_context,
        .finalize_context = [](TEEC_Context*) {},
        .open_session = open_session,
        .close_session = close_session,
        .invoke_command = invoke_command,
        .register_shared_memory = register_shared_memory,
        .allocate_shared_memory = allocate_shared_memory,
        .release_shared_memory = release_shared_memory,
        .request_cancellation = [](TEEC_Operation*) {},
    };
    return functions;
}

void use_tee(Tee* tee) { the_tee = tee; }
void set_caller(const Credentials& credentials) {
    const std::lock_guard guard(pretended_lock);
    pretended = credentials;
}
void reset_caller() {
    const std::lock_guard guard(pretended_lock);
    pretended.reset();
}

}  // namespace festore::sim
