// SPDX-License-Identifier: BSD-2-Clause
// Files of the normal world: reads what is to be stored, with a bound; writes to standard output.
// Errors: not_permitted if the system forbids it, no_space if the disk is full, else failure; for standard output
// always failure. Thread safety: one thread.
#pragma once
#include "base/bytes.h"
#include "base/host/guarded_memory.h"
#include "festore/client.hpp"

#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace festore {

// Plaintext in guarded memory; wiped by the destructor.
class Content {
public:
    explicit Content(size_t size = 0) : bytes_(size) {}  // zeroes
    explicit Content(GuardedBytes bytes) : bytes_(std::move(bytes)) {}
    Content(Content&&) noexcept = default;  // leaves the other one empty
    Content& operator=(Content&& other) noexcept {
        bytes_.swap(other.bytes_);
        return *this;
    }
    ~Content() { wipe(bytes_); }
    [[nodiscard]] Bytes bytes() const { return bytes_; }
    [[nodiscard]] MutableBytes room() { return bytes_; }

private:
    GuardedBytes bytes_;
};

class Descriptor {
public:
    explicit Descriptor(int value) : value_(value) {}
    Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
    Descriptor& operator=(Descriptor&&) = delete;
    ~Descriptor() {
        if (value_ >= 0) close(value_);
    }
    [[nodiscard]] int get() const { return value_; }
    [[nodiscard]] bool valid() const { return value_ >= 0; }

private:
    int value_;
};

inline bool is_standard_stream(const std::string& file) { return file.empty() || file == "-"; }

// How much may be read, and what has that limit, for the message: "… bytes that WHAT can have".
struct InputLimit {
    size_t bytes_max;
    std::string_view what;
};

// Reads FILE, or standard input for "" and "-". Reads at most one byte more than the limit; then it fails with no_space.
Result<Content> read_input(const std::string& file, const InputLimit& limit);
// The error for `what` with more than the limit.
Error beyond_limit(const std::string& what, const InputLimit& limit);

// A pipe that was opened for reading may have no writer: after this time a message says once that the command waits.
inline constexpr int kToldAfterMilliseconds = 1000;
[[nodiscard]] bool is_pipe(int descriptor);
std::string waits_for_pipe(const std::string& what);

// The error for the current errno: "cannot DOING: …".
Error system_error(const std::string& operation);

// Writes all of it. If false, errno has the reason.
[[nodiscard]] bool write_all(int descriptor, Bytes bytes);
Result<void> write_standard_output(Bytes bytes);

// One line on standard error, "festore: …", whatever bytes the message has.
void print_line(std::string_view message);

// Opens those of the descriptors 0 to 2 that the caller has closed, so that using them is an error, and so that no file or
// device opened later becomes standard output by accident.
void occupy_standard_descriptors();

}  // namespace festore
