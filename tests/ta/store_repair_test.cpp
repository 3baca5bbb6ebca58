// SPDX-License-Identifier: BSD-2-Clause
// Repair as whoever keeps no rule asks for it (rule 19): it must never put a record into the TEE over an intact one, nor give a
// store to another owner, and its end is a commit like any other, with its own look at what the TEE has by then.
#include "tests/ta/store_harness.h"

namespace festore::ta {
namespace {

class StoreRepair : public StoreCommands {
protected:
    void SetUp() override {
        session_ = session_of(1000);
        make_store(session_, disk_);
        ASSERT_EQ(store_put(session_, disk_, "first", filled(100, 1)), 0U);
        ASSERT_EQ(store_put(session_, disk_, "second", filled(100, 2)), 0U);
    }
    static protocol::RepairRequest request_for(const Disk& disk) {
        protocol::RepairRequest request;
        request.store_id = disk.header.store_id;
        request.anchor = disk.header.anchor;
        request.key_check = disk.header.key_check;
        return request;
    }
    uint32_t begin(uint32_t session, Disk& disk) {
        return paged(session, disk, StoreCommand::repair_begin, request_for(disk)).result;
    }
    // A whole repair but its commit, whose request it gives.
    std::optional<protocol::TransactionRequest> repair(uint32_t session, Disk& disk) {
        if (begin(session, disk) != 0) return std::nullopt;
        for (int step = 0; step < 40; ++step) {
            const Called called = paged(session, disk, StoreCommand::repair_step, protocol::PrepareRequest{});
            const auto answer = protocol::decode_store<protocol::RepairStepAnswer>(called.answer);
            if (called.result != 0 || !answer) return std::nullopt;
            if (answer->complete) return protocol::TransactionRequest{answer->transaction, answer->generation};
        }
        return std::nullopt;
    }
    uint32_t repair_commit(uint32_t session, const protocol::TransactionRequest& request) {
        return store(session, StoreCommand::repair_commit, request).result;
    }
    // The new page file into the place of the old one.
    static void take_new_pages(Disk& disk) {
        std::map<uint32_t, engine::PageBytes> fresh;
        for (const auto& [page, bytes] : disk.pages)
            if ((page & protocol::kNewPage) != 0) fresh[page & ~protocol::kNewPage] = bytes;
        disk.pages = std::move(fresh);
    }
    uint32_t session_ = 0;
    Disk disk_;
};

TEST_F(StoreRepair, BringsAStoreBackWhoseRecordIsGone) {
    ASSERT_EQ(destroy(session_, disk_), 0U);
    const auto ready = repair(session_, disk_);
    ASSERT_TRUE(ready);
    EXPECT_EQ(find(session_), number(Code::item_not_found)) << "not before its commit";
    ASSERT_EQ(repair_commit(session_, *ready), 0U);
    take_new_pages(disk_);
    EXPECT_EQ(store_stat(session_, disk_, "first"), 0U);
    EXPECT_EQ(repair_commit(session_, *ready), number(Code::bad_state)) << "once";
}

TEST_F(StoreRepair, WhatIsThereByTheCommitIsNotRolledBack) {
    ASSERT_EQ(destroy(session_, disk_), 0U);
    Disk copy = disk_;
    const auto late = repair(session_, copy);
    ASSERT_TRUE(late);
    const uint32_t other = session_of(1000);
    const auto ready = repair(other, disk_);
    ASSERT_TRUE(ready);
    ASSERT_EQ(repair_commit(other, *ready), 0U);
    take_new_pages(disk_);
    ASSERT_EQ(store_put(other, disk_, "written since", filled(10, 3)), 0U);
    EXPECT_EQ(repair_commit(session_, *late), number(Code::access_conflict)) << "a record is there again";
    EXPECT_EQ(store_stat(other, disk_, "written since"), 0U);
    EXPECT_EQ(find(session_), 0U);
}

TEST_F(StoreRepair, AStoreMadeMeanwhileIsNotReplaced) {
    for (const uint8_t anchor : {uint8_t{1}, uint8_t{2}}) {
        ASSERT_EQ(destroy(session_, disk_), 0U);
        Disk copy = disk_;
        const auto late = repair(session_, copy);
        ASSERT_TRUE(late);
        const uint32_t other = session_of(1000);
        Disk fresh;
        make_store(other, fresh, anchor);
        EXPECT_EQ(repair_commit(session_, *late), number(Code::access_conflict)) << "anchor " << int{anchor};
        ASSERT_EQ(destroy(other, fresh), 0U);
        const auto ready = repair(session_, disk_);
        ASSERT_TRUE(ready);
        ASSERT_EQ(repair_commit(session_, *ready), 0U);
        take_new_pages(disk_);
        ASSERT_EQ(store_put(session_, disk_, "third", filled(10, 3)), 0U) << "so that there are two copies again";
        ASSERT_EQ(store_put(session_, disk_, "fourth", filled(10, 4)), 0U);
    }
}

TEST_F(StoreRepair, AnIntactRecordIsNotReplaced) {
    EXPECT_EQ(begin(session_, disk_), number(Code::access_conflict));
    EXPECT_EQ(open_store(session_, disk_), 0U);
    EXPECT_EQ(store_stat(session_, disk_, "first"), 0U) << "and works on";
    ASSERT_EQ(destroy(session_, disk_), 0U);
    Disk in_rpmb;
    make_store(session_, in_rpmb, 2);
    EXPECT_EQ(begin(session_, disk_), number(Code::access_conflict)) << "one under the other anchor is one, too";
    EXPECT_EQ(find(session_, 2), 0U);
}

TEST_F(StoreRepair, AnothersCopiesAreNotTheCallers) {
    ASSERT_EQ(destroy(session_, disk_), 0U);
    const uint32_t thief = session_of(1001);
    EXPECT_EQ(begin(thief, disk_), number(Code::access_denied)) << "whose the store is, is inside the seal";
    EXPECT_EQ(begin(session_of(0), disk_), number(Code::access_denied)) << "root repairs its own";
    EXPECT_EQ(store(thief, StoreCommand::repair_step, protocol::PrepareRequest{}).result, number(Code::bad_parameters));
    EXPECT_EQ(paged(thief, disk_, StoreCommand::repair_step, protocol::PrepareRequest{}).result, number(Code::bad_state));
}

TEST_F(StoreRepair, TheCopiesAreOfTheStoreThatIsAskedFor) {
    ASSERT_EQ(destroy(session_, disk_), 0U);
    Disk in_rpmb = disk_;
    in_rpmb.header.anchor = 2;
    EXPECT_EQ(begin(session_, in_rpmb), number(Code::bad_parameters)) << "another anchor than the seal says";
    Disk another;
    make_store(session_, another);
    ASSERT_EQ(destroy(session_, another), 0U);
    another.pages = disk_.pages;
    EXPECT_EQ(begin(session_, another), number(Code::bad_parameters)) << "another store's";
    another.header.key_check[0] ^= std::byte{1};
    EXPECT_EQ(begin(session_, another), number(Code::security)) << "another device's";
}

TEST_F(StoreRepair, EndsUnderItsOwnIdOnly) {
    ASSERT_EQ(destroy(session_, disk_), 0U);
    auto ready = repair(session_, disk_);
    ASSERT_TRUE(ready);
    EXPECT_EQ(repair_commit(session_of(1000), *ready), number(Code::bad_state)) << "another session's";
    ready->transaction[0] ^= std::byte{1};
    EXPECT_EQ(repair_commit(session_, *ready), number(Code::bad_state));
    EXPECT_EQ(find(session_), number(Code::item_not_found));
}

}  // namespace
}  // namespace festore::ta
