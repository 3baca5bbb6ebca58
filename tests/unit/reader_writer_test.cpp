// SPDX-License-Identifier: BSD-2-Clause
#include "base/reader.h"
#include "base/writer.h"

#include <array>
#include <gtest/gtest.h>

namespace festore {
namespace {

TEST(ReaderWriter, RoundTripIsLittleEndian) {
    std::array<std::byte, 26> buffer{};
    Writer out(buffer);
    out.u8(0x01);
    out.u16(0x0203);
    out.u32(0x04050607);
    out.u64(0x08090a0b0c0d0e0f);
    out.i64(-2);
    out.bytes(bytes_of("end"));
    ASSERT_TRUE(out.ok());
    EXPECT_EQ(out.room(), 0U);
    EXPECT_EQ(buffer[1], std::byte{0x03});
    EXPECT_EQ(buffer[2], std::byte{0x02});
    Reader in(out.written());
    EXPECT_EQ(in.u8(), 0x01);
    EXPECT_EQ(in.u16(), 0x0203);
    EXPECT_EQ(in.u32(), 0x04050607U);
    EXPECT_EQ(in.u64(), 0x08090a0b0c0d0e0fU);
    EXPECT_EQ(in.i64(), -2);
    EXPECT_EQ(text_of(in.bytes(3)), "end");
    EXPECT_TRUE(in.done());
}

TEST(Reader, StaysBadAfterTheFirstReadThatDoesNotFit) {
    Reader in(bytes_of("abc"));
    EXPECT_EQ(in.u32(), 0U);
    EXPECT_FALSE(in.ok());
    EXPECT_EQ(in.u8(), 0U) << "although one byte would fit";
    EXPECT_TRUE(in.rest().empty());
    EXPECT_FALSE(in.done());
}

TEST(Reader, DoesNotOverflowOnHugeSizes) {
    Reader in(bytes_of("abc"));
    EXPECT_TRUE(in.bytes(SIZE_MAX).empty());
    EXPECT_FALSE(in.ok());
}

TEST(Reader, ReadIntoFillsAllOrNothing) {
    std::array<std::byte, 4> out{};
    Reader in(bytes_of("abc"));
    in.read_into(out);
    EXPECT_FALSE(in.ok());
    EXPECT_EQ(out[0], std::byte{0});
}

TEST(Writer, WritesNothingPastTheEnd) {
    std::array<std::byte, 8> buffer{};
    Writer out(MutableBytes(buffer).first(3));
    out.u16(0xffff);
    out.u32(0xffffffff);
    EXPECT_FALSE(out.ok());
    out.u8(0xff);
    EXPECT_EQ(out.size(), 2U) << "nothing after the first that did not fit";
    for (size_t i = 2; i < buffer.size(); ++i) EXPECT_EQ(buffer[i], std::byte{0});
}

}  // namespace
}  // namespace festore
