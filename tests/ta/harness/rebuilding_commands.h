// SPDX-License-Identifier: BSD-2-Clause
// The commands of a rebuild, of a move to the RPMB, and of what is closed after damage was dropped.
#pragma once
#include "protocol/store_rebuild.h"
#include "tests/ta/harness/repairing_commands.h"

namespace festore::ta {

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
    // Moves the store to the RPMB; the n-th call into TEE storage fails, or ends the TA. Returns the commit's result.
    uint32_t move_failing_at(uint64_t n, bool ends_ta = false) {
        const auto ready = rebuild(session_, RebuildKind::whole, {}, protocol::RebuildAnchor::rpmb);
        EXPECT_TRUE(ready);
        if (!ready) return number(Code::generic);
        sim::Faults faults;
        faults.storage = n;
        faults.panic_on_storage = ends_ta;
        if (!ends_ta) faults.storage_code = number(Code::storage_no_space);
        tee_.set_faults(faults);
        const uint32_t committed = rebuild_commit(session_, *ready);
        tee_.set_faults({});
        return committed;
    }
    bool is_under_both(uint32_t session) { return find(session, Anchor::ree) == 0 && find(session, Anchor::rpmb) == 0; }
    // After a move that failed: opens the store as it was before, when ree had that table.
    void begin_again(const Content& before) {
        end_sessions();
        lose(kTable, Anchor::rpmb);
        lose(kSecrets, Anchor::rpmb);
        store_table(before);
        session_ = session_of(1000);
        std::erase_if(disk_.pages, [](const auto& page) { return (page.first & protocol::kNewPage) != 0; });
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

}  // namespace festore::ta
