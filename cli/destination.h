// SPDX-License-Identifier: BSD-2-Clause
// Where a FILE that is to be written lies. The path is walked piece by piece, each from the folder before it, so that nobody leads it
// elsewhere meanwhile. Thread safety: one thread.
#pragma once
#include "cli/file_io.h"

#include <optional>
#include <string>

namespace festore::cli {

struct Destination {
    Descriptor folder;  // a new file is made here, under this name
    std::string name;
    std::optional<Descriptor> stream;  // instead: a pipe, a device, or what /dev/stdout and the like name, open for writing
};

// Symbolic links are followed where they belong to the caller or root, and lie in a folder of theirs in which nobody else can replace
// them. Pipes and devices are the caller's or root's. not_permitted: something on the way is another user's; the message names it.
// For a pipe that nobody reads yet it waits: needs an InterruptsHeld.
Expected<Destination> find_destination(const std::string& file);

}  // namespace festore::cli
