// SPDX-License-Identifier: BSD-2-Clause
// The writer's lock (rules 6 and 29). People remove lock files, and scripts put files back: so it is on three things at once.
//   the folder      stays locked whatever happens to the files in it
//   the lock file   is all that earlier programs of festore 0.1 lock
//   the page file   is what two writers would destroy, even if they reach it from two folders; only writers lock it
#include "client/errors.h"
#include "base/result.h"
#include "client/store/disk/directory.h"

#include <cerrno>
#include <thread>

namespace festore {
namespace {

constexpr std::chrono::milliseconds kLockPause{10};

// If the file system cannot lock folders, the locks on the two files remain.
bool cannot_lock_folders(int fault) { return fault == EBADF || fault == EINVAL || fault == EOPNOTSUPP || fault == ENOLCK; }

}  // namespace

// The page file stays open for reading. The locked files were opened for this lock alone, so a child that was forked before does
// not share them.
void StoreDirectory::unlock() {
    for (Files::Handle* const handle : {&lock_file_, &folder_lock_})
        if (*handle != Files::kNoHandle) files_.close(std::exchange(*handle, Files::kNoHandle));
    if (!locked_) return;
    if (pages_ != Files::kNoHandle) files_.unlock(pages_);
    locked_.reset();
    pages_end_ = 0;
    pages_held_ = 0;
}

// True if it has the lock. False: another program has it, or something was replaced; try again.
Result<bool> StoreDirectory::try_lock(LockKind kind) {
    const bool there = FESTORE_TRY(open_folder());
    if (!there) return unexpected(error_of_file("lock", path(), ENOENT));
    int fault = files_.open_folder(folder_.handle(), ".", folder_lock_);
    if (fault == 0) fault = files_.lock(folder_lock_, kind == LockKind::exclusive);
    Result<bool> locked = fault == 0 || cannot_lock_folders(fault);
    if (!*locked && fault != EWOULDBLOCK) locked = unexpected(error_of_file("lock", path(), fault));
    // The lock counts only on the folder that the next program will find under the path.
    if (locked && *locked) locked = folder_.is_in_place();
    locked_ = kind;
    if (locked && *locked) locked = try_lock_file(kind);
    if (locked && *locked && kind == LockKind::exclusive) locked = try_lock_pages();
    // The folder may have been exchanged since the pages were opened. A writer must lock the page file that has the name.
    if (locked && *locked && pages_ != Files::kNoHandle) {
        bool same = false;
        fault = folder_.compare(pages_, protocol::kPageFile, same);
        if (!same) close_pages();
        if (fault != 0 && fault != ENOENT) locked = unexpected(error_of_file("look at", file(protocol::kPageFile), fault));
        else *locked = same || kind == LockKind::shared;
    }
    if (!locked || !*locked) unlock();
    return locked;
}

Result<bool> StoreDirectory::try_lock_file(LockKind kind) {
    const std::string_view name = protocol::kLockFile;
    // Some file systems (NFS) lock a file exclusively only if it is open for writing.
    const bool exclusive = kind == LockKind::exclusive;
    Result<Files::Handle> opened = folder_.open_file("lock", name, exclusive ? Files::Open::read_write : Files::Open::read, 0);
    if (!opened && opened.error().code == ErrorCode::not_found) {
        if (!exclusive) return true;  // the folder's lock is enough, and a reader need not be able to make a file
        opened = folder_.open_file("lock", name, Files::Open::create, file_mode());
    }
    if (!opened && opened.error().code == ErrorCode::busy) return false;
    if (!opened) return unexpected(opened.error());
    lock_file_ = *opened;
    bool same = false;
    int fault = files_.lock(lock_file_, exclusive);
    if (fault == 0) fault = folder_.compare(lock_file_, name, same);
    if (fault != 0 && fault != EWOULDBLOCK && fault != ENOENT) return unexpected(error_of_file("lock", file(name), fault));
    return fault == 0 && same;
}

// Without a page file, the store is being made, or has lost it.
Result<bool> StoreDirectory::try_lock_pages() {
    close_pages();
    const auto there = FESTORE_TRY(folder_.look(protocol::kPageFile, Files::Information::Kind::file));
    if (!there) return true;
    // An interrupted repair leaves the page file with a second name. Then it is opened for reading only: the next repair needs no more.
    const auto old = folder_.look(protocol::kOldPageFile, Files::Information::Kind::file);
    const bool is_of_repair = old && *old && is_same(**old, *there);
    const Result<void> opened = open_pages(!is_of_repair);
    if (!opened && opened.error().code == ErrorCode::busy) return false;
    if (!opened) return unexpected(opened.error());
    // Read the reserve now, before anything is written: for a growing file some file systems (XFS) hold space that they take back when
    // it is closed.
    Files::Information information;
    if (const int fault = files_.information(pages_, information); fault != 0)
        return unexpected(error_of_file("look at", file(protocol::kPageFile), fault));
    pages_held_ = information.allocated;
    return pages_are_named();
}

Result<StoreLock> StoreDirectory::lock(LockKind kind, std::chrono::milliseconds wait) {
    if (locked_ && (*locked_ == kind || kind == LockKind::shared)) return StoreLock(*this, true);
    const auto deadline = std::chrono::steady_clock::now() + wait;
    while (true) {
        const bool locked = FESTORE_TRY(try_lock(kind));
        if (locked) return StoreLock(*this, false);
        if (std::chrono::steady_clock::now() >= deadline)
            return unexpected(in_use());
        std::this_thread::sleep_for(kLockPause);
    }
}

// The names may no longer lead to what is locked: then they show no holder, and none is named.
Error StoreDirectory::in_use() const {
    std::string holder;
    for (const std::string_view name : {protocol::kPageFile, protocol::kLockFile, std::string_view(".")}) {
        Files::Information file;
        if (holder.empty() && files_.information(folder_.handle(), std::string(name), file) == 0) holder = files_.lock_holder(file);
    }
    return {ErrorCode::busy,
            "the store at " + quote(path()) + " is in use by another program" + (holder.empty() ? "" : " (" + holder + ")") +
                "; repeat it later, or wait longer with --wait",
            0, 0};
}

void StoreDirectory::wait_for_writer(std::chrono::milliseconds wait) {
    const auto deadline = std::chrono::steady_clock::now() + wait;
    while (!locked_) {
        const Result<bool> there = open_folder();
        if (!there || !*there) return;
        Files::Handle folder = Files::kNoHandle;
        int fault = files_.open_folder(folder_.handle(), ".", folder);
        if (fault == 0) fault = files_.lock(folder, false);
        if (folder != Files::kNoHandle) files_.close(folder);
        if (fault != EWOULDBLOCK || std::chrono::steady_clock::now() >= deadline) return;
        std::this_thread::sleep_for(kLockPause);
    }
}

bool StoreDirectory::follow_exchange() {
    if (locked_ == LockKind::exclusive) return false;
    const Files::Handle before = folder_.handle();
    const Result<bool> there = open_folder();
    if (!there || !*there) return false;
    const bool pages_are_old = pages_ != Files::kNoHandle && !folder_.is_named(pages_, protocol::kPageFile);
    if (pages_are_old) close_pages();
    return pages_are_old || folder_.handle() != before;
}

Result<bool> StoreDirectory::pages_are_named() {
    const Result<bool> in_place = folder_.is_in_place();
    if (!in_place || !*in_place) return in_place;
    bool same = false;
    const int fault = folder_.compare(pages_, protocol::kPageFile, same);
    if (fault != 0 && fault != ENOENT) return unexpected(error_of_file("look at", file(protocol::kPageFile), fault));
    return same;
}

Error StoreDirectory::pages_were_exchanged() const {
    return {ErrorCode::damaged,
            quote(file(protocol::kPageFile)) + ", or the directory, was moved, removed or replaced while it was being written", 0, 0};
}

}  // namespace festore
