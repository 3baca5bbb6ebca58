// SPDX-License-Identifier: BSD-2-Clause
// How a store's record may change if two sessions of its owner do not know of each other, or if the TEE's storage does not return
// what was stored. The client's lock keeps honest clients apart; the TA does not rely on it.
#include "ta/session.h"
#include "tests/ta/harness/store_harness.h"

namespace festore::ta {
namespace {

class StoreCommit : public StoreCommands {
protected:
    explicit StoreCommit(const sim::Config& config = {}) : StoreCommands(config) {}
    void SetUp() override {
        one_ = session_of(1000);
        other_ = session_of(1000);
    }
    // Both sessions have the same store open; there is an object in it.
    void open_both() {
        make_store(one_, disk_);
        ASSERT_EQ(open_store(other_, disk_), 0U);
        ASSERT_EQ(store_put(one_, disk_, "first", filled(100, 1)), 0U);
    }
    std::optional<protocol::TransactionOutcome> outcome(uint32_t session, const protocol::TransactionRequest& request) {
        const Called called = store(session, Command::store_outcome, request);
        const auto answer = protocol::decode<protocol::OutcomeAnswer>(called.answer);
        return called.result == 0 && answer ? std::optional(answer->outcome) : std::nullopt;
    }
    uint32_t one_ = 0;
    uint32_t other_ = 0;
    Disk disk_;
};

TEST_F(StoreCommit, Rule03TwoMadeAtOnceAreNotBothCreated) {
    Disk second;
    ASSERT_EQ(make(one_, disk_).result, 0U);
    ASSERT_EQ(make(other_, second).result, 0U);
    EXPECT_EQ(create(one_, disk_), 0U);
    EXPECT_EQ(create(other_, second), number(Code::access_conflict));
    EXPECT_EQ(open_store(other_, disk_), 0U) << "the first store is unchanged";
}

TEST_F(StoreCommit, Rule03TwoMadeAtOnceUnderTwoAnchorsAreNotBothCreated) {
    for (const Anchor first : {Anchor::ree, Anchor::rpmb}) {
        const Anchor second_anchor = first == Anchor::ree ? Anchor::rpmb : Anchor::ree;
        Disk second;
        ASSERT_EQ(make(one_, disk_, first).result, 0U);
        ASSERT_EQ(make(other_, second, second_anchor).result, 0U);
        EXPECT_EQ(create(one_, disk_), 0U);
        EXPECT_EQ(create(other_, second), number(Code::access_conflict)) << "its owner has a store under the other anchor";
        EXPECT_EQ(find(one_, second_anchor), number(Code::item_not_found));
        EXPECT_EQ(destroy(one_, disk_), 0U);
    }
}

TEST_F(StoreCommit, WhatWasMadeIsCreatedOnceByItsOwnSession) {
    ASSERT_EQ(make(one_, disk_).result, 0U);
    EXPECT_EQ(create(other_, disk_), number(Code::bad_state)) << "another session's";
    Disk wrong = disk_;
    wrong.header.store_id[0] ^= std::byte{1};
    EXPECT_EQ(create(one_, wrong), number(Code::bad_state));
    EXPECT_EQ(create(one_, disk_), 0U);
    EXPECT_EQ(create(one_, disk_), number(Code::bad_state));
}

TEST_F(StoreCommit, Rule06ATransactionIsCommittedOverTheRecordThatItBeganWith) {
    open_both();
    Disk copy = disk_;
    const Prepared mine = prepare_put(one_, disk_, "mine", filled(10, 1));
    const Prepared theirs = prepare_put(other_, copy, "theirs", filled(10, 2));
    ASSERT_EQ(mine.result, 0U);
    ASSERT_EQ(theirs.result, 0U);
    ASSERT_EQ(commit(other_, theirs.commit), 0U);
    EXPECT_EQ(commit(one_, mine.commit), number(Code::bad_state)) << "it would undo the other commit";
    EXPECT_EQ(store_stat(one_, copy, "theirs"), 0U);
    EXPECT_EQ(store_stat(one_, copy, "mine"), number(Code::item_not_found));
}

// Pages that it considers free may hold what the other session has committed, so it must fill no more pages.
TEST_F(StoreCommit, Rule06ATransactionEndsWhenAnotherHasCommitted) {
    open_both();
    ASSERT_EQ(begin(one_), 0U);
    ASSERT_EQ(batch_put(one_, disk_, "mine", filled(10, 1)), 0U);
    ASSERT_EQ(store_put(other_, disk_, "theirs", filled(10, 2)), 0U);
    const Disk before = disk_;
    EXPECT_EQ(batch_put(one_, disk_, "more", filled(10, 3)), number(Code::bad_state));
    EXPECT_EQ(disk_.pages, before.pages);
    EXPECT_EQ(store_stat(other_, disk_, "theirs"), 0U);
}

TEST_F(StoreCommit, APreparedChangeIsCommittedOnceAndUnderItsIdOnly) {
    open_both();
    const Prepared mine = prepare_put(one_, disk_, "mine", filled(10, 1));
    protocol::TransactionRequest wrong = mine.commit;
    wrong.transaction[0] ^= std::byte{1};
    EXPECT_EQ(commit(one_, wrong), number(Code::bad_state));
    wrong = mine.commit;
    ++wrong.generation;
    EXPECT_EQ(commit(one_, wrong), number(Code::bad_state));
    EXPECT_EQ(commit(other_, mine.commit), number(Code::bad_state)) << "not this session's";
    EXPECT_EQ(commit(one_, mine.commit), 0U);
    EXPECT_EQ(commit(one_, mine.commit), number(Code::bad_state)) << "again";
}

TEST_F(StoreCommit, Rule04CommittedIsTheTransactionWhoseIdTheRecordHas) {
    open_both();
    Disk copy = disk_;
    const Prepared mine = prepare_put(one_, disk_, "mine", filled(10, 1));
    const Prepared theirs = prepare_put(other_, copy, "theirs", filled(10, 2));
    ASSERT_EQ(mine.commit.generation, theirs.commit.generation);
    EXPECT_EQ(outcome(one_, mine.commit), protocol::TransactionOutcome::not_committed);
    ASSERT_EQ(commit(other_, theirs.commit), 0U);
    EXPECT_EQ(outcome(one_, mine.commit), protocol::TransactionOutcome::not_committed) << "the other transaction has that generation";
    EXPECT_EQ(outcome(one_, theirs.commit), protocol::TransactionOutcome::committed);
}

// For a table with one store, whose record follows the header.
constexpr size_t kStoreIdOffset = engine::kTableHeaderBytes + 28;
constexpr size_t kEpochOffset = engine::kTableHeaderBytes + 44;
constexpr size_t kGenerationOffset = engine::kTableHeaderBytes + 52;

class StoreRecord : public StoreCommit {
protected:
    // Changes a byte of the record in the TEE's storage. A failing write makes the TA read the record again.
    uint32_t stat_after_change_of(size_t offset) {
        const std::vector<Content> all = ids();
        EXPECT_EQ(all.size(), 1U) << "only the table";
        Content table = stored(all.front()).value_or(Content{});
        EXPECT_GE(table.size(), kGenerationOffset + 8);
        table.at(offset) ^= std::byte{1};
        forge(all.front(), table);
        const Prepared mine = prepare_put(one_, disk_, "mine", filled(10, 1));
        sim::Faults faults;
        faults.storage = 1;
        faults.storage_code = number(Code::storage_no_space);
        tee_.set_faults(faults);
        EXPECT_NE(commit(one_, mine.commit), 0U);
        tee_.set_faults({});
        return store_stat(other_, disk_, "first");
    }
};

TEST_F(StoreRecord, Rule05NoStoreIsExchangedBehindAnInstancesBack) {
    open_both();
    EXPECT_EQ(stat_after_change_of(kStoreIdOffset), number(Code::corrupt_object));
}

TEST_F(StoreRecord, Rule05NoTombstoneGoesAwayBehindAnInstancesBack) {
    open_both();
    Disk theirs;
    const uint32_t third = session_of(1001);
    make_store(third, theirs);
    ASSERT_EQ(destroy(third, theirs), 0U);
    constexpr size_t kMagicOfTheSecond = engine::kTableHeaderBytes + engine::kRootRecordBytes;
    EXPECT_EQ(stat_after_change_of(kMagicOfTheSecond), number(Code::corrupt_object));
}

TEST_F(StoreRecord, Rule05TheTableDoesNotBecomeAnotherOneBehindAnInstancesBack) {
    open_both();
    constexpr size_t kTableIdOffset = 8;
    EXPECT_EQ(stat_after_change_of(kTableIdOffset), number(Code::corrupt_object));
}

TEST_F(StoreRecord, Rule05NoStoreChangesItsEpochBehindAnInstancesBack) {
    open_both();
    EXPECT_EQ(stat_after_change_of(kEpochOffset), number(Code::corrupt_object));
}

TEST_F(StoreRecord, Rule05NoStoreGoesBackBehindAnInstancesBack) {
    open_both();
    EXPECT_EQ(stat_after_change_of(kGenerationOffset), number(Code::corrupt_object)) << "1 has become 0";
}

TEST_F(StoreRecord, Rule03ATableThatCannotBeReadIsNoEmptyOne) {
    open_both();
    for (const Code code : {Code::corrupt_object, Code::storage_not_available, Code::out_of_memory}) {
        tee_.close_session(one_);
        tee_.close_session(other_);  // the instance ends, and the next one reads the table again
        SetUp();
        sim::Faults faults;
        faults.storage = 1;
        faults.storage_code = number(code);
        tee_.set_faults(faults);
        Disk fresh;
        EXPECT_EQ(make(one_, fresh).result, number(code));
        tee_.set_faults({});
        EXPECT_EQ(make(one_, fresh).result, number(Code::access_conflict)) << "the store was there all the time";
    }
}

// A session has another store open than the TEE has for its owner. No command leads to that: `destroy` closes every session
// that has the store open. So the test changes the TA's session during a call.
bool is_exchanged = false;

class StoreExchanged : public StoreCommit {
protected:
    StoreExchanged() {
        sim::TaImage image = host_image();
        image.invoke_command = [](void* context, uint32_t command, uint32_t types, void* params) -> uint32_t {
            const std::byte change{static_cast<unsigned char>(is_exchanged ? 1 : 0)};
            Session& session = *static_cast<Session*>(context);
            session.store.store_id[0] ^= change;
            const uint32_t result = host_image().invoke_command(context, command, types, params);
            session.store.store_id[0] ^= change;
            return result;
        };
        tee_.install(image);
    }
    ~StoreExchanged() override { is_exchanged = false; }
};

TEST_F(StoreExchanged, ASessionWorksOnTheStoreThatItHasOpened) {
    open_both();
    Content content(100);
    ASSERT_EQ(store_get(one_, disk_, "first", content).result, 0U);
    is_exchanged = true;
    content.assign(100, std::byte{});
    EXPECT_EQ(store_get(one_, disk_, "first", content).result, number(Code::bad_state));
    EXPECT_EQ(content, Content(100));
    EXPECT_EQ(store_stat(one_, disk_, "first"), number(Code::bad_state));
    EXPECT_EQ(prepare_put(one_, disk_, "second", filled(1, 1)).result, number(Code::bad_state));
    EXPECT_EQ(store(one_, Command::store_begin_upload, protocol::BeginUploadRequest{4096}).result, number(Code::bad_state));
    is_exchanged = false;
    EXPECT_EQ(store_stat(one_, disk_, "first"), 0U);
}

TEST_F(StoreExchanged, WhatIsDestroyedAndMadeAnewIsNotTheSameStore) {
    open_both();
    ASSERT_EQ(destroy(other_, disk_), 0U);
    Disk fresh;
    make_store(other_, fresh);
    EXPECT_EQ(store_stat(one_, disk_, "first"), number(Code::bad_state)) << "this session had the old one open";
    EXPECT_EQ(open_store(one_, disk_), number(Code::bad_parameters));
    EXPECT_EQ(open_store(one_, fresh), 0U);
    EXPECT_EQ(destroy(one_, disk_), number(Code::bad_parameters)) << "the record is of another store";
    EXPECT_EQ(find(one_), 0U);
}

}  // namespace
}  // namespace festore::ta
