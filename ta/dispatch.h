// SPDX-License-Identifier: BSD-2-Clause
// Passes a command of the normal world to the function that serves it, and the answer back. All input is treated as hostile:
// parameter types are checked before any parameter is touched, requests are copied into TA memory before they are read, sizes
// are limited, and content in shared memory is only ever copied.
#pragma once
#include "ta/session.h"

namespace festore::ta {

TEE_Result dispatch(Instance& instance, Session& session, uint32_t command, uint32_t types,
                    std::span<TEE_Param, 4> params);

// Whether there is such a command, and it is one of a store's.
[[nodiscard]] bool is_store_command(uint32_t command);

}  // namespace festore::ta
