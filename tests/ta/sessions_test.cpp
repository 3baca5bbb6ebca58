// SPDX-License-Identifier: BSD-2-Clause
// Who still gets a session when there are few left (rules 21 and 28): one user can have thousands of identities.
#include "tests/ta/harness/store_harness.h"

namespace festore::ta {
namespace {

constexpr uint32_t kBusy = static_cast<uint32_t>(Code::busy);

class Sessions : public StoreCommands {
protected:
    using StoreCommands::StoreCommands;

    // Leaves no session open: the next session starts a new instance.
    void make_store_of(uid_t uid, Anchor anchor = Anchor::ree) {
        Disk disk;
        const uint32_t session = session_of(uid);
        make_store(session, disk, anchor);
        tee_.close_session(session);
    }
    // Opens as many sessions as that identity gets.
    size_t take_all(const sim::Identity& identity) {
        size_t taken = 0;
        for (uint32_t session = 0; taken < limits::kSessionsMax && open(identity, &session) == 0; ++taken) sessions_.push_back(session);
        return taken;
    }
    // A user with many subordinate ids.
    void take_all_as_strangers() {
        for (uid_t uid = kFirstStranger; uid < kFirstStranger + 2 * limits::kSessionsMax; ++uid) take_all(user(uid));
    }
    [[nodiscard]] uint64_t opened_in_storage() const { return tee_.counters().storage_open; }

    static constexpr uid_t kFirstStranger = 100000;
    static constexpr size_t kForStrangers = limits::kSessionsMax - limits::kSessionsKeptForOwners - limits::kSessionsKeptForRoot;
    std::vector<uint32_t> sessions_;
    uint32_t session_ = 0;
};

TEST_F(Sessions, Rule28OwnersAreNotKeptOutByIdentitiesThatHaveNoStore) {
    make_store_of(1000, Anchor::ree);
    make_store_of(1001, Anchor::rpmb);
    take_all_as_strangers();
    EXPECT_EQ(sessions_.size(), kForStrangers);
    EXPECT_EQ(take_all(user(1000)), limits::kSessionsPerOwner) << "under ree";
    EXPECT_EQ(take_all(user(1001)), limits::kSessionsPerOwner) << "under rpmb, which no session of this instance has used";
    EXPECT_EQ(open(group(1000), &session_), kBusy) << "a group of an owner's number is another identity";
    EXPECT_EQ(open(the_public(), &session_), kBusy);
    EXPECT_EQ(take_all(user(0)), limits::kSessionsKeptForRoot) << "root has no store, but sessions are kept for it";
}

TEST_F(Sessions, Rule28AnOwnerThatHasASessionGetsAnotherWhereEachStrangerGetsOne) {
    make_store_of(1000);
    ASSERT_EQ(open(user(1000), &session_), 0U);
    for (uid_t uid = kFirstStranger; sessions_.size() < limits::kSessionsMax - limits::kSessionsKeptForNew - 1; ++uid) take_all(user(uid));
    const uid_t last = kFirstStranger + 50;
    EXPECT_EQ(take_all(user(last)), 1U) << "a stranger";
    EXPECT_EQ(take_all(user(1000)), 1U) << "an owner that already has a session";
}

TEST_F(Sessions, Rule28OneOwnerDoesNotTakeWhatIsKeptForAllOwners) {
    constexpr size_t kOwners = limits::kSessionsKeptForOwners / limits::kSessionsPerOwner;
    for (uid_t uid = 1000; uid <= 1000 + kOwners; ++uid) make_store_of(uid);
    take_all_as_strangers();
    for (uid_t uid = 1000; uid < 1000 + kOwners; ++uid) EXPECT_EQ(take_all(user(uid)), limits::kSessionsPerOwner) << uid;
    EXPECT_EQ(open(user(1000 + kOwners), &session_), kBusy) << "one more owner";
    EXPECT_EQ(take_all(user(0)), limits::kSessionsKeptForRoot) << "the last sessions are still root's; then there are none left";
}

TEST_F(Sessions, TheTablesAreReadWhenSessionsAreFewAndNotBefore) {
    make_store_of(1000);
    const uint64_t before = opened_in_storage();
    for (uid_t uid = kFirstStranger; sessions_.size() < kForStrangers; ++uid) {
        ASSERT_EQ(open(user(uid), &session_), 0U);
        sessions_.push_back(session_);
    }
    EXPECT_EQ(opened_in_storage(), before) << "a stranger's first session needs no look into the tables";
    EXPECT_EQ(open(user(1000), &session_), 0U);
    EXPECT_EQ(opened_in_storage(), before + 1) << "an owner under ree: the RPMB is not asked";
    EXPECT_EQ(open(user(1001), &session_), kBusy);
    EXPECT_EQ(opened_in_storage(), before + 2) << "the RPMB is asked; it has no table";
    const uint64_t calls = tee_.counters().storage_calls();
    for (int i = 0; i < 10; ++i) EXPECT_EQ(open(user(1001), &session_), kBusy);
    EXPECT_EQ(tee_.counters().storage_calls(), calls) << "once in an instance's life";
}

TEST_F(Sessions, AnOwnerIsOneAlsoWhenItsRecordIsDamaged) {
    Disk disk;
    make_store_of(1000);
    const Content id = ids().front();
    Content table = stored(id).value();
    table.at(100) ^= std::byte{1};
    forge(id, table);
    take_all_as_strangers();
    EXPECT_EQ(open(user(1000), &session_), 0U) << "the owner needs a session to repair it";
}

TEST_F(Sessions, AStorageThatFailsLetsNobodyIn) {
    make_store_of(1000);
    take_all_as_strangers();
    for (const uint32_t session : sessions_) tee_.close_session(session);
    sessions_.clear();
    for (uid_t uid = kFirstStranger; sessions_.size() < kForStrangers; ++uid) {
        ASSERT_EQ(open(user(uid), &session_), 0U);
        sessions_.push_back(session_);
    }
    sim::Faults faults;
    faults.storage = 1;
    faults.storage_code = number(Code::storage_not_available);
    tee_.set_faults(faults);
    EXPECT_EQ(open(user(kFirstStranger + 500), &session_), number(Code::storage_not_available));
    EXPECT_EQ(open(user(1000), &session_), 0U) << "the storage works again and is asked again";
}

class SessionsWithoutRpmb : public Sessions {
protected:
    static sim::Config without_rpmb() {
        sim::Config config;
        config.has_rpmb = false;
        return config;
    }
    SessionsWithoutRpmb() : Sessions(without_rpmb()) {}
};

TEST_F(SessionsWithoutRpmb, Rule28OwnersAreLetInAndStrangersAreNot) {
    make_store_of(1000);
    take_all_as_strangers();
    EXPECT_EQ(sessions_.size(), kForStrangers);
    EXPECT_EQ(take_all(user(1000)), limits::kSessionsPerOwner);
    EXPECT_EQ(open(user(1001), &session_), kBusy);
}

}  // namespace
}  // namespace festore::ta
