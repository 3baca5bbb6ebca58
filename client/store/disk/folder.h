// SPDX-License-Identifier: BSD-2-Clause
// An open folder of a store, and the files in it (rule 24). Other members of a group may put anything under any name, at any time. So
// a folder is a descriptor, a link is never followed, and anything but a regular file, or the one folder, on the store's own mount is
// refused: damaged, with a message that names it. A file that has a second name is never written: a hard link would lead out of the
// store.
//
// Errors: no_space, not_permitted, damaged (also a file that has disappeared since the folder was opened), failure; the message
// names the file. Thread safety: one thread at a time.
#pragma once
#include "client/files/files.h"
#include "festore/client.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace festore {

class StoreFolder {
public:
    using Handle = Files::Handle;
    using Information = Files::Information;

    StoreFolder(Files& files, std::string path) : files_(files), path_(std::move(path)) {}
    StoreFolder(const StoreFolder&) = delete;
    StoreFolder& operator=(const StoreFolder&) = delete;
    ~StoreFolder() { close(); }

    [[nodiscard]] bool is_open() const { return handle_ != Files::kNoHandle; }
    [[nodiscard]] Handle handle() const { return handle_; }
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string path_of(std::string_view name) const { return path_ + "/" + std::string(name); }

    // Opens the folder that the path names now. `changed`: it differs from the one that was open before, which is closed. False: nothing
    // is there, and no folder is open. After an error, is_not_a_folder() tells whether something other than a folder is there.
    Result<bool> open(bool& changed);
    [[nodiscard]] bool is_not_a_folder() const { return is_not_a_folder_; }
    // The same for the folder `name` in `above`, on the same mount.
    Result<bool> open_in(const StoreFolder& above, std::string_view name, bool& changed);
    void close();
    [[nodiscard]] bool is_same_as(const StoreFolder& other) const;  // both are open, and are the same folder, by whatever paths
    // Whether the path still leads to the open folder.
    Result<bool> is_in_place() const;

    // What is under a name; nothing: there is no such name. damaged: it is not of that `kind`, or is a mount point.
    Result<std::optional<Information>> look(std::string_view name, Information::Kind kind) const;
    // Opens a regular file; one to be written must have no other name anywhere. not_found: there is no file to read or to write. busy: it
    // was replaced while it was opened. `verb`: the purpose, for messages.
    Result<Handle> open_file(std::string_view verb, std::string_view name, Files::Open how, unsigned mode) const;
    // `same`: the name is the open file's. Returns an errno value.
    int compare(Handle file, std::string_view name, bool& same) const;
    [[nodiscard]] bool is_named(Handle file, std::string_view name) const;

    int rename(std::string_view from, std::string_view to) const { return files_.rename(handle_, std::string(from), std::string(to)); }
    int remove(std::string_view name) const { return files_.remove(handle_, std::string(name)); }
    int sync() const { return files_.sync_folder(handle_); }

private:
    Result<void> check(std::string_view name, const Information& information, Information::Kind kind) const;
    Result<void> check_names(std::string_view name, const Information& opened) const;
    Result<bool> take(Handle opened, bool& changed);

    Files& files_;
    std::string path_;
    Handle handle_ = Files::kNoHandle;
    Information information_;
    bool is_not_a_folder_ = false;
};

// Whether both describe the same file, under whatever names.
[[nodiscard]] inline bool is_same(const Files::Information& a, const Files::Information& b) {
    return a.device == b.device && a.inode == b.inode;
}

inline bool StoreFolder::is_same_as(const StoreFolder& other) const {
    return is_open() && other.is_open() && is_same(information_, other.information_);
}

// The error for an errno value about one of the store's files. damaged: a file that should be there is missing.
Error error_of_file(std::string_view verb, const std::string& file, int number);

}  // namespace festore
