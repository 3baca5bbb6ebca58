// SPDX-License-Identifier: BSD-2-Clause
// Files of the normal world: read with a limit, written beside and renamed.
#pragma once
#include "festore/error.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace festore::cli {

// The whole of `path`, "-" or "" for standard input. no_space when it has more than `bytes_max`, of which no more is read.
Expected<std::vector<std::byte>> read_file(const std::string& path, size_t bytes_max);

// Content under `path`, mode 0600, synced: the old file or the whole new one, never something in between. Nothing is left
// behind when it fails. What is no regular file (a pipe, a device) is written as it is.
Expected<void> write_file(const std::string& path, std::span<const std::byte> content);

}  // namespace festore::cli
