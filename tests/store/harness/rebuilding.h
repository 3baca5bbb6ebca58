// SPDX-License-Identifier: BSD-2-Clause
// A device with a store of some leaves under either anchor, for the tests of rebuild, of dropping damage and of undoing a drop.
#pragma once
#include "base/limits.h"
#include "sim/include/tee_internal_api.h"
#include "tests/store/harness/model.h"

#include <algorithm>

namespace festore::store_test {

class Rebuilding : public testing::TestWithParam<Anchor> {
protected:
    static constexpr const char* kPages = "/data/user/store/pages";
    static constexpr const char* kOldPages = "/data/user/store/pages.old";
    static constexpr const char* kNextPages = "/data/user/store/pages.next";
    static constexpr const char* kHeader = "/data/user/store/festore.store";
    static constexpr const char* kPayloads = "/data/user/store/payloads";
    static constexpr size_t kPage = limits::kPageBytes;
    static constexpr size_t kPayload = 40000;

    void SetUp() override { fill(120); }

    void fill(unsigned objects) {
        device_.restore({{{"/"}, {}}, {}});
        truth_.clear();
        Client client = device_.connect();
        InitOptions options;
        options.anchor = GetParam();
        ASSERT_TRUE(client.store()->init(options));
        Result<Transaction> transaction = client.store()->begin();
        ASSERT_TRUE(transaction);
        for (unsigned i = 0; i < objects; ++i) truth_["object " + std::to_string(1000 + i)] = content_of(150 + i % 50, i);
        truth_["payload 0"] = content_of(kPayload, 1);
        truth_["payload 1"] = content_of(kPayload, 2);
        for (const auto& [name, content] : truth_) ASSERT_TRUE(transaction->put(name, content));
        ASSERT_TRUE(transaction->commit());
        ASSERT_TRUE(client.put("object 1000", truth_["object 1000"]));
        good_ = device_.snapshot();
    }
    // All that OP-TEE keeps in its files is gone, or not mounted.
    void lose_tee_files() {
        device_.end_programs();
        auto objects = device_.tee_objects();
        std::erase_if(objects, [](const auto& object) { return object.first.first == TEE_STORAGE_PRIVATE_REE; });
        device_.restore({device_.snapshot().files, objects});
    }
    void flip(const std::string& file, size_t offset) { device_.files().at(file)[offset] ^= std::byte{1}; }
    void flip_page(size_t page, const std::string& file = kPages) { flip(file, page * kPage + 100); }
    [[nodiscard]] size_t pages() { return device_.files().at(kPages).size() / kPage; }
    bool has_file(const std::string& file) { return device_.snapshot().files.files.contains(file); }
    static int code(const auto& answer) { return answer ? 0 : static_cast<int>(answer.error().code); }
    static std::string message(const auto& answer) { return answer ? "" : answer.error().message; }

    static std::string name_of(Cipher cipher) { return cipher == Cipher::aes_256_gcm ? "aes-256-gcm" : "chacha20-poly1305"; }
    Cipher other_cipher() {
        const auto status = device_.connect().store()->status();
        EXPECT_TRUE(status) << message(status);
        const bool is_aes = status && status->cipher == name_of(Cipher::aes_256_gcm);
        return is_aes ? Cipher::chacha20_poly1305 : Cipher::aes_256_gcm;
    }
    // Counts the payload files. Storing a payload removes files that interrupted uploads left.
    size_t payload_files() {
        size_t count = 0;
        for (const auto& [name, content] : device_.snapshot().files.files) count += name.starts_with(kPayloads) ? 1U : 0U;
        return count;
    }

    // The file of "payload N".
    std::string payload_file(unsigned n) { return file_of("payload " + std::to_string(n)); }
    std::string file_of(const std::string& object) {
        std::vector<std::string> files;
        for (const auto& [name, content] : device_.snapshot().files.files)
            if (name.starts_with(kPayloads)) files.push_back(name);
        for (const std::string& file : files) {
            flip(file, 70);
            const bool is_its = code(device_.connect().get(object)) == kDamaged;
            flip(file, 70);
            if (is_its) return file;
        }
        ADD_FAILURE() << object << " has no file";
        return {};
    }
    // The objects that can be read, and the names that are damaged.
    struct Seen {
        Objects objects;
        std::vector<std::string> damaged;
    };
    Seen look() {
        Seen seen;
        Client client = device_.connect();
        for (const auto& [name, content] : truth_) {
            const auto got = client.get(name);
            if (got) seen.objects[name] = *got;
            else if (code(got) == kDamaged) seen.damaged.push_back(name);
            else ADD_FAILURE() << name << ": " << message(got);
        }
        return seen;
    }
    // A page whose damage loses some objects, but fewer than half.
    size_t leaf_page() {
        for (size_t page = 2; page < pages(); ++page) {
            flip_page(page);
            const Seen seen = look();
            flip_page(page);
            if (!seen.damaged.empty() && seen.objects.size() > truth_.size() / 2) return page;
        }
        ADD_FAILURE() << "no page is a leaf";
        return 0;
    }
    // A page whose damage loses that name, but not the first one.
    size_t page_of(const std::string& name) {
        for (size_t page = 2; page < pages(); ++page) {
            flip_page(page);
            const bool is_lost = code(device_.connect().get(name)) == kDamaged;
            const bool is_leaf = code(device_.connect().get(truth_.begin()->first)) == kDone;
            flip_page(page);
            if (is_lost && is_leaf) return page;
        }
        ADD_FAILURE() << "no page holds " << name;
        return 0;
    }
    // The page without which nothing can be read.
    size_t root_page() {
        for (size_t page = pages() - 1; page >= 2; --page) {
            flip_page(page);
            const bool is_root = code(device_.connect().get(truth_.begin()->first)) == kDamaged &&
                                 code(device_.connect().get(truth_.rbegin()->first)) == kDamaged;
            flip_page(page);
            if (is_root) return page;
        }
        ADD_FAILURE() << "no page is the root";
        return 0;
    }
    Result<DropReport> drop(bool most = true) {
        DropOptions options;
        options.most = most;
        return device_.connect().store()->drop_damaged(options);
    }
    static bool is_in(const LostRange& range, const std::string& name) {
        return range.from <= name && (range.before.empty() || name < range.before);
    }

    Device device_;
    Objects truth_;
    Device::Snapshot good_;
};

}  // namespace festore::store_test
