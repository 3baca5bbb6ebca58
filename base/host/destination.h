// SPDX-License-Identifier: BSD-2-Clause
// Finds the place of a FILE to write. The path is walked piece by piece, each relative to the open folder before it, so that nobody can
// redirect it meanwhile. Thread safety: one thread.
#pragma once
#include "base/host/file_io.h"

#include <optional>
#include <string>

namespace festore {

struct Destination {
    Descriptor folder;  // a new file is made here, under this name
    std::string name;
    // Instead of a folder: a pipe or a device, open for writing without blocking; or the target of /dev/stdout and the like, which
    // other programs share, so its flags stay as they are.
    std::optional<Descriptor> stream;
    bool stream_is_shared = false;
};

// Symbolic links are followed if they belong to the caller or root and lie in a folder of theirs to which nobody else can move files.
// Pipes and devices must belong to the caller or root; a pipe in any other kind of folder must be for its owner only (mode 600).
// not_permitted: something on the path belongs to another user; the message names it.
// Waits until a pipe has a reader: needs an InterruptsHeld.
Result<Destination> find_destination(const std::string& file);
// A folder for new files, found in the same way, and made (mode 700) if it is missing. It must belong to the caller or root.
Result<Descriptor> make_folder(const std::string& folder);

}  // namespace festore
