// SPDX-License-Identifier: BSD-2-Clause
// A repair that is under way, in its session. On the heap: a workspace, and some hundred bytes.
#pragma once
#include "ta/workspace.h"

namespace festore::ta {

struct Repair {
    explicit Repair(TeeCrypto& crypto) : fresh(crypto) {}

    engine::RootRecord old;    // the recovery copy
    std::optional<engine::TablePlace> at;  // where it says that the record was
    engine::RootRecord base;   // the new epoch's, that the running transaction began with
    Workspace fresh;           // makes the new index
    std::array<std::byte, limits::kNameBytesMax> name{};  // copied last
    uint8_t name_bytes = 0;
    bool copied_since_turn = false;
    bool is_turning = false;   // the transaction is full, and has to be ended first
    bool is_copied = false;    // all of the old index
    bool is_complete = false;  // prepared: for commit
};

}  // namespace festore::ta
