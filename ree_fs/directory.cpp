// SPDX-License-Identifier: BSD-2-Clause
#include "ree_fs/directory.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <tuple>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace festore::ree_fs {
namespace {

class DescriptorSource final : public FileSource {
public:
    DescriptorSource(int descriptor, uint64_t size, uint64_t& reads)
        : descriptor_(descriptor), size_(size), reads_(reads) {}
    DescriptorSource(const DescriptorSource&) = delete;
    DescriptorSource& operator=(const DescriptorSource&) = delete;
    ~DescriptorSource() override { (void)::close(descriptor_); }

    [[nodiscard]] uint64_t size() const override { return size_; }
    [[nodiscard]] bool read(uint64_t offset, MutableBytes out) override {
        if (offset > size_ || out.size() > size_ - offset) return false;
        ++reads_;
        while (!out.empty()) {
            const ssize_t got = ::pread(descriptor_, out.data(), out.size(), static_cast<off_t>(offset));
            if (got < 0 && errno == EINTR) continue;
            if (got <= 0) return false;
            out = out.subspan(static_cast<size_t>(got));
            offset += static_cast<uint64_t>(got);
        }
        return true;
    }

private:
    int descriptor_;
    uint64_t size_;
    uint64_t& reads_;
};

}  // namespace

NameKind kind_of_name(const std::string& name, uint32_t& number) {
    number = 0;
    if (name == "dirf.db") return NameKind::directory_file;
    const char* const end = name.data() + name.size();
    // Accept only the spelling that OP-TEE uses: converted back, the number must give the same name.
    if (const auto [stop, error] = std::from_chars(name.data(), end, number, 16);
        error == std::errc{} && stop == end && name_of_file(number) == name) {
        return NameKind::numbered;
    }
    uint32_t ta = 0;
    if (name.ends_with(".ta") && std::from_chars(name.data(), end, ta, 10).ptr == end - 3 &&
        std::to_string(ta) + ".ta" == name) {
        return NameKind::installed_ta;
    }
    number = 0;
    return NameKind::foreign;
}

std::string name_of_file(uint32_t number) {
    std::array<char, 8> digits{};
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16);
    return error == std::errc{} ? std::string(digits.data(), end) : std::string();
}

Outcome<std::vector<DirectoryName>> StorageDirectory::names(size_t names_max) const {
    const int copy = ::openat(descriptor_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (copy < 0) return fail(Code::generic);
    DIR* const stream = ::fdopendir(copy);
    if (stream == nullptr) {
        (void)::close(copy);
        return fail(Code::generic);
    }
    std::vector<DirectoryName> names;
    errno = 0;
    while (const dirent* const found = ::readdir(stream)) {
        DirectoryName entry;
        entry.name = found->d_name;
        if (entry.name == "." || entry.name == "..") continue;
        if (names.size() == names_max) {
            (void)::closedir(stream);
            return fail(Code::limit_exceeded);
        }
        entry.kind = kind_of_name(entry.name, entry.number);
        struct stat status {};
        if (::fstatat(descriptor_, entry.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
            entry.regular = S_ISREG(status.st_mode);
            entry.size = entry.regular ? static_cast<uint64_t>(status.st_size) : 0;
            entry.links = status.st_nlink;
            entry.identity = {status.st_dev, status.st_ino};
        }
        names.push_back(std::move(entry));
        errno = 0;
    }
    const bool failed = errno != 0;
    (void)::closedir(stream);
    if (failed) return fail(Code::generic);
    std::ranges::sort(names, {}, [](const DirectoryName& n) { return std::tie(n.kind, n.number, n.name); });
    return names;
}

std::unique_ptr<FileSource> StorageDirectory::open(const std::string& name, bool* denied) const {
    // O_NONBLOCK, in case a pipe has replaced the file.
    const int descriptor = ::openat(descriptor_, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (denied != nullptr) *denied = descriptor < 0 && (errno == EACCES || errno == EPERM);
    if (descriptor < 0) return nullptr;
    struct stat status {};
    if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
        (void)::close(descriptor);
        return nullptr;
    }
    return std::make_unique<DescriptorSource>(descriptor, static_cast<uint64_t>(status.st_size), reads_);
}

}  // namespace festore::ree_fs
