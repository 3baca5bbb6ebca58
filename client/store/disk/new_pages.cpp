// SPDX-License-Identifier: BSD-2-Clause
// The page file that a repair or a rebuild makes beside the old one, and that replaces the old one when it is complete (rule 19).
#include "client/errors.h"
#include "base/result.h"
#include "client/store/disk/directory.h"

#include <cerrno>

namespace festore {

Result<void> StoreDirectory::begin_new_pages() {
    drop_new_pages();  // left by an interrupted repair
    const Files::Handle made = FESTORE_TRY(folder_.open_file("make", protocol::kNewPageFile, Files::Open::create_new, file_mode()));
    new_pages_ = made;
    files_.overwrite_in_place(new_pages_);
    // It becomes the page file while the lock is held (rule 29).
    if (const int fault = files_.lock(new_pages_, true); fault != 0)
        return unexpected(error_of_file("lock", file(protocol::kNewPageFile), fault));
    return {};
}

Result<void> StoreDirectory::reserve_new_pages(uint32_t spare) {
    Files::Information information;
    int fault = files_.information(new_pages_, information);
    if (fault == 0) fault = hold(new_pages_, static_cast<uint32_t>(information.bytes / limits::kPageBytes), spare);
    if (fault != 0) return unexpected(not_written("reserve space for removals in", file(protocol::kNewPageFile), fault));
    return {};
}

void StoreDirectory::forget_new_pages() {
    if (new_pages_ != Files::kNoHandle) files_.close(std::exchange(new_pages_, Files::kNoHandle));
}

void StoreDirectory::drop_new_pages() {
    forget_new_pages();
    (void)folder_.remove(protocol::kNewPageFile);
}

Result<size_t> StoreDirectory::room_for_old_pages() {
    size_t free = protocol::kOldPageFiles.size();
    for (size_t i = free; i > 0; --i) {
        const auto used = FESTORE_TRY(folder_.look(protocol::kOldPageFiles[i - 1], Files::Information::Kind::file));
        if (!used) free = i - 1;
    }
    if (free == protocol::kOldPageFiles.size())
        return unexpected({ErrorCode::conflict,
                           quote(path()) + " has the pages of " + std::to_string(free) + " repairs and drops of damage that nobody has " +
                               "acknowledged, and room for no more: copy them elsewhere, and remove some; " +
                               std::string(protocol::kOldPageFiles.front()) + " is the newest, " +
                               std::string(protocol::kOldPageFiles.back()) + " the oldest",
                           0, 0, Reason::not_acknowledged});
    return free;
}

// Moves each old page file on to the next name. Cut anywhere, none is lost: there is only a name that is not used.
Result<void> StoreDirectory::make_room_for_old_pages() {
    for (size_t free = FESTORE_TRY(room_for_old_pages()); free > 0; --free) {
        const std::string from(protocol::kOldPageFiles[free - 1]);
        if (const int fault = folder_.rename(from, protocol::kOldPageFiles[free]); fault != 0)
            return unexpected(error_of_file("rename", file(from), fault));
        // Before the name is used again, since file systems may write names to the disk in any order.
        if (const int fault = folder_.sync(); fault != 0) return unexpected(error_of_file("sync", path(), fault));
    }
    return {};
}

// The TEE's storage may only have been unavailable, and come back with a record that matches the old pages only. If a file of this file
// system cannot have two names, nothing is kept.
Result<void> StoreDirectory::keep_old_pages() {
    const std::string pages(protocol::kPageFile);
    const std::string old(protocol::kOldPageFile);
    FESTORE_CHECK(folder_.look(old, Files::Information::Kind::file));
    const Result<Files::Handle> opened = folder_.open_file("look at", old, Files::Open::read, 0);
    const bool same = opened && folder_.is_named(*opened, pages);
    if (opened) files_.close(*opened);
    if (same) return {};  // a repair was interrupted after it gave the second name
    FESTORE_CHECK(make_room_for_old_pages());
    int fault = files_.link(folder_.handle(), pages, old);
    const bool has_no_links = fault == EPERM || fault == EOPNOTSUPP || fault == EMLINK || fault == ENOSYS;
    if (has_no_links) return {};
    if (fault != 0) return unexpected(error_of_file("make", file(old), fault));
    // Synced before the new pages take the name, since file systems may write names to the disk in any order.
    fault = folder_.sync();
    if (fault == EIO) return unexpected(error_of_file("sync", path(), fault));
    return {};
}

Result<void> StoreDirectory::take_old_pages_back() {
    close_pages();
    int fault = folder_.rename(protocol::kOldPageFile, protocol::kPageFile);
    if (fault == 0) fault = folder_.sync();
    if (fault != 0) return unexpected(error_of_file("rename", file(protocol::kOldPageFile), fault));
    return {};
}

bool StoreDirectory::has_old_pages() {
    const auto old = folder_.look(protocol::kOldPageFile, Files::Information::Kind::file);
    return old && *old;
}

void StoreDirectory::drop_old_pages() {
    for (const std::string_view name : protocol::kOldPageFiles) (void)folder_.remove(name);
    (void)folder_.sync();
}

// Makes the new file durable under the name of the old one, which is kept under another name.
Result<void> StoreDirectory::finish_new_pages() {
    const std::string from = file(protocol::kNewPageFile);
    const std::string to = file(protocol::kPageFile);
    if (const int fault = files_.sync(new_pages_); fault != 0) return unexpected(error_of_file("sync", from, fault));
    if (pages_ != Files::kNoHandle) {
        const Result<bool> named = pages_are_named();
        if (!named || !*named) return unexpected(named ? pages_were_exchanged() : named.error());
    }
    FESTORE_CHECK(keep_old_pages());
    if (!folder_.is_named(new_pages_, protocol::kNewPageFile))
        return unexpected({ErrorCode::damaged, quote(from) + " was removed or replaced while it was being written; repeat it", 0, 0});
    int fault = folder_.rename(protocol::kNewPageFile, protocol::kPageFile);
    if (fault == 0) fault = folder_.sync();
    if (fault != 0) return unexpected(error_of_file("rename to", to, fault));
    if (!folder_.is_named(new_pages_, protocol::kPageFile)) return unexpected(pages_were_exchanged());
    close_pages();
    pages_ = std::exchange(new_pages_, Files::kNoHandle);
    pages_writable_ = true;
    return {};
}

Result<void> StoreDirectory::name_next_pages() {
    const std::string from = file(protocol::kNewPageFile);
    int fault = files_.sync(new_pages_);
    if (fault != 0) return unexpected(not_written("sync", from, fault));
    const Result<bool> named = pages_are_named();
    if (!named || !*named) return unexpected(named ? pages_were_exchanged() : named.error());
    if (!folder_.is_named(new_pages_, protocol::kNewPageFile))
        return unexpected({ErrorCode::damaged, quote(from) + " was removed or replaced while it was being written; repeat it", 0, 0});
    fault = folder_.rename(protocol::kNewPageFile, protocol::kNextPageFile);
    if (fault == 0) fault = folder_.sync();
    if (fault != 0) return unexpected(error_of_file("rename", from, fault));
    return {};
}

Result<bool> StoreDirectory::has_next_pages() {
    FESTORE_CHECK(require_folder());
    const auto next = FESTORE_TRY(folder_.look(protocol::kNextPageFile, Files::Information::Kind::file));
    return next.has_value();
}

Result<void> StoreDirectory::try_next_pages() {
    const Files::Handle opened = FESTORE_TRY(folder_.open_file("read", protocol::kNextPageFile, Files::Open::read_write, 0));
    if (const int fault = files_.lock(opened, true); fault != 0) {
        files_.close(opened);
        return unexpected(error_of_file("lock", file(protocol::kNextPageFile), fault));
    }
    close_pages();
    pages_ = opened;
    pages_writable_ = true;
    return {};
}

// The replaced file stays open and locked until the names are durable.
Result<void> StoreDirectory::take_next_pages(bool keeps_old) {
    if (keeps_old)
        FESTORE_CHECK(keep_old_pages());
    int fault = folder_.rename(protocol::kNextPageFile, protocol::kPageFile);
    if (fault == 0) fault = folder_.sync();
    if (fault != 0) return unexpected(error_of_file("rename to", file(protocol::kPageFile), fault));
    pages_end_ = 0;
    pages_held_ = 0;
    if (pages_ != Files::kNoHandle && !folder_.is_named(pages_, protocol::kPageFile)) close_pages();
    if (new_pages_ == Files::kNoHandle) return {};
    close_pages();
    pages_ = std::exchange(new_pages_, Files::kNoHandle);
    pages_writable_ = true;
    return {};
}

void StoreDirectory::drop_next_pages() {
    (void)folder_.remove(protocol::kNextPageFile);
    (void)folder_.sync();
}

Result<void> StoreDirectory::open_old_pages(std::string_view name) {
    close_old_pages();
    const Files::Handle opened = FESTORE_TRY(folder_.open_file("read", name, Files::Open::read, 0));
    old_pages_ = opened;
    return {};
}

void StoreDirectory::close_old_pages() {
    if (old_pages_ != Files::kNoHandle) files_.close(std::exchange(old_pages_, Files::kNoHandle));
}

}  // namespace festore
