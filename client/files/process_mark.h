// SPDX-License-Identifier: BSD-2-Clause
// Marks which process made something. A child of fork or clone inherits the mark but counts as another process, even if it later
// gets the same id. Thread safety: any thread.
#pragma once
#include <cstdint>
#include <sys/types.h>

namespace festore {

class ProcessMark {
public:
    ProcessMark();  // of this process
    [[nodiscard]] bool is_here() const;

private:
    uint64_t number_;
    pid_t pid_;
};

}  // namespace festore
