// SPDX-License-Identifier: BSD-2-Clause
#include "cli/transfer.h"

#include "base/host/interrupts.h"
#include "base/result.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "client/errors.h"
#include "protocol/store_files.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

namespace festore::cli {
namespace {

Error write_failure(const std::string& file) {
    const int reason = errno;
    const std::string operation = "write " + quote(file);
    errno = reason;
    return unexpected(system_error(operation));
}

// Room for two parts: the process at the other end goes on while the TEE works. Anything but a pipe refuses, which does not matter.
void widen_pipe(int descriptor) { (void)fcntl(descriptor, F_SETPIPE_SZ, static_cast<int>(2 * kTransferBytes)); }

}  // namespace

Result<Source> Source::open(const std::string& file, const std::optional<InputLimit>& limit) {
    const bool standard = is_standard_stream(file);
    const std::string what = standard ? "standard input" : quote(file);
    // Opens a pipe without waiting for a writer: read() waits, and a signal ends that wait.
    Source source(Descriptor(standard ? -1 : ::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)), what, limit);
    if (!standard && !source.opened_.valid()) return unexpected(system_error("read " + what));
    source.may_wait_long_ = !standard && is_pipe(source.descriptor());
    widen_pipe(source.descriptor());
    source.at_first_ = source.stamp();
    return source;
}

int Source::descriptor() const { return opened_.valid() ? opened_.get() : STDIN_FILENO; }

Source::Stamp Source::stamp() const {
    struct stat found {};
    if (fstat(descriptor(), &found) != 0 || !S_ISREG(found.st_mode)) return {};
    return {true, static_cast<uint64_t>(found.st_size), int64_t{found.st_mtim.tv_sec}, int64_t{found.st_mtim.tv_nsec}};
}

std::optional<uint64_t> Source::size() const {
    return at_first_.is_regular ? std::optional(at_first_.bytes) : std::nullopt;
}

Result<size_t> Source::read(MutableBytes out) {
    size_t used = 0;
    while (used < out.size()) {
        const bool tells = std::exchange(may_wait_long_, false);
        const auto waited = FESTORE_TRY(InterruptsHeld::wait_for_input(descriptor(), tells ? kToldAfterMilliseconds : -1));
        if (!waited) print_line(waits_for_pipe(what_));
        if (!waited) continue;
        const ssize_t count = ::read(descriptor(), out.data() + used, out.size() - used);
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (count < 0) return unexpected(system_error("read " + what_));
        if (count == 0) break;
        used += static_cast<size_t>(count);
    }
    taken_ += used;
    if (limit_ && taken_ > limit_->bytes_max) {
        wipe(out);
        return unexpected(beyond_limit(what_, *limit_));
    }
    return used;
}

Result<void> Source::check_unchanged() const {
    if (stamp() == at_first_) return {};
    return unexpected({ErrorCode::failure, what_ + " changed while it was read; repeat it", 0, 0});
}

Error in_put(const std::string& name, Error error) {
    error.message = fmt::format("cannot put {}: {}", quote(name), error.message);
    return error;
}

Result<ObjectInfo> store_all(Source& source, Bytes first, WriteStream stream, const std::string& name, Progress& progress) {
    Content buffer(kTransferBytes);
    Bytes part = first;
    while (true) {
        FESTORE_CHECK(stream.write(part));
        progress.add(part.size());
        const Result<size_t> count = source.read(buffer.room());
        if (!count) return unexpected(in_put(name, count.error()));
        if (*count == 0) break;
        part = buffer.bytes().first(*count);
    }
    if (const auto unchanged = source.check_unchanged(); !unchanged) return unexpected(in_put(name, unchanged.error()));
    if (const auto interrupted = InterruptsHeld::check(); !interrupted) return unexpected(in_put(name, interrupted.error()));
    return stream.finish();
}

namespace {

bool has_file(int folder, std::string_view name) {
    struct stat found {};
    return fstatat(folder, std::string(name).c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(found.st_mode);
}

bool has_folder(int folder, std::string_view name) {
    struct stat found {};
    return fstatat(folder, std::string(name).c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(found.st_mode);
}

// True also of a store that has lost some of its files.
bool is_store(int folder) {
    const bool has_header = has_file(folder, protocol::kHeaderFile);
    const bool has_pages = has_file(folder, protocol::kPageFile);
    const bool has_frame = has_file(folder, protocol::kLockFile) || has_folder(folder, protocol::kPayloadFolder);
    return (has_header && has_pages) || ((has_header || has_pages) && has_frame);
}

// Refuses any store's directory and its folder of payloads, whatever path leads there and whichever storage is read.
Result<void> check_is_no_store(const Destination& destination, const std::string& file) {
    if (destination.stream) return {};
    const int folder = destination.folder.get();
    const Descriptor above(openat(folder, "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
    struct stat own {};
    struct stat payloads {};
    const bool is_payloads = above.valid() && is_store(above.get()) && fstat(folder, &own) == 0 &&
                             fstatat(above.get(), std::string(protocol::kPayloadFolder).c_str(), &payloads, AT_SYMLINK_NOFOLLOW) == 0 &&
                             own.st_dev == payloads.st_dev && own.st_ino == payloads.st_ino;
    if (!is_store(folder) && !is_payloads) return {};
    return unexpected(
        {ErrorCode::usage, fmt::format("cannot write {}: it lies in a store's own directory; choose another place", quote(file)), 0, 0});
}

}  // namespace

Result<Sink> Sink::open(const std::string& file, uint64_t bytes) {
    // A content that fits into the pipe is written at once anyway.
    const bool lasts = bytes > 2 * kTransferBytes;
    if (is_standard_stream(file)) {
        if (lasts) widen_pipe(STDOUT_FILENO);
        return Sink({Descriptor(-1), {}, {}}, {});
    }
    Destination destination = FESTORE_TRY(find_destination(file));
    FESTORE_CHECK(check_is_no_store(destination, file));
    Sink sink(std::move(destination), file);
    if (sink.destination_.stream) {
        if (lasts) widen_pipe(sink.destination_.stream->get());
        return sink;
    }
    collect_new_files(sink.destination_.folder.get());
    auto made = NewFile::make(sink.destination_.folder.get());
    if (!made) return write_failure(file);
    sink.file_.emplace(std::move(*made));
    return sink;
}

Result<void> Sink::write(Bytes part) {
    if (!file_ && !destination_.stream) return write_standard_output(part);
    if (!file_) return write_stream(part);
    if (!write_all(file_->descriptor(), part)) return write_failure(shown_);
    return {};
}

// Waits for the reader of a pipe; a signal ends the wait.
Result<void> Sink::write_stream(Bytes part) {
    const int stream = destination_.stream->get();
    while (!part.empty()) {
        FESTORE_CHECK(InterruptsHeld::wait_for_output(stream));
        const size_t bytes = destination_.stream_is_shared ? std::min<size_t>(part.size(), PIPE_BUF) : part.size();
        const ssize_t count = ::write(stream, part.data(), bytes);
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (count < 0) return write_failure(shown_);
        part = part.subspan(static_cast<size_t>(count));
    }
    return {};
}

Result<void> Sink::finish() {
    if (file_ && !file_->give_name(destination_.name, true)) return write_failure(shown_);
    return {};
}

}  // namespace festore::cli
