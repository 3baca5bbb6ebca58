// SPDX-License-Identifier: BSD-2-Clause
// Transactions at their limits: spilling, the pages of one transaction, the room of one call, the height.
#include "tests/engine/rounds.h"
#include "tests/engine/store.h"

#include <algorithm>

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
                model[name] = {"c", model.size() + 1};
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

// All frames are dirty, and the path to the entry is known only from the cache: no page of it may be evicted before the
// change is made.
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
        const Outcome<Effect> put = store.put(sorted_name(target) + "x", std::string(700, 'c'));
        ASSERT_TRUE(put) << "at " << target << ": " << static_cast<uint32_t>(put.error().code);
        cached += store.counts.brought == 0 ? 1 : 0;
        ASSERT_TRUE(store.commit());
        store.verify();
    }
    EXPECT_GT(cached, 10U) << "some of them needed only the cache";
}

// Puts an object whose entry takes this many bytes, at most a quarter of a page: four fill a leaf.
void put_sized(TestStore& store, const std::string& name, size_t entry_bytes) {
    const size_t fixed = Node::entry_bytes(name.size(), kEntryFixedBytes);
    ASSERT_TRUE(store.put(name, std::string(entry_bytes - fixed, 'c'))) << name;
}

// A page becomes underfull between two neighbours. One of them must be brought, the other is dirty: bringing the one
// evicts the other, which changes its reference in the parent during the first phase.
TEST(Rule11Gathered, ANeighbourThatIsSealedToMakeRoomForTheOther) {
    TestStore store(Pages::kFramesMin);
    store.begin();
    for (const char* name : {"l0", "l1", "l2", "l3"}) put_sized(store, name, 1000);
    put_sized(store, "m0", 1000);
    put_sized(store, "m1", 900);
    put_sized(store, "m2", 1000);
    put_sized(store, "m3", 200);
    put_sized(store, "r0", 1000);
    ASSERT_TRUE(store.commit());
    store.reopen();
    Model model = store.verify();
    // The new name splits the leaf of m into m0 m1 and m2 m3 m4. These two and the root fill the three frames, all dirty.
    // m1 alone is underfull: it needs its left neighbour, which is not in a frame.
    store.begin();
    const Outcome<Effect> renamed = store.rename("m0", "m4");
    ASSERT_TRUE(renamed) << static_cast<uint32_t>(renamed.error().code);
    ASSERT_TRUE(store.commit());
    auto moved = model.extract("m0");
    moved.key() = "m4";
    moved.mapped().version = store.root.changes;
    model.insert(std::move(moved));
    EXPECT_EQ(store.verify(), model);
}

// The same with enough frames to keep dirty pages over many operations. It takes a transaction that fills them, and a
// client that brings the one page before it is requested (otherwise the request would count as a use of the other).
TEST(Rule11Gathered, ANeighbourThatIsSealedAlthoughThereAreManyFrames) {
    const size_t frames = 16;
    TestStore store(frames);
    ASSERT_TRUE(store.pages->is_roomy(2));
    const auto name = [](size_t leaf, size_t i) { return std::to_string(100 + leaf) + "." + std::to_string(i); };
    store.begin();
    for (size_t leaf = 0; leaf < frames; ++leaf) {
        for (size_t i = 0; i < 4; ++i) put_sized(store, name(leaf, i), 1000);
    }
    ASSERT_TRUE(store.commit());
    ASSERT_EQ(store.root.height, 2);
    store.reopen();
    Model model = store.verify();
    // All but leaf 0 become dirty, and the right neighbour of leaf 1 is the least recently used.
    store.begin();
    for (size_t leaf = 2; leaf < frames; ++leaf) put_sized(store, name(leaf, 0), 900);
    put_sized(store, name(1, 0), 900);
    ASSERT_EQ(store.pages->dirty_frames(), frames);
    store.bring_all = true;
    for (size_t i = 1; i < 4; ++i) {
        const Outcome<Effect> removed = store.remove(name(1, i));
        ASSERT_TRUE(removed) << i << ": " << static_cast<uint32_t>(removed.error().code);
        model.erase(name(1, i));
    }
    ASSERT_TRUE(store.commit());
    const Model after = store.verify();
    EXPECT_EQ(after.size(), model.size());
    for (const auto& [key, object] : after) EXPECT_TRUE(model.contains(key)) << key;
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
        const Outcome<Effect> put = store.put(name_of(puts), std::string(500, 'c'));
        code = put ? Code::success : put.error().code;
        ++puts;
    }
    EXPECT_EQ(code, Code::limit_exceeded);
    EXPECT_GT(puts, limits::kTransactionPagesMax) << "a page holds more than one of them";
    EXPECT_FALSE(store.transaction->is_broken());
    EXPECT_EQ(store.get(name_of(1), true)->content.size(), 500U) << "its changes so far are still there";
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
    // Then all are removed: the number of freed pages is limited, too.
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
    store.call_capacity = kFreeListPagesMax;  // prepare() takes several calls
    ASSERT_TRUE(store.commit());
    EXPECT_EQ(store.verify().size(), 201U);
}

// No operation writes more pages than its room_for_...() says, with any number of frames.
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
    ASSERT_TRUE(store.prepare()) << "a second prepare is harmless";
    ASSERT_TRUE(store.commit());
    EXPECT_EQ(store.verify(), (Model{{"n", {"c", 1}}}));
}

// Rule 4: the record's id and generation show which transaction made it.
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
