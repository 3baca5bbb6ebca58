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

// The TEE's storage may only have been away, and come back with a record that fits the old pages alone. Of repairs that nobody has
// acknowledged the first one's count. Where a file cannot have two names, nothing is kept.
Expected<void> StoreDirectory::keep_old_pages() {
    const std::string old = file(protocol::kOldPageFile);
    const int fault = files_.link(file(protocol::kPageFile), old);
    if (fault == 0 || fault == EEXIST || fault == EPERM || fault == EOPNOTSUPP || fault == ENOSYS || fault == EMLINK) return {};
    return unexpected(error_of_file("make", old, fault));
}

bool StoreDirectory::has_old_pages() {
    Files::Information old;
    return files_.information(file(protocol::kOldPageFile), old) == 0;
}

void StoreDirectory::drop_old_pages() { (void)files_.remove(file(protocol::kOldPageFile)); }

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
