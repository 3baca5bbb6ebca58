// SPDX-License-Identifier: BSD-2-Clause
// A device with a store under either anchor, for the tests of repair.
#pragma once
#include "base/limits.h"
#include "sim/include/tee_internal_api.h"
#include "tests/store/harness/model.h"

namespace festore::store_test {

inline const std::string kDirectory = "/data/user/store";
inline const std::string kPages = kDirectory + "/pages";
inline const std::string kOldPages = kDirectory + "/pages.old";
inline const std::string kOlderPages = kDirectory + "/pages.older";
inline constexpr size_t kPage = limits::kPageBytes;

class Repairing : public testing::TestWithParam<Anchor> {
protected:
    static const Verb& verb() { return all_verbs()[1]; }  // put: it begins with a store
    static Objects objects() { return *verb().states().front(); }
    void SetUp() override { before_ = before_verb(device_, verb(), GetParam()); }
    uint32_t storage() const { return GetParam() == Anchor::ree ? TEE_STORAGE_PRIVATE_REE : TEE_STORAGE_PRIVATE_RPMB; }

    void lose_record() { device_.restore({device_.snapshot().files, device_.tee_objects_but_tables()}); }
    void flip(const std::string& file, size_t offset) { device_.files().at(file)[offset] ^= std::byte{1}; }
    void damage_slot(size_t slot) { flip(kPages, slot * kPage + 100); }
    uint64_t generation() {
        Client client = device_.connect();
        return client.store()->status()->generation;
    }
    // The slot of the newest generation.
    size_t newest_slot() { return generation() % 2; }
    static int code(const auto& answer) { return answer ? 0 : static_cast<int>(answer.error().code); }
    static std::string message(const auto& answer) { return answer ? "" : answer.error().message; }

    // Checks that all objects are there, and that the store reports the lost freshness, works, and ends the report when it is acknowledged.
    void expect_repaired(const Objects& expected, uint64_t generation, uint32_t times = 1) {
        EXPECT_EQ(read_all(device_, "repaired"), expected);
        Client client = device_.connect();
        const auto status = client.store()->status();
        ASSERT_TRUE(status) << message(status);
        EXPECT_TRUE(status->freshness_lost);
        EXPECT_EQ(status->freshness_lost_generation, generation);
        EXPECT_EQ(status->freshness_lost_count, times);
        EXPECT_GT(status->generation, generation);
        EXPECT_EQ(status->objects, expected.size());
        ASSERT_TRUE(client.put("behind", content_of(300)));
        EXPECT_TRUE(client.store()->status()->freshness_lost) << "it persists";
        const auto acknowledged = client.store()->acknowledge();
        ASSERT_TRUE(acknowledged) << message(acknowledged);
        EXPECT_FALSE(acknowledged->freshness_lost);
        EXPECT_EQ(acknowledged->freshness_lost_count, times) << "the count remains";
        EXPECT_EQ(code(client.store()->acknowledge()), kConflict);
        const auto report = client.verify();
        ASSERT_TRUE(report) << message(report);
        EXPECT_TRUE(report->damaged.empty());
        EXPECT_EQ(report->objects, expected.size() + 1);
        EXPECT_FALSE(device_.connect().store()->status()->freshness_lost);
    }

    Device device_;
    Device::Snapshot before_;
};

}  // namespace festore::store_test
