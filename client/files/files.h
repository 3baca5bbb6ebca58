// SPDX-License-Identifier: BSD-2-Clause
// The few file system operations that a store needs. Tests replace them by a simulated disk that loses power or fails.
// Numbers returned are errno values; 0 is success. Thread safety: depends on the implementation.
//
// Only the store's own folder is named by a path. Everything below it is named by an open folder and one name in that folder, and no
// call follows a symbolic link there (rule 24). The calls do not check which kind of file they open: Information tells.
#pragma once
#include "base/bytes.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace festore {

class Files {
public:
    using Handle = int;
    static constexpr Handle kNoHandle = -1;
    enum class Open {
        read,        // an existing file
        read_write,  // an existing file
        create,      // read and write; made if it does not exist
        create_new,  // the same, but EEXIST if it exists
    };
    struct Information {
        enum class Kind { file, folder, link, fifo, socket, device } kind = Kind::file;
        uint64_t bytes = 0;
        uint64_t device = 0;  // files with the same device and inode are the same file
        uint64_t inode = 0;
        uint64_t names = 1;  // hard links
        uint64_t mount = 0;  // of the mounted file system; 0: not known
        uint64_t allocated = 0;  // bytes of disk space that the file holds, also beyond its end
    };

    virtual ~Files() = default;

    // By path. Links are followed: a store's folder may be named by a link.
    virtual int open_folder(const std::string& path, Handle& folder) = 0;
    // With `gid`, the folder is given to that group; an existing one only if it is this user's own, empty and not named by a link.
    virtual int make_folder(const std::string& path, unsigned mode, std::optional<uint32_t> gid) = 0;  // EEXIST
    virtual int sync_folder(const std::string& path) = 0;

    // In an open folder. `name` is one name, without a slash; "." opens the folder itself once more.
    virtual int open_folder(Handle above, const std::string& name, Handle& folder) = 0;  // ELOOP, ENOTDIR: not a folder
    virtual int make_folder(Handle above, const std::string& name, unsigned mode) = 0;
    // Never waits for the other end of a FIFO. `mode`: of new files, regardless of the umask.
    virtual int open(Handle folder, const std::string& name, Open how, unsigned mode, Handle& handle) = 0;
    virtual int information(Handle folder, const std::string& name, Information& information) = 0;
    virtual int rename(Handle folder, const std::string& from, const std::string& to) = 0;
    // Adds another name for a file. EEXIST. EPERM, EOPNOTSUPP: the file system cannot.
    virtual int link(Handle folder, const std::string& from, const std::string& to) = 0;
    virtual int remove(Handle folder, const std::string& name) = 0;         // anything but a folder
    virtual int remove_folder(Handle folder, const std::string& name) = 0;  // an empty one

    // Of an open folder.
    // Gives an empty folder a mode and, if asked for, a group. EPERM: the folder belongs to another user. ENOTEMPTY.
    virtual int set_folder(Handle folder, unsigned mode, std::optional<uint32_t> gid) = 0;
    virtual int sync_folder(Handle folder) = 0;  // which names are in it
    virtual int list_folder(Handle folder, std::vector<std::string>& names) = 0;

    // Of an open file; information, lock, unlock and close also of a folder.
    virtual void close(Handle handle) = 0;
    virtual int information(Handle handle, Information& information) = 0;
    // `count`: how many bytes of `out` were read; fewer than all at the end of the file.
    virtual int read(Handle handle, uint64_t offset, MutableBytes out, size_t& count) = 0;
    virtual int write(Handle handle, uint64_t offset, Bytes bytes) = 0;  // all of it, or an error
    // Hints that these bytes will soon be synced, or read: the system may begin now, but need not.
    virtual void write_soon(Handle /*handle*/, uint64_t /*offset*/, size_t /*bytes*/) {}
    virtual void read_soon(Handle /*handle*/, uint64_t /*offset*/, size_t /*bytes*/) {}
    // Whether these calls may run while the TEE works. False where tests count events, which must come in a fixed order.
    [[nodiscard]] virtual bool overlaps() const { return true; }
    virtual int sync(Handle handle) = 0;  // the file's data and size (fdatasync)
    // Reserves disk space for these bytes of the file, so that writing them needs no more space. The file's size stays. ENOSPC, EDQUOT:
    // there is no space, or only for a part of them. EOPNOTSUPP: the file system cannot.
    virtual int reserve(Handle handle, uint64_t begin, uint64_t end) = 0;
    // For a file that nothing was written to yet: asks the file system to overwrite its data in place on the disk. Most file systems do
    // that anyway, and some never do.
    virtual void overwrite_in_place(Handle handle) = 0;
    // flock(2), without waiting: EWOULDBLOCK. Held by this process alone: a child that it forks has none of these handles. Ends
    // with unlock(), or when the handle is closed.
    virtual int lock(Handle handle, bool exclusive) = 0;
    virtual void unlock(Handle handle) = 0;

    // For messages: who holds a lock on the file, in words; empty: not known.
    [[nodiscard]] virtual std::string lock_holder(const Information& /*file*/) { return {}; }
    // Bytes that this user may still store in the folder's file system. None: not known.
    [[nodiscard]] virtual std::optional<uint64_t> free_bytes(Handle /*folder*/) { return std::nullopt; }
};

// The operations of the real file system. Thread safe.
Files& system_files();

}  // namespace festore
