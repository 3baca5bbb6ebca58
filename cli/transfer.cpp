// SPDX-License-Identifier: BSD-2-Clause
#include "cli/transfer.h"

#include "cli/interrupts.h"
#include "cli/progress.h"
#include "client/errors.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <sys/stat.h>

namespace festore::cli {
namespace {

tl::unexpected<Error> write_failure(const std::string& file) {
    const int reason = errno;
    const std::string doing = "write " + quote(file);
    errno = reason;
    return unexpected(system_error(doing));
}

std::string directory_of(const std::string& file) {
    const size_t slash = file.rfind('/');
    return slash == std::string::npos ? "." : slash == 0 ? "/" : file.substr(0, slash);
}

// Room for two parts: whoever fills it, or empties it, goes on while the TEE works. What is no pipe refuses.
void widen_pipe(int descriptor) { (void)fcntl(descriptor, F_SETPIPE_SZ, static_cast<int>(2 * kTransferBytes)); }

// Some file systems cannot sync a directory, and say so: EINVAL.
bool sync_directory(const std::string& directory) {
    const Descriptor opened(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return opened.valid() && (fsync(opened.get()) == 0 || errno == EINVAL);
}

}  // namespace

Expected<Source> Source::open(const std::string& file) {
    const bool standard = is_standard_stream(file);
    const std::string what = standard ? "standard input" : quote(file);
    Source source(Descriptor(standard ? -1 : ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)), what);
    if (!standard && !source.opened_.valid()) return unexpected(system_error("read " + what));
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

Expected<size_t> Source::read(MutableBytes out) {
    size_t used = 0;
    while (used < out.size()) {
        if (const auto waited = InterruptsHeld::wait_for_input(descriptor()); !waited) return unexpected(waited.error());
        const ssize_t count = ::read(descriptor(), out.data() + used, out.size() - used);
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (count < 0) return unexpected(system_error("read " + what_));
        if (count == 0) break;
        used += static_cast<size_t>(count);
    }
    return used;
}

Expected<void> Source::check_unchanged() const {
    if (stamp() == at_first_) return {};
    return unexpected({ErrorCode::failure, what_ + " changed while it was read; repeat it", 0, 0});
}

Error in_put(const std::string& name, Error error) {
    error.message = fmt::format("cannot put {}: {}", quote(name), error.message);
    return error;
}

Expected<ObjectInfo> store_all(Source& source, Bytes first, WriteStream stream, const std::string& name, Progress& progress) {
    Content buffer(std::vector<std::byte>(kTransferBytes, std::byte{}));
    Bytes part = first;
    while (true) {
        if (const auto written = stream.write(part); !written) return unexpected(written.error());
        progress.add(part.size());
        const Expected<size_t> count = source.read(buffer.room());
        if (!count) return unexpected(in_put(name, count.error()));
        if (*count == 0) break;
        part = buffer.bytes().first(*count);
    }
    if (const auto unchanged = source.check_unchanged(); !unchanged) return unexpected(in_put(name, unchanged.error()));
    if (const auto interrupted = InterruptsHeld::check(); !interrupted) return unexpected(in_put(name, interrupted.error()));
    return stream.finish();
}

Sink::Sink(Sink&& other) noexcept
    : opened_(std::move(other.opened_)), shown_(std::move(other.shown_)), beside_(std::exchange(other.beside_, {})),
      file_(std::move(other.file_)) {}

Sink::~Sink() {
    if (!beside_.empty()) unlink(beside_.c_str());
}

Expected<Sink> Sink::beside(const std::string& file, const std::string& shown) {
    std::string name = directory_of(file) + "/.festore-XXXXXX";
    Sink sink(Descriptor(mkostemp(name.data(), O_CLOEXEC)), shown);
    if (!sink.opened_.valid()) return write_failure(shown);
    sink.beside_ = name;
    sink.file_ = file;
    if (fchmod(sink.opened_.get(), 0600) != 0) return write_failure(shown);
    return sink;
}

Expected<Sink> Sink::open(const std::string& file, uint64_t bytes) {
    // What a pipe of usual size holds, or this one would, is written at once anyway.
    const bool lasts = bytes > 2 * kTransferBytes;
    if (is_standard_stream(file)) {
        if (lasts) widen_pipe(STDOUT_FILENO);
        return Sink(Descriptor(-1), {});
    }
    struct stat found {};
    if (lstat(file.c_str(), &found) != 0) {
        if (errno != ENOENT) return write_failure(file);
        return beside(file, file);
    }
    if (S_ISLNK(found.st_mode) && stat(file.c_str(), &found) != 0) return write_failure(file);
    if (S_ISDIR(found.st_mode)) {
        errno = EISDIR;
        return write_failure(file);
    }
    if (!S_ISREG(found.st_mode)) {
        Sink sink(Descriptor(::open(file.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY)), file);
        if (!sink.opened_.valid()) return write_failure(file);
        if (lasts) widen_pipe(sink.opened_.get());
        return sink;
    }
    const std::unique_ptr<char, decltype(&std::free)> resolved(realpath(file.c_str(), nullptr), &std::free);
    if (resolved == nullptr) return write_failure(file);
    return beside(resolved.get(), file);
}

Expected<void> Sink::write(Bytes part) {
    if (!opened_.valid()) return write_standard_output(part);
    if (!write_all(opened_.get(), part)) return write_failure(shown_);
    return {};
}

Expected<void> Sink::finish() {
    if (beside_.empty()) return {};
    if (fsync(opened_.get()) != 0 || rename(beside_.c_str(), file_.c_str()) != 0) return write_failure(shown_);
    beside_.clear();
    if (!sync_directory(directory_of(file_))) return write_failure(shown_);
    return {};
}

}  // namespace festore::cli
