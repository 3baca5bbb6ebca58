// SPDX-License-Identifier: BSD-2-Clause
// The RPMB storage: OP-TEE keeps it in blocks of a device; here it is one file for each object, in the simulator's own format.
#include "sim/storage/object_store.h"

#include "base/host/hex.h"
#include "sim/include/tee_internal_api.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

namespace festore::sim {
namespace {

namespace fs = std::filesystem;

bool unhex(const std::string& text, Blob& out) {
    if (text.size() % 2 != 0 || text.find_first_not_of("0123456789abcdef") != std::string::npos) return false;
    out.clear();
    for (size_t i = 0; i < text.size(); i += 2)
        out.push_back(static_cast<std::byte>(std::stoul(text.substr(i, 2), nullptr, 16)));
    return true;
}

constexpr const char* kFolder = "rpmb";

class MemoryStore : public ObjectStore {
public:
    explicit MemoryStore(uint64_t bytes_max) : bytes_max_(bytes_max) {}
    IoResult load(const ObjectKey& key, Blob& content) override {
        const auto found = objects_.find(key);
        if (found == objects_.end()) return IoResult::missing;
        content = found->second;
        return damaged_.contains(key) ? IoResult::damaged : IoResult::ok;
    }
    IoResult save(const ObjectKey& key, const Blob& content) override {
        uint64_t used = content.size();
        for (const auto& [other, bytes] : objects_)
            if (other != key) used += bytes.size();
        if (used > bytes_max_) return IoResult::no_space;
        objects_[key] = content;
        damaged_.erase(key);
        return IoResult::ok;
    }
    IoResult rename(const ObjectKey& from, const ObjectKey& to) override {
        if (objects_.contains(to)) return IoResult::exists;
        auto node = objects_.extract(from);
        if (node.empty()) return IoResult::missing;
        node.key() = to;
        objects_.insert(std::move(node));
        if (damaged_.erase(from) != 0) damaged_.insert(to);
        return IoResult::ok;
    }
    IoResult erase(const ObjectKey& key) override {
        objects_.erase(key);
        damaged_.erase(key);
        return IoResult::ok;
    }
    void damage(const ObjectKey& key) override {
        if (objects_.contains(key)) damaged_.insert(key);
    }
    IoResult list(uint32_t, const Uuid& ta, std::vector<ObjectKey>& keys) override {
        for (const auto& [key, bytes] : objects_)
            if (key.ta == ta) keys.push_back(key);
        return IoResult::ok;
    }

private:
    uint64_t bytes_max_;
    std::map<ObjectKey, Blob> objects_;
    std::set<ObjectKey> damaged_;
};

class File {
public:
    File(const fs::path& path, int flags) : fd_(open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
    ~File() {
        if (fd_ >= 0) close(fd_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    [[nodiscard]] int fd() const { return fd_; }

    bool write_all(Bytes bytes) const {
        while (!bytes.empty()) {
            const ssize_t n = write(fd_, bytes.data(), bytes.size());
            if (n <= 0) return false;
            bytes = bytes.subspan(static_cast<size_t>(n));
        }
        return true;
    }
    bool read_all(Blob& bytes) const {
        struct stat info{};
        if (fstat(fd_, &info) != 0) return false;
        bytes.resize(static_cast<size_t>(info.st_size));
        size_t done = 0;
        while (done < bytes.size()) {
            const ssize_t n = read(fd_, bytes.data() + done, bytes.size() - done);
            if (n <= 0) return false;
            done += static_cast<size_t>(n);
        }
        return true;
    }

private:
    int fd_;
};

bool sync_directory(const fs::path& directory) {
    const File d(directory, O_RDONLY | O_DIRECTORY);
    return d.fd() >= 0 && fsync(d.fd()) == 0;
}

class FileStore : public ObjectStore {
public:
    explicit FileStore(const Config& config)
        : root_(config.directory), bytes_max_(config.storage_bytes_max), sealer_(config.huk) {
        std::error_code none;
        for (const auto& entry : fs::recursive_directory_iterator(root_ / kFolder, none))
            if (entry.path().extension() == kNew) fs::remove(entry.path(), none);  // what a crash left behind
    }

    IoResult load(const ObjectKey& key, Blob& content) override {
        const File file(file_of(key), O_RDONLY);
        if (file.fd() < 0) return errno == ENOENT ? IoResult::missing : IoResult::failed;
        Blob sealed;
        if (!file.read_all(sealed)) return IoResult::failed;
        return sealer_.open(place_of(key), sealed, content) ? IoResult::ok : IoResult::damaged;
    }
    IoResult save(const ObjectKey& key, const Blob& content) override {
        if (used_beside(key) + content.size() > bytes_max_) return IoResult::no_space;
        return replace(key, content);
    }
    IoResult rename(const ObjectKey& from, const ObjectKey& to) override {
        std::error_code none;
        if (fs::exists(file_of(to), none)) return IoResult::exists;
        Blob content;
        if (const IoResult loaded = load(from, content); loaded != IoResult::ok) return loaded;
        if (const IoResult saved = replace(to, content); saved != IoResult::ok) return saved;
        return erase(from);
    }
    IoResult erase(const ObjectKey& key) override {
        const fs::path file = file_of(key);
        if (unlink(file.c_str()) != 0) return errno == ENOENT ? IoResult::ok : IoResult::failed;
        return sync_directory(file.parent_path()) ? IoResult::ok : IoResult::failed;
    }
    void damage(const ObjectKey& key) override {
        const File file(file_of(key), O_WRONLY);
        struct stat info{};
        if (file.fd() < 0 || fstat(file.fd(), &info) != 0 || info.st_size == 0) return;
        if (ftruncate(file.fd(), info.st_size - 1) != 0) std::perror("simulated TEE: cannot damage an object");
    }
    IoResult list(uint32_t storage, const Uuid& ta, std::vector<ObjectKey>& keys) override {
        std::error_code none;
        for (const auto& entry : fs::directory_iterator(root_ / kFolder / hex(ta.bytes), none)) {
            ObjectKey key{storage, ta, {}};
            const std::string name = entry.path().filename().string();
            if (name.starts_with("o") && unhex(name.substr(1), key.id)) keys.push_back(key);
        }
        return IoResult::ok;
    }

private:
    static constexpr const char* kNew = ".new";

    [[nodiscard]] fs::path file_of(const ObjectKey& key) const {
        return rpmb_object_file(root_, key.ta, key.id);
    }
    static std::string place_of(const ObjectKey& key) {
        return std::string(kFolder) + "/" + hex(key.ta.bytes) + "/" + hex(key.id);
    }
    [[nodiscard]] uint64_t used_beside(const ObjectKey& key) const {
        uint64_t used = 0;
        std::error_code none;
        const fs::path own = file_of(key);
        for (const auto& entry : fs::recursive_directory_iterator(root_ / kFolder, none))
            if (entry.is_regular_file(none) && entry.path() != own) used += entry.file_size(none);
        return used;
    }
    // Writes a new file beside the old one, syncs, renames, syncs the directory.
    IoResult replace(const ObjectKey& key, const Blob& content) {
        const fs::path file = file_of(key);
        const fs::path beside = file.string() + kNew;
        bool done = make_directories(root_, file.parent_path());
        if (done) {
            const File out(beside, O_CREAT | O_TRUNC | O_WRONLY);
            done = out.fd() >= 0 && out.write_all(sealer_.seal(place_of(key), content)) && fsync(out.fd()) == 0;
        }
        done = done && ::rename(beside.c_str(), file.c_str()) == 0 && sync_directory(file.parent_path());
        if (done) return IoResult::ok;
        const bool full = errno == ENOSPC || errno == EDQUOT;
        unlink(beside.c_str());
        return full ? IoResult::no_space : IoResult::failed;
    }

    fs::path root_;
    uint64_t bytes_max_;
    Sealer sealer_;
};

}  // namespace

bool make_directories(const fs::path& root, const fs::path& directory) {
    if (directory == root || mkdir(directory.c_str(), 0700) == 0) return directory == root || sync_directory(directory.parent_path());
    if (errno == EEXIST) return true;
    return errno == ENOENT && make_directories(root, directory.parent_path()) && make_directories(root, directory);
}

fs::path rpmb_object_file(const fs::path& directory, const Uuid& ta, Bytes object_id) {
    return directory / kFolder / hex(ta.bytes) / ("o" + hex(object_id));
}

std::unique_ptr<ObjectStore> make_rpmb_store(const Config& config) {
    if (config.directory.empty()) return std::make_unique<MemoryStore>(config.storage_bytes_max);
    return std::make_unique<FileStore>(config);
}

}  // namespace festore::sim
