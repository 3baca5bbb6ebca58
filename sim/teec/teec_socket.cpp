// SPDX-License-Identifier: BSD-2-Clause
// libteec-festore-sim.so: the Client API for the simulated TEE's server (sim/teec/socket_start.h says where that is, and how
// it is started). Exports only the TEEC_ functions.
//
// Thread safety: that of libteec. Calls of one context run one after another, as calls into one TA do anyway.
// Identity: that of the process when it initialised the context (a real TEE's kernel checks when the session is opened).
// Memory: memory from TEEC_AllocateSharedMemory is really shared: both sides see each other's changes at once. Registered
// buffers and temporary references are copied before a call; after it, the bytes that the TA says it wrote are copied back, as an
// old libteec does. At most 32 MiB for one buffer, and for all temporary references of one call; 64 buffers per context.
// Errors: if the server ended or died, every call gives TEEC_ERROR_COMMUNICATION from TEEC_ORIGIN_COMMS from then on: only a new
// context reaches the next server. TEEC_RequestCancellation does nothing: no TA here unmasks cancellation.
#include "sim/teec/socket_client.h"
#include "sim/teec/teec_operation.h"

#include <cstring>
#include <new>

using namespace festore;
using namespace festore::sim;

namespace {

constexpr uint32_t kMemref = 4;           // set in the TEE's types of memory references
constexpr size_t kScratchAlignment = 16;  // as of an allocator's memory

SocketClient* client_at(uint64_t opaque) { return reinterpret_cast<SocketClient*>(static_cast<uintptr_t>(opaque)); }
SharedBuffer* buffer_at(uint64_t opaque) { return reinterpret_cast<SharedBuffer*>(static_cast<uintptr_t>(opaque)); }
template <class T>
uint64_t opaque(T* p) {
    return reinterpret_cast<uintptr_t>(p);
}

size_t aligned(size_t size) { return (size + kScratchAlignment - 1) & ~(kScratchAlignment - 1); }

// The parameters of one call: shared memory is passed by reference, the rest as a copy in shared memory. Lives as long as the call.
class Marshalling {
public:
    Marshalling(SocketClient& client, TEEC_Operation* operation) : client_(client), operation_(operation) {}

    TEEC_Result to_wire(wire::Request& request) {
        if (!params_of(operation_, params_)) return TEEC_ERROR_BAD_PARAMETERS;
        request.types = params_.types;
        if (const TEEC_Result result = reserve_scratch(); result != TEEC_SUCCESS) return result;
        size_t used = 0;
        for (uint32_t i = 0; i < 4; ++i) {
            Param& p = params_.values[i];
            request.params[i] = {p.a, p.b, 0, 0, 0};
            if (!is_memref(i) || p.buffer == nullptr) continue;
            const SharedBuffer* buffer = scratch_;
            size_t offset = used;
            if (const TEEC_SharedMemory* parent = parent_of(*operation_, i); parent != nullptr) {
                buffer = buffer_at(parent->imp[0]);
                if (buffer == nullptr) return TEEC_ERROR_BAD_PARAMETERS;  // released
                offset = static_cast<size_t>(static_cast<std::byte*>(p.buffer) - static_cast<std::byte*>(parent->buffer));
            } else {
                used += aligned(p.size);
            }
            copies_[i] = buffer->memory + offset;
            if (copies_[i] != p.buffer && p.size > 0) std::memcpy(copies_[i], p.buffer, p.size);
            request.params[i] = {0, 0, buffer->number, offset, p.size};
        }
        return TEEC_SUCCESS;
    }

    void from_wire(const wire::Answer& answer) {
        for (uint32_t i = 0; i < 4; ++i) {
            Param& p = params_.values[i];
            const wire::WireParam& got = answer.params[i];
            const bool output = (params_.types >> (4 * i) & TEEC_MEM_OUTPUT) != 0;
            if (output && copies_[i] != nullptr && copies_[i] != p.buffer && got.size > 0 && got.size <= p.size)
                std::memcpy(p.buffer, copies_[i], got.size);
            p.a = got.a;
            p.b = got.b;
            p.size = got.size;
        }
        give_back(params_, operation_);
    }

private:
    [[nodiscard]] bool is_memref(uint32_t i) const { return (params_.types >> (4 * i) & kMemref) != 0; }

    TEEC_Result reserve_scratch() {
        size_t needed = 0;
        bool any = false;
        for (uint32_t i = 0; i < 4; ++i) {
            const Param& p = params_.values[i];
            if (!is_memref(i) || p.buffer == nullptr || parent_of(*operation_, i) != nullptr) continue;
            any = true;
            if (p.size > wire::kSharedBytesMax) return TEEC_ERROR_OUT_OF_MEMORY;
            needed += aligned(p.size);
        }
        if (!any) return TEEC_SUCCESS;
        if (needed > wire::kSharedBytesMax) return TEEC_ERROR_OUT_OF_MEMORY;
        return client_.scratch(needed, scratch_);
    }

    SocketClient& client_;
    TEEC_Operation* operation_;
    Params params_;
    SharedBuffer* scratch_ = nullptr;
    std::array<std::byte*, 4> copies_{};  // the memory in which the server sees the content of params_[i].buffer
};

// Exchanges one request with parameters, under the context's lock, which protects the scratch buffer.
wire::Answer exchange(SocketClient& client, wire::Request& request, TEEC_Operation* operation) {
    const std::lock_guard guard(client.lock);
    wire::Answer answer;
    Marshalling marshalling(client, operation);
    answer.result = marshalling.to_wire(request);
    answer.origin = answer.result == TEEC_ERROR_COMMUNICATION ? TEEC_ORIGIN_COMMS : TEEC_ORIGIN_API;
    if (answer.result == TEEC_SUCCESS && client.ask(request, -1, answer)) marshalling.from_wire(answer);
    return answer;
}

TEEC_Result make_shared_memory(TEEC_Context* context, TEEC_SharedMemory* memory, bool registered) {
    if (context == nullptr || memory == nullptr || !flags_are_known(memory->flags)) return TEEC_ERROR_BAD_PARAMETERS;
    if (registered && memory->buffer == nullptr) return TEEC_ERROR_BAD_PARAMETERS;
    memory->imp[0] = 0;
    if (memory->size > wire::kSharedBytesMax) return TEEC_ERROR_OUT_OF_MEMORY;
    SocketClient* client = client_at(context->imp[0]);
    auto* buffer = new (std::nothrow) SharedBuffer;
    if (buffer == nullptr) return TEEC_ERROR_OUT_OF_MEMORY;
    const std::lock_guard guard(client->lock);
    const TEEC_Result result = client->share(memory->size > 0 ? memory->size : 1, *buffer);
    if (result != TEEC_SUCCESS) {
        delete buffer;
        return result;
    }
    if (!registered) memory->buffer = buffer->memory;
    memory->imp[0] = opaque(buffer);
    memory->imp[1] = context->imp[0];
    return TEEC_SUCCESS;
}

TEEC_Result refuse_parameters(uint32_t* origin) {
    if (origin != nullptr) *origin = TEEC_ORIGIN_API;
    return TEEC_ERROR_BAD_PARAMETERS;
}

}  // namespace

#define EXPORTED extern "C" __attribute__((visibility("default")))

// There is only one TEE here, so a name is ignored.
EXPORTED TEEC_Result TEEC_InitializeContext(const char*, TEEC_Context* context) {
    if (context == nullptr) return TEEC_ERROR_BAD_PARAMETERS;
    auto* client = new (std::nothrow) SocketClient;
    if (client == nullptr) return TEEC_ERROR_OUT_OF_MEMORY;
    const TEEC_Result result = client->connect();
    if (result != TEEC_SUCCESS) delete client;
    else context->imp[0] = opaque(client);
    return result;
}

EXPORTED void TEEC_FinalizeContext(TEEC_Context* context) {
    if (context == nullptr) return;
    delete client_at(context->imp[0]);
    context->imp[0] = 0;
}

EXPORTED TEEC_Result TEEC_OpenSession(TEEC_Context* context, TEEC_Session* session, const TEEC_UUID* destination,
                                      uint32_t method, const void* data, TEEC_Operation* operation, uint32_t* origin) {
    if (context == nullptr || session == nullptr || destination == nullptr) return refuse_parameters(origin);
    const std::optional<uint32_t> group = method == TEEC_LOGIN_GROUP ? group_in(data) : std::nullopt;
    wire::Request request;
    request.kind = wire::Kind::open_session;
    request.ta = uuid_of(*destination);
    request.login = method;
    request.has_group = group ? 1 : 0;
    request.group = group.value_or(0);
    const wire::Answer answer = exchange(*client_at(context->imp[0]), request, operation);
    if (origin != nullptr) *origin = answer.origin;
    if (answer.result == TEEC_SUCCESS) {
        session->imp[0] = context->imp[0];
        session->imp[1] = answer.number;
    }
    return answer.result;
}

EXPORTED void TEEC_CloseSession(TEEC_Session* session) {
    if (session == nullptr) return;
    wire::Request request;
    request.kind = wire::Kind::close_session;
    request.number = static_cast<uint32_t>(session->imp[1]);
    exchange(*client_at(session->imp[0]), request, nullptr);
}

EXPORTED TEEC_Result TEEC_InvokeCommand(TEEC_Session* session, uint32_t command, TEEC_Operation* operation,
                                        uint32_t* origin) {
    if (session == nullptr) return refuse_parameters(origin);
    wire::Request request;
    request.kind = wire::Kind::invoke;
    request.number = static_cast<uint32_t>(session->imp[1]);
    request.command = command;
    const wire::Answer answer = exchange(*client_at(session->imp[0]), request, operation);
    if (origin != nullptr) *origin = answer.origin;
    return answer.result;
}

EXPORTED TEEC_Result TEEC_AllocateSharedMemory(TEEC_Context* context, TEEC_SharedMemory* memory) {
    return make_shared_memory(context, memory, false);
}

EXPORTED TEEC_Result TEEC_RegisterSharedMemory(TEEC_Context* context, TEEC_SharedMemory* memory) {
    return make_shared_memory(context, memory, true);
}

EXPORTED void TEEC_ReleaseSharedMemory(TEEC_SharedMemory* memory) {
    if (memory == nullptr || memory->imp[0] == 0) return;
    SharedBuffer* buffer = buffer_at(memory->imp[0]);
    SocketClient* client = client_at(memory->imp[1]);
    {
        const std::lock_guard guard(client->lock);
        client->release(*buffer);
    }
    delete buffer;
    memory->buffer = nullptr;
    memory->imp[0] = 0;
}

EXPORTED void TEEC_RequestCancellation(TEEC_Operation*) {}
