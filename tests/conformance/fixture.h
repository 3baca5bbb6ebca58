// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include "tests/conformance/backend.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace festore::conformance {

using Content = std::vector<std::byte>;

// `size` bytes that vary with position and seed.
inline Content content_of(size_t size, unsigned seed = 1) {
    Content content(size);
    uint32_t state = seed * 2654435761U + 1;
    for (std::byte& b : content) {
        state = state * 1664525U + 1013904223U;
        b = static_cast<std::byte>(state >> 24);
    }
    return content;
}

class Conformance : public testing::TestWithParam<Storage> {
protected:
    // A client of the suite's user in the storage under test.
    Client connect(Owner owner = Owner::user()) {
        Result<Client> client = try_connect(owner);
        if (!client) ADD_FAILURE() << "connect: " << client.error().message;
        if (!client) std::exit(1);  // nothing else can work
        make_store(*client, owner);
        return std::move(*client);
    }
    // The public has no store: uses the storage ree instead.
    Result<Client> try_connect(Owner owner = Owner::user()) {
        ClientOptions options;
        options.owner = owner;
        options.storage = is_store(owner) ? Storage::store : GetParam() == Storage::store ? Storage::ree : GetParam();
        options.store_directory = is_store(owner) ? store_directory(owner) : "";
        return backend().connect(options);
    }
    static bool is_store(const Owner& owner) {
        return GetParam() == Storage::store && owner.kind != Owner::Kind::public_;
    }
    static void make_store(Client& client, const Owner& owner) {
        if (!is_store(owner) || client.store()->status()) return;
        const auto made = client.store()->init();
        EXPECT_TRUE(made) << made.error().message;
    }
    // The answer's code, 0 for success; also noted for the comparison of two TEEs.
    template <class T>
    int code(const std::string& which, const Result<T>& answer) {
        const auto* info = testing::UnitTest::GetInstance()->current_test_info();
        note_answer(std::string(info->name()) + " " + which, answer ? nullptr : &answer.error());
        return answer ? 0 : static_cast<int>(answer.error().code);
    }
    // Each test begins without objects of its user and of the public.
    void SetUp() override {
        for (const Owner owner : {Owner::user(), Owner::public_()}) {
            Client client = connect(owner);
            remove_all(client);
        }
    }
    static void remove_all(Client& client) {
        const Result<Listing> listing = client.list();
        ASSERT_TRUE(listing) << listing.error().message;
        for (const ObjectInfo& object : listing->objects) {
            const auto removed = client.remove(object.name);
            ASSERT_TRUE(removed) << removed.error().message;
        }
    }
    static std::vector<std::string> names(Client& client, std::string_view prefix = {}) {
        const Result<Listing> listing = client.list(prefix);
        EXPECT_TRUE(listing) << listing.error().message;
        std::vector<std::string> result;
        if (listing)
            for (const ObjectInfo& object : listing->objects) result.push_back(object.name);
        return result;
    }
};

inline constexpr int kUsage = static_cast<int>(ErrorCode::usage);
inline constexpr int kNotFound = static_cast<int>(ErrorCode::not_found);
inline constexpr int kConflict = static_cast<int>(ErrorCode::conflict);
inline constexpr int kNotPermitted = static_cast<int>(ErrorCode::not_permitted);
inline constexpr int kNoSpace = static_cast<int>(ErrorCode::no_space);

}  // namespace festore::conformance
