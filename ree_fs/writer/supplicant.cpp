// SPDX-License-Identifier: BSD-2-Clause
#include "ree_fs/writer/supplicant.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace festore::ree_fs {
namespace {

Code code_of(int error) {
    switch (error) {
    case ENOENT: return Code::item_not_found;
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return Code::storage_no_space;
    default: return Code::storage_not_available;
    }
}

Status done_or_error(bool done) {
    if (done) return {};
    return fail(code_of(errno));
}

// Only regular files are opened. O_NONBLOCK, in case a pipe has replaced one.
constexpr int kFlags = O_RDWR | O_DSYNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;

Outcome<int> regular(int descriptor) {
    if (descriptor < 0) return fail(code_of(errno));
    struct stat status {};
    if (::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode)) return descriptor;
    (void)::close(descriptor);
    return fail(Code::storage_not_available);
}

}  // namespace

Outcome<int> DirectorySupplicant::do_open(const std::string& name) {
    return regular(::openat(directory_, name.c_str(), kFlags));
}

Outcome<int> DirectorySupplicant::do_create(const std::string& name) {
    const int file = FESTORE_TRY(regular(::openat(directory_, name.c_str(), kFlags | O_CREAT | O_TRUNC, 0600)));
    if (::fsync(directory_) == 0) return file;
    (void)::close(file);
    return fail(Code::storage_not_available);
}

void DirectorySupplicant::do_close(int file) { (void)::close(file); }

Outcome<size_t> DirectorySupplicant::do_read(int file, uint64_t offset, MutableBytes out) {
    size_t done = 0;
    while (done < out.size()) {
        const ssize_t n = ::pread(file, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
        if (n < 0) return fail(code_of(errno));
        if (n == 0) break;
        done += static_cast<size_t>(n);
    }
    return done;
}

Status DirectorySupplicant::do_write(int file, uint64_t offset, Bytes bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (n < 0) return fail(code_of(errno));
        bytes = bytes.subspan(static_cast<size_t>(n));
        offset += static_cast<uint64_t>(n);
    }
    return {};
}

Status DirectorySupplicant::do_truncate(int file, uint64_t size) {
    return done_or_error(::ftruncate(file, static_cast<off_t>(size)) == 0 && ::fdatasync(file) == 0);
}

Status DirectorySupplicant::do_remove(const std::string& name) {
    return done_or_error(::unlinkat(directory_, name.c_str(), 0) == 0 && ::fsync(directory_) == 0);
}

}  // namespace festore::ree_fs
