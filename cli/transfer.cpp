// SPDX-License-Identifier: BSD-2-Clause
#include "cli/transfer.h"

#include "cli/interrupts.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "client/errors.h"
#include "protocol/store_files.h"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

namespace festore::cli {
namespace {

tl::unexpected<Error> write_failure(const std::string& file) {
    const int reason = errno;
    const std::string doing = "write " + quote(file);
    errno = reason;
    return unexpected(system_error(doing));
}

// Room for two parts: whoever fills it, or empties it, goes on while the TEE works. What is no pipe refuses.
void widen_pipe(int descriptor) { (void)fcntl(descriptor, F_SETPIPE_SZ, static_cast<int>(2 * kTransferBytes)); }

}  // namespace

Expected<Source> Source::open(const std::string& file) {
    const bool standard = is_standard_stream(file);
    const std::string what = standard ? "standard input" : quote(file);
    // Without waiting for somebody to write to a pipe: read() does that, and a signal ends it.
    Source source(Descriptor(standard ? -1 : ::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)), what);
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

Expected<size_t> Source::read(MutableBytes out) {
    size_t used = 0;
    while (used < out.size()) {
        const bool tells = std::exchange(may_wait_long_, false);
        const auto waited = InterruptsHeld::wait_for_input(descriptor(), tells ? kToldAfterMilliseconds : -1);
        if (!waited) return unexpected(waited.error());
        if (!*waited) print_line(waits_for_pipe(what_));
        if (!*waited) continue;
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
    Content buffer(kTransferBytes);
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

namespace {

// By what the folders are, not by their paths.
bool is_folder(int folder, const std::string& path) {
    struct stat opened {};
    struct stat named {};
    return fstat(folder, &opened) == 0 && stat(path.c_str(), &named) == 0 && opened.st_dev == named.st_dev &&
           opened.st_ino == named.st_ino;
}

Expected<void> check_outside(const Destination& destination, const std::string& file, const std::string& store) {
    if (store.empty() || destination.stream) return {};
    const int folder = destination.folder.get();
    if (!is_folder(folder, store) && !is_folder(folder, store + "/" + std::string(protocol::kPayloadFolder))) return {};
    return unexpected({ErrorCode::usage,
                       fmt::format("cannot write {}: it lies in the store's own directory; choose another place", quote(file)), 0, 0});
}

}  // namespace

Expected<Sink> Sink::open(const std::string& file, uint64_t bytes, const std::string& store) {
    // What a pipe of usual size holds, or this one would, is written at once anyway.
    const bool lasts = bytes > 2 * kTransferBytes;
    if (is_standard_stream(file)) {
        if (lasts) widen_pipe(STDOUT_FILENO);
        return Sink({Descriptor(-1), {}, {}}, {});
    }
    Expected<Destination> destination = find_destination(file);
    if (!destination) return unexpected(destination.error());
    if (const auto outside = check_outside(*destination, file, store); !outside) return unexpected(outside.error());
    Sink sink(std::move(*destination), file);
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

Expected<void> Sink::write(Bytes part) {
    if (!file_ && !destination_.stream) return write_standard_output(part);
    if (!write_all(file_ ? file_->descriptor() : destination_.stream->get(), part)) return write_failure(shown_);
    return {};
}

Expected<void> Sink::finish() {
    if (file_ && !file_->give_name(destination_.name, true)) return write_failure(shown_);
    return {};
}

}  // namespace festore::cli
