// SPDX-License-Identifier: BSD-2-Clause
// Transactions over several calls, and repairs, are limited (rules 21 and 28): one for each identity, and one place kept for root.
#include "tests/ta/harness/store_harness.h"

namespace festore::ta {
namespace {

constexpr uint32_t kBusy = static_cast<uint32_t>(Code::busy);

class Transactions : public StoreCommands {
protected:
    uint32_t session_with_store(uid_t uid) {
        const uint32_t session = session_of(uid);
        make_store(session, disks_[uid]);
        for (unsigned i = 0; i < 2; ++i) EXPECT_EQ(store_put(session, disks_[uid], "object", filled(100, i)), 0U);  // both recovery copies
        return session;
    }
    uint32_t another_session_of(uid_t uid) {
        const uint32_t session = session_of(uid);
        EXPECT_EQ(open_store(session, disks_[uid]), 0U);
        return session;
    }
    uint32_t abort(uint32_t session) { return store(session, Command::store_abort, protocol::TransactionRequest{}).result; }
    uint32_t begin_repair(uint32_t session, uid_t uid) {
        protocol::RepairRequest request;
        request.store_id = disks_[uid].header.store_id;
        request.anchor = disks_[uid].header.anchor;
        request.key_check = disks_[uid].header.key_check;
        return paged(session, disks_[uid], Command::store_repair_begin, request).result;
    }
    void take_all_places() {
        for (uid_t uid = 1000; uid < 1000 + limits::kBatchesMax; ++uid) {
            sessions_.push_back(session_with_store(uid));
            ASSERT_EQ(begin(sessions_.back()), 0U) << uid;
        }
    }
    std::map<uid_t, Disk> disks_;
    std::vector<uint32_t> sessions_;
};

TEST_F(Transactions, Rule28OneIdentityHasOne) {
    const uint32_t alice = session_with_store(1000);
    ASSERT_EQ(begin(alice), 0U);
    EXPECT_EQ(begin(alice), 0U) << "it replaces the session's own transaction";
    const uint32_t again = another_session_of(1000);
    EXPECT_EQ(begin(again), kBusy);
    EXPECT_EQ(begin(session_with_store(1001)), 0U) << "another identity has its own";
    EXPECT_EQ(batch_put(alice, disks_[1000], "more", filled(10, 1)), 0U) << "the first one continues";
    ASSERT_EQ(abort(alice), 0U);
    EXPECT_EQ(begin(again), 0U);
    const uint32_t root = session_with_store(0);
    ASSERT_EQ(begin(root), 0U);
    EXPECT_EQ(begin(another_session_of(0)), kBusy) << "root, too";
}

TEST_F(Transactions, Rule28RootHasAPlaceOfItsOwn) {
    take_all_places();
    EXPECT_EQ(begin(session_with_store(2000)), kBusy);
    const uint32_t root = session_with_store(0);
    EXPECT_EQ(begin(root), 0U);
    ASSERT_EQ(abort(sessions_.front()), 0U);
    EXPECT_EQ(begin(another_session_of(2000)), 0U) << "root's transaction takes nobody's place";
}

TEST_F(Transactions, Rule21ARepairIsOne) {
    session_with_store(2000);
    lose(kTable);
    take_all_places();
    const uint32_t repairing = session_of(2000);
    EXPECT_EQ(begin_repair(repairing, 2000), kBusy);
    ASSERT_EQ(abort(sessions_.front()), 0U);
    ASSERT_EQ(begin_repair(repairing, 2000), 0U);
    EXPECT_EQ(begin(sessions_.front()), kBusy) << "its place is taken";
}

// So the session has one of them, not two.
TEST_F(Transactions, Rule21MakingAStoreEndsTheRepairThatItsSessionHadBegun) {
    session_with_store(1000);
    lose(kTable);
    const uint32_t session = session_of(1000);
    ASSERT_EQ(begin_repair(session, 1000), 0U);
    make_store(session, disks_[1000]);
    EXPECT_EQ(begin(session), 0U);
    EXPECT_EQ(store(session, Command::store_repair_commit, protocol::TransactionRequest{}).result, number(Code::bad_state));
}

}  // namespace
}  // namespace festore::ta
