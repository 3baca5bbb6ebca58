// SPDX-License-Identifier: BSD-2-Clause
// Rebuild, called by a client that keeps no rules: it ends only as a commit over the record that it began with; lost names stay closed.
#include "protocol/store_rebuild.h"
#include "tests/ta/harness/repairing_commands.h"

namespace festore::ta {
namespace {

using protocol::RebuildKind;

class StoreRebuild : public RepairingCommands {
protected:
    void SetUp() override {
        session_ = session_of(1000);
        make_store(session_, disk_);
        for (char name = 'a'; name <= 'z'; ++name) ASSERT_EQ(store_put(session_, disk_, std::string(3, name), filled(400, 1)), 0U);
    }
    uint32_t begin_rebuild(uint32_t session, RebuildKind kind, protocol::RebuildAnchor anchor = protocol::RebuildAnchor::same) {
        return paged(session, disk_, Command::store_rebuild_begin, protocol::RebuildRequest{{}, kind, anchor}).result;
    }
    Called step(uint32_t session, protocol::RebuildStepRequest request = {}) {
        return paged(session, disk_, Command::store_rebuild_step, request);
    }
    // A rebuild except its commit. Returns the request for the commit. `left_out`: one object to leave out.
    std::optional<protocol::TransactionRequest> rebuild(uint32_t session, RebuildKind kind, std::string_view left_out = {},
                                                        protocol::RebuildAnchor anchor = protocol::RebuildAnchor::same) {
        if (begin_rebuild(session, kind, anchor) != 0) return std::nullopt;
        for (int i = 0; i < 100; ++i) {
            protocol::RebuildStepRequest request;
            request.left_out = bytes_of(left_out);
            const Called called = step(session, request);
            const auto answer = protocol::decode<protocol::RebuildStepAnswer>(called.answer);
            if (called.result != 0 || !answer) return std::nullopt;
            if (answer->left_out) left_out = {};
            if (answer->step.complete) return protocol::TransactionRequest{answer->step.transaction, answer->step.generation};
        }
        return std::nullopt;
    }
    uint32_t rebuild_commit(uint32_t session, const protocol::TransactionRequest& request) {
        return store(session, Command::store_rebuild_commit, request).result;
    }
    // Moves the store to the RPMB; afterwards the session has it open there.
    void move() {
        session_ = session_of(1000);
        ASSERT_EQ(open_store(session_, disk_), 0U);
        const auto ready = rebuild(session_, RebuildKind::whole, {}, protocol::RebuildAnchor::rpmb);
        ASSERT_TRUE(ready);
        ASSERT_EQ(rebuild_commit(session_, *ready), 0U);
        take_new_pages(disk_);
        disk_.header.anchor = Anchor::rpmb;
        ASSERT_EQ(open_store(session_, disk_), 0U);
    }
    uint32_t drop(std::string_view name) {
        const auto ready = rebuild(session_, RebuildKind::without_damage, name);
        EXPECT_TRUE(ready);
        const uint32_t committed = ready ? rebuild_commit(session_, *ready) : number(Code::generic);
        if (committed == 0) take_new_pages(disk_);
        return committed;
    }
    uint32_t acknowledge(std::string_view name) {
        const Called called = paged(session_, disk_, Command::store_acknowledge_lost,
                                    protocol::StoreNameRequest{{}, protocol::kStoreSingle, bytes_of(name)});
        const auto answer = protocol::decode<protocol::ChangeAnswer>(called.answer);
        return called.result != 0 || !answer ? called.result : commit(session_, {answer->transaction, answer->generation});
    }
    uint32_t session_ = 0;
    Disk disk_;
};

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
        const auto ready = rebuild(session_, RebuildKind::whole, {}, protocol::RebuildAnchor::rpmb);
        ASSERT_TRUE(ready);
        sim::Faults faults;
        faults.storage = n;
        faults.storage_code = number(Code::storage_no_space);
        tee_.set_faults(faults);
        const uint32_t moved = rebuild_commit(session_, *ready);
        tee_.set_faults({});
        if (moved != 0 && find(before, Anchor::ree) == 0 && find(before, Anchor::rpmb) == 0) {
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
        const auto ready = rebuild(session_, RebuildKind::whole, {}, protocol::RebuildAnchor::rpmb);
        ASSERT_TRUE(ready);
        sim::Faults faults;
        faults.storage = n;
        faults.panic_on_storage = true;
        tee_.set_faults(faults);
        const uint32_t committed = rebuild_commit(session_, *ready);
        tee_.set_faults({});
        end_sessions();
        session_ = session_of(1000);
        const bool has_both = find(session_, Anchor::ree) == 0 && find(session_, Anchor::rpmb) == 0;
        if (has_both) {
            ++cut;
            end_sessions();  // the next instance has not read the RPMB
            session_ = session_of(1000);
            faults = {};
            faults.rpmb = sim::Faults::Rpmb::not_available;
            tee_.set_faults(faults);
            const protocol::OpenRequest unasked{disk_.header.store_id, Anchor::ree, disk_.header.key_check, true};
            EXPECT_EQ(store(session_, Command::store_open, unasked).result, number(Code::rpmb_no_answer)) << n;
            tee_.set_faults({});
        }
        if (committed == 0) break;
        // Restores the state before the move, for the next cut.
        lose(kTable, Anchor::rpmb);
        store_table(marked, Anchor::ree);
        session_ = session_of(1000);
        std::erase_if(disk_.pages, [](const auto& page) { return (page.first & protocol::kNewPage) != 0; });
        ASSERT_EQ(open_store(session_, disk_), 0U) << n;
    }
    EXPECT_GE(cut, 1U);
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
