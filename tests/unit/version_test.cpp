// SPDX-License-Identifier: BSD-2-Clause
#include "base/version.h"

#include <gtest/gtest.h>

namespace festore {
namespace {

TEST(Version, AsOpTeeWritesIt) {
    EXPECT_EQ(version_in("4.5.0"), 0x040500U);
    EXPECT_EQ(version_in("4.10.0-dev"), 0x040A00U);
    EXPECT_EQ(version_in("3.19.0-12-g0a1b2c3"), 0x031300U);
    EXPECT_EQ(version_in("Unknown_4.5"), 0x040500U) << "a build out of a package";
    EXPECT_EQ(version_in("Unknown_4.10.2 (gcc 14.2.0)"), 0x040A02U) << "the first one counts";
}

TEST(Version, NoneIsZero) {
    for (const char* text : {"", "simulated", "4", "4.", ".5", "0a1b2c3", "1234.5", "4.256", "4..5"})
        EXPECT_EQ(version_in(text), 0U) << text;
    EXPECT_EQ(version_in("4.5.300"), 0x040500U);
}

}  // namespace
}  // namespace festore
