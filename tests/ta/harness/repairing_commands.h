// SPDX-License-Identifier: BSD-2-Clause
// For tests of repair that call the TA's commands directly.
#pragma once
#include "tests/ta/harness/store_harness.h"

namespace festore::ta {

class RepairingCommands : public StoreCommands {
protected:
    using StoreCommands::StoreCommands;

    // Changes the store's record (change_header(): the header) in the stored root table. Ends all sessions first.
    template <class F>
    void change_record(const Disk& disk, Anchor anchor, F&& change) {
        end_sessions();
        Content content = table(anchor);
        constexpr size_t kStoreId = 28;  // offset in a record
        const auto id = std::ranges::search(content, disk.header.store_id);
        const auto at = static_cast<size_t>(id.begin() - content.begin()) - kStoreId;
        const auto place = MutableBytes(content).subspan(at, engine::kRootRecordBytes);
        engine::RootRecord record = engine::decode_root_record(place).value();
        change(record);
        engine::RootRecordBytes encoded{};
        encode(record, encoded);
        copy_bytes(encoded, place);
        store_table(content, anchor);
    }
    [[nodiscard]] engine::TableHeader table_header(Anchor anchor) {
        return engine::decode_table_header(Bytes(table(anchor)).first(engine::kTableHeaderBytes)).value();
    }
    template <class F>
    void change_header(Anchor anchor, F&& change) {
        end_sessions();
        Content content = table(anchor);
        engine::TableHeader header = table_header(anchor);
        change(header);
        engine::TableHeaderBytes encoded{};
        encode(header, encoded);
        copy_bytes(encoded, content);
        store_table(content, anchor);
    }

    protocol::StoreClaim claim_;  // sent with each repair
    [[nodiscard]] protocol::RepairRequest request_for(const Disk& disk, bool older = false) const {
        protocol::RepairRequest request;
        request.store_id = disk.header.store_id;
        request.anchor = disk.header.anchor;
        request.key_check = disk.header.key_check;
        request.older = older;
        request.claim = claim_;
        return request;
    }
    uint32_t begin(uint32_t session, Disk& disk) {
        // A client brings zeroes for a page that its file does not have.
        for (uint32_t slot = 0; slot < engine::kRecoverySlots; ++slot) disk.pages.try_emplace(slot);
        return paged(session, disk, Command::store_repair_begin, request_for(disk)).result;
    }
    // A whole repair except its commit. Returns the request for the commit.
    std::optional<protocol::TransactionRequest> repair(uint32_t session, Disk& disk) {
        if (begin(session, disk) != 0) return std::nullopt;
        for (int step = 0; step < 40; ++step) {
            const Called called = paged(session, disk, Command::store_repair_step, protocol::PrepareRequest{});
            const auto answer = protocol::decode<protocol::RepairStepAnswer>(called.answer);
            if (called.result != 0 || !answer) return std::nullopt;
            if (answer->complete) return protocol::TransactionRequest{answer->transaction, answer->generation};
        }
        return std::nullopt;
    }
    uint32_t repair_commit(uint32_t session, const protocol::TransactionRequest& request) {
        return store(session, Command::store_repair_commit, request).result;
    }
    // Replaces the old page file by the new one.
    static void take_new_pages(Disk& disk) {
        std::map<uint32_t, engine::PageBytes> fresh;
        for (const auto& [page, bytes] : disk.pages)
            if ((page & protocol::kNewPage) != 0) fresh[page & ~protocol::kNewPage] = bytes;
        disk.pages = std::move(fresh);
    }
    // A whole repair. Returns the error of its first call, or the result of its commit.
    uint32_t repair_all(uint32_t session, Disk& disk) {
        if (const uint32_t begun = begin(session, disk); begun != 0) return begun;
        EXPECT_EQ(store(session, Command::store_abort, protocol::TransactionRequest{}).result, 0U);
        const auto ready = repair(session, disk);
        EXPECT_TRUE(ready);
        if (!ready) return number(Code::generic);
        const uint32_t committed = repair_commit(session, *ready);
        if (committed == 0) take_new_pages(disk);
        return committed;
    }
};

// Stores of several users. The test parameter is their anchor.
class RepairingEither : public RepairingCommands, public testing::WithParamInterface<Anchor> {
protected:
    RepairingEither() : anchor_(GetParam()) {}
    void make_filled(uid_t uid, Disk& disk) {
        const uint32_t session = session_of(uid);
        make_store(session, disk, anchor_);
        ASSERT_EQ(store_put(session, disk, "first", filled(100, 1)), 0U);
        ASSERT_EQ(store_put(session, disk, "second", filled(100, 2)), 0U);
    }
    void destroy_of(uid_t uid, const Disk& disk) { ASSERT_EQ(destroy(session_of(uid), disk), 0U); }
    // Returns the result of beginning a repair, then aborts it: nothing changes.
    uint32_t may_repair(uid_t uid, const Disk& disk) {
        Disk copy = disk;
        const uint32_t session = session_of(uid);
        const uint32_t begun = begin(session, copy);
        (void)store(session, Command::store_abort, protocol::TransactionRequest{});
        return begun;
    }

    const Anchor anchor_;
    const uint32_t destroyed_ = number(Code::store_destroyed);
};

}  // namespace festore::ta
