// SPDX-License-Identifier: BSD-2-Clause
// The object format: the worked bytes of docs/format-object.md, which every later version must still read, and damage.
#include "ta/objects/object_format.h"

#include <array>
#include <gtest/gtest.h>
#include <vector>

namespace festore::ta {
namespace {

// docs/format-object.md, "Worked bytes".
constexpr std::array<uint8_t, 71> kExample = {
    'F', 'S', 'O', '1', 1, 0, 1, 5,                                                            // magic, 1.0, write-once, name of 5
    2, 0, 0, 0, 1, 0, 0, 0,                                                                    // content of 2, user login
    0xfc, 0x34, 0x27, 0x5c, 0xd8, 0xdd, 0x5b, 0xa7, 0x96, 0x8b, 0x50, 0x47, 0x18, 0x36, 0x3b, 0x87,  // uid 1000
    3, 0, 0, 0, 0, 0, 0, 0, 0x00, 0xe1, 0x0b, 0x5e, 0, 0, 0, 0,                                // version 3, created
    0x80, 0x14, 0xed, 0x65, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,                                // modified, zero
    'h', 'e', 'l', 'l', 'o', 'H', 'i'};

Bytes example() { return bytes_of(kExample.data(), kExample.size()); }

TEST(ObjectFormat, TheWorkedBytesAreReadAndWritten) {
    const auto header = decode_object_header(example(), kExample.size());
    ASSERT_TRUE(header);
    EXPECT_EQ(text_of(header->name), "hello");
    EXPECT_EQ(header->content_size, 2U);
    EXPECT_EQ(header->version, 3U);
    EXPECT_EQ(header->flags, 1);
    EXPECT_EQ(header->created, 1577836800) << "2020-01-01";
    EXPECT_EQ(header->modified, 1710036096);
    EXPECT_EQ(header->content_offset(), kObjectHeaderBytes + 5);
    std::array<std::byte, 128> buffer{};
    Writer out(buffer);
    encode(*header, out);
    EXPECT_EQ(text_of(out.written()), text_of(example().first(69)));
}

TEST(ObjectFormat, EverySizeMustAgree) {
    for (size_t size = 0; size < kExample.size(); ++size)
        EXPECT_FALSE(decode_object_header(example().first(size), size)) << size;
    EXPECT_FALSE(decode_object_header(example(), kExample.size() + 1));
}

TEST(ObjectFormat, ANewerMajorVersionIsLeftAlone) {
    auto newer = kExample;
    newer[4] = 2;
    const auto header = decode_object_header(bytes_of(newer.data(), newer.size()), newer.size());
    ASSERT_FALSE(header);
    EXPECT_EQ(header.error().code, Code::not_supported);
    newer = kExample;
    newer[5] = 9;
    EXPECT_TRUE(decode_object_header(bytes_of(newer.data(), newer.size()), newer.size())) << "a newer minor is read";
}

TEST(ObjectFormat, WhatIsNotOneIsCorrupt) {
    for (const size_t at : {0U, 3U, 7U, 8U}) {
        auto damaged = kExample;
        damaged[at] ^= 0xff;
        const auto header = decode_object_header(bytes_of(damaged.data(), damaged.size()), damaged.size());
        ASSERT_FALSE(header) << at;
        EXPECT_EQ(header.error().code, Code::corrupt_object) << at;
    }
}

}  // namespace
}  // namespace festore::ta
