// SPDX-License-Identifier: BSD-2-Clause
#include "sim/teec/teec_operation.h"

#include <cstring>

namespace festore::sim {
namespace {

constexpr uint32_t kMemref = 4;      // set in the TEE's types of memory references
constexpr uint32_t kDirections = 3;  // input 1, output 2

// One memory reference into shared memory. False if it is outside, or has a direction that the memory does not have.
bool part_of(const TEEC_RegisteredMemoryReference& part, bool whole, uint32_t directions, Param& out) {
    const TEEC_SharedMemory& parent = *part.parent;
    const size_t offset = whole ? 0 : part.offset;
    const size_t size = whole ? parent.size : part.size;
    if (offset > parent.size || size > parent.size - offset || (parent.flags & directions) != directions) return false;
    out = {static_cast<std::byte*>(parent.buffer) + offset, size, 0, 0};
    return true;
}

}  // namespace

Uuid uuid_of(const TEEC_UUID& uuid) {
    std::array<uint8_t, 8> rest{};
    for (size_t i = 0; i < rest.size(); ++i) rest[i] = uuid.clockSeqAndNode[i];
    return Uuid::from_fields(uuid.timeLow, uuid.timeMid, uuid.timeHiAndVersion, rest);
}

std::optional<uint32_t> group_in(const void* connection_data) {
    if (connection_data == nullptr) return std::nullopt;
    uint32_t group = 0;
    std::memcpy(&group, connection_data, sizeof group);
    return group;
}

bool flags_are_known(uint32_t flags) { return flags != 0 && (flags & ~(TEEC_MEM_INPUT | TEEC_MEM_OUTPUT)) == 0; }

const TEEC_SharedMemory* parent_of(const TEEC_Operation& operation, uint32_t i) {
    const uint32_t type = TEEC_PARAM_TYPE_GET(operation.paramTypes, i);
    const bool registered = type >= TEEC_MEMREF_WHOLE && type <= TEEC_MEMREF_PARTIAL_INOUT;
    return registered ? operation.params[i].memref.parent : nullptr;
}

bool params_of(const TEEC_Operation* operation, Params& params) {
    for (uint32_t i = 0; operation != nullptr && i < TEEC_CONFIG_PAYLOAD_REF_COUNT; ++i) {
        const TEEC_Parameter& p = operation->params[i];
        Param& out = params.values[i];
        const TEEC_SharedMemory* parent = parent_of(*operation, i);
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
        case TEEC_MEMREF_TEMP_INOUT:
            if (p.tmpref.buffer == nullptr && p.tmpref.size != 0) return false;
            out = {p.tmpref.buffer, p.tmpref.size, 0, 0};
            break;
        default: {
            if (parent == nullptr) return false;
            const bool whole = type == TEEC_MEMREF_WHOLE;
            const uint32_t directions = (whole ? parent->flags : type) & kDirections;
            if (!part_of(p.memref, whole, directions, out)) return false;
            type = kMemref | directions;
        }
        }
        params.types |= type << (4 * i);
    }
    return true;
}

void give_back(const Params& params, TEEC_Operation* operation) {
    for (uint32_t i = 0; operation != nullptr && i < TEEC_CONFIG_PAYLOAD_REF_COUNT; ++i) {
        TEEC_Parameter& p = operation->params[i];
        const Param& got = params.values[i];
        const uint32_t type = TEEC_PARAM_TYPE_GET(params.types, i);
        if ((type & TEEC_MEM_OUTPUT) == 0) continue;
        if ((type & kMemref) == 0) p.value = {got.a, got.b};
        else if (parent_of(*operation, i) != nullptr) p.memref.size = got.size;
        else p.tmpref.size = got.size;
    }
}

}  // namespace festore::sim
