// SPDX-License-Identifier: BSD-2-Clause
#include "client/files/descriptor_registry.h"
#include "client/files/files.h"
#include "client/files/lock_holder.h"

#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace festore {
namespace {

template <class F>
auto unless_interrupted(F&& call) {
    auto result = call();
    while (result < 0 && errno == EINTR) result = call();
    return result;
}

int outcome(int result) { return result < 0 ? errno : 0; }

Files::Information::Kind kind_of(mode_t mode) {
    using Kind = Files::Information::Kind;
    if (S_ISREG(mode)) return Kind::file;
    if (S_ISDIR(mode)) return Kind::folder;
    if (S_ISLNK(mode)) return Kind::link;
    if (S_ISFIFO(mode)) return Kind::fifo;
    if (S_ISSOCK(mode)) return Kind::socket;
    return Kind::device;
}

constexpr uint64_t kStatBlock = 512;  // regardless of the file system's block size: statx(2)

// A bind mount within one file system shows only in the mount's number, which Linux reports since 5.8.
int look_at(int folder, const char* name, int flags, Files::Information& information) {
    struct statx s = {};
    constexpr unsigned kWanted = STATX_TYPE | STATX_SIZE | STATX_INO | STATX_NLINK | STATX_BLOCKS | STATX_MNT_ID;
    if (statx(folder, name, flags | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, kWanted, &s) < 0) return errno;
    information = {kind_of(s.stx_mode),
                   s.stx_size,
                   uint64_t{s.stx_dev_major} << 32 | s.stx_dev_minor,
                   s.stx_ino,
                   s.stx_nlink,
                   (s.stx_mask & STATX_MNT_ID) != 0 ? s.stx_mnt_id : 0,
                   s.stx_blocks * kStatBlock};
    return 0;
}

int open_as_own(const std::function<int()>& call) { return descriptors::open([&] { return unless_interrupted(call); }); }

int list(int folder, std::vector<std::string>& names) {
    const int own = unless_interrupted([&] { return openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); });  // own file position
    if (own < 0) return errno;
    DIR* const listed = fdopendir(own);
    if (listed == nullptr) {
        const int result = errno;
        ::close(own);
        return result;
    }
    errno = 0;
    while (const dirent* entry = readdir(listed)) {
        const std::string name = entry->d_name;
        if (name != "." && name != "..") names.push_back(name);
        errno = 0;
    }
    const int result = errno;
    closedir(listed);
    return result;
}

// Sets the mode, regardless of the umask, and the group of an empty folder of this user. EPERM: it is another user's. ENOTEMPTY:
// somebody may have moved another folder of this user to its place; that folder keeps its group and mode.
int set_own_folder(int folder, unsigned mode, std::optional<uint32_t> gid) {
    struct stat s = {};
    if (fstat(folder, &s) < 0) return errno;
    if (s.st_uid != geteuid()) return EPERM;
    if ((!gid || s.st_gid == *gid) && (s.st_mode & 07777) == mode) return 0;  // another program of this user has set it
    std::vector<std::string> names;
    if (const int fault = list(folder, names); fault != 0) return fault;
    if (!names.empty()) return ENOTEMPTY;
    if (gid && s.st_gid != *gid && fchown(folder, static_cast<uid_t>(-1), *gid) < 0) return errno;
    return outcome(fchmod(folder, mode));  // after the change of the group, which may clear bits
}

constexpr int kFolder = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
constexpr unsigned kGroupMode = 0070;

class PosixFiles final : public Files {
public:
    int open_folder(const std::string& path, Handle& folder) override {
        folder = open_as_own([&] { return ::open(path.c_str(), kFolder); });
        return outcome(folder);
    }
    // A link in its place is not followed: this user has not made the folder that it leads to.
    int make_folder(const std::string& path, unsigned mode, std::optional<uint32_t> gid) override {
        const int made = outcome(mkdir(path.c_str(), mode));
        if (made != 0 && (made != EEXIST || !gid)) return made;
        const int folder = unless_interrupted([&] { return ::open(path.c_str(), kFolder | O_NOFOLLOW); });
        const int set = folder < 0 ? errno : set_own_folder(folder, mode, gid);
        if (folder >= 0) ::close(folder);
        if (made != 0) return made;
        return set == ENOTEMPTY && !gid ? 0 : set;  // another program of this user was faster, and already uses it
    }
    int sync_folder(const std::string& path) override {
        Handle folder = kNoHandle;
        if (const int fault = open_folder(path, folder); fault != 0) return fault;
        const int result = sync_folder(folder);
        close(folder);
        return result;
    }

    int open_folder(Handle above, const std::string& name, Handle& folder) override {
        folder = open_as_own([&] { return openat(above, name.c_str(), kFolder | O_NOFOLLOW); });
        return outcome(folder);
    }
    // The folder has its mode from the first moment, since other members of the group may open it at once. The umask belongs to the
    // process, so a thread with a separate umask makes the folder.
    int make_folder(Handle above, const std::string& name, unsigned mode) override {
        int result = 0;
        const auto make = [&] { result = outcome(mkdirat(above, name.c_str(), mode)); };
        if ((mode & kGroupMode) == 0) {
            make();
            return result;
        }
        try {
            std::thread([&] {
                if (unshare(CLONE_FS) == 0) umask(0);
                make();
            }).join();
        } catch (const std::system_error&) {  // no more threads for this user
            make();
        }
        return result;
    }
    int open(Handle folder, const std::string& name, Open how, unsigned mode, Handle& handle) override {
        const int access = how == Open::read ? O_RDONLY : O_RDWR;
        const int common = access | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
        handle = kNoHandle;
        if (how == Open::create || how == Open::create_new) {
            const int fault = make(folder, name, common, mode, handle);
            if (fault != EEXIST || how == Open::create_new) return fault;
        }
        handle = open_as_own([&] { return openat(folder, name.c_str(), common); });
        return outcome(handle);
    }
    int information(Handle folder, const std::string& name, Information& information) override {
        return look_at(folder, name.c_str(), 0, information);
    }
    int rename(Handle folder, const std::string& from, const std::string& to) override {
        return outcome(renameat(folder, from.c_str(), folder, to.c_str()));
    }
    int link(Handle folder, const std::string& from, const std::string& to) override {
        return outcome(linkat(folder, from.c_str(), folder, to.c_str(), 0));
    }
    int remove(Handle folder, const std::string& name) override { return outcome(unlinkat(folder, name.c_str(), 0)); }
    int remove_folder(Handle folder, const std::string& name) override {
        return outcome(unlinkat(folder, name.c_str(), AT_REMOVEDIR));
    }

    int set_folder(Handle folder, unsigned mode, std::optional<uint32_t> gid) override { return set_own_folder(folder, mode, gid); }
    int sync_folder(Handle folder) override {
        const int result = outcome(fsync(folder));
        return result == EINVAL ? 0 : result;  // a file system whose folders cannot be synced
    }
    int list_folder(Handle folder, std::vector<std::string>& names) override {
        return list(folder, names);
    }

    // A vforked child that has not yet called exec shares the lock: so it is released explicitly, and only by the process that took it.
    void close(Handle handle) override {
        if (descriptors::remove(handle)) let_go(handle);
        ::close(handle);
    }
    int information(Handle handle, Information& information) override { return look_at(handle, "", AT_EMPTY_PATH, information); }
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
    // A write error is reported by sync(), not here.
    void write_soon(Handle handle, uint64_t offset, size_t bytes) override {
        (void)sync_file_range(handle, static_cast<off_t>(offset), static_cast<off_t>(bytes), SYNC_FILE_RANGE_WRITE);
    }
    void read_soon(Handle handle, uint64_t offset, size_t bytes) override {
        (void)posix_fadvise(handle, static_cast<off_t>(offset), static_cast<off_t>(bytes), POSIX_FADV_WILLNEED);
    }
    // Not repeated when interrupted: the result of a second call need not hold for the first (rule 7).
    int sync(Handle handle) override { return outcome(fdatasync(handle)); }
    int reserve(Handle handle, uint64_t begin, uint64_t end) override {
        const auto offset = static_cast<off_t>(begin);
        const auto bytes = static_cast<off_t>(end - begin);
        return outcome(unless_interrupted([&] { return fallocate(handle, FALLOC_FL_KEEP_SIZE, offset, bytes); }));
    }
    // For btrfs, which otherwise writes elsewhere even if space is reserved. Other file systems do not know the flag.
    void overwrite_in_place(Handle handle) override {
        int flags = 0;
        if (ioctl(handle, FS_IOC_GETFLAGS, &flags) != 0) return;
        flags |= FS_NOCOW_FL;
        (void)ioctl(handle, FS_IOC_SETFLAGS, &flags);
    }

    int lock(Handle handle, bool exclusive) override {
        return outcome(unless_interrupted([&] { return flock(handle, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB); }));
    }
    void unlock(Handle handle) override {
        if (descriptors::is_own(handle)) let_go(handle);
    }

    std::string lock_holder(const Information& file) override { return lock_holder_text(file); }
    std::optional<uint64_t> free_bytes(Handle folder) override {
        struct statvfs system = {};
        if (fstatvfs(folder, &system) != 0 || system.f_blocks == 0) return std::nullopt;  // some file systems report no numbers
        return uint64_t{geteuid() == 0 ? system.f_bfree : system.f_bavail} * system.f_frsize;  // root may use the reserve
    }

private:
    static void let_go(Handle handle) { (void)flock(handle, LOCK_UN); }
    // The file gets its mode, regardless of the umask, before it gets its name: other members of the group may open it at once.
    static int make(Handle folder, const std::string& name, int flags, unsigned mode, Handle& handle) {
        handle = open_as_own([&] { return openat(folder, ".", (flags & ~O_NOFOLLOW) | O_TMPFILE, mode); });
        if (handle >= 0) {
            int fault = outcome(fchmod(handle, mode));
            const std::string link = "/proc/self/fd/" + std::to_string(handle);
            if (fault == 0) fault = outcome(linkat(AT_FDCWD, link.c_str(), folder, name.c_str(), AT_SYMLINK_FOLLOW));
            if (fault == 0) return 0;
            descriptors::remove(handle);
            ::close(std::exchange(handle, kNoHandle));
            if (fault != ENOENT && fault != EOPNOTSUPP && fault != EPERM) return fault;  // for example without /proc
        }
        handle = open_as_own([&] { return openat(folder, name.c_str(), flags | O_CREAT | O_EXCL, mode); });
        return handle < 0 ? errno : outcome(fchmod(handle, mode));
    }
};

}  // namespace

Files& system_files() {
    static PosixFiles files;
    return files;
}

}  // namespace festore
