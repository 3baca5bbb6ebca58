// SPDX-License-Identifier: BSD-2-Clause
// The few operations of the file system that a store needs, so that tests can put a disk of their own beneath it: one that
// loses power, or fails. Numbers are errno values; 0 is success. Thread safety: as the implementation says.
//
// Only the store's own folder is named by a path. Everything below it is named by an open folder and one name in that folder, and no
// call follows a symbolic link there (rule 24). The calls do not judge what they open: Information says what it is.
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
        create,      // read and write; made when it is not there
        create_new,  // the same; EEXIST when it is there
    };
    struct Information {
        enum class Kind { file, folder, link, fifo, socket, device } kind = Kind::file;
        uint64_t bytes = 0;
        uint64_t device = 0;  // two files with the same device and inode are one
        uint64_t inode = 0;
        uint64_t names = 1;  // hard links
        uint64_t mount = 0;  // of the mounted file system; 0: not known
        uint64_t allocated = 0;  // bytes of the disk that the file holds, also behind its end
    };

    virtual ~Files() = default;

    // By path. Links are followed: who names a store's folder may name it by a link.
    virtual int open_folder(const std::string& path, Handle& folder) = 0;
    // With `gid`, the folder is given to that group: also one that is there, if it is this user's own, empty and not named by a link.
    virtual int make_folder(const std::string& path, unsigned mode, std::optional<uint32_t> gid) = 0;  // EEXIST
    virtual int sync_folder(const std::string& path) = 0;

    // In an open folder. `name` is one name, without a slash; "." opens the folder itself once more.
    virtual int open_folder(Handle above, const std::string& name, Handle& folder) = 0;  // ELOOP, ENOTDIR: not a folder
    virtual int make_folder(Handle above, const std::string& name, unsigned mode) = 0;
    // Never waits for the other end of a FIFO. `mode` of new files, whatever the umask is.
    virtual int open(Handle folder, const std::string& name, Open how, unsigned mode, Handle& handle) = 0;
    virtual int information(Handle folder, const std::string& name, Information& information) = 0;
    virtual int rename(Handle folder, const std::string& from, const std::string& to) = 0;
    // Another name for a file. EEXIST. Not every file system can: EPERM, EOPNOTSUPP.
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
    // `count`: how much of `out` the file had.
    virtual int read(Handle handle, uint64_t offset, MutableBytes out, size_t& count) = 0;
    virtual int write(Handle handle, uint64_t offset, Bytes bytes) = 0;  // all of it, or an error
    // What will be synced, or read, before long: the system may begin with it meanwhile. Nothing has to.
    virtual void write_soon(Handle /*handle*/, uint64_t /*offset*/, size_t /*bytes*/) {}
    virtual void read_soon(Handle /*handle*/, uint64_t /*offset*/, size_t /*bytes*/) {}
    // Whether they may be used while the TEE works. Where events are counted each has its turn.
    [[nodiscard]] virtual bool overlaps() const { return true; }
    virtual int sync(Handle handle) = 0;  // the file's data and size (fdatasync)
    // Has the disk hold room for these bytes of the file, whose size stays: writing them needs no more. ENOSPC, EDQUOT: it has not, or
    // for a part of them. EOPNOTSUPP: the file system cannot.
    virtual int reserve(Handle handle, uint64_t begin, uint64_t end) = 0;
    // Of a file that nothing was written to yet: asks for what is overwritten to keep its place on the disk. Most file systems do that
    // anyway, and some never do.
    virtual void overwrite_in_place(Handle handle) = 0;
    // flock(2), without waiting: EWOULDBLOCK. Held by this process alone: a child that it forks has none of these handles. Ends
    // with unlock(), or with the handle.
    virtual int lock(Handle handle, bool exclusive) = 0;
    virtual void unlock(Handle handle) = 0;

    // For what a person is told. Who holds a lock on the file, as words; empty: not known.
    [[nodiscard]] virtual std::string lock_holder(const Information& /*file*/) { return {}; }
    // Bytes that this user may still store where the folder is. None: not known.
    [[nodiscard]] virtual std::optional<uint64_t> free_bytes(Handle /*folder*/) { return std::nullopt; }
};

// The real ones. Thread safe.
Files& system_files();

}  // namespace festore
