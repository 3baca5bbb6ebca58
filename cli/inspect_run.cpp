// SPDX-License-Identifier: BSD-2-Clause
#include "cli/inspect_run.h"

#include "base/secret_bytes.h"
#include "cli/inspect_extract.h"
#include "cli/inspect_report.h"
#include "cli/output.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

namespace festore::cli {
namespace {

// Hexadecimal text of the longest key, "0x", and some white space around it.
constexpr size_t kHukFileBytesMax = 2 * ree_fs::kHukBytesMax + 64;

class Descriptor {
public:
    explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (descriptor_ > STDERR_FILENO) (void)::close(descriptor_);
    }
    [[nodiscard]] int get() const { return descriptor_; }

private:
    int descriptor_;
};

Error system_error(const std::string& what) {
    const ErrorCode code = errno == EACCES || errno == EPERM ? ErrorCode::not_permitted : ErrorCode::failure;
    return {code, what + ": " + std::strerror(errno), 0, 0};
}

// Whoever gives the key itself where its file's name belongs does not want to see it on the screen, nor in a log.
std::string shown_name(const std::string& path) {
    const auto plain = [](unsigned char c) {
        return std::isxdigit(c) != 0 || std::isspace(c) != 0 || c == 'x' || c == 'X' || c == ':';
    };
    return std::ranges::all_of(path, plain)
               ? "the file that --huk-file names (a file's name belongs there, never the key)"
               : escaped(path);
}

// Whether `path`, or the place where it would be made, is the folder `directory` or lies below it.
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

// Reads the key into memory that is wiped, and nowhere else.
Expected<ree_fs::Huk> read_huk(const std::string& path) {
    const bool standard = path == "-";
    const std::string shown = standard ? "standard input" : shown_name(path);
    const Descriptor file(standard ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) return tl::make_unexpected(system_error("cannot open " + shown));
    SecretBytes<kHukFileBytesMax + 1> content;
    size_t size = 0;
    while (size < content.size()) {
        const ssize_t got = ::read(file.get(), content.fill().data() + size, content.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return tl::make_unexpected(system_error("cannot read " + shown));
        if (got == 0) break;
        size += static_cast<size_t>(got);
    }
    Result<ree_fs::Huk> huk = size <= kHukFileBytesMax ? ree_fs::Huk::parse(content.expose().first(size))
                                                       : Result<ree_fs::Huk>(fail(Code::bad_format));
    if (huk) return std::move(*huk);
    return tl::make_unexpected(Error{ErrorCode::usage,
                                     shown +
                                         " is not a hardware unique key: give 16 or 32 raw bytes, or 16 to 64 bytes in "
                                         "hexadecimal",
                                     0, 0});
}

InspectAnswer refused(Error error) { return {{}, nlohmann::ordered_json::object(), {std::move(error)}}; }

Error listing_error(const std::string& directory, Code code) {
    if (code == Code::limit_exceeded)
        return {ErrorCode::no_space, escaped(directory) + ": too many names to look at", 0, 0};
    return system_error("cannot list " + escaped(directory));
}

}  // namespace

InspectAnswer inspect(const InspectRequest& request) {
    if (!request.extract.empty() && request.huk_file.empty()) {
        return refused({ErrorCode::usage, "--extract needs the key: give --huk-file", 0, 0});
    }
    const Descriptor directory(::open(request.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.get() < 0) return refused(system_error("cannot open " + escaped(request.directory)));
    if (!request.extract.empty() && lies_within(request.extract, directory.get())) {
        return refused({ErrorCode::usage,
                        "--extract into " + escaped(request.directory) +
                            " itself would change what is looked at: name a folder outside of it",
                        0, 0});
    }
    std::optional<ree_fs::Huk> huk;
    if (!request.huk_file.empty()) {
        Expected<ree_fs::Huk> read = read_huk(request.huk_file);
        if (!read) return refused(read.error());
        huk.emplace(std::move(*read));
    }
    std::optional<Extractor> extractor;
    if (!request.extract.empty()) extractor.emplace(request.extract);
    const ree_fs::InspectionOptions options{
        huk ? &*huk : nullptr, nullptr, {&kFestoreTa, 1}, extractor ? &*extractor : nullptr};
    const Result<ree_fs::Inspection> inspection = inspect_storage(ree_fs::StorageDirectory(directory.get()), options);
    if (!inspection) return refused(listing_error(request.directory, inspection.error().code));
    if (!inspection->recognised()) {
        return refused({ErrorCode::failure,
                        escaped(request.directory) +
                            " is not a storage directory of OP-TEE: neither dirf.db nor numbered files "
                            "are in it (tee-supplicant's default is /var/lib/tee)",
                        0, 0});
    }
    InspectAnswer answer{inspection_text(request.directory, *inspection),
                         inspection_json(request.directory, *inspection),
                         inspection_errors(request.directory, *inspection)};
    if (inspection->key == ree_fs::KeyState::does_not_fit) {
        answer.errors.push_back({ErrorCode::not_permitted,
                                 "this hardware unique key does not open " + escaped(request.directory) +
                                     ": it is another device's, or this device's has changed since",
                                 0, 0});
    }
    if (extractor) {
        answer.document["extracted"] = nlohmann::ordered_json::array();
        for (const std::string& path : extractor->paths()) answer.document["extracted"].push_back(escaped(path));
        answer.text +=
            "extracted " + std::to_string(extractor->paths().size()) + " objects to " + escaped(request.extract) + "\n";
        answer.errors.insert(answer.errors.end(), extractor->errors().begin(), extractor->errors().end());
    }
    return answer;
}

}  // namespace festore::cli
