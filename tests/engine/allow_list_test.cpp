// SPDX-License-Identifier: BSD-2-Clause
// Root's list of who may store, as the TEE stores it: round trips, garbage, future versions, contradictions; and changes to it.
#include "tests/engine/formats.h"

#include <random>

namespace festore::engine {
namespace {

using Memory = std::array<std::byte, kAllowListBytesMax>;
using List = std::vector<std::byte>;

List example() {
    Memory memory{};
    const Bytes list = example_allow_list(memory);
    return {list.begin(), list.end()};
}
List written_again(const AllowListView& list) {
    Memory memory{};
    AllowListDraft draft(memory, &list);
    const Bytes bytes = draft.finish();
    return {bytes.begin(), bytes.end()};
}
Code code_of(const List& list) {
    const auto decoded = decode_allow_list(list);
    return decoded ? Code::success : decoded.error().code;
}
// The code for the example with that byte changed.
Code code_with(size_t offset, unsigned value) {
    List list = example();
    list.at(offset) = static_cast<std::byte>(value);
    return code_of(list);
}
Uuid numbered(unsigned n) { return Uuid::from_fields(n, 0, 0, {1}); }

TEST(AllowList, RoundTripSizeAndGarbage) {
    const List bytes = example();
    ASSERT_EQ(bytes.size(), 64U + 2 * 36);
    const auto list = decode_allow_list(bytes);
    ASSERT_TRUE(list);
    EXPECT_EQ(written_again(*list), bytes);
    EXPECT_EQ(list->header().others, (AllowLimits{1000, 5, 1}));
    EXPECT_EQ(list->header().totals[1].bytes, 3'000'000U);
    EXPECT_EQ(list->at(0).login, 0U) << "ascending";
    EXPECT_EQ(list->find(1, example_record().identity), (AllowLimits{65536, kNoLimit, 2}));
    EXPECT_FALSE(list->find(2, example_record().identity)) << "a group of that number is another identity";
    for (size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(decode_allow_list(Bytes(bytes).first(size))) << size;
    List longer = bytes;
    longer.push_back(std::byte{0});
    EXPECT_EQ(code_of(longer), Code::corrupt_object);
    std::mt19937_64 random(1);
    for (size_t offset = 0; offset < bytes.size(); ++offset) {
        for (int i = 0; i < 50; ++i) {
            List garbage = bytes;
            garbage[offset] = static_cast<std::byte>(random());
            for (size_t k = offset + 1; i > 25 && k < bytes.size(); ++k) garbage[k] = static_cast<std::byte>(random());
            const auto decoded = decode_allow_list(garbage);
            EXPECT_TRUE(!decoded || written_again(*decoded) == garbage) << offset;
        }
    }
}

TEST(AllowList, ContradictionsAndVersionsFromTheFuture) {
    EXPECT_EQ(code_with(0, 'X'), Code::corrupt_object);
    EXPECT_EQ(code_with(4, 2), Code::not_supported);
    EXPECT_EQ(code_with(5, 1), Code::not_supported);
    EXPECT_EQ(code_with(6, 1), Code::corrupt_object);
    EXPECT_EQ(code_with(8, kAllowOthers | 8), Code::not_supported) << "a required flag";
    EXPECT_EQ(code_with(11, 1), Code::success) << "an ignorable flag";
    EXPECT_EQ(code_with(8, kAllowOthers | kAllowClosed), Code::corrupt_object) << "open and closed";
    EXPECT_EQ(code_with(8, 0), Code::corrupt_object) << "limits for others without their flag";
    EXPECT_EQ(code_with(12, 3), Code::corrupt_object) << "a wrong count";
    EXPECT_EQ(code_with(44, 1), Code::corrupt_object);
    EXPECT_EQ(code_with(64, 3), Code::corrupt_object) << "not a login";
    EXPECT_EQ(code_with(68, 1), Code::corrupt_object) << "the public has no identity";
    List list = example();
    std::swap_ranges(list.begin() + 64, list.begin() + 100, list.begin() + 100);
    EXPECT_EQ(code_of(list), Code::corrupt_object) << "wrong order";
    list = example();
    std::copy_n(list.begin() + 64, 36, list.begin() + 100);
    EXPECT_EQ(code_of(list), Code::corrupt_object) << "one entry twice";
}

TEST(AllowList, EntriesAreSetAndDroppedInAnyOrder) {
    Memory memory{};
    AllowListDraft draft(memory, nullptr);
    EXPECT_EQ(draft.finish().size(), kAllowHeaderBytes);
    for (unsigned n = 0; n < limits::kAllowEntriesMax; ++n)
        ASSERT_TRUE(draft.set({1, numbered(n * 37 % 128), {n, n, n}}));
    EXPECT_EQ(draft.set({1, numbered(1000), {}}).error().code, Code::limit_exceeded);
    EXPECT_EQ(draft.drop(1, numbered(1000)).error().code, Code::item_not_found);
    EXPECT_TRUE(draft.set({1, numbered(5), {1, 2, 3}})) << "it is already there";
    ASSERT_TRUE(draft.drop(1, numbered(0)) && draft.drop(1, numbered(127)) && draft.drop(1, numbered(60)));
    EXPECT_TRUE(draft.set({2, numbered(60), {}}));
    const auto list = decode_allow_list(draft.finish());
    ASSERT_TRUE(list);
    EXPECT_EQ(list->header().count, limits::kAllowEntriesMax - 2);
    EXPECT_EQ(list->find(1, numbered(5)), (AllowLimits{1, 2, 3}));
    EXPECT_EQ(list->find(1, numbered(37)), (AllowLimits{1, 1, 1}));
    EXPECT_FALSE(list->find(1, numbered(60)));
    EXPECT_EQ(list->find(2, numbered(60)), AllowLimits{});
}

}  // namespace
}  // namespace festore::engine
