// SPDX-License-Identifier: BSD-2-Clause
// A file that gets its name when it is whole. If the file system can do that, it has no name until then, and a killed process leaves
// nothing. Otherwise, and while it replaces another file, it has a hidden name that shows that it is festore's and who owns it
// (".festore-UID-16 hexadecimal digits"), and its maker holds a lock on it (flock): the next process that writes into the folder
// removes what a killed one left. Mode 0600. Thread safety: one thread.
#pragma once
#include "base/host/file_io.h"

#include <optional>
#include <string>

namespace festore {

class NewFile {
public:
    // Makes it in `folder`, a descriptor that must outlive it. None: errno has the reason. `may_be_nameless`: false only in tests.
    static std::optional<NewFile> make(int folder, bool may_be_nameless = true);
    NewFile(NewFile&& other) noexcept
        : folder_(other.folder_), file_(std::move(other.file_)), hidden_(std::exchange(other.hidden_, {})) {}
    NewFile& operator=(NewFile&&) = delete;
    ~NewFile();  // leaves nothing if the file has no name yet

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

// Removes what killed processes of this user left in the folder: regular files that the user owns, with hidden names, and that no
// process has locked. Best effort.
void collect_new_files(int folder);

}  // namespace festore
