// SPDX-License-Identifier: BSD-2-Clause
// The page file that a repair makes beside the old one, and puts into its place when it is whole (rule 19).
#include "client/errors.h"
#include "client/store_directory.h"

#include <cerrno>

namespace festore {

Expected<void> StoreDirectory::begin_new_pages() {
    drop_new_pages();  // an interrupted repair's
    const std::string path = file(protocol::kNewPageFile);
    const int fault = files_.open(path, Files::Open::create_new, file_mode(), new_pages_);
    if (fault != 0) return unexpected(error_of_file("make", path, fault));
    return {};
}

void StoreDirectory::drop_new_pages() {
    if (new_pages_ != Files::kNoHandle) files_.close(std::exchange(new_pages_, Files::kNoHandle));
    (void)files_.remove(file(protocol::kNewPageFile));
}

// The TEE's storage may only have been away, and come back with a record that fits the old pages alone. What an earlier repair
// replaced, interrupted or not acknowledged, moves on by one name. Where a file cannot have two names, nothing is kept.
Expected<void> StoreDirectory::keep_old_pages() {
    const std::string pages = file(protocol::kPageFile);
    const std::string old = file(protocol::kOldPageFile);
    bool same = false;
    Files::Handle handle = Files::kNoHandle;
    if (files_.open(old, Files::Open::read, 0, handle) == 0) (void)compare(handle, pages, same);
    if (handle != Files::kNoHandle) files_.close(handle);
    if (same) return {};  // a repair that was interrupted between the names
    int fault = files_.rename(old, file(protocol::kOlderPageFile));
    if (fault == 0 || fault == ENOENT) fault = files_.link(pages, old);
    const bool full_or_broken = fault == ENOSPC || fault == EDQUOT || fault == EIO || fault == EROFS;
    if (full_or_broken) return unexpected(error_of_file("make", old, fault));
    // Before the new pages take the name, whatever order a file system brings names to the disk in.
    if (fault == 0) fault = files_.sync_folder(path_);
    if (fault == EIO) return unexpected(error_of_file("sync", path_, fault));
    return {};
}

bool StoreDirectory::has_old_pages() {
    Files::Information old;
    return files_.information(file(protocol::kOldPageFile), old) == 0;
}

void StoreDirectory::drop_old_pages() {
    for (const std::string_view name : {protocol::kOlderPageFile, protocol::kOldPageFile}) (void)files_.remove(file(name));
    (void)files_.sync_folder(path_);
}

// Durable under the name of the old one, which is kept under another.
Expected<void> StoreDirectory::finish_new_pages() {
    const std::string from = file(protocol::kNewPageFile);
    const std::string to = file(protocol::kPageFile);
    if (const int fault = files_.sync(new_pages_); fault != 0) return unexpected(error_of_file("sync", from, fault));
    files_.close(std::exchange(new_pages_, Files::kNoHandle));
    close_pages();
    if (const auto kept = keep_old_pages(); !kept) return kept;
    int fault = files_.rename(from, to);
    if (fault == 0) fault = files_.sync_folder(path_);
    if (fault != 0) return unexpected(error_of_file("rename to", to, fault));
    return {};
}

}  // namespace festore
