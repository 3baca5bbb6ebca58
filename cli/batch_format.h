// SPDX-License-Identifier: BSD-2-Clause
// The format of `festore batch` (docs/batch.md): text in, commands out; no files, no TEE. All of it is read before the first
// command runs, so that a wrong line prevents every command. Thread safety: nothing is shared.
#pragma once
#include "base/host/file_io.h"

#include <string_view>

namespace festore::cli {

inline constexpr size_t kBatchLineBytesMax = size_t{64} << 10;
inline constexpr size_t kBatchBytesMax = size_t{256} << 20;

// A content given in a line. A batch may have very many small ones: too many to give each its own pages (Content).
class LineContent {
public:
    LineContent() = default;
    explicit LineContent(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}
    LineContent(LineContent&&) noexcept = default;
    LineContent& operator=(LineContent&& other) noexcept {
        bytes_.swap(other.bytes_);
        return *this;
    }
    ~LineContent() { wipe(bytes_); }
    [[nodiscard]] Bytes bytes() const { return bytes_; }

private:
    std::vector<std::byte> bytes_;
};

struct BatchCommand {
    enum class Kind { put_file, put_content, remove, rename } kind = Kind::remove;
    size_t line = 0;                // from 1
    std::string name;               // valid as a name
    std::string target;             // put_file: the file; rename: the new name, also valid
    LineContent content;            // put_content
    PutOptions put;
    bool replace = false;           // rename
};

// usage: the number of the first wrong line, and what is wrong with it.
Result<std::vector<BatchCommand>> parse_batch(std::string_view text);

}  // namespace festore::cli
