// SPDX-License-Identifier: BSD-2-Clause
#include "cli/file_io.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace festore::cli {
namespace {

class Fd {
public:
    explicit Fd(int fd) : fd_(fd) {}
    ~Fd() {
        if (fd_ > STDERR_FILENO) close(fd_);
    }
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    [[nodiscard]] int get() const { return fd_; }

private:
    int fd_;
};

tl::unexpected<Error> failed(const std::string& what, const std::string& path) {
    const int why = errno;
    const ErrorCode code = why == EACCES || why == EPERM  ? ErrorCode::not_permitted
                           : why == ENOSPC || why == EDQUOT ? ErrorCode::no_space
                                                            : ErrorCode::failure;
    return tl::make_unexpected(Error{code, "cannot " + what + " " + path + ": " + std::strerror(why), 0, 0});
}

bool write_all(int fd, std::span<const std::byte> content) {
    while (!content.empty()) {
        const ssize_t written = write(fd, content.data(), content.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        content = content.subspan(static_cast<size_t>(written));
    }
    return true;
}

}  // namespace

Expected<std::vector<std::byte>> read_file(const std::string& path, size_t bytes_max) {
    const bool standard = path.empty() || path == "-";
    const std::string shown = standard ? "standard input" : path;
    const Fd fd(standard ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (fd.get() < 0) return failed("open", shown);
    std::vector<std::byte> content;
    while (content.size() <= bytes_max) {
        const size_t before = content.size();
        content.resize(before + std::min<size_t>(64 * 1024, bytes_max + 1 - before));
        const ssize_t count = read(fd.get(), content.data() + before, content.size() - before);
        content.resize(before + (count > 0 ? static_cast<size_t>(count) : 0));
        if (count == 0) return content;
        if (count < 0 && errno != EINTR) return failed("read", shown);
    }
    return tl::make_unexpected(
        Error{ErrorCode::no_space,
              shown + " has more than the " + std::to_string(bytes_max) +
                  " bytes that an object in the TEE's own storage can have",
              0, 0});
}

Expected<void> write_file(const std::string& path, std::span<const std::byte> content) {
    struct stat info {};
    if (stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
        const Fd fd(open(path.c_str(), O_WRONLY | O_CLOEXEC));
        if (fd.get() < 0 || !write_all(fd.get(), content)) return failed("write", path);
        return {};
    }
    std::string beside = path + ".XXXXXX";
    const Fd fd(mkostemp(beside.data(), O_CLOEXEC));  // mode 0600
    if (fd.get() < 0) return failed("write", path);
    if (write_all(fd.get(), content) && fsync(fd.get()) == 0 && rename(beside.c_str(), path.c_str()) == 0) {
        const size_t slash = path.rfind('/');
        const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
        const Fd parent(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (parent.get() >= 0) fsync(parent.get());
        return {};
    }
    auto error = failed("write", path);
    unlink(beside.c_str());
    return error;
}

}  // namespace festore::cli
