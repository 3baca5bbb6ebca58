// SPDX-License-Identifier: BSD-2-Clause
// A file that gets its name when it is whole: without one until then, where the file system can do that, so that nothing of it is
// left when the process is killed. Where it cannot, and between two names, it has a hidden name that says that it is festore's and
// whose it is (".festore-UID-16 hexadecimal digits"), and its maker holds a lock on it (flock): what a killed process left is
// removed by the next one that writes into the folder. Mode 0600. Thread safety: one thread.
#pragma once
#include "base/host/file_io.h"

#include <optional>
#include <string>

namespace festore {

class NewFile {
public:
    // In `folder`, a descriptor that outlives this. Nothing: errno says why. `may_be_nameless`: for tests of the other way.
    static std::optional<NewFile> make(int folder, bool may_be_nameless = true);
    NewFile(NewFile&& other) noexcept
        : folder_(other.folder_), file_(std::move(other.file_)), hidden_(std::exchange(other.hidden_, {})) {}
    NewFile& operator=(NewFile&&) = delete;
    ~NewFile();  // without a name, nothing is left

    [[nodiscard]] int descriptor() const { return file_.get(); }
    // Syncs it, names it, syncs the folder. False: errno says why; EEXIST when the name is taken and `replace` is false.
    [[nodiscard]] bool give_name(const std::string& name, bool replace);

private:
    NewFile(int folder, Descriptor file, std::string hidden)
        : folder_(folder), file_(std::move(file)), hidden_(std::move(hidden)) {}
    bool hide();
    bool rename_without_replacing(const std::string& name);

    int folder_;
    Descriptor file_;
    std::string hidden_;  // empty: it has no name
};

// Removes what killed processes of this user left in the folder: regular files of its own, with its hidden names, that no process has
// locked. Best effort.
void collect_new_files(int folder);

}  // namespace festore
