// SPDX-License-Identifier: BSD-2-Clause
#include "base/bytes.h"
#include "base/secret_bytes.h"
#include "base/uuid.h"

#include <gtest/gtest.h>
#include <new>

namespace festore {
namespace {

TEST(Bytes, ConstantTimeComparisonIsAComparison) {
    EXPECT_TRUE(equal_constant_time(bytes_of("abc"), bytes_of("abc")));
    EXPECT_FALSE(equal_constant_time(bytes_of("abc"), bytes_of("abd")));
    EXPECT_FALSE(equal_constant_time(bytes_of("abc"), bytes_of("ab")));
    EXPECT_TRUE(equal_constant_time({}, {}));
    for (size_t bit = 0; bit < 24; ++bit) {
        std::array<char, 3> other = {'a', 'b', 'c'};
        other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << bit % 8));
        EXPECT_FALSE(equal_constant_time(bytes_of("abc"), bytes_of(other.data(), 3))) << bit;
    }
}

TEST(SecretBytes, AreWipedWhenTheyEnd) {
    alignas(SecretBytes<32>) std::array<std::byte, sizeof(SecretBytes<32>)> memory{};
    auto* secret = new (memory.data()) SecretBytes<32>;
    copy_bytes(bytes_of("0123456789abcdef0123456789abcdef"), secret->fill());
    EXPECT_TRUE(secret->equals(bytes_of("0123456789abcdef0123456789abcdef")));
    secret->~SecretBytes();
    for (const std::byte b : memory) EXPECT_EQ(b, std::byte{0});
}

TEST(SecretBytes, MovingLeavesNothingBehind) {
    SecretBytes<4> from;
    copy_bytes(bytes_of("abcd"), from.fill());
    const SecretBytes<4> to = std::move(from);
    EXPECT_TRUE(to.equals(bytes_of("abcd")));
    EXPECT_TRUE(from.equals(Bytes(std::array<std::byte, 4>{})));  // NOLINT(bugprone-use-after-move)
}

TEST(SecretBytes, CannotBeCopied) {
    static_assert(!std::is_copy_constructible_v<SecretBytes<8>>);
    static_assert(!std::is_copy_assignable_v<SecretBytes<8>>);
}

TEST(Uuid, FieldsAreInTheOrderOfTheText) {
    constexpr Uuid u = Uuid::from_fields(0x00112233, 0x4455, 0x6677, {0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff});
    for (size_t i = 0; i < 16; ++i) EXPECT_EQ(static_cast<size_t>(u.bytes[i]), i * 0x11);
    EXPECT_FALSE(u.is_nil());
    EXPECT_TRUE(Uuid{}.is_nil());
}

}  // namespace
}  // namespace festore
