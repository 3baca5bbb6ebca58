// SPDX-License-Identifier: BSD-2-Clause
#include "inspect/extract.h"

#include "base/host/hex.h"
#include "base/host/destination.h"
#include "inspect/report.h"
#include "base/host/text.h"
#include "inspect/tree_text.h"
#include "ree_fs/crypto.h"

#include <cerrno>
#include <climits>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace festore::inspect {
namespace {

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

void close_and_forget(int& descriptor) {
    if (descriptor >= 0) (void)::close(descriptor);
    descriptor = -1;
}

}  // namespace

std::string percent_encoded(std::string_view id) {
    std::string text;
    for (const char c : id) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                           c == '_' || c == '~' || (c == '.' && !text.empty());
        text += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return text;
}

std::string file_name_of(std::string_view name) {
    std::string encoded = percent_encoded(name);
    if (encoded.size() <= NAME_MAX) return encoded;
    ree_fs::Sha256 sha;
    sha.add(bytes_of(name));
    const std::string digest = hex(sha.finish());
    return encoded.substr(0, NAME_MAX - 1 - digest.size()) + "=" + digest;
}

Extractor::Extractor(std::string folder) : folder_(std::move(folder)) {}

Extractor::~Extractor() {
    file_.reset();
    close_and_forget(subfolder_descriptor_);
    close_and_forget(folder_descriptor_);
}

void Extractor::failed(const std::string& what, const std::string& path) {
    const int why = errno;
    const ErrorCode code = why == EACCES || why == EPERM                    ? ErrorCode::not_permitted
                           : why == ENOSPC || why == EDQUOT || why == EFBIG ? ErrorCode::no_space
                                                                            : ErrorCode::failure;
    errors_.push_back({code, fmt::format("cannot {} {}: {}", what, escaped(path), std::strerror(why)), 0, 0});
    broken_ = true;
}

bool Extractor::open_folder() {
    if (folder_descriptor_ >= 0) return true;
    Result<Descriptor> found = make_folder(folder_);
    if (!found) {
        errors_.push_back(found.error());
        broken_ = true;
        return false;
    }
    folder_descriptor_ = fcntl(found->get(), F_DUPFD_CLOEXEC, 0);
    if (folder_descriptor_ < 0) failed("open", folder_);
    return folder_descriptor_ >= 0;
}

// Opens the folder that the next file belongs to.
bool Extractor::open_subfolder(const std::string& subfolder) {
    close_and_forget(subfolder_descriptor_);
    if (subfolder.empty()) {
        subfolder_descriptor_ = ::openat(folder_descriptor_, ".", kFolderFlags);
        if (subfolder_descriptor_ < 0) failed("open", folder_);
        return subfolder_descriptor_ >= 0;
    }
    const std::string path = folder_ + "/" + subfolder;
    if (::mkdirat(folder_descriptor_, subfolder.c_str(), 0700) != 0 && errno != EEXIST) {
        failed("make", path);
        return false;
    }
    subfolder_descriptor_ = ::openat(folder_descriptor_, subfolder.c_str(), kFolderFlags | O_NOFOLLOW);
    struct stat found {};
    bool is_usable = subfolder_descriptor_ >= 0 && ::fstat(subfolder_descriptor_, &found) == 0;
    if (is_usable && found.st_uid != geteuid() && found.st_uid != 0) {  // its owner could move what is made there
        errno = EPERM;
        is_usable = false;
    }
    if (!is_usable) failed("open", path);
    return is_usable;
}

ree_fs::ContentSink* Extractor::begin(const ree_fs::DirEntry& entry) {
    return begin(uuid_text(entry.owner), percent_encoded(entry.id));
}

void Extractor::end(const ree_fs::DirEntry&, bool whole) { (void)end(whole); }

ree_fs::ContentSink* Extractor::begin(const std::string& subfolder, const std::string& file) {
    if (broken_ || !open_folder() || !open_subfolder(subfolder)) return nullptr;
    file_name_ = file;
    file_path_ = folder_ + "/" + (subfolder.empty() ? "" : subfolder + "/") + file;
    struct stat found {};
    if (::fstatat(subfolder_descriptor_, file.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0) {
        is_taken();
        return nullptr;
    }
    if (collected_.insert(subfolder).second) collect_new_files(subfolder_descriptor_);
    auto made = NewFile::make(subfolder_descriptor_);
    if (made) file_.emplace(std::move(*made));
    else failed("write", file_path_);
    return made ? this : nullptr;
}

void Extractor::is_taken() {
    errors_.push_back({ErrorCode::conflict, escaped(file_path_) + " is there already and was not overwritten", 0, 0});
}

void Extractor::take(Bytes content) {
    while (!broken_ && !content.empty()) {
        const ssize_t written = ::write(file_->descriptor(), content.data(), content.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return failed("write", file_path_);
        content = content.subspan(static_cast<size_t>(written));
    }
}

std::string Extractor::end(bool whole) {
    const bool named = !broken_ && whole && file_->give_name(file_name_, false);
    if (!broken_ && whole && !named) {
        if (errno == EEXIST) is_taken();
        else failed("write", file_path_);
    }
    file_.reset();
    if (!named) return {};
    paths_.push_back(file_path_);
    return file_path_;
}

}  // namespace festore::inspect
