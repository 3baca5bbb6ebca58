// SPDX-License-Identifier: BSD-2-Clause
// libteec-festore-sim.so: the Client API for the simulated TEE's server. The server's directory is $FESTORE_SIM_DIR, by
// default $XDG_RUNTIME_DIR/festore-sim, else /tmp/festore-sim-UID; it is started on demand ($FESTORE_SIM_TEED, else
// ../bin/festore-sim-teed beside this library; $FESTORE_SIM_OPTIONS are more options for it).
//
// Thread safety: as libteec's; calls of one context follow one another. Allocated shared memory is really shared; a
// registered buffer and temporary references are copied before and after each call, as an old libteec does it.
#include "base/tee_client_api.h"
#include "sim/socket_client.h"

#include <cstdlib>
#include <cstring>
#include <new>

using namespace festore;
using namespace festore::sim;

namespace {

constexpr uint32_t kMemrefBit = 4;

SocketClient* client_at(uint64_t opaque) { return reinterpret_cast<SocketClient*>(static_cast<uintptr_t>(opaque)); }
SharedBuffer* buffer_at(uint64_t opaque) { return reinterpret_cast<SharedBuffer*>(static_cast<uintptr_t>(opaque)); }
template <class T>
uint64_t opaque(T* p) {
    return reinterpret_cast<uintptr_t>(p);
}

Uuid to_uuid(const TEEC_UUID& u) {
    std::array<uint8_t, 8> rest{};
    std::memcpy(rest.data(), u.clockSeqAndNode, rest.size());
    return Uuid::from_fields(u.timeLow, u.timeMid, u.timeHiAndVersion, rest);
}

// The parameters of one call: what is shared goes by reference, the rest through the client's scratch buffer.
class Marshalling {
public:
    Marshalling(SocketClient& client, TEEC_Operation* operation) : client_(client), operation_(operation) {}

    bool to_wire(wire::Request& request) {
        if (operation_ == nullptr) return true;
        size_t scratch = 0;
        for (uint32_t i = 0; i < 4; ++i)
            if (is_temporary(i)) scratch += operation_->params[i].tmpref.size;
        if (scratch > wire::kSharedBytesMax || (scratch > 0 && !client_.scratch(scratch, scratch_))) return false;
        for (uint32_t i = 0; i < 4; ++i)
            if (!one_to_wire(i, request)) return false;
        return true;
    }

    void from_wire(const wire::Answer& answer) {
        for (uint32_t i = 0; operation_ != nullptr && i < 4; ++i) {
            TEEC_Parameter& p = operation_->params[i];
            const wire::WireParam& got = answer.params[i];
            const uint32_t t = type(i);
            if (t == TEEC_VALUE_OUTPUT || t == TEEC_VALUE_INOUT) p.value = {got.a, got.b};
            if (is_temporary(i) && (t & 2) != 0) {
                if (p.tmpref.buffer != nullptr && got.size <= p.tmpref.size)
                    std::memcpy(p.tmpref.buffer, static_cast<std::byte*>(scratch_->memory) + offsets_[i], got.size);
                p.tmpref.size = got.size;
            }
            if (is_registered(i) && (wire_type(i) & 2) != 0) {
                SharedBuffer& buffer = *buffer_at(p.memref.parent->imp[0]);
                const size_t offset = t == TEEC_MEMREF_WHOLE ? 0 : p.memref.offset;
                const size_t room = t == TEEC_MEMREF_WHOLE ? p.memref.parent->size : p.memref.size;
                if (buffer.shadow_of != nullptr && got.size <= room)
                    std::memcpy(static_cast<std::byte*>(buffer.shadow_of) + offset,
                                static_cast<std::byte*>(buffer.memory) + offset, got.size);
                p.memref.size = got.size;
            }
        }
    }

private:
    [[nodiscard]] uint32_t type(uint32_t i) const { return TEEC_PARAM_TYPE_GET(operation_->paramTypes, i); }
    [[nodiscard]] bool is_temporary(uint32_t i) const {
        return type(i) >= TEEC_MEMREF_TEMP_INPUT && type(i) <= TEEC_MEMREF_TEMP_INOUT;
    }
    [[nodiscard]] bool is_registered(uint32_t i) const { return type(i) >= TEEC_MEMREF_WHOLE; }
    [[nodiscard]] uint32_t wire_type(uint32_t i) const {
        if (type(i) == TEEC_MEMREF_WHOLE) return kMemrefBit | operation_->params[i].memref.parent->flags;
        return is_registered(i) ? kMemrefBit | (type(i) & 3) : type(i);
    }
    bool one_to_wire(uint32_t i, wire::Request& request) {
        const TEEC_Parameter& p = operation_->params[i];
        wire::WireParam& out = request.params[i];
        if (type(i) == 4 || (type(i) > 7 && type(i) < TEEC_MEMREF_WHOLE)) return false;
        request.types |= wire_type(i) << (4 * i);
        if (type(i) >= TEEC_VALUE_INPUT && type(i) <= TEEC_VALUE_INOUT) {
            out.a = p.value.a;
            out.b = p.value.b;
        } else if (is_temporary(i) && p.tmpref.size > 0) {
            offsets_[i] = used_;
            used_ += p.tmpref.size;
            out = {0, 0, scratch_->number, offsets_[i], p.tmpref.size};
            if ((type(i) & 1) != 0 && p.tmpref.buffer != nullptr)
                std::memcpy(static_cast<std::byte*>(scratch_->memory) + offsets_[i], p.tmpref.buffer, p.tmpref.size);
        } else if (is_registered(i)) {
            const TEEC_SharedMemory& parent = *p.memref.parent;
            const bool whole = type(i) == TEEC_MEMREF_WHOLE;
            const size_t offset = whole ? 0 : p.memref.offset;
            const size_t size = whole ? parent.size : p.memref.size;
            const uint32_t wanted = wire_type(i) & 3;
            if (offset > parent.size || size > parent.size - offset || (parent.flags & wanted) != wanted) return false;
            SharedBuffer& buffer = *buffer_at(parent.imp[0]);
            if (buffer.shadow_of != nullptr)
                std::memcpy(static_cast<std::byte*>(buffer.memory) + offset,
                            static_cast<std::byte*>(buffer.shadow_of) + offset, size);
            out = {0, 0, buffer.number, offset, size};
        }
        return true;
    }

    SocketClient& client_;
    TEEC_Operation* operation_;
    SharedBuffer* scratch_ = nullptr;
    std::array<size_t, 4> offsets_{};
    size_t used_ = 0;
};

// One request with parameters, under the context's lock, which the scratch buffer needs.
wire::Answer exchange(SocketClient& client, wire::Request& request, TEEC_Operation* operation) {
    const std::lock_guard guard(client.lock);
    wire::Answer answer;
    Marshalling marshalling(client, operation);
    if (!marshalling.to_wire(request)) {
        answer.result = TEEC_ERROR_BAD_PARAMETERS;
        answer.origin = TEEC_ORIGIN_API;
    } else if (client.ask(request, -1, answer)) {
        marshalling.from_wire(answer);
    }
    return answer;
}

TEEC_Result make_shared_memory(TEEC_Context* context, TEEC_SharedMemory* memory, void* shadow_of) {
    const bool flags_known = memory->flags != 0 && (memory->flags & ~(TEEC_MEM_INPUT | TEEC_MEM_OUTPUT)) == 0;
    if (!flags_known || memory->size > wire::kSharedBytesMax) return TEEC_ERROR_BAD_PARAMETERS;
    SocketClient* client = client_at(context->imp[0]);
    const std::lock_guard guard(client->lock);
    auto* buffer = new (std::nothrow) SharedBuffer;
    if (buffer == nullptr || !client->share(memory->size > 0 ? memory->size : 1, *buffer)) {
        delete buffer;
        return TEEC_ERROR_OUT_OF_MEMORY;
    }
    buffer->shadow_of = shadow_of;
    memory->imp[0] = opaque(buffer);
    memory->imp[1] = context->imp[0];
    if (shadow_of == nullptr) memory->buffer = buffer->memory;
    return TEEC_SUCCESS;
}

}  // namespace

#define EXPORTED extern "C" __attribute__((visibility("default")))

EXPORTED TEEC_Result TEEC_InitializeContext(const char*, TEEC_Context* context) {
    if (context == nullptr) return TEEC_ERROR_BAD_PARAMETERS;
    auto* client = new (std::nothrow) SocketClient;
    if (client == nullptr) return TEEC_ERROR_OUT_OF_MEMORY;
    if (!client->connect_and_start()) {
        delete client;
        return TEEC_ERROR_ITEM_NOT_FOUND;
    }
    context->imp[0] = opaque(client);
    return TEEC_SUCCESS;
}

EXPORTED void TEEC_FinalizeContext(TEEC_Context* context) {
    if (context == nullptr) return;
    delete client_at(context->imp[0]);
    context->imp[0] = 0;
}

EXPORTED TEEC_Result TEEC_OpenSession(TEEC_Context* context, TEEC_Session* session, const TEEC_UUID* destination,
                                      uint32_t method, const void* data, TEEC_Operation* operation, uint32_t* origin) {
    wire::Request request;
    request.kind = wire::Kind::open_session;
    request.ta = to_uuid(*destination);
    request.login = method;
    if (method == TEEC_LOGIN_GROUP && data != nullptr) std::memcpy(&request.gid, data, sizeof request.gid);
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
    wire::Request request;
    request.kind = wire::Kind::invoke;
    request.number = static_cast<uint32_t>(session->imp[1]);
    request.command = command;
    const wire::Answer answer = exchange(*client_at(session->imp[0]), request, operation);
    if (origin != nullptr) *origin = answer.origin;
    return answer.result;
}

EXPORTED TEEC_Result TEEC_AllocateSharedMemory(TEEC_Context* context, TEEC_SharedMemory* memory) {
    return make_shared_memory(context, memory, nullptr);
}

EXPORTED TEEC_Result TEEC_RegisterSharedMemory(TEEC_Context* context, TEEC_SharedMemory* memory) {
    if (memory->buffer == nullptr) return TEEC_ERROR_BAD_PARAMETERS;
    return make_shared_memory(context, memory, memory->buffer);
}

EXPORTED void TEEC_ReleaseSharedMemory(TEEC_SharedMemory* memory) {
    if (memory == nullptr || memory->imp[0] == 0) return;
    SharedBuffer* buffer = buffer_at(memory->imp[0]);
    SocketClient* client = client_at(memory->imp[1]);
    const std::lock_guard guard(client->lock);
    client->release(*buffer);
    if (buffer->shadow_of == nullptr) memory->buffer = nullptr;
    delete buffer;
    memory->imp[0] = 0;
}

EXPORTED void TEEC_RequestCancellation(TEEC_Operation*) {}
