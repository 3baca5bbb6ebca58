// SPDX-License-Identifier: BSD-2-Clause
// The exact number of pages that an operation touches; it grows only with the height of the tree.
#include "tests/engine/rounds.h"
#include "tests/engine/store.h"

#include <algorithm>

namespace festore::engine {
namespace {

std::string name_of(size_t i) {
    char name[32];
    (void)std::snprintf(name, sizeof name, "object-%08zu", i * 2654435761U % 100000000U);
    return name;
}

void load(TestStore& store, size_t objects) {
    for (size_t i = 0; i < objects;) {
        store.begin();
        for (const size_t end = std::min(objects, i + 1000); i < end; ++i) ASSERT_TRUE(store.put(name_of(i), "0123456789"));
        ASSERT_TRUE(store.commit());
    }
}

class Rule11Counts : public testing::TestWithParam<std::pair<size_t, uint8_t>> {};

TEST_P(Rule11Counts, PagesPerOperationAreTheHeightAndOneForTheFreeList) {
    const auto [objects, height] = GetParam();
    if (kSlow > 1 && objects > 10000) GTEST_SKIP() << "only up to 10 000 objects under a sanitizer";
    TestStore store;
    load(store, objects);
    ASSERT_EQ(store.root.height, height);
    ASSERT_EQ(store.root.objects, objects);
    const size_t h = height;
    const std::string name = name_of(objects / 2);

    store.reopen();
    ASSERT_TRUE(store.get(name));
    EXPECT_EQ(store.counts.rounds, h + 1) << "the cache is empty: one call for each level, and the one that answers";
    EXPECT_EQ(store.counts.brought, h);
    EXPECT_EQ(store.counts.written, 0U);
    ASSERT_TRUE(store.get(name));
    EXPECT_EQ(store.counts.rounds, 1U) << "all of it is in the cache";
    EXPECT_EQ(store.counts.brought, 0U);

    // After the first commit, each commit reads one page of the free list and writes one.
    for (const std::string& changed : {name, name, name_of(objects / 3)}) {
        const size_t lists = store.root.free_list.is_none() ? 0 : 1;
        store.reopen();
        store.begin();
        ASSERT_TRUE(store.put(changed, "9876543210"));
        EXPECT_EQ(store.counts.rounds, h + 1);
        EXPECT_EQ(store.counts.brought, h + lists);
        EXPECT_EQ(store.counts.written, 0U);
        ASSERT_TRUE(store.prepare());
        EXPECT_EQ(store.counts.brought, 0U);
        EXPECT_EQ(store.counts.written, h + 1);
        ASSERT_TRUE(store.commit());
    }
    // The same with a warm cache.
    store.begin();
    ASSERT_TRUE(store.put(name_of(objects / 3), "x"));
    EXPECT_LE(store.counts.rounds, 2U);
    EXPECT_LE(store.counts.brought, 1U) << "the page of the free list";
    ASSERT_TRUE(store.prepare());
    EXPECT_EQ(store.counts.written, h + 1);
    ASSERT_TRUE(store.commit());
    const uint32_t page_count = store.root.page_count;

    // A hundred more changes: the file does not grow, and the pages that each one needs are bounded by the height.
    for (size_t i = 0; i < 100; ++i) {
        store.reopen();
        store.begin();
        const std::string other = name_of(i / 2 % objects);
        ASSERT_TRUE(i % 2 == 0 ? store.remove(other) : store.put(other, "again"));
        EXPECT_LE(store.counts.rounds, 2 * h + 1);
        EXPECT_LE(store.counts.brought, 3 * h);
        ASSERT_TRUE(store.commit());
    }
    EXPECT_LE(store.root.page_count, page_count + 2 * h) << "pages are reused (rule 8)";
    if (objects <= 10000) store.verify();
    std::printf("%zu objects: height %d, %u pages, %u of them free\n", objects, height, store.root.page_count,
                store.root.free_pages);
}

INSTANTIATE_TEST_SUITE_P(Objects, Rule11Counts,
                         testing::Values(std::pair<size_t, uint8_t>{10, 1}, std::pair<size_t, uint8_t>{1000, 2},
                                         std::pair<size_t, uint8_t>{10000, 3}, std::pair<size_t, uint8_t>{100000, 3}),
                         [](const auto& i) { return std::to_string(i.param.first); });

TEST(Rule11Counts, AscendingNamesFillTheirPages) {
    TestStore store;
    const size_t objects = 10000;
    for (size_t i = 0; i < objects;) {
        store.begin();
        for (size_t k = 0; k < 1000; ++k, ++i) {
            char name[16];
            (void)std::snprintf(name, sizeof name, "%08zu", i);
            ASSERT_TRUE(store.put(name, "0123456789"));
        }
        ASSERT_TRUE(store.commit());
    }
    const uint32_t used = store.root.page_count - store.root.free_pages;
    const size_t entries_bytes = objects * (Node::kEntryOverhead + 8 + kEntryFixedBytes + 10);
    EXPECT_LE(used, entries_bytes / Node::kRoom * 105 / 100 + 5);
    EXPECT_EQ(store.verify().size(), objects);
}

}  // namespace
}  // namespace festore::engine
