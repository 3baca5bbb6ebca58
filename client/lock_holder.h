// SPDX-License-Identifier: BSD-2-Clause
// Which process holds an flock(2) lock on a file, as Linux tells in /proc/locks. Thread safety: any thread.
#pragma once
#include "client/files.h"

#include <istream>
#include <optional>

namespace festore {

// The id of the first process in such a list that holds one. None: nobody that the list shows under the file's numbers (a file system
// such as btrfs has others there), or one of another PID namespace.
std::optional<long> lock_holder_in(std::istream& locks, const Files::Information& file);

// "process 123, 'name'"; empty: the system does not tell.
std::string lock_holder_text(const Files::Information& file);

}  // namespace festore
