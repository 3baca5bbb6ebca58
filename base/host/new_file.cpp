// SPDX-License-Identifier: BSD-2-Clause
#include "base/host/new_file.h"

#include "base/host/hex.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <vector>

namespace festore {
namespace {

constexpr size_t kRandomBytes = 8;
constexpr int kAttemptsMax = 10;

std::string hidden_prefix() { return fmt::format(".festore-{}-", geteuid()); }

std::string hidden_name() {
    std::array<std::byte, kRandomBytes> random{};
    if (getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) return {};
    return hidden_prefix() + hex(random);
}

bool is_hidden_name(std::string_view name) {
    const std::string prefix = hidden_prefix();
    return name.starts_with(prefix) && name.size() == prefix.size() + 2 * kRandomBytes &&
           name.find_first_not_of("0123456789abcdef", prefix.size()) == std::string_view::npos;
}

std::string magic_link(int descriptor) { return fmt::format("/proc/self/fd/{}", descriptor); }

// If the file system has no locks, no collector gets one either.
void lock(int file) { (void)flock(file, LOCK_EX | LOCK_NB); }

bool sync_folder(int folder) { return fsync(folder) == 0 || errno == EINVAL; }  // some file systems cannot

// True if the folder has a regular file of this user under that name; `found` identifies it.
bool is_own_file(int folder, const char* name, struct stat& found) {
    return fstatat(folder, name, &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(found.st_mode) && found.st_uid == geteuid();
}

void collect(int folder, const char* name) {
    struct stat named {};
    if (!is_own_file(folder, name, named)) return;
    const Descriptor file(openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    struct stat opened {};
    if (!file.valid() || fstat(file.get(), &opened) != 0 || flock(file.get(), LOCK_EX | LOCK_NB) != 0) return;
    // Its maker is gone, and nobody else renames it. A file that has taken its name since is kept.
    if (!is_own_file(folder, name, named) || named.st_dev != opened.st_dev || named.st_ino != opened.st_ino) return;
    (void)unlinkat(folder, name, 0);
}

}  // namespace

std::optional<NewFile> NewFile::make(int folder, bool may_be_nameless) {
    if (may_be_nameless) {
        Descriptor file(openat(folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
        // Without privileges, only /proc can give it a name later.
        if (file.valid() && faccessat(AT_FDCWD, magic_link(file.get()).c_str(), F_OK, 0) == 0 && fchmod(file.get(), 0600) == 0) {
            lock(file.get());
            return NewFile(folder, std::move(file), {});
        }
    }
    for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
        const std::string name = hidden_name();
        if (name.empty()) return std::nullopt;
        Descriptor file(openat(folder, name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (!file.valid() && errno == EEXIST) continue;
        if (!file.valid()) return std::nullopt;
        NewFile made(folder, std::move(file), name);
        lock(made.descriptor());
        struct stat found {};
        if (fchmod(made.descriptor(), 0600) != 0 || fstat(made.descriptor(), &found) != 0) return std::nullopt;
        if (found.st_nlink > 0) return made;
        made.hidden_.clear();  // a collector removed it before it was locked
    }
    errno = EEXIST;
    return std::nullopt;
}

NewFile::~NewFile() {
    if (!hidden_.empty()) (void)unlinkat(folder_, hidden_.c_str(), 0);
}

bool NewFile::hide() {
    const std::string name = hidden_name();
    if (name.empty() || linkat(AT_FDCWD, magic_link(descriptor()).c_str(), folder_, name.c_str(), AT_SYMLINK_FOLLOW) != 0) return false;
    hidden_ = name;
    return true;
}

// By a hard link if the file system has them; else by renameat2, which not every kernel supports for every file system.
bool NewFile::rename_without_replacing(const std::string& name) {
    if (linkat(folder_, hidden_.c_str(), folder_, name.c_str(), 0) == 0) return unlinkat(folder_, hidden_.c_str(), 0) == 0;
    if (errno == EEXIST) return false;
    return renameat2(folder_, hidden_.c_str(), folder_, name.c_str(), RENAME_NOREPLACE) == 0;
}

bool NewFile::give_name(const std::string& name, bool replace) {
    if (fsync(descriptor()) != 0) return false;
    if (hidden_.empty()) {
        if (linkat(AT_FDCWD, magic_link(descriptor()).c_str(), folder_, name.c_str(), AT_SYMLINK_FOLLOW) == 0)
            return sync_folder(folder_);
        if (errno != EEXIST || !replace || !hide()) return false;
    }
    const bool named = replace ? renameat(folder_, hidden_.c_str(), folder_, name.c_str()) == 0 : rename_without_replacing(name);
    if (!named) return false;
    hidden_.clear();
    return sync_folder(folder_);
}

void collect_new_files(int folder) {
    const int opened = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR* const names = opened < 0 ? nullptr : fdopendir(opened);
    if (names == nullptr) {
        if (opened >= 0) close(opened);
        return;
    }
    while (const dirent* entry = readdir(names))
        if (is_hidden_name(entry->d_name)) collect(folder, entry->d_name);
    closedir(names);
}

}  // namespace festore
