// SPDX-License-Identifier: BSD-2-Clause
// The few operations of the file system that a store needs, so that tests can put a disk of their own beneath it: one that
// loses power, or fails. Numbers are errno values; 0 is success. Thread safety: as the implementation says.
#pragma once
#include "base/bytes.h"

#include <cstdint>
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
        enum class Kind { file, folder, other } kind = Kind::other;
        uint64_t bytes = 0;
        uint64_t device = 0;  // both the same for two: they are one file
        uint64_t inode = 0;
    };

    virtual ~Files() = default;
    // Never follows a symbolic link as the last part of the path. `mode` of new files, whatever the umask is.
    virtual int open(const std::string& path, Open how, unsigned mode, Handle& handle) = 0;
    virtual void close(Handle handle) = 0;
    virtual int information(const std::string& path, Information& information) = 0;
    virtual int information(Handle handle, Information& information) = 0;
    // `count`: how much of `out` the file had.
    virtual int read(Handle handle, uint64_t offset, MutableBytes out, size_t& count) = 0;
    virtual int write(Handle handle, uint64_t offset, Bytes bytes) = 0;  // all of it, or an error
    // What will be synced, or read, before long: the system may begin with it meanwhile. Nothing has to.
    virtual void write_soon(Handle /*handle*/, uint64_t /*offset*/, size_t /*bytes*/) {}
    virtual void read_soon(Handle /*handle*/, uint64_t /*offset*/, size_t /*bytes*/) {}
    // Whether they may be used while the TEE works. Where events are counted each has its turn.
    [[nodiscard]] virtual bool overlaps() const { return true; }
    virtual int sync(Handle handle) = 0;         // the file's data and size (fdatasync)
    virtual int make_folder(const std::string& path, unsigned mode) = 0;
    virtual int give_to_group(const std::string& path, uint32_t gid) = 0;  // a folder
    virtual int sync_folder(const std::string& path) = 0;  // which names are in it
    virtual int list_folder(const std::string& path, std::vector<std::string>& names) = 0;
    virtual int rename(const std::string& from, const std::string& to) = 0;
    // Another name in the same folder for a file. EEXIST. Not every file system can: EPERM, EOPNOTSUPP.
    virtual int link(const std::string& from, const std::string& to) = 0;
    virtual int remove(const std::string& path) = 0;  // a file
    virtual int remove_folder(const std::string& path) = 0;  // an empty one
    // flock(2), without waiting: EWOULDBLOCK. Gone with the handle.
    virtual int lock(Handle handle, bool exclusive) = 0;
};

// The real ones. Thread safe.
Files& system_files();

}  // namespace festore
