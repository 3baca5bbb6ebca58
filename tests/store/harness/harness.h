// SPDX-License-Identifier: BSD-2-Clause
// The library's stores with the TA in a simulated TEE of this process, and a directory for each test.
#pragma once
#include "client/files/access.h"
#include "sim/teec/teec_in_process.h"
#include "ta/host/image.h"
#include "tests/store/harness/simulated_files.h"

#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

namespace festore::store_test {

inline Content content_of(size_t size, unsigned seed = 1) {
    Content content(size);
    uint32_t state = seed * 2654435761U + 1;
    for (std::byte& b : content) {
        state = state * 1664525U + 1013904223U;
        b = static_cast<std::byte>(state >> 24);
    }
    return content;
}

class StoreTest : public testing::Test {
protected:
    explicit StoreTest(const sim::Config& config = {}) : tee_(std::make_unique<sim::Tee>(config)) {
        tee_->install(ta::host_image());
        sim::use_tee(tee_.get());
        std::string name = testing::TempDir() + "/festore-store.XXXXXX";
        folder_ = mkdtemp(name.data());
    }
    ~StoreTest() override {
        sim::reset_caller();
        sim::use_tee(nullptr);
        std::filesystem::remove_all(folder_);
    }

    // A client of the user's store `name`; the first put creates the store.
    Client connect(const std::string& name = "store", uint32_t uid = 1000, Files* files = nullptr) {
        Result<Client> client = try_connect(name, uid, files);
        if (!client) throw std::runtime_error(client.error().message);
        return std::move(*client);
    }
    Result<Client> try_connect(const std::string& name, uint32_t uid, Files* files) {
        sim::set_caller({uid, uid, {}});
        ClientOptions options;
        options.storage = Storage::store;
        options.store_directory = files != nullptr ? "/" + name : (folder_ / name).string();
        options.wait = wait_;
        options.idle_timeout = idle_timeout_;
        return ClientAccess::connect(sim::teec_in_process(), options, uid, files);
    }
    template <class T>
    static int code(const Result<T>& answer) {
        return answer ? 0 : static_cast<int>(answer.error().code);
    }
    template <class T>
    static std::string message(const Result<T>& answer) {
        return answer ? "" : answer.error().message;
    }
    static std::vector<std::string> names(Client& client, std::string_view prefix = {}) {
        const Result<Listing> listing = client.list(prefix);
        EXPECT_TRUE(listing) << message(listing);
        std::vector<std::string> result;
        if (listing)
            for (const ObjectInfo& object : listing->objects) result.push_back(object.name);
        return result;
    }

    std::unique_ptr<sim::Tee> tee_;
    std::filesystem::path folder_;
    std::chrono::seconds wait_{0};
    std::chrono::milliseconds idle_timeout_{0};
};

inline constexpr int kDone = 0;
inline constexpr int kNotFound = static_cast<int>(ErrorCode::not_found);
inline constexpr int kConflict = static_cast<int>(ErrorCode::conflict);
inline constexpr int kDamaged = static_cast<int>(ErrorCode::damaged);
inline constexpr int kNotPermitted = static_cast<int>(ErrorCode::not_permitted);
inline constexpr int kNoTee = static_cast<int>(ErrorCode::no_tee);
inline constexpr int kNoSpace = static_cast<int>(ErrorCode::no_space);
inline constexpr int kBusy = static_cast<int>(ErrorCode::busy);

}  // namespace festore::store_test
