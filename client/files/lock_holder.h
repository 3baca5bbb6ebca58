// SPDX-License-Identifier: BSD-2-Clause
// Which process holds an flock(2) lock on a file, according to /proc/locks. Thread safety: any thread.
#pragma once
#include "client/files/files.h"

#include <istream>
#include <optional>

namespace festore {

// The id of the first process in such a list that holds a lock on the file. None: the list shows no holder under the file's numbers (file
// systems such as btrfs have other numbers there), or the holder is in another PID namespace.
std::optional<long> lock_holder_in(std::istream& locks, const Files::Information& file);

// "process 123, 'name'"; empty: not known.
std::string lock_holder_text(const Files::Information& file);

}  // namespace festore
