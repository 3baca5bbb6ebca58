// SPDX-License-Identifier: BSD-2-Clause
// The normal world's files: reading what is to be stored, with a bound; writing what was read, whole or not at all.
// Errors: what the system forbids is not_permitted, a full disk no_space, everything else failure; standard output is
// always failure. Thread safety: one thread (write_file blocks signals of the calling thread while it runs).
#pragma once
#include "base/bytes.h"
#include "festore/client.hpp"

#include <string>
#include <vector>

namespace festore::cli {

// Somebody's plaintext: wiped when it ends.
class Content {
public:
    explicit Content(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}
    Content(Content&&) noexcept = default;  // leaves the other one empty
    Content& operator=(Content&& other) noexcept {
        bytes_.swap(other.bytes_);
        return *this;
    }
    ~Content() { wipe(bytes_); }
    [[nodiscard]] Bytes bytes() const { return bytes_; }

private:
    std::vector<std::byte> bytes_;
};

inline bool is_standard_stream(const std::string& file) { return file.empty() || file == "-"; }

// How much may be read, and what has that limit, for the message: "… bytes that WHAT can have".
struct InputLimit {
    size_t bytes_max;
    std::string_view what;
};

// Reads FILE, or standard input for "" and "-". Reads at most one byte more than the limit, and answers no_space then.
Expected<Content> read_input(const std::string& file, const InputLimit& limit);

// What one object can have in that storage. Of a store it is what this command holds in memory; its format knows more.
InputLimit content_limit(Storage storage);

// All of it; false leaves the reason in errno.
[[nodiscard]] bool write_all(int descriptor, Bytes bytes);
Expected<void> write_standard_output(Bytes bytes);

// Writes FILE with mode 0600: beside, synced, renamed, the directory synced. A symbolic link is followed. What is not
// a regular file (a device, a pipe) is written in place. On failure FILE is as it was and nothing else is left.
Expected<void> write_file(const std::string& file, Bytes bytes);

// Descriptors 0 to 2 that the caller has closed are taken by something that refuses to be read or written, so that no
// file or device opened later becomes standard output by accident.
void occupy_standard_descriptors();

}  // namespace festore::cli
