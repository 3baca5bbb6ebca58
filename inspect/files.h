// SPDX-License-Identifier: BSD-2-Clause
// Shared by the parts of `inspect`: descriptors, the key's file, and the check that nothing is written into what is inspected.
#pragma once
#include "festore/result.hpp"
#include "ree_fs/keys.h"

#include <string>

namespace festore::inspect {

// Closes its descriptor, but never a standard stream.
class OpenFile {
public:
    explicit OpenFile(int descriptor) : descriptor_(descriptor) {}
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;
    ~OpenFile();
    [[nodiscard]] int get() const { return descriptor_; }
    [[nodiscard]] bool valid() const { return descriptor_ >= 0; }

private:
    int descriptor_;
};

// The error for the current errno: not_permitted or failure.
Error file_error(const std::string& what);

// True if `path`, or the place where it would be made, is the folder `directory` or lies below it.
bool lies_within(const std::string& path, int directory);

// Reads the hardware unique key ("-": from standard input) into memory that is wiped, and nowhere else. usage: not a key.
Result<ree_fs::Huk> read_huk(const std::string& path);

}  // namespace festore::inspect
