// SPDX-License-Identifier: BSD-2-Clause
#include "cli/file_io.h"

#include "base/limits.h"
#include "client/errors.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

namespace festore::cli {
namespace {

constexpr size_t kStoreContentBytesMax = size_t{1} << 30;
constexpr size_t kGuessedBytes = size_t{64} << 10;

class Descriptor {
public:
    explicit Descriptor(int value) : value_(value) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (value_ >= 0) close(value_);
    }
    [[nodiscard]] int get() const { return value_; }
    [[nodiscard]] bool valid() const { return value_ >= 0; }

private:
    int value_;
};

// No signal that can be blocked ends the process while a half-written file has a name.
class SignalsHeld {
public:
    SignalsHeld() {
        sigset_t held;
        sigemptyset(&held);
        for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGTERM}) sigaddset(&held, signal);
        pthread_sigmask(SIG_BLOCK, &held, &before_);
    }
    ~SignalsHeld() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsHeld(const SignalsHeld&) = delete;
    SignalsHeld& operator=(const SignalsHeld&) = delete;

private:
    sigset_t before_{};
};

// What errno says now.
Error system_error(const std::string& doing) {
    const int reason = errno;
    ErrorCode code = ErrorCode::failure;
    if (reason == EACCES || reason == EPERM || reason == EROFS) code = ErrorCode::not_permitted;
    if (reason == ENOSPC || reason == EDQUOT || reason == EFBIG) code = ErrorCode::no_space;
    return {code, fmt::format("cannot {}: {}", doing, std::strerror(reason)), 0, 0};
}

tl::unexpected<Error> write_failure(const std::string& file) {
    const int reason = errno;
    const std::string doing = "write " + quote(file);
    errno = reason;
    return unexpected(system_error(doing));
}

Expected<void> write_in_place(const std::string& file, Bytes bytes) {
    const Descriptor out(open(file.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
    if (!out.valid() || !write_all(out.get(), bytes)) return write_failure(file);
    return {};
}

// Some file systems cannot sync a directory, and say so: EINVAL.
bool sync_directory(const std::string& directory) {
    const Descriptor opened(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return opened.valid() && (fsync(opened.get()) == 0 || errno == EINVAL);
}

// `shown`: the file as the caller named it, for messages.
Expected<void> replace(const std::string& file, const std::string& shown, Bytes bytes) {
    const size_t slash = file.rfind('/');
    const std::string directory = slash == std::string::npos ? "." : slash == 0 ? "/" : file.substr(0, slash);
    std::string beside = directory + "/.festore-XXXXXX";
    const SignalsHeld held;
    const Descriptor out(mkostemp(beside.data(), O_CLOEXEC));
    if (!out.valid()) return write_failure(shown);
    const bool written = fchmod(out.get(), 0600) == 0 && write_all(out.get(), bytes) && fsync(out.get()) == 0 &&
                         rename(beside.c_str(), file.c_str()) == 0;
    if (!written) {
        const auto failure = write_failure(shown);
        unlink(beside.c_str());
        return failure;
    }
    if (!sync_directory(directory)) return write_failure(shown);
    return {};
}

// A regular file's size, if that is more than a guess, and a byte to see its end by.
size_t first_buffer_bytes(int from, size_t bytes_max) {
    struct stat found {};
    const bool known = fstat(from, &found) == 0 && S_ISREG(found.st_mode) && found.st_size > 0;
    const uint64_t bytes = std::max<uint64_t>(known ? static_cast<uint64_t>(found.st_size) : 0, kGuessedBytes);
    return static_cast<size_t>(std::min<uint64_t>(bytes, bytes_max)) + 1;
}

// Leaves no copy of the plaintext behind.
void grow(std::vector<std::byte>& bytes, size_t size) {
    std::vector<std::byte> larger(size);
    copy_bytes(bytes, larger);
    wipe(bytes);
    bytes = std::move(larger);
}

}  // namespace

InputLimit content_limit(Storage storage) {
    if (storage == Storage::store) return {kStoreContentBytesMax, "an object that this version of the command stores"};
    return {limits::kPersistentObjectBytesMax, "an object in the TEE's own storage"};
}

Expected<Content> read_input(const std::string& file, const InputLimit& limit) {
    const bool standard = is_standard_stream(file);
    const std::string what = standard ? "standard input" : quote(file);
    const Descriptor opened(standard ? -1 : open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    const int from = standard ? STDIN_FILENO : opened.get();
    if (from < 0) return unexpected(system_error("read " + what));
    std::vector<std::byte> bytes(first_buffer_bytes(from, limit.bytes_max));
    size_t used = 0;
    while (true) {
        if (used == bytes.size() && used > limit.bytes_max) break;
        if (used == bytes.size()) grow(bytes, std::min(2 * used, limit.bytes_max + 1));
        const ssize_t count = read(from, bytes.data() + used, bytes.size() - used);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            Error error = system_error("read " + what);
            wipe(bytes);
            return unexpected(std::move(error));
        }
        if (count == 0) break;
        used += static_cast<size_t>(count);
    }
    if (used > limit.bytes_max) {
        wipe(bytes);
        return unexpected({ErrorCode::no_space,
                           fmt::format("{} has more than the {} bytes that {} can have", what, limit.bytes_max, limit.what),
                           0, 0});
    }
    wipe(MutableBytes(bytes).subspan(used));
    bytes.resize(used);
    return Content(std::move(bytes));
}

bool write_all(int descriptor, Bytes bytes) {
    while (!bytes.empty()) {
        const ssize_t count = write(descriptor, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return false;
        bytes = bytes.subspan(static_cast<size_t>(count));
    }
    return true;
}

Expected<void> write_standard_output(Bytes bytes) {
    if (write_all(STDOUT_FILENO, bytes)) return {};
    Error error = system_error("write to standard output");
    error.code = ErrorCode::failure;
    return unexpected(std::move(error));
}

Expected<void> write_file(const std::string& file, Bytes bytes) {
    struct stat found {};
    if (lstat(file.c_str(), &found) != 0) {
        if (errno != ENOENT) return write_failure(file);
        return replace(file, file, bytes);
    }
    if (S_ISLNK(found.st_mode) && stat(file.c_str(), &found) != 0) return write_failure(file);
    if (S_ISDIR(found.st_mode)) {
        errno = EISDIR;
        return write_failure(file);
    }
    if (!S_ISREG(found.st_mode)) return write_in_place(file, bytes);
    const std::unique_ptr<char, decltype(&std::free)> resolved(realpath(file.c_str(), nullptr), &std::free);
    if (resolved == nullptr) return write_failure(file);
    return replace(resolved.get(), file, bytes);
}

void occupy_standard_descriptors() {
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
        if (fcntl(descriptor, F_GETFD) >= 0) continue;
        // The lowest free descriptor is this one. Opened the wrong way round, so that using it is an error.
        (void)open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

}  // namespace festore::cli
