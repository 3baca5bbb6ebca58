// SPDX-License-Identifier: BSD-2-Clause
// The n-th read or write of a page, or the n-th cryptographic operation (random, HMAC, seal, open), fails, for all n.
// The store is unchanged, the failure is reported, and the next transaction works.
#include "tests/engine/rounds.h"
#include "tests/engine/store.h"

namespace festore::engine {
namespace {

void fill(TestStore& store, size_t objects) {
    store.begin();
    for (size_t i = 0; i < objects; ++i)
        ASSERT_TRUE(store.put(std::string(200, 'n') + std::to_string(i * 37 % 1000), "content"));
    ASSERT_TRUE(store.commit());
}

// Runs all kinds of operations, until the first failure.
Status work(TestStore& store) {
    FESTORE_CHECK(store.transaction->begin(store.keys, store.root));
    for (size_t i = 0; i < 8; ++i) {
        const std::string name = std::string(200, 'n') + std::to_string(i * 37 * 20 % 1000);
        FESTORE_CHECK(store.put(name, "changed"));
        FESTORE_CHECK(store.get(name, true));
        FESTORE_CHECK(store.put(name + "new", std::string(400, 'x')));
        FESTORE_CHECK(store.rename(name, name + "moved"));
        FESTORE_CHECK(store.remove(name + "new"));
    }
    return store.commit();
}

void check_all(size_t frames, const std::function<void(TestStore&, uint64_t)>& arm, size_t step) {
    TestStore store(frames);
    fill(store, 150);
    const Model before = store.verify();
    const RootRecord root = store.root;
    const Disk disk = store.disk;
    uint64_t n = 1;
    for (;; n += step) {
        store.root = root;
        store.disk = disk;
        store.reopen();
        arm(store, n);
        const Status worked = work(store);
        arm(store, 0);
        if (worked) break;
        EXPECT_EQ(worked.error().code, Code::generic) << "failure " << n << " must be reported unchanged";
        EXPECT_EQ(store.root.generation, root.generation);
        store.give_up();
        ASSERT_EQ(store.verify(), before) << "after failure " << n;
        ASSERT_EQ(store.list({}, 100).value(), before) << "the cache holds none of its changes: failure " << n;
        ASSERT_TRUE(work(store)) << "after failure " << n;
        ASSERT_FALSE(testing::Test::HasFailure()) << "failure " << n;
    }
    store.verify();
    std::printf("%llu places to fail, every %zu. tried\n", static_cast<unsigned long long>(n - 1), step);
    EXPECT_GT(n, 15U);
}

class Faults : public testing::TestWithParam<size_t> {};

TEST_P(Faults, EveryReadAndWriteOfAPage) {
    check_all(GetParam(), [](TestStore& store, uint64_t n) { store.io_count = 0, store.io_fail_at = n; }, kSlow);
}

TEST_P(Faults, EveryOperationOfTheCryptography) {
    check_all(GetParam(), [](TestStore& store, uint64_t n) { store.crypto.fail_at(n); }, 2 * kSlow);
}

INSTANTIATE_TEST_SUITE_P(Frames, Faults, testing::Values(3, 6, 64));

TEST(Faults, ATransactionWhoseSecondPhaseFailedRefusesEverything) {
    TestStore store(3);
    fill(store, 900);
    size_t broken = 0;
    for (uint64_t n = 1; n < 400; ++n) {
        store.reopen();
        store.begin();
        store.crypto.fail_at(n % 20);
        const Outcome<Effect> put = store.put(std::string(200, 'n') + std::to_string(n / 20 * 37), std::string(700, 'c'));
        store.crypto.fail_at(0);
        if (put || !store.transaction->is_broken()) {
            if (!put) {
                EXPECT_TRUE(store.put("other", "goes on")) << "only the first phase failed";
            }
            store.give_up();
            continue;
        }
        ++broken;
        EXPECT_EQ(store.put("other", "x").error().code, Code::bad_state);
        EXPECT_EQ(store.remove(std::string(200, 'n') + "37").error().code, Code::bad_state);
        EXPECT_EQ(store.prepare().error().code, Code::bad_state);
        store.give_up();
    }
    EXPECT_GT(broken, 0U);
}

}  // namespace
}  // namespace festore::engine
