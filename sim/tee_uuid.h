// SPDX-License-Identifier: BSD-2-Clause
// A UUID as a TA sees it: its first three fields are in the machine's byte order.
#pragma once
#include "base/uuid.h"
#include "sim/include/tee_internal_api.h"

namespace festore::sim {

inline TEE_UUID to_tee(const Uuid& u) {
    const auto at = [&](size_t i) { return static_cast<uint32_t>(u.bytes[i]); };
    TEE_UUID t{at(0) << 24 | at(1) << 16 | at(2) << 8 | at(3), static_cast<uint16_t>(at(4) << 8 | at(5)),
               static_cast<uint16_t>(at(6) << 8 | at(7)), {}};
    for (size_t i = 0; i < 8; ++i) t.clockSeqAndNode[i] = static_cast<uint8_t>(at(8 + i));
    return t;
}

}  // namespace festore::sim
