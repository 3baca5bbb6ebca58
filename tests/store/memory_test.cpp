// SPDX-License-Identifier: BSD-2-Clause
// The TA's heap is large enough for all that its limits allow at once.
#include "tests/store/harness/harness.h"

#include "base/limits.h"
#include "protocol/commands.h"

namespace festore::store_test {
namespace {

class StoreHeap : public StoreTest {
protected:
    // Fills a transaction's memory: plaintext pages, and a content in its own file.
    void begin(uint32_t uid) {
        clients_.push_back(connect("store " + std::to_string(uid), uid));
        auto transaction = clients_.back().store()->begin();
        ASSERT_TRUE(transaction) << message(transaction);
        for (int i = 0; i < 300; ++i) ASSERT_TRUE(transaction->put("object " + std::to_string(i), content_of(700)));
        ASSERT_TRUE(transaction->put("large", content_of(100000)));
        running_.push_back(std::move(*transaction));
    }
    // Opens as many sessions as users without a store can get.
    void open_sessions() {
        for (uid_t uid = 100000; uid < 100000 + limits::kSessionsMax; ++uid) {
            sim::Params params;
            uint32_t session = 0;
            uint32_t origin = 0;
            if (tee_->open_session(protocol::kTaUuid, {1, sim::uuid_of_user(uid)}, params, &session, &origin) == 0)
                sessions_.push_back(session);
        }
    }
    [[nodiscard]] size_t peak() const { return tee_->ta_heap_bytes_peak(protocol::kTaUuid); }

    std::vector<Client> clients_;
    std::vector<Transaction> running_;
    std::vector<uint32_t> sessions_;
};

TEST_F(StoreHeap, Rule21HoldsAllTransactionsAllSessionsAndTheLargestObject) {
    for (uint32_t uid = 1000; uid < 1000 + limits::kBatchesMax; ++uid) begin(uid);
    begin(0);
    std::printf("%zu bytes of the TA's heap: transactions of %zu users and root\n", peak(), limits::kBatchesMax);
    InitOptions in_rpmb;
    in_rpmb.anchor = Anchor::rpmb;
    Client other = connect("another", 2000);
    ASSERT_TRUE(other.store()->init(in_rpmb)) << "both root tables are in memory now";
    ASSERT_TRUE(other.put("large", content_of(100000)));
    std::printf("%zu with both tables, and a single change\n", peak());
    ClientOptions options;
    options.storage = Storage::ree;
    Result<Client> persistent = ClientAccess::connect(sim::teec_in_process(), options, 2000);
    ASSERT_TRUE(persistent);
    ASSERT_TRUE(persistent->list());
    open_sessions();
    const auto put = persistent->put("largest", content_of(limits::kPersistentObjectBytesMax));
    EXPECT_TRUE(put) << message(put);
    std::printf("%zu with %zu more sessions and the largest object; %zu there are\n", peak(), sessions_.size(), limits::kTaHeapBytes);
    for (Transaction& transaction : running_) EXPECT_TRUE(transaction.commit());
    EXPECT_LE(peak(), limits::kTaHeapBytes);
    for (const uint32_t session : sessions_) tee_->close_session(session);
}

}  // namespace
}  // namespace festore::store_test
