// SPDX-License-Identifier: BSD-2-Clause
#include "sim/teec_in_process.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <optional>
#include <unistd.h>

namespace festore::sim {
namespace {

Tee* the_tee = nullptr;
std::mutex pretended_lock;
std::optional<Credentials> pretended;  // of all threads: a client library may call from one of its own

Credentials own_credentials() {
    Credentials c{geteuid(), getegid(), {}};
    const int count = getgroups(0, nullptr);
    c.groups.resize(count > 0 ? static_cast<size_t>(count) : 0);
    if (count > 0) (void)getgroups(count, c.groups.data());
    return c;
}

Credentials current_caller() {
    const std::lock_guard guard(pretended_lock);
    return pretended ? *pretended : own_credentials();
}

// What the kernel tells the TEE about the caller, or nothing when it refuses the login.
std::optional<Identity> identity_for(uint32_t method, const void* data) {
    const Credentials caller = current_caller();
    switch (method) {
    case TEEC_LOGIN_PUBLIC: return Identity{};
    case TEEC_LOGIN_USER: return Identity{TEEC_LOGIN_USER, uuid_of_user(caller.uid)};
    case TEEC_LOGIN_GROUP: {
        if (data == nullptr) return std::nullopt;
        uint32_t gid = 0;
        std::memcpy(&gid, data, sizeof gid);
        const bool member = gid == caller.gid ||
                            std::find(caller.groups.begin(), caller.groups.end(), gid) != caller.groups.end();
        if (!member) return std::nullopt;
        return Identity{TEEC_LOGIN_GROUP, uuid_of_group(gid)};
    }
    default: return std::nullopt;
    }
}

Uuid to_uuid(const TEEC_UUID& u) {
    std::array<uint8_t, 8> rest{};
    std::copy_n(u.clockSeqAndNode, rest.size(), rest.begin());
    return Uuid::from_fields(u.timeLow, u.timeMid, u.timeHiAndVersion, rest);
}

// The operation's parameters as the TEE gets them. False when they break the Client API's rules.
bool to_params(const TEEC_Operation* operation, Params& params) {
    if (operation == nullptr) return true;
    for (uint32_t i = 0; i < TEEC_CONFIG_PAYLOAD_REF_COUNT; ++i) {
        const TEEC_Parameter& p = operation->params[i];
        Param& out = params.values[i];
        uint32_t type = TEEC_PARAM_TYPE_GET(operation->paramTypes, i);
        switch (type) {
        case TEEC_NONE: break;
        case TEEC_VALUE_INPUT:
        case TEEC_VALUE_OUTPUT:
        case TEEC_VALUE_INOUT:
            out.a = p.value.a;
            out.b = p.value.b;
            break;
        case TEEC_MEMREF_TEMP_INPUT:
        case TEEC_MEMREF_TEMP_OUTPUT:
        case TEEC_MEMREF_TEMP_INOUT: out = {p.tmpref.buffer, p.tmpref.size, 0, 0}; break;
        case TEEC_MEMREF_WHOLE:
            out = {p.memref.parent->buffer, p.memref.parent->size, 0, 0};
            type = 4 | p.memref.parent->flags;  // input 1, output 2
            break;
        case TEEC_MEMREF_PARTIAL_INPUT:
        case TEEC_MEMREF_PARTIAL_OUTPUT:
        case TEEC_MEMREF_PARTIAL_INOUT: {
            const TEEC_SharedMemory& parent = *p.memref.parent;
            const uint32_t wanted = type & 3;
            if (p.memref.offset > parent.size || p.memref.size > parent.size - p.memref.offset) return false;
            if ((parent.flags & wanted) != wanted) return false;
            out = {static_cast<std::byte*>(parent.buffer) + p.memref.offset, p.memref.size, 0, 0};
            type = 4 | wanted;
            break;
        }
        default: return false;
        }
        params.types |= type << (4 * i);
    }
    return true;
}

void from_params(const Params& params, TEEC_Operation* operation) {
    if (operation == nullptr) return;
    for (uint32_t i = 0; i < TEEC_CONFIG_PAYLOAD_REF_COUNT; ++i) {
        TEEC_Parameter& p = operation->params[i];
        switch (TEEC_PARAM_TYPE_GET(operation->paramTypes, i)) {
        case TEEC_VALUE_OUTPUT:
        case TEEC_VALUE_INOUT: p.value = {params.values[i].a, params.values[i].b}; break;
        case TEEC_MEMREF_TEMP_OUTPUT:
        case TEEC_MEMREF_TEMP_INOUT: p.tmpref.size = params.values[i].size; break;
        case TEEC_MEMREF_WHOLE:
        case TEEC_MEMREF_PARTIAL_OUTPUT:
        case TEEC_MEMREF_PARTIAL_INOUT: p.memref.size = params.values[i].size; break;
        default: break;
        }
    }
}

// The opaque members hold the TEE's address and, in a session, its number.
uint64_t address_of(Tee* tee) { return reinterpret_cast<uintptr_t>(tee); }
Tee& tee_at(uint64_t address) { return *reinterpret_cast<Tee*>(static_cast<uintptr_t>(address)); }

TEEC_Result initialize_context(const char*, TEEC_Context* context) {
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
    if (!to_params(operation, params)) return TEEC_ERROR_BAD_PARAMETERS;
    const std::optional<Identity> identity = identity_for(method, data);
    where = TEEC_ORIGIN_COMMS;
    if (!identity) return TEEC_ERROR_ACCESS_DENIED;
    uint32_t number = 0;
    const uint32_t result = tee_at(context->imp[0]).open_session(to_uuid(*destination), *identity, params, &number, &where);
    from_params(params, operation);
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
    if (!to_params(operation, params)) return TEEC_ERROR_BAD_PARAMETERS;
    const uint32_t result = tee_at(session->imp[0]).invoke(static_cast<uint32_t>(session->imp[1]), command, params, &where);
    from_params(params, operation);
    return result;
}

TEEC_Result allocate_shared_memory(TEEC_Context*, TEEC_SharedMemory* memory) {
    if (memory->flags == 0 || (memory->flags & ~(TEEC_MEM_INPUT | TEEC_MEM_OUTPUT)) != 0)
        return TEEC_ERROR_BAD_PARAMETERS;
    memory->buffer = std::calloc(1, memory->size > 0 ? memory->size : 1);
    memory->imp[0] = 1;  // ours to free
    return memory->buffer != nullptr ? TEEC_SUCCESS : TEEC_ERROR_OUT_OF_MEMORY;
}

TEEC_Result register_shared_memory(TEEC_Context*, TEEC_SharedMemory* memory) {
    if (memory->flags == 0 || (memory->flags & ~(TEEC_MEM_INPUT | TEEC_MEM_OUTPUT)) != 0 || memory->buffer == nullptr)
        return TEEC_ERROR_BAD_PARAMETERS;
    memory->imp[0] = 0;
    return TEEC_SUCCESS;
}

void release_shared_memory(TEEC_SharedMemory* memory) {
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
        .close_session = [](TEEC_Session* s) { tee_at(s->imp[0]).close_session(static_cast<uint32_t>(s->imp[1])); },
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
