// SPDX-License-Identifier: BSD-2-Clause
// Repair, called by a client that keeps no rules (rule 19): it must never replace an intact record in the TEE, nor give a store to
// another owner. It ends with a commit like any other, which checks again what the TEE has by then.
#include "tests/ta/harness/repairing_commands.h"

namespace festore::ta {
namespace {

class StoreRepair : public RepairingCommands {
protected:
    void SetUp() override {
        session_ = session_of(1000);
        make_store(session_, disk_);
        ASSERT_EQ(store_put(session_, disk_, "first", filled(100, 1)), 0U);
        ASSERT_EQ(store_put(session_, disk_, "second", filled(100, 2)), 0U);
    }
    // The TEE loses its table, and with it the other owners' records.
    void lose_record() {
        lose(kTable);
        session_ = session_of(1000);
    }
    uint32_t session_ = 0;
    Disk disk_;
};

TEST_F(StoreRepair, BringsAStoreBackWhoseRecordIsGone) {
    lose_record();
    const auto ready = repair(session_, disk_);
    ASSERT_TRUE(ready);
    EXPECT_EQ(find(session_), number(Code::item_not_found)) << "not before its commit";
    ASSERT_EQ(repair_commit(session_, *ready), 0U);
    take_new_pages(disk_);
    EXPECT_EQ(store_stat(session_, disk_, "first"), 0U);
    EXPECT_EQ(repair_commit(session_, *ready), number(Code::bad_state)) << "only once";
}

// Otherwise a repair could commit an older state after another one. A client that comes later with an older state finds the record.
TEST_F(StoreRepair, Rule28TwoOfOneOwnerDoNotRunAtOnce) {
    lose_record();
    Disk copy = disk_;
    ASSERT_TRUE(repair(session_, copy));
    const uint32_t other = session_of(1000);
    EXPECT_EQ(begin(other, disk_), number(Code::busy));
    ASSERT_EQ(store(session_, Command::store_abort, protocol::TransactionRequest{}).result, 0U);
    const auto ready = repair(other, disk_);
    ASSERT_TRUE(ready);
    ASSERT_EQ(repair_commit(other, *ready), 0U);
    take_new_pages(disk_);
    ASSERT_EQ(store_put(other, disk_, "written since", filled(10, 3)), 0U);
    EXPECT_EQ(begin(session_, copy), number(Code::access_conflict)) << "there is a record again";
    EXPECT_EQ(store_stat(other, disk_, "written since"), 0U);
    EXPECT_EQ(find(session_), 0U);
}

TEST_F(StoreRepair, AStoreMadeMeanwhileIsNotReplaced) {
    for (const Anchor anchor : {Anchor::ree, Anchor::rpmb}) {
        lose_record();
        Disk copy = disk_;
        const auto late = repair(session_, copy);
        ASSERT_TRUE(late);
        const uint32_t other = session_of(1000);
        Disk fresh;
        make_store(other, fresh, anchor);
        EXPECT_EQ(repair_commit(session_, *late), number(Code::access_conflict)) << "anchor " << static_cast<int>(anchor);
        ASSERT_EQ(destroy(other, fresh), 0U);
        const auto ready = repair(session_, disk_);
        ASSERT_TRUE(ready);
        ASSERT_EQ(repair_commit(session_, *ready), 0U);
        take_new_pages(disk_);
        ASSERT_EQ(store_put(session_, disk_, "third", filled(10, 3)), 0U) << "for two recovery copies again";
        ASSERT_EQ(store_put(session_, disk_, "fourth", filled(10, 4)), 0U);
    }
}

TEST_F(StoreRepair, AnIntactRecordIsNotReplaced) {
    EXPECT_EQ(begin(session_, disk_), number(Code::access_conflict));
    EXPECT_EQ(open_store(session_, disk_), 0U);
    EXPECT_EQ(store_stat(session_, disk_, "first"), 0U) << "and still works";
    lose_record();
    Disk in_rpmb;
    make_store(session_, in_rpmb, Anchor::rpmb);
    EXPECT_EQ(begin(session_, disk_), number(Code::access_conflict)) << "a record under the other anchor counts, too";
    EXPECT_EQ(find(session_, Anchor::rpmb), 0U);
}

TEST_F(StoreRepair, AnothersCopiesAreNotTheCallers) {
    lose_record();
    const uint32_t thief = session_of(1001);
    EXPECT_EQ(begin(thief, disk_), number(Code::access_denied)) << "the sealed copy names the owner";
    EXPECT_EQ(begin(session_of(0), disk_), number(Code::access_denied)) << "root repairs only its own stores";
    EXPECT_EQ(store(thief, Command::store_repair_step, protocol::PrepareRequest{}).result, number(Code::bad_parameters));
    EXPECT_EQ(paged(thief, disk_, Command::store_repair_step, protocol::PrepareRequest{}).result, number(Code::bad_state));
}

TEST_F(StoreRepair, TheCopiesAreOfTheStoreThatIsAskedFor) {
    lose_record();
    Disk in_rpmb = disk_;
    in_rpmb.header.anchor = Anchor::rpmb;
    EXPECT_EQ(begin(session_, in_rpmb), number(Code::bad_parameters)) << "not the anchor in the sealed copy";
    Disk another;
    make_store(session_, another);
    lose_record();
    another.pages = disk_.pages;
    EXPECT_EQ(begin(session_, another), number(Code::bad_parameters)) << "copies of another store";
    another.header.key_check[0] ^= std::byte{1};
    EXPECT_EQ(begin(session_, another), number(Code::security)) << "copies of another device";
}

TEST_F(StoreRepair, EndsUnderItsOwnIdOnly) {
    lose_record();
    auto ready = repair(session_, disk_);
    ASSERT_TRUE(ready);
    EXPECT_EQ(repair_commit(session_of(1000), *ready), number(Code::bad_state)) << "another session's";
    ready->transaction[0] ^= std::byte{1};
    EXPECT_EQ(repair_commit(session_, *ready), number(Code::bad_state));
    EXPECT_EQ(find(session_), number(Code::item_not_found));
}

}  // namespace
}  // namespace festore::ta
