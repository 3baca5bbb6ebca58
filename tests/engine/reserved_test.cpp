// SPDX-License-Identifier: BSD-2-Clause
// Lost ranges: their entries, and the bounds that show which range a name is in. (rule 30)
#include "engine/reserved.h"
#include "tests/engine/store.h"

#include <gtest/gtest.h>
#include <random>

namespace festore::engine {
namespace {

LostRange range_of(const std::string& from, const std::string& before, bool acknowledged = false, uint64_t epoch = 7) {
    return {acknowledged, epoch, bytes_of(from), bytes_of(before)};
}

TEST(Rule30LostRanges, AnEntryKeepsAllOfARange) {
    const std::string longest(253, 'n');
    const std::string behind(253, 'o');
    for (const auto& [from, before] : {std::pair<std::string, std::string>{"", ""}, {"a", "b"}, {"", "b"}, {"a", ""}, {longest, behind}}) {
        for (const bool acknowledged : {false, true}) {
            const LostRange given = range_of(from, before, acknowledged);
            const LostRangeEntry made(given);
            const Entry entry = made.entry();
            EXPECT_TRUE(is_valid(entry));
            EXPECT_LE(Node::entry_bytes(LostRangeKey(given).bytes().size(), encoded_size(entry)), limits::kIndexEntryBytesMax);
            const auto range = decode_lost_range(entry);
            ASSERT_TRUE(range);
            EXPECT_EQ(text_of(range->from), from);
            EXPECT_EQ(text_of(range->before), before);
            EXPECT_EQ(range->acknowledged, acknowledged);
            EXPECT_EQ(range->epoch, 7U);
        }
    }
}

TEST(Rule30LostRanges, WhatIsNoneIsDamage) {
    const LostRangeEntry made(range_of("a", "b"));
    const std::vector<std::byte> good(made.entry().content.begin(), made.entry().content.end());
    const auto code = [](const std::vector<std::byte>& content) {
        Entry entry;
        entry.version = 1;
        entry.content = content;
        entry.size = content.size();
        const auto range = decode_lost_range(entry);
        return range ? Code::success : range.error().code;
    };
    EXPECT_EQ(code(good), Code::success);
    for (size_t size = 0; size < good.size(); ++size)
        EXPECT_EQ(code({good.begin(), good.begin() + static_cast<long>(size)}), Code::corrupt_object);
    auto longer = good;
    longer.push_back(std::byte{0});
    EXPECT_EQ(code(longer), Code::corrupt_object);
    auto state = good;
    state[0] = std::byte{2};
    EXPECT_EQ(code(state), Code::corrupt_object);
    auto backwards = good;
    backwards.back() = std::byte{'a'};
    EXPECT_EQ(code(backwards), Code::corrupt_object) << "the range ends where it begins";
}

// Names that are too long for a bound are rounded outwards: a range always covers everything that was lost.
TEST(Rule30LostRanges, BoundsAreRoundedOutwards) {
    std::mt19937_64 random(30);
    for (int i = 0; i < 20000; ++i) {
        std::string name(random() % 3 == 0 ? 250 + random() % 6 : 1 + random() % 4, 'a');
        for (size_t at = name.size() - std::min<size_t>(name.size(), 4); at < name.size(); ++at)
            name[at] = static_cast<char>(random() % 5 == 0 ? 0xF4 : 'a' + random() % 3);
        LostBound down, up, behind;
        const bool fits = name.size() <= LostBound::kBytesMax;
        EXPECT_EQ(down.round_down(bytes_of(name)), fits);
        EXPECT_EQ(up.round_up(bytes_of(name)), fits);
        EXPECT_LE(compare_keys(down.bytes(), bytes_of(name)), 0);
        EXPECT_GE(compare_keys(up.bytes(), bytes_of(name)), 0);
        const bool is_behind = behind.set_behind(bytes_of(name));
        EXPECT_EQ(is_behind, name.size() < LostBound::kBytesMax);
        if (is_behind) EXPECT_EQ(text_of(behind.bytes()), name + '\0');
        else EXPECT_LE(compare_keys(behind.bytes(), bytes_of(name)), 0);
        const LostRange ends{false, 1, {}, up.bytes()};
        EXPECT_LT(compare_keys(LostRangeKey(ends).bytes(), LostRangeKey(LostRange{}).bytes()), 0) << "the range without an end is the last";
    }
}

}  // namespace
}  // namespace festore::engine
