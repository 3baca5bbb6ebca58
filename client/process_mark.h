// SPDX-License-Identifier: BSD-2-Clause
// Which process made something. A child of fork or clone inherits the mark, and is another process for it, also when it gets the
// same id later. Thread safety: any thread.
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
