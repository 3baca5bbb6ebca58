// SPDX-License-Identifier: BSD-2-Clause
#include "base/name.h"

#include <gtest/gtest.h>
#include <string>

namespace festore {
namespace {

NameFault check(std::string_view s) { return check_name(bytes_of(s)); }

TEST(Name, TakesWhatPeopleWrite) {
    for (const std::string name : {"a", "a b", "keys/device.pem", "object#1", "Schlüssel", "鍵", "🔑", "-", "..", "~"})
        EXPECT_EQ(check(name), NameFault::none) << name;
    EXPECT_EQ(check(std::string(255, 'x')), NameFault::none);
}

TEST(Name, HasLimits) {
    EXPECT_EQ(check(""), NameFault::empty);
    EXPECT_EQ(check(std::string(256, 'x')), NameFault::too_long);
}

TEST(Name, RefusesControlCharacters) {
    for (int c = 0; c < 0x20; ++c) EXPECT_EQ(check("a" + std::string(1, static_cast<char>(c))), NameFault::control_character);
    EXPECT_EQ(check("\x7f"), NameFault::control_character);
    EXPECT_EQ(check("\xc2\x80"), NameFault::control_character);  // U+0080
    EXPECT_EQ(check("\xc2\x9b" "31m"), NameFault::control_character);  // U+009B, the one-character escape
    EXPECT_EQ(check("\xc2\x9f"), NameFault::control_character);
    EXPECT_EQ(check("\xc2\xa0"), NameFault::none);
}

TEST(Name, RefusesWhatIsNotUtf8) {
    for (const std::string bad : {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc3", "\xe2\x82", "\xe0\x9f\xbf", "\xed\xa0\x80",
                                  "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff",
                                  "\xf0\x9f\x94", "a\xc3(", "\xe2(\xa1"})
        EXPECT_EQ(check(bad), NameFault::not_utf8) << testing::PrintToString(bad);
    EXPECT_EQ(check("\xf4\x8f\xbf\xbf"), NameFault::none);  // U+10FFFF
    EXPECT_EQ(check("\xef\xbf\xbf"), NameFault::none);
    EXPECT_EQ(check("\xed\x9f\xbf"), NameFault::none);  // U+D7FF, before the surrogates
    EXPECT_EQ(check("\xee\x80\x80"), NameFault::none);  // U+E000, after them
}

TEST(Prefix, MayBeEmptyButNotHalfACharacter) {
    EXPECT_EQ(check_prefix({}), NameFault::none);
    EXPECT_EQ(check_prefix(bytes_of("\xc3")), NameFault::not_utf8);
    EXPECT_EQ(check_prefix(bytes_of("\n")), NameFault::control_character);
}

}  // namespace
}  // namespace festore
