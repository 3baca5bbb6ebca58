// SPDX-License-Identifier: BSD-2-Clause
#include "ta/host/image.h"

#include "base/limits.h"
#include "gp/tee.h"
#include "protocol/commands.h"
#include "ta/user_ta_header_defines.h"

extern "C" {
TEE_Result TA_CreateEntryPoint(void);
void TA_DestroyEntryPoint(void);
TEE_Result TA_OpenSessionEntryPoint(uint32_t types, TEE_Param* params, void** context);
void TA_CloseSessionEntryPoint(void* context);
TEE_Result TA_InvokeCommandEntryPoint(void* context, uint32_t command, uint32_t types, TEE_Param* params);
}

namespace festore::ta {
namespace {

constexpr Uuid uuid_of_header() {
    constexpr TEE_UUID u = TA_UUID;
    std::array<uint8_t, 8> rest{};
    for (size_t i = 0; i < rest.size(); ++i) rest[i] = u.clockSeqAndNode[i];
    return Uuid::from_fields(u.timeLow, u.timeMid, u.timeHiAndVersion, rest);
}
static_assert(uuid_of_header() == protocol::kTaUuid);
// NOLINTNEXTLINE(bugprone-implicit-widening-of-multiplication-result): OP-TEE reads the header as C, in int
static_assert(TA_DATA_SIZE == limits::kTaHeapBytes && TA_STACK_SIZE == limits::kTaStackBytes);

}  // namespace

const sim::TaImage& host_image() {
    static const sim::TaImage image{
        .uuid = protocol::kTaUuid,
        .flags = TA_FLAGS,
        .api_1_1 = sizeof(gp::Size) == sizeof(uint32_t),
        .stack_bytes = limits::kTaStackBytes,
        .heap_bytes = limits::kTaHeapBytes,
        .version = TA_VERSION,
        .create = TA_CreateEntryPoint,
        .destroy = TA_DestroyEntryPoint,
        .open_session = [](uint32_t types, void* params, void** context) -> uint32_t {
            return TA_OpenSessionEntryPoint(types, static_cast<TEE_Param*>(params), context);
        },
        .close_session = TA_CloseSessionEntryPoint,
        .invoke_command = [](void* context, uint32_t command, uint32_t types, void* params) -> uint32_t {
            return TA_InvokeCommandEntryPoint(context, command, types, static_cast<TEE_Param*>(params));
        },
    };
    return image;
}

}  // namespace festore::ta
