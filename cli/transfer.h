// SPDX-License-Identifier: BSD-2-Clause
// Moves contents between files of the normal world and an object, in parts, with bounded memory. Errors as in base/host/file_io.h.
// Thread safety: one thread.
#pragma once
#include "base/host/destination.h"
#include "base/host/file_io.h"
#include "base/host/new_file.h"

#include <optional>

namespace festore::cli {

class Progress;

// How much is moved at once, and at most held in memory.
inline constexpr size_t kTransferBytes = size_t{256} << 10;

// FILE, or standard input, as the content to store.
class Source {
public:
    static Result<Source> open(const std::string& file, const std::optional<InputLimit>& limit = {});
    // Fills `out`; less only at the end. Needs an InterruptsHeld. failure: a signal came. no_space: it has more than the limit.
    Result<size_t> read(MutableBytes out);
    // failure: a regular file changed since it was opened.
    [[nodiscard]] Result<void> check_unchanged() const;
    [[nodiscard]] std::optional<uint64_t> size() const;  // of a regular file

private:
    struct Stamp {
        bool is_regular = false;
        uint64_t bytes = 0;
        int64_t seconds = 0;
        int64_t nanoseconds = 0;
        bool operator==(const Stamp&) const = default;
    };
    Source(Descriptor opened, std::string what, const std::optional<InputLimit>& limit)
        : opened_(std::move(opened)), what_(std::move(what)), limit_(limit) {}
    [[nodiscard]] int descriptor() const;
    [[nodiscard]] Stamp stamp() const;

    Descriptor opened_;  // none: standard input
    std::string what_;   // for messages
    std::optional<InputLimit> limit_;
    uint64_t taken_ = 0;  // bytes, so far
    Stamp at_first_;
    bool may_wait_long_ = false;  // a pipe that may have no writer yet
};

// Stores `first`, which was already read from the source, and then the rest of the source.
Result<ObjectInfo> store_all(Source& source, Bytes first, WriteStream stream, const std::string& name, Progress& progress);
// For errors outside of the client library: "cannot put NAME: …".
Error in_put(const std::string& name, Error error);

// FILE, or standard output, to which an object is written. A new FILE, with mode 0600, appears or replaces the old one when it is whole
// (base/host/new_file.h). A device or a pipe is written in place if it belongs to the caller or root (base/host/destination.h). Without
// finish() FILE stays as it was and nothing else is left.
class Sink {
public:
    // `bytes`: how many will be written. Needs an InterruptsHeld, unless it is standard output. usage: FILE lies in the directory
    // of any store; nothing else may write there.
    static Result<Sink> open(const std::string& file, uint64_t bytes);
    Result<void> write(Bytes part);
    Result<void> finish();

private:
    Result<void> write_stream(Bytes part);
    explicit Sink(Destination destination, std::string shown) : destination_(std::move(destination)), shown_(std::move(shown)) {}

    Destination destination_;
    std::optional<NewFile> file_;  // neither this nor a stream: standard output
    std::string shown_;            // the file as the caller named it, for messages
};

}  // namespace festore::cli
