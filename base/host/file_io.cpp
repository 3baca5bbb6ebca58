// SPDX-License-Identifier: BSD-2-Clause
#include "base/host/file_io.h"

#include "base/limits.h"
#include "base/host/error.h"
#include "base/host/text.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace festore {
namespace {

constexpr size_t kGuessedBytes = size_t{64} << 10;

// The size of a regular file, but at least kGuessedBytes, and one more byte to detect its end.
size_t first_buffer_bytes(int from, size_t bytes_max) {
    struct stat found {};
    const bool known = fstat(from, &found) == 0 && S_ISREG(found.st_mode) && found.st_size > 0;
    const uint64_t bytes = std::max<uint64_t>(known ? static_cast<uint64_t>(found.st_size) : 0, kGuessedBytes);
    return static_cast<size_t>(std::min<uint64_t>(bytes, bytes_max)) + 1;
}

// Leaves no copy of the plaintext behind.
void grow(GuardedBytes& bytes, size_t size) {
    GuardedBytes larger(size);
    copy_bytes(bytes, larger);
    wipe(bytes);
    bytes = std::move(larger);
}

}  // namespace

Error system_error(const std::string& operation) {
    const int reason = errno;
    ErrorCode code = ErrorCode::failure;
    if (reason == EACCES || reason == EPERM || reason == EROFS) code = ErrorCode::not_permitted;
    if (reason == ENOSPC || reason == EDQUOT || reason == EFBIG) code = ErrorCode::no_space;
    return {code, fmt::format("cannot {}: {}", operation, std::strerror(reason)), 0, 0};
}

Error beyond_limit(const std::string& what, const InputLimit& limit) {
    return {ErrorCode::no_space, fmt::format("{} has more than the {} bytes that {} can have", what, limit.bytes_max, limit.what), 0, 0};
}

Result<Content> read_input(const std::string& file, const InputLimit& limit) {
    const bool standard = is_standard_stream(file);
    const std::string what = standard ? "standard input" : quote(file);
    const Descriptor opened(standard ? -1 : open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    const int from = standard ? STDIN_FILENO : opened.get();
    if (from < 0) return unexpected(system_error("read " + what));
    GuardedBytes bytes(first_buffer_bytes(from, limit.bytes_max));
    size_t used = 0;
    bool tells = !standard && is_pipe(from);
    while (true) {
        if (!standard) {
            pollfd waited{from, POLLIN, 0};
            if (poll(&waited, 1, std::exchange(tells, false) ? kToldAfterMilliseconds : -1) == 0) {
                print_line(waits_for_pipe(what));
                continue;  // before a writer opens the pipe, a read would look like its end
            }
        }
        if (used == bytes.size() && used > limit.bytes_max) break;
        if (used == bytes.size()) grow(bytes, std::min(2 * used, limit.bytes_max + 1));
        const ssize_t count = read(from, bytes.data() + used, bytes.size() - used);
        if (count < 0 && (errno == EINTR || (errno == EAGAIN && !standard))) continue;
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
        return unexpected(beyond_limit(what, limit));
    }
    wipe(MutableBytes(bytes).subspan(used));
    bytes.resize(used);
    return Content(std::move(bytes));
}

bool is_pipe(int descriptor) {
    struct stat found {};
    return fstat(descriptor, &found) == 0 && S_ISFIFO(found.st_mode);
}

std::string waits_for_pipe(const std::string& what) { return fmt::format("waiting for a process to write to the pipe {}", what); }

bool write_all(int descriptor, Bytes bytes) {
    while (!bytes.empty()) {
        const ssize_t count = write(descriptor, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return false;
        bytes = bytes.subspan(static_cast<size_t>(count));
    }
    return true;
}

Result<void> write_standard_output(Bytes bytes) {
    if (write_all(STDOUT_FILENO, bytes)) return {};
    Error error = system_error("write to standard output");
    error.code = ErrorCode::failure;
    return unexpected(std::move(error));
}

void occupy_standard_descriptors() {
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
        if (fcntl(descriptor, F_GETFD) >= 0) continue;
        // This is the lowest free descriptor. Its access mode is the wrong one, so that using it is an error.
        (void)open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

void print_line(std::string_view message) {
    // If standard error cannot be written, there is no way to report it.
    (void)write_all(STDERR_FILENO, bytes_of("festore: " + harmless(message) + "\n"));
}

}  // namespace festore
