// SPDX-License-Identifier: BSD-2-Clause
// Transactions at their limits: spilling, the pages of one transaction, the room of one call, the height.
#include "tests/engine/rounds.h"
#include "tests/engine/store.h"

namespace festore::engine {
namespace {

std::string name_of(size_t i) { return std::string(230, 'k') + std::to_string(1000000 + i * 7919 % 1000000); }

// Many more dirty pages than frames: they are sealed and written before the end, to pages that the last commit does
// not use.
TEST(Rule11Spill, ATransactionLargerThanItsFrames) {
    for (const size_t frames : {size_t{3}, size_t{9}, size_t{32}}) {
        TestStore store(frames);
        Model model;
        for (int batch = 0; batch < 3; ++batch) {
            std::set<uint32_t> written;
            std::set<uint32_t> in_use;
            const RootRecord before = store.root;
            const Model model_before = model;
            store.on_write = [&](uint32_t page) { written.insert(page); };
            store.begin();
            for (size_t i = 0; i < 400; ++i) {
                const std::string name = name_of(i * 3 + static_cast<size_t>(batch));
                ASSERT_TRUE(store.put(name, "c"));
                model[name] = {"c", 1};
            }
            EXPECT_GT(written.size(), 20U) << "pages were spilled before the end";
            EXPECT_GT(store.transaction->pages_sealed(), 20U);
            // Whatever was written by now, the state of the last commit is untouched.
            store.on_write = nullptr;
            TestStore other(64);
            other.root = before;
            other.disk = store.disk;
            EXPECT_EQ(other.verify(), model_before);
            ASSERT_TRUE(store.commit());
            ASSERT_EQ(store.verify(), model);
        }
    }
}

// Frames full of dirty pages, and a way that is known from the cache only: nothing of it may be pushed out before the change
// is made.
TEST(Rule11Gathered, WhatACallDidNotBringStaysUntilTheChangeIsMade) {
    TestStore store(20);
    const auto sorted_name = [](size_t i) { return std::string(230, 'k') + std::to_string(1000 + i); };
    store.begin();
    for (size_t i = 0; i < 900; ++i) ASSERT_TRUE(store.put(sorted_name(i * 7 % 900), "c"));
    ASSERT_TRUE(store.commit());
    ASSERT_EQ(store.root.height, 3);
    size_t cached = 0;
    for (size_t target = 0; target < 900; target += 20) {
        store.reopen();
        store.begin();
        for (size_t i = 0; i < 300; i += 5) ASSERT_TRUE(store.put(sorted_name((target + 300 + i) % 900), "changed"));
        ASSERT_TRUE(store.get(sorted_name(target), true));
        const Result<Effect> put = store.put(sorted_name(target) + "x", std::string(700, 'c'));
        ASSERT_TRUE(put) << "at " << target << ": " << static_cast<uint32_t>(put.error().code);
        cached += store.counts.brought == 0 ? 1 : 0;
        ASSERT_TRUE(store.commit());
        store.verify();
    }
    EXPECT_GT(cached, 10U) << "some of them needed nothing but the cache";
}

TEST(Rule11TransactionLimit, BeyondItAnErrorAndNothingChanged) {
    TestStore store(64);
    store.begin();
    ASSERT_TRUE(store.put("before", "c"));
    ASSERT_TRUE(store.commit());
    const RootRecord root = store.root;
    store.begin();
    Code code = Code::success;
    size_t puts = 0;
    while (code == Code::success && puts < 100000) {
        const Result<Effect> put = store.put(name_of(puts), std::string(500, 'c'));
        code = put ? Code::success : put.error().code;
        ++puts;
    }
    EXPECT_EQ(code, Code::limit_exceeded);
    EXPECT_GT(puts, limits::kTransactionPagesMax) << "a page takes more than one of them";
    EXPECT_FALSE(store.transaction->is_broken());
    EXPECT_EQ(store.get(name_of(1), true)->content.size(), 500U) << "what it did so far is still there";
    store.give_up();
    store.reopen();
    EXPECT_EQ(store.root.generation, root.generation);
    EXPECT_EQ(store.verify(), (Model{{"before", {"c", 1}}}));
    std::printf("%zu puts in one transaction\n", puts - 1);
}

TEST(Rule11TransactionLimit, UpToItEverythingIsCommitted) {
    TestStore store(64);
    store.begin();
    size_t puts = 0;
    while (store.put(name_of(puts), std::string(500, 'c'))) ++puts;
    ASSERT_TRUE(store.commit());
    EXPECT_EQ(store.verify().size(), puts);
    // And removed again: the pages given up are limited, too.
    size_t removed = 0;
    size_t transactions = 0;
    for (; removed < puts && transactions < 10; ++transactions) {
        store.begin();
        while (removed < puts && store.remove(name_of(removed))) ++removed;
        ASSERT_TRUE(store.commit());
        ASSERT_EQ(store.verify().size(), puts - removed);
    }
    EXPECT_LE(transactions, 3U);
    EXPECT_EQ(store.root.height, 0);
}

TEST(CallRoom, TooLittleIsToldBeforeAnythingHappens) {
    TestStore store(64);
    store.begin();
    for (size_t i = 0; i < 200; ++i) ASSERT_TRUE(store.put(name_of(i), "c"));
    ASSERT_TRUE(store.commit());
    store.begin();
    store.call_capacity = store.transaction->room_for_change() - 1;
    EXPECT_EQ(store.put("n", "c").error().code, Code::short_buffer);
    EXPECT_EQ(store.rename(name_of(0), "m").error().code, Code::short_buffer);
    store.call_capacity = store.transaction->room_for_change();
    EXPECT_TRUE(store.put("n", "c"));
    for (size_t i = 0; i < 200; ++i) {
        store.call_capacity = store.transaction->room_for_change();
        ASSERT_TRUE(store.put(name_of(i), "d"));
    }
    EXPECT_GT(store.pages->dirty_frames(), 10U);
    store.call_capacity = kFreeListPagesMax;  // prepare() goes on over several calls
    ASSERT_TRUE(store.commit());
    EXPECT_EQ(store.verify().size(), 201U);
}

// What the rooms promise: never more, whatever the frames.
TEST(CallRoom, NoCallWritesMoreThanIsSaid) {
    for (const size_t frames : {size_t{3}, size_t{7}, size_t{20}, size_t{64}}) {
        TestStore store(frames);
        std::mt19937_64 random(frames);
        size_t most = 0;
        size_t said = 0;
        for (size_t batch = 0; batch < rounds(15); ++batch) {
            store.begin();
            for (size_t i = 0; i < 40; ++i) {
                const std::string name = name_of(random() % 3000);
                const bool renaming = random() % 4 == 0;
                store.call_capacity = renaming ? store.transaction->room_for_rename() : store.transaction->room_for_change();
                said = std::max(said, store.call_capacity);
                if (renaming) (void)store.rename(name, name_of(random() % 3000), true);
                else if (random() % 3 == 0) (void)store.remove(name);
                else EXPECT_TRUE(store.put(name, std::string(random() % 700, 'c')));
                ASSERT_FALSE(store.transaction->is_broken());
                most = std::max(most, store.counts.written);
            }
            store.call_capacity = 256;
            ASSERT_TRUE(store.commit());
        }
        store.verify();
        std::printf("%zu frames: at most %zu pages written by one operation, %zu said\n", frames, most, said);
    }
}

TEST(Transactions, OneAtATimeAndOnlyInOrder) {
    TestStore store;
    Call call;
    EXPECT_EQ(store.transaction->prepare(call).error().code, Code::bad_state);
    EXPECT_EQ(store.put("n", "c").error().code, Code::bad_state);
    store.begin();
    EXPECT_EQ(store.transaction->begin(store.keys, store.root).error().code, Code::bad_state);
    ASSERT_TRUE(store.put("n", "c"));
    ASSERT_TRUE(store.prepare());
    EXPECT_EQ(store.put("m", "c").error().code, Code::bad_state);
    ASSERT_TRUE(store.prepare()) << "again is harmless";
    ASSERT_TRUE(store.commit());
    EXPECT_EQ(store.verify(), (Model{{"n", {"c", 1}}}));
}

// Rule 4: the record tells by its id and generation which transaction made it.
TEST(Rule04UnknownOutcome, EachTransactionHasItsId) {
    TestStore store;
    std::set<TransactionId> ids;
    for (int i = 0; i < 20; ++i) {
        store.begin();
        const TransactionId id = store.transaction->id();
        EXPECT_TRUE(ids.insert(id).second);
        EXPECT_NE(store.root.transaction_id, id);
        const uint64_t generation = store.root.generation;
        if (i % 3 == 0) {
            store.give_up();
            EXPECT_EQ(store.root.generation, generation);
            continue;
        }
        ASSERT_TRUE(store.commit());
        EXPECT_EQ(store.root.transaction_id, id);
        EXPECT_EQ(store.root.generation, generation + 1);
    }
}

}  // namespace
}  // namespace festore::engine
