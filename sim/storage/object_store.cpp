// SPDX-License-Identifier: BSD-2-Clause
#include "sim/storage/object_store.h"

#include "sim/include/tee_internal_api.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace festore::sim {

namespace fs = std::filesystem;
using IoResult = ObjectStore::IoResult;

IoResult ObjectStore::open(OpenObject& object) { return load(object.key, object.content); }

IoResult ObjectStore::create(OpenObject& object, Bytes content, bool overwrite) {
    if (Blob before; !overwrite) {
        const IoResult there = load(object.key, before);
        if (there == IoResult::ok || there == IoResult::damaged) return IoResult::exists;
        if (there != IoResult::missing) return there;
    }
    return replace(object, Blob(content.begin(), content.end()));
}

IoResult ObjectStore::read(OpenObject& object, size_t offset, MutableBytes out) {
    copy_bytes(Bytes(object.content).subspan(offset, out.size()), out);
    return IoResult::ok;
}

IoResult ObjectStore::write(OpenObject& object, size_t offset, Bytes bytes) {
    Blob content = object.content;
    content.resize(std::max(content.size(), offset + bytes.size()));
    copy_bytes(bytes, MutableBytes(content).subspan(offset));
    return replace(object, std::move(content));
}

IoResult ObjectStore::resize(OpenObject& object, size_t size) {
    Blob content = object.content;
    content.resize(size);
    return replace(object, std::move(content));
}

IoResult ObjectStore::replace(OpenObject& object, Blob content) {
    const IoResult saved = save(object.key, content);
    if (saved == IoResult::ok) object.content = std::move(content);
    return saved;
}

namespace {

// Holds the lock of the directory as long as it lives.
class DirectoryLock {
public:
    explicit DirectoryLock(const fs::path& root) {
        if (root.empty()) return;
        std::error_code none;
        fs::create_directories(root, none);
        descriptor_ = ::open((root / "lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
        if (descriptor_ >= 0 && flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
        std::fprintf(stderr, "simulated TEE: %s is in use by another process, or not writable\n", root.c_str());
        std::exit(1);
    }
    ~DirectoryLock() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    DirectoryLock(const DirectoryLock&) = delete;
    DirectoryLock& operator=(const DirectoryLock&) = delete;

private:
    int descriptor_ = -1;
};

// Older versions had their own format in ree/ instead of OP-TEE's: a folder for each TA.
void refuse_old_format(const fs::path& ree) {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(ree, none)) {
        const std::string name = entry.path().filename().string();
        if (!entry.is_directory(none) || name.size() != 32 || name.find_first_not_of("0123456789abcdef") != std::string::npos) continue;
        std::fprintf(stderr, "simulated TEE: %s was written by an older festore: remove it, what is in it is lost\n", ree.c_str());
        std::exit(1);
    }
}

class BothStorages final : public ObjectStore {
public:
    explicit BothStorages(const Config& config) : lock_(config.directory) {
        const fs::path ree = config.directory.empty() ? fs::path() : config.directory / "ree";
        if (!ree.empty()) refuse_old_format(ree);
        ree_ = make_ree_fs_store(config, ree);
        rpmb_ = make_rpmb_store(config);
    }
    IoResult load(const ObjectKey& key, Blob& content) override { return of(key).load(key, content); }
    IoResult save(const ObjectKey& key, const Blob& content) override { return of(key).save(key, content); }
    IoResult rename(const ObjectKey& from, const ObjectKey& to) override { return of(from).rename(from, to); }
    IoResult erase(const ObjectKey& key) override { return of(key).erase(key); }
    IoResult list(uint32_t storage, const Uuid& ta, std::vector<ObjectKey>& keys) override {
        return of({storage, ta, {}}).list(storage, ta, keys);
    }
    std::shared_ptr<const void> hold_list(uint32_t storage) override { return of({storage, {}, {}}).hold_list(storage); }
    void damage(const ObjectKey& key) override { of(key).damage(key); }
    IoResult open(OpenObject& object) override { return of(object.key).open(object); }
    IoResult create(OpenObject& object, Bytes content, bool overwrite) override {
        return of(object.key).create(object, content, overwrite);
    }
    [[nodiscard]] size_t size(const OpenObject& object) const override { return of(object.key).size(object); }
    IoResult read(OpenObject& object, size_t offset, MutableBytes out) override { return of(object.key).read(object, offset, out); }
    IoResult write(OpenObject& object, size_t offset, Bytes bytes) override { return of(object.key).write(object, offset, bytes); }
    IoResult resize(OpenObject& object, size_t size) override { return of(object.key).resize(object, size); }
    [[nodiscard]] uint64_t round_trips() const override { return ree_->round_trips() + rpmb_->round_trips(); }

private:
    [[nodiscard]] ObjectStore& of(const ObjectKey& key) const { return key.storage == TEE_STORAGE_PRIVATE_RPMB ? *rpmb_ : *ree_; }

    DirectoryLock lock_;
    std::unique_ptr<ObjectStore> ree_;
    std::unique_ptr<ObjectStore> rpmb_;
};

}  // namespace

std::unique_ptr<ObjectStore> make_object_store(const Config& config) { return std::make_unique<BothStorages>(config); }

}  // namespace festore::sim
