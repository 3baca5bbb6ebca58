// SPDX-License-Identifier: BSD-2-Clause
// The page file that a repair makes beside the old one, and puts into its place when it is whole (rule 19).
#include "client/errors.h"
#include "client/store_directory.h"

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

// Durable under the name of the old one, which is gone then.
Expected<void> StoreDirectory::finish_new_pages() {
    const std::string from = file(protocol::kNewPageFile);
    const std::string to = file(protocol::kPageFile);
    if (const int fault = files_.sync(new_pages_); fault != 0) return unexpected(error_of_file("sync", from, fault));
    files_.close(std::exchange(new_pages_, Files::kNoHandle));
    close_pages();
    int fault = files_.rename(from, to);
    if (fault == 0) fault = files_.sync_folder(path_);
    if (fault != 0) return unexpected(error_of_file("rename to", to, fault));
    return {};
}

}  // namespace festore
