// SPDX-License-Identifier: BSD-2-Clause
// A step of an input of ta_commands is a number, a size (0 to 31), and that many bytes of choices, in which zero is right. The
// first byte of a command's choices selects the session.
#pragma once
#include "fuzz/store_requests.h"
#include "protocol/commands.h"

namespace festore::fuzz {

enum class TaStep : uint8_t {
    open = 0,  // a session: 0 and 1 of the attacker, 2 of uid 0, 3 of a group, 4 of everybody
    close = 1,
    fail = 2,  // allocations, storage, memory that changes
    victim = 3,
};
inline constexpr size_t kFirstCommandStep = 4;
inline constexpr size_t kFirstStoreStep = kFirstCommandStep + protocol::kBasicCommandCount;

inline size_t ta_steps() { return kFirstStoreStep + store_commands().size(); }
inline uint8_t step_of(TaStep step) { return static_cast<uint8_t>(step); }
inline uint8_t step_of(protocol::Command command) {
    const auto number = static_cast<uint32_t>(command);
    if (number < protocol::kBasicCommandCount) return static_cast<uint8_t>(kFirstCommandStep + number);
    const auto rows = store_commands();
    const auto row = std::ranges::find(rows, command, &StoreCommandRow::command);
    return static_cast<uint8_t>(kFirstStoreStep + static_cast<size_t>(row - rows.begin()));
}

}  // namespace festore::fuzz
