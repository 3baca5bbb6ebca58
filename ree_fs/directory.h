// SPDX-License-Identifier: BSD-2-Clause
// The storage directory in the normal world's file system. Anybody may have changed it: names are not trusted, links are
// never followed, devices never opened. Reads only.
#pragma once
#include "base/result.h"
#include "ree_fs/limits.h"
#include "ree_fs/source.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace festore::ree_fs {

enum class NameKind : uint8_t {
    directory_file,  // "dirf.db"
    numbered,        // an object's file: its number in lower-case hexadecimal, no leading zeros
    installed_ta,    // "3.ta": a TA in OP-TEE's own TA store, number in decimal
    foreign,         // anything else
};

struct DirectoryName {
    std::string name;  // any bytes
    NameKind kind = NameKind::foreign;
    uint32_t number = 0;   // of numbered files
    bool regular = false;  // a regular file; anything else is never opened
    uint64_t size = 0;
    uint64_t links = 0;  // number of names of the file, here and elsewhere
    std::pair<uint64_t, uint64_t> identity{};  // device and inode: the same for each name
};

NameKind kind_of_name(const std::string& name, uint32_t& number);
std::string name_of_file(uint32_t number);

class StorageDirectory {
public:
    // `descriptor` belongs to the caller and must stay open while this is used.
    explicit StorageDirectory(int descriptor) : descriptor_(descriptor) {}
    // Sorted: dirf.db, numbered files by number, the rest by name. generic: the system cannot list the directory;
    // limit_exceeded: more than `names_max` names.
    Outcome<std::vector<DirectoryName>> names(size_t names_max = kDirectoryNamesMax) const;
    // Null if it is not a regular file, or cannot be opened. Sets `denied` if the system does not permit it.
    // The result must not outlive this.
    std::unique_ptr<FileSource> open(const std::string& name, bool* denied = nullptr) const;
    // How many reads there were from files of this directory.
    [[nodiscard]] uint64_t reads() const { return reads_; }

private:
    int descriptor_;
    mutable uint64_t reads_ = 0;
};

}  // namespace festore::ree_fs
