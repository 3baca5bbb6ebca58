// SPDX-License-Identifier: BSD-2-Clause
// The REE storage, as OP-TEE keeps it: each change does to the files what OP-TEE would do, in the same order. So a power cut leaves the
// same state, and a real OP-TEE with the same hardware key can open the directory.
#include "ree_fs/writer/memory_supplicant.h"
#include "ree_fs/object.h"
#include "ree_fs/writer/storage.h"
#include "sim/include/tee_internal_api.h"
#include "sim/storage/object_store.h"

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace festore::sim {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kHead = ree_fs::kObjectHeadBytes;

// A disk of limited size for the supplicant.
class LimitedMemory final : public ree_fs::MemorySupplicant {
public:
    explicit LimitedMemory(uint64_t bytes_max) : bytes_max_(bytes_max) {}

protected:
    Status do_write(int file, uint64_t offset, Bytes bytes) override {
        uint64_t used = 0;
        for (const auto& [name, content] : files()) used += content->size();
        const uint64_t end = offset + bytes.size();
        const uint64_t size = content_of(file).size();
        if (end > size && used + (end - size) > bytes_max_) return fail(Code::storage_no_space);
        return MemorySupplicant::do_write(file, offset, bytes);
    }

private:
    uint64_t bytes_max_;
};

class LimitedDirectory final : public ree_fs::DirectorySupplicant {
public:
    LimitedDirectory(fs::path path, int descriptor, uint64_t bytes_max)
        : DirectorySupplicant(descriptor), path_(std::move(path)), descriptor_(descriptor), bytes_max_(bytes_max) {}
    ~LimitedDirectory() override { ::close(descriptor_); }
    LimitedDirectory(const LimitedDirectory&) = delete;
    LimitedDirectory& operator=(const LimitedDirectory&) = delete;

protected:
    Status do_write(int file, uint64_t offset, Bytes bytes) override {
        struct stat info {};
        if (::fstat(file, &info) != 0) return fail(Code::storage_not_available);
        const uint64_t end = offset + bytes.size();
        const auto size = static_cast<uint64_t>(info.st_size);
        if (end > size && used() + (end - size) > bytes_max_) return fail(Code::storage_no_space);
        return DirectorySupplicant::do_write(file, offset, bytes);
    }

private:
    [[nodiscard]] uint64_t used() const {
        uint64_t bytes = 0;
        std::error_code none;
        for (const auto& entry : fs::directory_iterator(path_, none))
            if (entry.is_regular_file(none)) bytes += entry.file_size(none);
        return bytes;
    }

    fs::path path_;
    int descriptor_;
    uint64_t bytes_max_;
};

ree_fs::Huk huk_of(const Config& config) {
    Outcome<ree_fs::Huk> huk = ree_fs::Huk::from_bytes(config.huk);
    if (!huk) std::abort();  // cannot happen: 16 bytes are a valid key
    return std::move(*huk);
}

ObjectStore::IoResult outcome_of(Code code) {
    switch (code) {
    case Code::item_not_found: return ObjectStore::IoResult::missing;
    case Code::access_conflict: return ObjectStore::IoResult::exists;
    case Code::corrupt_object: return ObjectStore::IoResult::damaged;
    case Code::storage_no_space: return ObjectStore::IoResult::no_space;
    default: return ObjectStore::IoResult::failed;
    }
}
template <class T>
ObjectStore::IoResult outcome_of(const Outcome<T>& result) {
    return result ? ObjectStore::IoResult::ok : outcome_of(result.error().code);
}

class ReeFsStore final : public ObjectStore {
public:
    ReeFsStore(const Config& config, std::shared_ptr<ree_fs::Supplicant> supplicant)
        : supplicant_(std::move(supplicant)), storage_(*supplicant_, huk_of(config)) {}

    IoResult load(const ObjectKey& key, Blob& content) override {
        std::unique_ptr<ree_fs::StoredObject> stored;
        if (const IoResult done = open_data(key, stored); done != IoResult::ok) return done;
        content.resize(static_cast<size_t>(stored->length() - kHead));
        return read_from(*stored, 0, content);
    }
    IoResult save(const ObjectKey& key, const Blob& content) override { return outcome_of(make(key, content, true)); }
    IoResult rename(const ObjectKey& from, const ObjectKey& to) override { return outcome_of(storage_.rename(from.ta, from.id, to.id)); }
    IoResult erase(const ObjectKey& key) override {
        const IoResult removed = outcome_of(storage_.remove(key.ta, key.id));
        return removed == IoResult::missing ? IoResult::ok : removed;
    }
    IoResult list(uint32_t storage, const Uuid& ta, std::vector<ObjectKey>& keys) override {
        const Outcome<std::vector<std::string>> ids = storage_.ids(ta);
        if (!ids) return outcome_of(ids);
        for (const std::string& id : *ids) {
            const Bytes bytes = bytes_of(id);
            keys.push_back({storage, ta, Blob(bytes.begin(), bytes.end())});
        }
        return IoResult::ok;
    }
    std::shared_ptr<const void> hold_list(uint32_t) override { return storage_.hold(); }
    void damage(const ObjectKey& key) override {
        const Outcome<std::string> name = storage_.file_of(key.ta, key.id);
        if (!name) return;
        if (const Outcome<int> emptied = supplicant_->create(*name)) supplicant_->close(*emptied);
    }

    // Reads the object's head and none of its data, as OP-TEE does: damage of the data is found when it is read.
    IoResult open(OpenObject& object) override {
        std::unique_ptr<ree_fs::StoredObject> stored;
        const IoResult done = open_data(object.key, stored);
        if (done == IoResult::ok) object.held = std::move(stored);
        return done;
    }
    IoResult create(OpenObject& object, Bytes content, bool overwrite) override {
        auto stored = make(object.key, content, overwrite);
        if (!stored) return outcome_of(stored);
        object.held = std::move(*stored);
        return IoResult::ok;
    }
    [[nodiscard]] size_t size(const OpenObject& object) const override { return static_cast<size_t>(held(object).length() - kHead); }
    IoResult read(OpenObject& object, size_t offset, MutableBytes out) override {
        if (const IoResult again = open_again(object); again != IoResult::ok) return again;
        return read_from(held(object), offset, out);
    }
    IoResult write(OpenObject& object, size_t offset, Bytes bytes) override {
        if (const IoResult again = open_again(object); again != IoResult::ok) return again;
        return outcome_of(held(object).write(kHead + offset, bytes));
    }
    IoResult resize(OpenObject& object, size_t size) override {
        if (const IoResult again = open_again(object); again != IoResult::ok) return again;
        return outcome_of(held(object).resize(kHead + size));
    }
    [[nodiscard]] uint64_t round_trips() const override { return supplicant_->trips().all(); }

private:
    static ree_fs::StoredObject& held(const OpenObject& object) { return *static_cast<ree_fs::StoredObject*>(object.held.get()); }
    // A failure through one handle affects only that handle: another one continues with the version that is in force.
    IoResult open_again(OpenObject& object) { return held(object).broken() ? open(object) : IoResult::ok; }
    IoResult open_data(const ObjectKey& key, std::unique_ptr<ree_fs::StoredObject>& stored) {
        auto there = storage_.open(key.ta, key.id);
        if (!there) return outcome_of(there);
        std::array<std::byte, ree_fs::kObjectHeadBytes> bytes{};
        const Outcome<size_t> size = (*there)->read(0, bytes);
        if (!size) return outcome_of(size);
        const auto head = ree_fs::decode_object_head(Bytes(bytes).first(*size), (*there)->length());
        if (!head) return IoResult::damaged;
        if (head->attributes_bytes != 0 || head->type != ree_fs::kTypeData) return IoResult::not_data;
        stored = std::move(*there);
        return IoResult::ok;
    }
    static IoResult read_from(ree_fs::StoredObject& stored, size_t offset, MutableBytes out) {
        const Outcome<size_t> size = stored.read(kHead + offset, out);
        if (size && *size != out.size()) return IoResult::damaged;
        return outcome_of(size);
    }
    Outcome<std::unique_ptr<ree_fs::StoredObject>> make(const ObjectKey& key, Bytes content, bool overwrite) {
        ree_fs::ObjectHead head;
        head.usage = TEE_USAGE_DEFAULT;
        head.type = ree_fs::kTypeData;
        return storage_.create(key.ta, key.id, {ree_fs::encode_object_head(head), content}, overwrite);
    }

    std::shared_ptr<ree_fs::Supplicant> supplicant_;
    ree_fs::Storage storage_;
};

int opened(const fs::path& directory) {
    if (!make_directories(directory.parent_path(), directory)) return -1;
    return ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

}  // namespace

std::unique_ptr<ObjectStore> make_ree_fs_store(const Config& config, const fs::path& directory) {
    if (config.ree_disk) return std::make_unique<ReeFsStore>(config, config.ree_disk);
    if (directory.empty()) return std::make_unique<ReeFsStore>(config, std::make_shared<LimitedMemory>(config.storage_bytes_max));
    const int descriptor = opened(directory);
    if (descriptor < 0) {
        std::fprintf(stderr, "simulated TEE: cannot use %s\n", directory.c_str());
        std::exit(1);
    }
    return std::make_unique<ReeFsStore>(config, std::make_shared<LimitedDirectory>(directory, descriptor, config.storage_bytes_max));
}

fs::path object_file(const Config& config, uint32_t storage, const Uuid& ta, Bytes object_id) {
    if (storage == TEE_STORAGE_PRIVATE_RPMB) return rpmb_object_file(config.directory, ta, object_id);
    const fs::path folder = config.directory / "ree";
    if (!fs::exists(folder / "dirf.db")) return {};
    const int descriptor = opened(folder);
    if (descriptor < 0) return {};
    LimitedDirectory supplicant(folder, descriptor, UINT64_MAX);
    ree_fs::Storage files(supplicant, huk_of(config));
    const Outcome<std::string> name = files.file_of(ta, object_id);
    return name ? folder / *name : fs::path();
}

}  // namespace festore::sim
