// SPDX-License-Identifier: BSD-2-Clause
// A change that was not made leaves nothing that a repair would make after a loss: neither if it failed, nor if it was cut and somebody has
// removed the contents that it had stored.
#include "tests/store/harness/rebuilding.h"

#include <cerrno>

namespace festore::store_test {
namespace {

class FailedChange : public Rebuilding {
protected:
    void SetUp() override {
        fill(40);
        start_ = device_.snapshot();
    }
    void lose_and_repair() {
        lose_tee_files();
        const auto repaired = device_.connect().store()->repair();
        ASSERT_TRUE(repaired) << message(repaired);
    }
    Objects present() {
        Objects objects;
        Client client = device_.connect();
        for (const auto& [name, content] : truth_)
            if (const auto got = client.get(name)) objects[name] = *got;
        return objects;
    }
    // Nothing was changed, and the store is that after a loss.
    void expect_unchanged_after_a_loss(const std::string& how) {
        device_.end_programs();
        ASSERT_TRUE(present() == truth_) << how;
        lose_and_repair();
        EXPECT_TRUE(present() == truth_) << how;
    }
    Result<uint64_t> batch() {
        Result<Client> client = device_.try_connect();
        if (!client) return client.error();
        Result<Transaction> transaction = client->store()->begin();
        if (!transaction) return transaction.error();
        for (const unsigned payload : {0U, 1U})
            if (const auto put = transaction->put("payload " + std::to_string(payload), content_of(kPayload, 80 + payload)); !put)
                return put.error();
        for (unsigned i = 1; i < 40; ++i)
            if (const auto removed = transaction->remove("object " + std::to_string(1000 + i)); !removed) return removed.error();
        return transaction->commit();
    }
    static Content other() { return content_of(kPayload, 77); }
    Result<ObjectInfo> put() {
        Result<Client> client = device_.try_connect();
        return client ? client->put("payload 0", other()) : client.error();
    }

    Device::Snapshot start_;
};

TEST_P(FailedChange, Rule17OnADiskThatIsTooFull) {
    size_t refused = 0;
    ASSERT_TRUE(device_.connect().store()->rebuild());  // then one page for recovery copies is a hole
    const auto rebuilt = device_.snapshot();
    const size_t files = payload_files();
    for (const bool in_batch : {false, true}) {
        for (uint64_t room = 0; room < 400; ++room) {
            device_.restore(rebuilt);
            device_.files().set_capacity(device_.files().held() + room * kPage);
            const bool is_done = in_batch ? batch().has_value() : put().has_value();
            device_.files().set_capacity(std::nullopt);
            if (is_done) break;
            ++refused;
            EXPECT_EQ(payload_files(), files) << "it gives its space back";
            expect_unchanged_after_a_loss((in_batch ? "batch, room for " : "put, room for ") + std::to_string(room));
        }
    }
    EXPECT_GT(refused, 20U);
}

TEST_P(FailedChange, Rule17IfTheTeeCannotWriteItsRecord) {
    for (uint64_t n = 1; n < 4; ++n) {
        device_.restore(start_);
        bool is_done = false;
        {
            Client client = device_.connect();
            ASSERT_TRUE(client.get("payload 1"));
            sim::Faults faults;
            faults.storage = n;
            faults.storage_code = static_cast<uint32_t>(Code::storage_no_space);
            device_.tee().set_faults(faults);
            is_done = client.put("payload 0", other()).has_value();
            device_.tee().set_faults({});
        }
        EXPECT_EQ(is_done, n > 1) << n;
        if (!is_done) expect_unchanged_after_a_loss("the TEE's storage, call " + std::to_string(n));
    }
}

TEST_P(FailedChange, Rule17IfAFileCannotBeWritten) {
    size_t failed = 0;
    for (const bool in_batch : {false, true}) {
        for (uint64_t n = 1; n < 400; ++n) {
            device_.restore(start_);
            device_.files().fail_at(n, EIO);
            const bool is_done = in_batch ? batch().has_value() : put().has_value();
            const bool has_failed = !device_.files().will_fail();
            device_.files().fail_at(0, 0);
            if (!has_failed) break;
            if (is_done) continue;
            device_.end_programs();
            if (present() != truth_) continue;  // it is not known whether it was done
            ++failed;
            expect_unchanged_after_a_loss((in_batch ? "batch, EIO at " : "put, EIO at ") + std::to_string(n));
        }
    }
    EXPECT_GT(failed, 10U);
}

TEST_P(FailedChange, Rule17AnUndoThatFails) {
    const size_t leaf = leaf_page();
    flip_page(leaf);
    ASSERT_TRUE(drop());
    flip_page(leaf, kOldPages);
    device_.end_programs();
    const auto dropped = device_.snapshot();
    size_t failed = 0;
    for (uint64_t n = 1; n < 300; ++n) {
        device_.restore(dropped);
        device_.files().fail_at(n, EIO);
        const bool is_done = device_.connect().store()->undo_drop().has_value();
        const bool has_failed = !device_.files().will_fail();
        device_.files().fail_at(0, 0);
        device_.end_programs();
        if (!has_failed) break;
        const Objects before = present();
        if (is_done || before == truth_) continue;
        ++failed;
        lose_and_repair();
        EXPECT_TRUE(present() == before) << n;
    }
    EXPECT_GT(failed, 10U);
}

// A killed program leaves its contents, which `verify --clean` removes.
TEST_P(FailedChange, Rule17RemovingWhatACutChangeHasLeft) {
    size_t cuts = 0;
    for (const bool in_batch : {false, true}) {
        for (uint64_t n = 1; n < 600; ++n) {
            device_.restore(start_);
            device_.cut_at_event(n);
            if (in_batch) (void)batch();
            else (void)put();
            if (!device_.is_off()) break;
            device_.end_programs();
            ++cuts;
            VerifyOptions clean;
            clean.remove_orphaned = true;
            ASSERT_TRUE(device_.connect().verify(clean)) << n;
            const Objects before = present();
            lose_and_repair();
            EXPECT_TRUE(present() == before) << n;
        }
    }
    EXPECT_GT(cuts, 20U);
}

INSTANTIATE_TEST_SUITE_P(Anchors, FailedChange, testing::Values(Anchor::ree),
                         [](const auto& anchor) { return anchor.param == Anchor::ree ? "ree" : "rpmb"; });

}  // namespace
}  // namespace festore::store_test
