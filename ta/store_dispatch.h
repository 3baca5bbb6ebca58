// SPDX-License-Identifier: BSD-2-Clause
// The store's commands: what parameters each has, and who serves it.
#pragma once
#include "ta/session.h"

namespace festore::ta {

[[nodiscard]] bool is_store_command(uint32_t command);

// As dispatch() (ta/dispatch.h), for a command that is_store_command() knows, from a session whose identity was checked.
Status dispatch_store(Instance& instance, Session& session, uint32_t command, uint32_t types,
                      std::span<TEE_Param, 4> params);

}  // namespace festore::ta
