// SPDX-License-Identifier: BSD-2-Clause
// Places in a storage file: the formulas against numbers worked out by hand, and against each other.
#include "tests/ree_fs/store.h"

#include <set>

namespace festore::ree_fs::test {
namespace {

TEST(Layout, PlacesWorkedOutByHand) {
    EXPECT_EQ(head_offset(HeadLayout::padded, 1), 68U);
    EXPECT_EQ(head_offset(HeadLayout::packed, 1), 64U);
    EXPECT_EQ(node_offset(1, 0), 4096U);
    EXPECT_EQ(node_offset(1, 1), 4096U + 66);
    EXPECT_EQ(node_offset(31, 1), 4096U + 61 * 66);
    EXPECT_EQ(node_offset(32, 0), 63U * 4096);
    EXPECT_EQ(node_offset(63, 0), 125U * 4096);
    EXPECT_EQ(block_offset(0, 0), 2U * 4096);
    EXPECT_EQ(block_offset(30, 0), 62U * 4096);
    EXPECT_EQ(block_offset(30, 1), 64U * 4096);
    EXPECT_EQ(block_offset(61, 0), 126U * 4096);
}

TEST(Layout, NoTwoStructuresShareAByteAndEachIsFoundByItsOffset) {
    for (const HeadLayout layout : {HeadLayout::padded, HeadLayout::packed}) {
        std::set<uint64_t> starts;
        const auto check = [&](const Place& place) {
            EXPECT_TRUE(starts.insert(place.offset).second) << describe(place);
            for (const uint64_t at : {place.offset, place.offset + place.size - 1}) {
                const std::optional<Place> found = structure_at(at, layout);
                ASSERT_TRUE(found) << describe(place);
                EXPECT_EQ(describe(*found), describe(place));
            }
        };
        for (uint8_t version = 0; version < 2; ++version) {
            check(place_of_head(layout, version));
            for (uint32_t id = 1; id <= 300; ++id) {
                check(place_of_node(id, version));
                check(place_of_block(id - 1, version));
            }
        }
        EXPECT_FALSE(structure_at(2 * head_bytes(layout), layout));
        EXPECT_FALSE(structure_at(4096 + 62 * 66, layout));
        EXPECT_FALSE(structure_at(UINT64_MAX, layout));
    }
}

TEST(Layout, CountersChooseAsOpteeDoes) {
    EXPECT_EQ(choose_by_counters(0, 1), 1);
    EXPECT_EQ(choose_by_counters(2, 1), 0);
    EXPECT_EQ(choose_by_counters(2, 3), 1);
    EXPECT_EQ(choose_by_counters(2, 2), 0);
    EXPECT_EQ(choose_by_counters(3, 5), 1);
    EXPECT_EQ(choose_by_counters(3, 2), std::nullopt);
}

TEST(Layout, RoomForNodes) {
    EXPECT_EQ(nodes_that_fit(0), 0U);
    EXPECT_EQ(nodes_that_fit(4096 + 65), 0U);
    EXPECT_EQ(nodes_that_fit(4096 + 66), 1U);
    EXPECT_EQ(nodes_that_fit(63 * 4096), 31U);
    EXPECT_EQ(nodes_that_fit(63 * 4096 + 66), 32U);
}

TEST(Layout, StructuresOfTheWrongSizeAreNotDecoded) {
    for (const size_t size : {0U, 1U, 63U, 65U, 67U, 69U}) {
        EXPECT_FALSE(decode_head(Buffer(size), HeadLayout::padded)) << size;
        EXPECT_FALSE(decode_node(Buffer(size))) << size;
    }
    EXPECT_TRUE(decode_head(Buffer(68), HeadLayout::padded)->is_blank());
    EXPECT_TRUE(decode_head(Buffer(64), HeadLayout::packed)->is_blank());
    EXPECT_FALSE(decode_meta(Buffer(11)));
    EXPECT_FALSE(decode_object_head(Buffer(23), 100));
    EXPECT_FALSE(decode_object_head(Buffer(24), 23));
}

}  // namespace
}  // namespace festore::ree_fs::test
