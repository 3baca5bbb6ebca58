// SPDX-License-Identifier: BSD-2-Clause
// From format 1.0 to 1.1: the first change of any store replaces the root table, in one step. After a cut or failure at any place,
// each store has its state before or after.
#include "engine/records/table_format.h"
#include "tests/store/harness/repairing.h"

namespace festore::store_test {
namespace {

constexpr const char* kOthers = "/data/other/store";

class Upgrading : public Repairing {
protected:
    // A device as a festore of 1.0 left it, with two owners' stores.
    void SetUp() override {
        Repairing::SetUp();
        InitOptions options;
        options.anchor = GetParam();
        {
            Client other = device_.connect(1001, kOthers);
            ASSERT_TRUE(other.store()->init(options));
            ASSERT_TRUE(other.put("theirs", content_of(77)));
        }
        before_ = device_.snapshot();
        before_.tee = as_of_1_0(device_.tee_objects());
        before_.disk = {};
        device_.restore(before_);
    }
    static Device::TeeObjects as_of_1_0(Device::TeeObjects tee) {
        Device::TeeObjects old{*Device::table_in(tee)};
        Content& content = old.begin()->second;
        content.erase(content.begin(), content.begin() + engine::kTableHeaderBytes);
        for (size_t at = 0; at < content.size(); at += engine::kRootRecordBytes) {
            content[at + 5] = std::byte{0};
            for (size_t i = 184; i < 188; ++i) content[at + i] = std::byte{0};  // flags
            for (size_t i = 232; i < 240; ++i) content[at + i] = std::byte{0};  // changes
        }
        return old;
    }
    bool is_of_1_0() {
        Device::TeeObjects tee = device_.tee_objects();
        return Device::table_in(tee)->second.size() % engine::kRootRecordBytes == 0;
    }
    void expect_others() {
        Client other = device_.connect(1001, kOthers);
        EXPECT_EQ(*other.get("theirs"), content_of(77));
    }
    static Objects objects_after() { return *verb().states().back(); }
    bool change() {
        Result<Client> client = device_.try_connect();
        return client && verb().run(*client, GetParam());
    }
    // The state is old or new, new if the change was acknowledged; and the stores still work.
    void check(bool is_acknowledged, const std::string& what) {
        const Model now = read_all(device_, what);
        EXPECT_TRUE(now == objects_after() || (!is_acknowledged && now == objects())) << what;
        expect_others();
        EXPECT_TRUE(device_.connect().put("behind", content_of(300))) << what;
        EXPECT_FALSE(is_of_1_0()) << what;
        EXPECT_TRUE(device_.connect(1001, kOthers).put("theirs", content_of(77))) << what;
        EXPECT_TRUE(device_.connect().verify()->damaged.empty()) << what;
    }
};

TEST_P(Upgrading, ReadingChangesNothing) {
    EXPECT_EQ(read_all(device_, "read"), objects());
    ASSERT_TRUE(device_.connect().verify());
    ASSERT_TRUE(device_.connect().store()->status());
    EXPECT_TRUE(is_of_1_0());
    EXPECT_EQ(device_.snapshot().files, before_.files);
}

TEST_P(Upgrading, NoVersionComesTwice) {
    const uint64_t before = device_.connect().stat("a")->version;
    ASSERT_TRUE(device_.connect().remove("a"));
    const auto again = device_.connect().put("a", content_of(10));
    ASSERT_TRUE(again) << message(again);
    EXPECT_GT(again->version, uint64_t{1} << 32);
    EXPECT_LT(before, uint64_t{1} << 32);
}

TEST_P(Upgrading, ThenALostRecordIsBroughtBackAndADestroyedOneIsNot) {
    ASSERT_TRUE(change());
    const Device::Snapshot upgraded = device_.snapshot();
    lose_record();
    ASSERT_TRUE(device_.connect().store()->repair());
    EXPECT_EQ(read_all(device_, "repaired"), objects_after());
    device_.restore(upgraded);
    ASSERT_TRUE(device_.connect().store()->destroy());
    device_.files().restore(upgraded.files);
    const auto refused = device_.connect().store()->repair();
    EXPECT_EQ(code(refused), kConflict) << message(refused);
    // The other owner's store was never changed by this version, but is destroyed all the same.
    ASSERT_TRUE(device_.connect(1001, kOthers).store()->destroy());
    device_.files().restore(upgraded.files);
    EXPECT_FALSE(device_.connect(1001, kOthers).store()->repair());
}

TEST_P(Upgrading, CutAtEveryEventAndEveryCallIntoTeeStorage) {
    size_t cases = 0;
    for (const char kind : {'e', 's', 'd'}) {
        for (uint64_t n = 1; n < 1000; ++n, ++cases) {
            std::mt19937_64 random(n);
            device_.restore(before_);
            if (kind == 'e') device_.cut_at_event(n);
            else if (kind == 's') device_.cut_at_storage_call(n);
            else device_.cut_at_disk_change(n, static_cast<unsigned>(n % 5));
            const bool done = change();
            const bool cut = device_.is_off();
            EXPECT_TRUE(cut || done) << kind << n;
            device_.cut_power(random);
            check(done, std::string(1, kind) + std::to_string(n));
            if (!cut) break;
            ASSERT_FALSE(HasFailure()) << kind << n;
        }
    }
    std::printf("%zu cuts\n", cases);
    EXPECT_GT(cases, 15U);
}

TEST_P(Upgrading, EveryFaultOfTheTee) {
    size_t cases = 0;
    for (const uint32_t result : {TEE_ERROR_STORAGE_NOT_AVAILABLE, TEE_ERROR_STORAGE_NO_SPACE}) {
        for (const bool panics : {false, true}) {
            for (uint64_t n = 1; n < 200; ++n, ++cases) {
                device_.restore(before_);
                sim::Faults faults;
                faults.storage = n;
                faults.storage_code = result;
                faults.panic_on_storage = panics;
                device_.tee().set_faults(faults);
                const bool done = change();
                const bool due = device_.tee().faults().storage != 0;
                device_.tee().set_faults({});
                device_.end_programs();
                check(done, std::to_string(result) + (panics ? " panic " : " ") + std::to_string(n));
                if (due) break;
                ASSERT_FALSE(HasFailure()) << n;
            }
        }
    }
    std::printf("%zu faults\n", cases);
    EXPECT_GT(cases, 10U);
}

INSTANTIATE_TEST_SUITE_P(Anchors, Upgrading, testing::Values(Anchor::ree, Anchor::rpmb),
                         [](const auto& i) { return i.param == Anchor::ree ? "Ree" : "Rpmb"; });

}  // namespace
}  // namespace festore::store_test
