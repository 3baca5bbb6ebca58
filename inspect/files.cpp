// SPDX-License-Identifier: BSD-2-Clause
#include "inspect/files.h"

#include "base/host/error.h"
#include "base/secret_bytes.h"
#include "base/host/text.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace festore::inspect {
namespace {

// Hexadecimal text of the longest key, "0x", and some white space around it.
constexpr size_t kHukFileBytesMax = 2 * ree_fs::kHukBytesMax + 64;

// If the key itself was given instead of its file's name, it must not appear on the screen or in a log.
std::string shown_name(const std::string& path) {
    const auto plain = [](unsigned char c) {
        return std::isxdigit(c) != 0 || std::isspace(c) != 0 || c == 'x' || c == 'X' || c == ':';
    };
    return std::ranges::all_of(path, plain)
               ? "the file that --huk-file names (a file's name belongs there, never the key)"
               : escaped(path);
}

}  // namespace

OpenFile::~OpenFile() {
    if (descriptor_ > STDERR_FILENO) (void)::close(descriptor_);
}

Error file_error(const std::string& what) {
    const ErrorCode code = errno == EACCES || errno == EPERM ? ErrorCode::not_permitted : ErrorCode::failure;
    return {code, what + ": " + std::strerror(errno), 0, 0};
}

bool lies_within(const std::string& path, int directory) {
    struct stat wanted {};
    std::error_code failed;
    std::filesystem::path at = std::filesystem::weakly_canonical(std::filesystem::absolute(path, failed), failed);
    if (failed || ::fstat(directory, &wanted) != 0) return false;
    for (;; at = at.parent_path()) {
        struct stat status {};
        if (::stat(at.c_str(), &status) == 0 && status.st_dev == wanted.st_dev && status.st_ino == wanted.st_ino)
            return true;
        if (!at.has_relative_path()) return false;
    }
}

Result<ree_fs::Huk> read_huk(const std::string& path) {
    const bool standard = path == "-";
    const std::string shown = standard ? "standard input" : shown_name(path);
    const OpenFile file(standard ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) return unexpected(file_error("cannot open " + shown));
    SecretBytes<kHukFileBytesMax + 1> content;
    size_t size = 0;
    while (size < content.size()) {
        const ssize_t got = ::read(file.get(), content.fill().data() + size, content.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return unexpected(file_error("cannot read " + shown));
        if (got == 0) break;
        size += static_cast<size_t>(got);
    }
    Outcome<ree_fs::Huk> huk = size <= kHukFileBytesMax ? ree_fs::Huk::parse(content.expose().first(size))
                                                       : Outcome<ree_fs::Huk>(fail(Code::bad_format));
    if (huk) return std::move(*huk);
    return unexpected(Error{ErrorCode::usage,
                                     shown +
                                         " is not a hardware unique key: give 16 or 32 raw bytes, or 16 to 64 bytes in "
                                         "hexadecimal",
                                     0, 0});
}

}  // namespace festore::inspect
