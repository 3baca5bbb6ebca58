// SPDX-License-Identifier: BSD-2-Clause
#include "client/files.h"

#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace festore {
namespace {

template <class F>
auto unless_interrupted(F&& call) {
    auto result = call();
    while (result < 0 && errno == EINTR) result = call();
    return result;
}

int outcome(int result) { return result < 0 ? errno : 0; }

Files::Information information_of(const struct stat& s) {
    Files::Information i;
    i.kind = S_ISREG(s.st_mode)   ? Files::Information::Kind::file
             : S_ISDIR(s.st_mode) ? Files::Information::Kind::folder
                                  : Files::Information::Kind::other;
    i.bytes = static_cast<uint64_t>(s.st_size);
    i.device = s.st_dev;
    i.inode = s.st_ino;
    return i;
}

class PosixFiles final : public Files {
public:
    int open(const std::string& path, Open how, unsigned mode, Handle& handle) override {
        const int access = how == Open::read ? O_RDONLY : O_RDWR;
        const int common = access | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
        handle = kNoHandle;
        if (how == Open::create || how == Open::create_new) {
            // Made by this call, so that its mode is what was asked for whatever the umask is; or it is there.
            const int made = unless_interrupted([&] { return ::open(path.c_str(), common | O_CREAT | O_EXCL, mode); });
            if (made >= 0) {
                handle = made;
                return outcome(fchmod(made, mode));
            }
            if (errno != EEXIST || how == Open::create_new) return errno;
        }
        handle = unless_interrupted([&] { return ::open(path.c_str(), common); });
        return outcome(handle);
    }
    void close(Handle handle) override { ::close(handle); }

    int information(const std::string& path, Information& information) override {
        struct stat s = {};
        if (lstat(path.c_str(), &s) < 0) return errno;
        information = information_of(s);
        return 0;
    }
    int information(Handle handle, Information& information) override {
        struct stat s = {};
        if (fstat(handle, &s) < 0) return errno;
        information = information_of(s);
        return 0;
    }
    int read(Handle handle, uint64_t offset, MutableBytes out, size_t& count) override {
        count = 0;
        while (count < out.size()) {
            const ssize_t n = unless_interrupted([&] {
                return pread(handle, out.data() + count, out.size() - count, static_cast<off_t>(offset + count));
            });
            if (n < 0) return errno;
            if (n == 0) break;
            count += static_cast<size_t>(n);
        }
        return 0;
    }
    int write(Handle handle, uint64_t offset, Bytes bytes) override {
        while (!bytes.empty()) {
            const ssize_t n = unless_interrupted(
                [&] { return pwrite(handle, bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
            if (n < 0) return errno;
            if (n == 0) return EIO;
            offset += static_cast<uint64_t>(n);
            bytes = bytes.subspan(static_cast<size_t>(n));
        }
        return 0;
    }
    // An error in writing waits for sync(): this does not ask how it went.
    void write_soon(Handle handle, uint64_t offset, size_t bytes) override {
        (void)sync_file_range(handle, static_cast<off_t>(offset), static_cast<off_t>(bytes), SYNC_FILE_RANGE_WRITE);
    }
    void read_soon(Handle handle, uint64_t offset, size_t bytes) override {
        (void)posix_fadvise(handle, static_cast<off_t>(offset), static_cast<off_t>(bytes), POSIX_FADV_WILLNEED);
    }
    // Not repeated when it is interrupted: what a second one says need not hold for the first (rule 7).
    int sync(Handle handle) override { return outcome(fdatasync(handle)); }

    int make_folder(const std::string& path, unsigned mode) override {
        if (mkdir(path.c_str(), mode) < 0) return errno;
        return outcome(chmod(path.c_str(), mode));
    }
    int give_to_group(const std::string& path, uint32_t gid) override {
        return outcome(chown(path.c_str(), static_cast<uid_t>(-1), gid));
    }
    int sync_folder(const std::string& path) override {
        const int folder = unless_interrupted([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
        if (folder < 0) return errno;
        const int result = outcome(fsync(folder));
        ::close(folder);
        return result == EINVAL ? 0 : result;  // a file system whose folders cannot be synced
    }
    int list_folder(const std::string& path, std::vector<std::string>& names) override {
        DIR* const folder = opendir(path.c_str());
        if (folder == nullptr) return errno;
        errno = 0;
        while (const dirent* entry = readdir(folder)) {
            const std::string name = entry->d_name;
            if (name != "." && name != "..") names.push_back(name);
            errno = 0;
        }
        const int result = errno;
        closedir(folder);
        return result;
    }
    int rename(const std::string& from, const std::string& to) override {
        return outcome(::rename(from.c_str(), to.c_str()));
    }
    int link(const std::string& from, const std::string& to) override { return outcome(::link(from.c_str(), to.c_str())); }
    int remove(const std::string& path) override { return outcome(unlink(path.c_str())); }
    int remove_folder(const std::string& path) override { return outcome(rmdir(path.c_str())); }
    int lock(Handle handle, bool exclusive) override {
        return outcome(unless_interrupted([&] { return flock(handle, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB); }));
    }
};

}  // namespace

Files& system_files() {
    static PosixFiles files;
    return files;
}

}  // namespace festore
