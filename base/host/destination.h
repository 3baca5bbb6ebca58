// SPDX-License-Identifier: BSD-2-Clause
// Where a FILE that is to be written lies. The path is walked piece by piece, each from the folder before it, so that nobody leads it
// elsewhere meanwhile. Thread safety: one thread.
#pragma once
#include "base/host/file_io.h"

#include <optional>
#include <string>

namespace festore {

struct Destination {
    Descriptor folder;  // a new file is made here, under this name
    std::string name;
    // Instead: a pipe or a device, open for writing without waiting; or what /dev/stdout and the like name, which other programs
    // share, so that it is as they have it.
    std::optional<Descriptor> stream;
    bool stream_is_shared = false;
};

// Symbolic links are followed where they belong to the caller or root, and lie in a folder of theirs to which nobody else can move what
// is elsewhere. Pipes and devices are the caller's or root's; a pipe that lies in another kind of folder is for its owner only (mode 600).
// not_permitted: something on the way is another user's; the message names it.
// For a pipe that nobody reads yet it waits: needs an InterruptsHeld.
Expected<Destination> find_destination(const std::string& file);
// A folder to make files in, found in the same way, and made (mode 700) where it is missing. It is the caller's or root's.
Expected<Descriptor> make_folder(const std::string& folder);

}  // namespace festore
