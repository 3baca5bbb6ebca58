// SPDX-License-Identifier: BSD-2-Clause
// A store's move from ree to the RPMB, called by a client that keeps no rules, and cut anywhere: one record counts, and what was destroyed
// in the RPMB stays destroyed (rules 3, 21, 25, 27).
#include "tests/ta/harness/rebuilding_commands.h"

namespace festore::ta {
namespace {

TEST_F(StoreRebuild, Rule03AMoveFindsOneRecordAndLeavesOne) {
    EXPECT_EQ(begin_rebuild(session_, RebuildKind::without_damage, protocol::RebuildAnchor::rpmb), number(Code::bad_format))
        << "only a whole rebuild moves a store";
    EXPECT_EQ(begin_rebuild(session_, RebuildKind::whole, protocol::RebuildAnchor{1}), number(Code::bad_format)) << "not to ree";
    const auto ready = rebuild(session_, RebuildKind::whole, {}, protocol::RebuildAnchor::rpmb);
    ASSERT_TRUE(ready);
    EXPECT_EQ(find(session_, Anchor::rpmb), number(Code::item_not_found)) << "not before its commit";
    ASSERT_EQ(rebuild_commit(session_, *ready), 0U);
    take_new_pages(disk_);
    EXPECT_EQ(find(session_, Anchor::ree), number(Code::item_not_found));
    EXPECT_EQ(find(session_, Anchor::rpmb), 0U);
    disk_.header.anchor = Anchor::rpmb;
    ASSERT_EQ(open_store(session_, disk_), 0U);
    EXPECT_EQ(store_stat(session_, disk_, "aaa"), 0U);
    EXPECT_EQ(begin_rebuild(session_, RebuildKind::whole, protocol::RebuildAnchor::rpmb), number(Code::access_conflict))
        << "it is already there";
    EXPECT_EQ(secrets_of(disk_), 1U);
    // A repair uses the new copies.
    lose(kTable, Anchor::rpmb);
    session_ = session_of(1000);
    EXPECT_EQ(repair_all(session_, disk_), 0U);
}

TEST_F(StoreRebuild, Rule25AMovedStoreThatWasDestroyedStaysSo) {
    const Disk old = disk_;
    end_sessions();
    const Content table_before = table();
    move();
    const Disk moved = disk_;
    ASSERT_EQ(destroy(session_, disk_), 0U);
    lose(kTable, Anchor::ree);
    session_ = session_of(1000);
    Disk copy = old;
    EXPECT_EQ(repair_all(session_, copy), number(Code::store_destroyed)) << "the RPMB remembers the destroy";
    // The record under ree from before the move is put back.
    end_sessions();
    store_table(table_before);
    session_ = session_of(1000);
    EXPECT_EQ(open_store(session_, old), number(Code::store_destroyed)) << "nor is it opened";
    EXPECT_EQ(open_store(session_, moved), number(Code::item_not_found));
    EXPECT_EQ(destroy(session_, old), 0U) << "but it can be destroyed";
}

TEST_F(StoreRebuild, Rule25WhatTheRpmbHasForgottenIsNotRepaired) {
    const Disk old = disk_;
    move();
    ASSERT_EQ(destroy(session_, disk_), 0U);
    lose(kTable, Anchor::ree);
    // As if the tombstone's place had been used again.
    change_header(Anchor::rpmb, [](engine::TableHeader& header) { header.retire(sim::uuid_of_user(1000)); });
    Content content = table(Anchor::rpmb);
    std::fill(content.begin() + engine::kTableHeaderBytes, content.end(), std::byte{0});
    store_table(content, Anchor::rpmb);
    session_ = session_of(1000);
    Disk copy = old;
    EXPECT_EQ(repair_all(session_, copy), number(Code::store_destroyed));
}

// The record that is destroyed under ree may be from before the move, if somebody has put it back.
TEST_F(StoreRebuild, Rule25WhatIsDestroyedUnderReeIsDestroyedInTheRpmbToo) {
    const Disk old = disk_;
    end_sessions();
    const Content table_before = table();
    move();
    const Disk moved = disk_;
    end_sessions();
    store_table(table_before);
    session_ = session_of(1000);
    EXPECT_EQ(open_store(session_, old), number(Code::store_in_rpmb));
    ASSERT_EQ(destroy(session_, old), 0U);
    EXPECT_EQ(open_store(session_, moved), number(Code::item_not_found));
    EXPECT_EQ(secrets_of(moved), 0U);
    Disk copy = moved;
    EXPECT_EQ(repair_all(session_, copy), number(Code::store_destroyed));
}

// A move could not make the record under ree a tombstone. Sessions and prepared changes from before the move cannot use that record.
TEST_F(StoreRebuild, Rule27ASessionOfBeforeAMoveDoesNotGoOnUnderRee) {
    size_t with_both = 0;
    const Disk begun = disk_;
    end_sessions();
    const Content table_before = table();
    for (uint64_t n = 1; n < 40; ++n) {
        disk_ = begun;
        const uint32_t before = session_of(1000);
        ASSERT_EQ(open_store(before, disk_), 0U);
        Disk under_ree = disk_;
        const Prepared late = prepare_put(before, under_ree, "late", filled(10, 1));
        ASSERT_EQ(late.result, 0U);
        session_ = session_of(1000);
        ASSERT_EQ(open_store(session_, disk_), 0U);
        const uint32_t moved = move_failing_at(n);
        if (moved != 0 && is_under_both(before)) {
            ++with_both;
            ASSERT_EQ(secrets_of(disk_), 1U);
            EXPECT_EQ(commit(before, late.commit), number(Code::bad_state)) << n;
            EXPECT_EQ(store_stat(before, under_ree, "aaa"), number(Code::bad_state)) << n;
            EXPECT_EQ(store_put(before, under_ree, "another", filled(10, 1)), number(Code::bad_state)) << n;
            EXPECT_EQ(secrets_of(disk_), 1U) << "the secret is that of the store in the RPMB";
        }
        if (moved == 0) break;
        lose(kTable, Anchor::rpmb);
        lose(kSecrets, Anchor::rpmb);
        store_table(table_before);
    }
    EXPECT_GT(with_both, 0U);
}

// Another program has moved the store meanwhile: its stored secret is not the one that this session drew for its own move.
TEST_F(StoreRebuild, AMoveThatIsGivenUpLeavesNoSecretInTheSession) {
    const uint32_t other = session_of(1000);
    ASSERT_EQ(open_store(other, disk_), 0U);
    ASSERT_TRUE(rebuild(other, RebuildKind::whole, {}, protocol::RebuildAnchor::rpmb));
    ASSERT_EQ(store(other, Command::store_abort, protocol::TransactionRequest{}).result, 0U);
    move();
    ASSERT_EQ(open_store(other, disk_), 0U);
    ASSERT_EQ(store_put(other, disk_, "another", filled(10, 1)), 0U);
    ASSERT_EQ(store_put(other, disk_, "and one", filled(10, 1)), 0U) << "in both recovery copies";
    lose(kTable, Anchor::rpmb);
    EXPECT_EQ(repair_all(session_of(1000), disk_), 0U);
}

// Otherwise aborted moves would fill the RPMB, which all share.
TEST_F(StoreRebuild, Rule21AMoveThatIsGivenUpLeavesNothingInTheRpmb) {
    for (int round = 0; round < 3; ++round) {
        ASSERT_TRUE(rebuild(session_, RebuildKind::whole, {}, protocol::RebuildAnchor::rpmb));
        ASSERT_EQ(store(session_, Command::store_abort, protocol::TransactionRequest{}).result, 0U);
        EXPECT_TRUE(tee_.stored_ids(TEE_STORAGE_PRIVATE_RPMB, protocol::kTaUuid).empty());
        ASSERT_EQ(destroy(session_, disk_), 0U);
        disk_ = {};
        make_store(session_, disk_);
    }
}

// A record that may be opened when the RPMB does not answer would be served beside the newer one.
TEST_F(StoreRebuild, Rule27AMoveThatWasCutLeavesNoRecordThatIsOpenedUnasked) {
    ASSERT_EQ(destroy(session_, disk_), 0U);
    Content header(protocol::kStoreHeaderBytes);
    const protocol::MakeRequest made_unasked{.without_asking_rpmb = true};
    ASSERT_EQ(store(session_, Command::store_make, made_unasked, {&header, kOut}).result, 0U);
    disk_ = {};
    disk_.header = protocol::decode_store_header(header).value();
    ASSERT_EQ(create(session_, disk_), 0U);
    ASSERT_EQ(store_put(session_, disk_, "first", filled(10, 1)), 0U);
    const Content marked = table(Anchor::ree);
    size_t cut = 0;
    for (uint64_t n = 1; n < 40; ++n) {
        const uint32_t committed = move_failing_at(n, true);
        end_sessions();
        session_ = session_of(1000);
        if (is_under_both(session_)) {
            ++cut;
            end_sessions();  // the next instance has not read the RPMB
            session_ = session_of(1000);
            sim::Faults faults;
            faults.rpmb = sim::Faults::Rpmb::not_available;
            tee_.set_faults(faults);
            const protocol::OpenRequest unasked{disk_.header.store_id, Anchor::ree, disk_.header.key_check, true};
            EXPECT_EQ(store(session_, Command::store_open, unasked).result, number(Code::rpmb_no_answer)) << n;
            tee_.set_faults({});
        }
        if (committed == 0) break;
        begin_again(marked);
    }
    EXPECT_GE(cut, 1U);
}

// A move that was cut after it wrote the record in the RPMB has left one under ree.
TEST_F(StoreRebuild, Rule25DestroyingInTheRpmbDestroysWhatACutMoveLeft) {
    const Content before = table();
    size_t left = 0;
    for (uint64_t n = 1; n < 40; ++n) {
        if (move_failing_at(n) == 0) break;
        if (is_under_both(session_)) {
            ++left;
            Disk moved = disk_;
            moved.header.anchor = Anchor::rpmb;
            EXPECT_EQ(destroy(session_, moved), 0U) << n;
            EXPECT_EQ(find(session_, Anchor::ree), number(Code::item_not_found)) << n;
            EXPECT_EQ(destroy(session_, disk_), number(Code::store_destroyed)) << "under ree, too";
        }
        begin_again(before);
    }
    EXPECT_GE(left, 1U);
}

}  // namespace
}  // namespace festore::ta
