// SPDX-License-Identifier: BSD-2-Clause
// Rebuild, called by a client that keeps no rules: it ends only as a commit over the record that it began with; lost names stay closed.
#include "tests/ta/harness/rebuilding_commands.h"

namespace festore::ta {
namespace {

TEST_F(StoreRebuild, EndsUnderItsOwnIdOnce) {
    auto ready = rebuild(session_, RebuildKind::whole);
    ASSERT_TRUE(ready);
    EXPECT_EQ(rebuild_commit(session_of(1000), *ready), number(Code::bad_state)) << "another session's";
    EXPECT_EQ(repair_commit(session_, *ready), number(Code::bad_state)) << "it is not a repair";
    EXPECT_EQ(commit(session_, *ready), number(Code::bad_state)) << "and not a change";
    ASSERT_EQ(rebuild_commit(session_, *ready), 0U);
    take_new_pages(disk_);
    EXPECT_EQ(rebuild_commit(session_, *ready), number(Code::bad_state)) << "only once";
    EXPECT_EQ(store_stat(session_, disk_, "aaa"), 0U);
    ready = rebuild(session_, RebuildKind::whole);
    ASSERT_TRUE(ready);
    ready->transaction[0] ^= std::byte{1};
    EXPECT_EQ(rebuild_commit(session_, *ready), number(Code::bad_state));
    EXPECT_EQ(store_stat(session_, disk_, "aaa"), 0U);
}

// Otherwise the rebuild would undo what was committed meanwhile.
TEST_F(StoreRebuild, Rule06OverACommitThatItDoesNotKnowItIsRefused) {
    const auto ready = rebuild(session_, RebuildKind::whole);
    ASSERT_TRUE(ready);
    Disk other = disk_;
    const uint32_t second = session_of(1000);
    ASSERT_EQ(open_store(second, other), 0U);
    ASSERT_EQ(store_put(second, other, "meanwhile", filled(10, 3)), 0U);
    EXPECT_EQ(rebuild_commit(session_, *ready), number(Code::bad_state));
    EXPECT_EQ(store_stat(second, other, "meanwhile"), 0U);
}

TEST_F(StoreRebuild, Rule28TwoOfOneOwnerDoNotRunAtOnce) {
    ASSERT_TRUE(rebuild(session_, RebuildKind::whole));
    const uint32_t second = session_of(1000);
    ASSERT_EQ(open_store(second, disk_), 0U);
    EXPECT_EQ(begin_rebuild(second, RebuildKind::whole), number(Code::busy));
    EXPECT_EQ(StoreCommands::begin(second), number(Code::busy));
    EXPECT_EQ(begin_rebuild(session_, RebuildKind::whole), 0U) << "it replaces the session's own rebuild";
}

TEST_F(StoreRebuild, NothingIsLeftOutOfAWholeOne) {
    ASSERT_EQ(begin_rebuild(session_, RebuildKind::whole), 0U);
    protocol::RebuildStepRequest request;
    request.passed_page = 3;
    EXPECT_EQ(step(session_, request).result, number(Code::bad_parameters));
    request.passed_page = 0;
    request.left_out = bytes_of("aaa");
    EXPECT_EQ(step(session_, request).result, number(Code::bad_parameters));
    EXPECT_EQ(paged(session_, disk_, Command::store_repair_step, protocol::PrepareRequest{}).result, number(Code::bad_state));
    EXPECT_EQ(begin_rebuild(session_of(1000), RebuildKind::whole), number(Code::bad_state)) << "it has no store open";
    EXPECT_EQ(begin_rebuild(session_, RebuildKind::undo), number(Code::item_not_found)) << "nothing was dropped";
}

TEST_F(StoreRebuild, Rule30WhatWasLeftOutIsClosedUntilItIsAcknowledged) {
    ASSERT_EQ(drop("mmm"), 0U);
    EXPECT_EQ(store_stat(session_, disk_, "mmm"), number(Code::name_lost));
    EXPECT_EQ(store_put(session_, disk_, "mmm", filled(10, 2)), number(Code::name_lost));
    EXPECT_EQ(store_stat(session_, disk_, "mm"), number(Code::item_not_found));
    EXPECT_EQ(store_stat(session_, disk_, "mmmm"), number(Code::item_not_found));
    EXPECT_EQ(store_stat(session_, disk_, "lll"), 0U);
    ASSERT_EQ(StoreCommands::begin(session_), 0U);
    EXPECT_EQ(batch_put(session_, disk_, "mmm", filled(10, 2)), number(Code::name_lost)) << "in a transaction, too";
    ASSERT_EQ(store(session_, Command::store_abort, protocol::TransactionRequest{}).result, 0U);
    EXPECT_EQ(acknowledge("mm"), number(Code::item_not_found));
    EXPECT_EQ(acknowledge("mmm"), 0U);
    EXPECT_EQ(acknowledge("mmm"), number(Code::item_not_found)) << "only once";
    EXPECT_EQ(store_stat(session_, disk_, "mmm"), number(Code::item_not_found));
    EXPECT_EQ(store_put(session_, disk_, "mmm", filled(10, 2)), 0U);
}

TEST_F(StoreRebuild, Rule25AChangeAfterAMoveThatWasCutErasesTheSecretOfItsCopies) {
    change_record(disk_, Anchor::ree, [](engine::RootRecord& record) { record.flags |= engine::kRootMoving; });
    std::string id = "FSO\x01" "copies ";
    id += text(disk_.header.store_id);
    ASSERT_TRUE(tee_.store_object(TEE_STORAGE_PRIVATE_RPMB, protocol::kTaUuid, bytes_of(id), filled(32, 1)));
    ASSERT_EQ(secrets_of(disk_), 1U);
    session_ = session_of(1000);
    ASSERT_EQ(open_store(session_, disk_), 0U);
    ASSERT_EQ(store_put(session_, disk_, "another", filled(10, 1)), 0U);
    EXPECT_EQ(secrets_of(disk_), 0U);
}

// Objects that were copied before a page was passed over exist and are not in a lost range.
TEST_F(StoreRebuild, Rule30APageThatIsPassedOverLateCostsNothingThatWasCopied) {
    ASSERT_EQ(begin_rebuild(session_, RebuildKind::without_damage), 0U);
    protocol::RebuildStepRequest request;
    request.left_out = bytes_of("mm");  // which does not exist: the step ends before "mmm"
    ASSERT_EQ(step(session_, request).result, 0U);
    request.left_out = {};
    const Called found = store(session_, Command::store_find, protocol::FindRequest{Anchor::ree, {}});
    const auto status = protocol::decode<protocol::StoreStatus>(found.answer);
    request.passed_page = status->index_page;
    std::optional<protocol::TransactionRequest> ready;
    for (int i = 0; i < 40 && !ready; ++i) {
        const Called called = step(session_, request);
        const auto answer = protocol::decode<protocol::RebuildStepAnswer>(called.answer);
        ASSERT_TRUE(called.result == 0 && answer);
        if (answer->step.complete) ready = {answer->step.transaction, answer->step.generation};
    }
    ASSERT_TRUE(ready);
    const Disk before = disk_;
    ASSERT_EQ(rebuild_commit(session_, *ready), 0U);
    take_new_pages(disk_);
    for (const auto& [page, bytes] : before.pages)
        if ((page & protocol::kNewPage) == 0) disk_.pages[page | protocol::kOldPage] = bytes;
    ASSERT_EQ(store_stat(session_, disk_, "aaa"), 0U);
    ASSERT_EQ(store_stat(session_, disk_, "zzz"), number(Code::name_lost));
    const Called removed = paged(session_, disk_, Command::store_remove,
                                 protocol::StoreNameRequest{{}, protocol::kStoreSingle, bytes_of("aaa")});
    const auto change = protocol::decode<protocol::ChangeAnswer>(removed.answer);
    ASSERT_TRUE(removed.result == 0 && change);
    ASSERT_EQ(commit(session_, {change->transaction, change->generation}), 0U);
    ready = rebuild(session_, RebuildKind::undo);
    ASSERT_TRUE(ready);
    ASSERT_EQ(rebuild_commit(session_, *ready), 0U);
    EXPECT_EQ(store_stat(session_, disk_, "zzz"), 0U);
    EXPECT_EQ(store_stat(session_, disk_, "aaa"), number(Code::item_not_found)) << "it was removed";
}

// A repair keeps the lost ranges; otherwise it would open names that are closed.
TEST_F(StoreRebuild, Rule30ARepairKeepsWhatIsClosed) {
    ASSERT_EQ(drop("mmm"), 0U);
    ASSERT_EQ(store_put(session_, disk_, "nnn", filled(10, 2)), 0U);
    lose(kTable);
    session_ = session_of(1000);
    ASSERT_EQ(repair_all(session_, disk_), 0U);
    EXPECT_EQ(store_stat(session_, disk_, "mmm"), number(Code::name_lost));
    EXPECT_EQ(store_stat(session_, disk_, "aaa"), 0U);
    EXPECT_EQ(store_stat(session_, disk_, "unknown"), number(Code::item_not_found));
}

}  // namespace
}  // namespace festore::ta
