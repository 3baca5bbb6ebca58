// SPDX-License-Identifier: BSD-2-Clause
#include "sim/object_store.h"

#include "sim/include/tee_internal_api.h"
#include "sim/openssl.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <sys/file.h>
#include <unistd.h>

namespace festore::sim {
namespace {

namespace fs = std::filesystem;

std::string hex(Bytes b) {
    std::string text;
    for (const std::byte x : b) {
        text += "0123456789abcdef"[static_cast<unsigned>(x) >> 4];
        text += "0123456789abcdef"[static_cast<unsigned>(x) & 15];
    }
    return text;
}

bool unhex(const std::string& text, Blob& out) {
    if (text.size() % 2 != 0 || text.find_first_not_of("0123456789abcdef") != std::string::npos) return false;
    out.clear();
    for (size_t i = 0; i < text.size(); i += 2)
        out.push_back(static_cast<std::byte>(std::stoul(text.substr(i, 2), nullptr, 16)));
    return true;
}

const char* folder_of(uint32_t storage) { return storage == TEE_STORAGE_PRIVATE_RPMB ? "rpmb" : "ree"; }

class MemoryStore : public ObjectStore {
public:
    explicit MemoryStore(uint64_t bytes_max) : bytes_max_(bytes_max) {}
    Outcome load(const ObjectKey& key, Blob& content) override {
        const auto found = objects_.find(key);
        if (found == objects_.end()) return Outcome::missing;
        content = found->second;
        return Outcome::ok;
    }
    Outcome save(const ObjectKey& key, const Blob& content) override {
        uint64_t used = content.size();
        for (const auto& [other, bytes] : objects_)
            if (other.storage == key.storage && other != key) used += bytes.size();
        if (used > bytes_max_) return Outcome::no_space;
        objects_[key] = content;
        return Outcome::ok;
    }
    void erase(const ObjectKey& key) override { objects_.erase(key); }
    std::vector<ObjectKey> list(uint32_t storage, const Uuid& ta) override {
        std::vector<ObjectKey> keys;
        for (const auto& [key, bytes] : objects_)
            if (key.storage == storage && key.ta == ta) keys.push_back(key);
        return keys;
    }

private:
    uint64_t bytes_max_;
    std::map<ObjectKey, Blob> objects_;
};

// File: nonce (12), ciphertext, tag (16). AES-256-GCM; the key is HMAC-SHA256(HUK, label); storage, TA and id are the
// associated data, so that files cannot be swapped.
class FileStore : public ObjectStore {
public:
    explicit FileStore(const Config& config) : root_(config.directory), bytes_max_(config.storage_bytes_max) {
        fs::create_directories(root_);
        lock_ = open((root_ / "lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
        if (lock_ < 0 || flock(lock_, LOCK_EX | LOCK_NB) != 0) {
            std::fprintf(stderr, "simulated TEE: %s is in use by another process, or not writable\n", root_.c_str());
            std::exit(1);
        }
        constexpr std::string_view label = "festore simulated trusted storage 1";
        unsigned size = 0;
        HMAC(EVP_sha256(), config.huk.data(), static_cast<int>(config.huk.size()),
             reinterpret_cast<const unsigned char*>(label.data()), label.size(), key_.data(), &size);
    }
    ~FileStore() override { close(lock_); }

    Outcome load(const ObjectKey& key, Blob& content) override {
        std::ifstream in(file_of(key), std::ios::binary);
        if (!in) return errno == ENOENT ? Outcome::missing : Outcome::failed;
        const std::string text((std::istreambuf_iterator<char>(in)), {});
        return open_sealed(key, bytes_of(text), content) ? Outcome::ok : Outcome::damaged;
    }
    Outcome save(const ObjectKey& key, const Blob& content) override {
        if (used_beside(key) + content.size() > bytes_max_) return Outcome::no_space;
        const fs::path file = file_of(key);
        fs::create_directories(file.parent_path());
        const fs::path beside = file.string() + ".new";
        const bool written = write_durably(beside, seal(key, content)) && rename(beside.c_str(), file.c_str()) == 0 &&
                             sync_directory(file.parent_path());
        if (!written) return errno == ENOSPC || errno == EDQUOT ? Outcome::no_space : Outcome::failed;
        return Outcome::ok;
    }
    void erase(const ObjectKey& key) override {
        unlink(file_of(key).c_str());
        sync_directory(file_of(key).parent_path());
    }
    std::vector<ObjectKey> list(uint32_t storage, const Uuid& ta) override {
        std::vector<ObjectKey> keys;
        std::error_code none;
        for (const auto& entry : fs::directory_iterator(root_ / folder_of(storage) / hex(ta.bytes), none)) {
            ObjectKey key{storage, ta, {}};
            const std::string name = entry.path().filename().string();
            if (name.starts_with("o") && unhex(name.substr(1), key.id)) keys.push_back(key);
        }
        return keys;
    }

private:
    [[nodiscard]] fs::path file_of(const ObjectKey& key) const {
        return object_file(root_, key.storage, key.ta, key.id);
    }
    [[nodiscard]] uint64_t used_beside(const ObjectKey& key) const {
        uint64_t used = 0;
        std::error_code none;
        const fs::path own = file_of(key);
        for (const auto& entry : fs::recursive_directory_iterator(root_ / folder_of(key.storage), none))
            if (entry.is_regular_file(none) && entry.path() != own) used += entry.file_size(none);
        return used;
    }
    static std::string associated_data(const ObjectKey& key) {
        return std::string(folder_of(key.storage)) + "/" + hex(key.ta.bytes) + "/" + hex(key.id);
    }
    static unsigned char* u8(std::byte* p) { return reinterpret_cast<unsigned char*>(p); }
    static const unsigned char* u8(const std::byte* p) { return reinterpret_cast<const unsigned char*>(p); }

    [[nodiscard]] Blob seal(const ObjectKey& key, const Blob& content) const {
        Blob sealed(12 + content.size() + 16);
        RAND_bytes(u8(sealed.data()), 12);
        const std::string aad = associated_data(key);
        const CipherContext c(EVP_CIPHER_CTX_new());
        int n = 0;
        EVP_EncryptInit_ex2(c.get(), EVP_aes_256_gcm(), key_.data(), u8(sealed.data()), nullptr);
        EVP_EncryptUpdate(c.get(), nullptr, &n, u8(bytes_of(aad).data()), static_cast<int>(aad.size()));
        EVP_EncryptUpdate(c.get(), u8(sealed.data()) + 12, &n, u8(content.data()), static_cast<int>(content.size()));
        EVP_EncryptFinal_ex(c.get(), u8(sealed.data()) + 12 + content.size(), &n);
        EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_AEAD_GET_TAG, 16, u8(sealed.data()) + 12 + content.size());
        return sealed;
    }
    [[nodiscard]] bool open_sealed(const ObjectKey& key, Bytes sealed, Blob& content) const {
        if (sealed.size() < 28) return false;
        const size_t size = sealed.size() - 28;
        content.resize(size);
        std::array<unsigned char, 16> tag{};
        std::copy_n(u8(sealed.data()) + 12 + size, tag.size(), tag.begin());
        const std::string aad = associated_data(key);
        const CipherContext c(EVP_CIPHER_CTX_new());
        int n = 0;
        EVP_DecryptInit_ex2(c.get(), EVP_aes_256_gcm(), key_.data(), u8(sealed.data()), nullptr);
        EVP_DecryptUpdate(c.get(), nullptr, &n, u8(bytes_of(aad).data()), static_cast<int>(aad.size()));
        EVP_DecryptUpdate(c.get(), u8(content.data()), &n, u8(sealed.data()) + 12, static_cast<int>(size));
        EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_AEAD_SET_TAG, 16, tag.data());
        return EVP_DecryptFinal_ex(c.get(), u8(content.data()) + size, &n) == 1;
    }
    static bool write_durably(const fs::path& file, const Blob& bytes) {
        const int fd = open(file.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
        if (fd < 0) return false;
        size_t done = 0;
        while (done < bytes.size()) {
            const ssize_t n = write(fd, bytes.data() + done, bytes.size() - done);
            if (n <= 0) break;
            done += static_cast<size_t>(n);
        }
        const bool synced = done == bytes.size() && fsync(fd) == 0;
        close(fd);
        return synced;
    }
    static bool sync_directory(const fs::path& directory) {
        const int fd = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        const bool synced = fd >= 0 && fsync(fd) == 0;
        if (fd >= 0) close(fd);
        return synced;
    }

    fs::path root_;
    uint64_t bytes_max_;
    int lock_ = -1;
    std::array<unsigned char, 32> key_{};
};

}  // namespace

fs::path object_file(const fs::path& directory, uint32_t storage, const Uuid& ta, Bytes object_id) {
    return directory / folder_of(storage) / hex(ta.bytes) / ("o" + hex(object_id));
}

std::unique_ptr<ObjectStore> make_object_store(const Config& config) {
    if (config.directory.empty()) return std::make_unique<MemoryStore>(config.storage_bytes_max);
    return std::make_unique<FileStore>(config);
}

}  // namespace festore::sim
