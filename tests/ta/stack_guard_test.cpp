// SPDX-License-Identifier: BSD-2-Clause
// The value of the TA's stack guard. tests/ta_files checks in the built file that it is set before any function that checks it
// begins.
#include "ta/runtime/stack_guard.h"
#include "tests/ta/harness/harness.h"

namespace festore::ta {
namespace {

std::vector<uintptr_t> drawn;

class StackGuard : public TaTest {
protected:
    StackGuard() {
        drawn.clear();
        sim::TaImage image = host_image();
        image.create = []() -> uint32_t {
            drawn.push_back(random_stack_guard());
            return host_image().create();
        };
        tee_.install(image);
    }
};

TEST_F(StackGuard, IsAnotherOneInEachInstanceWithOneZeroByte) {
    constexpr size_t kInstances = 64;
    uintptr_t ever_set = 0;
    for (size_t i = 0; i < kInstances; ++i) tee_.close_session(session_of(1000));
    ASSERT_EQ(drawn.size(), kInstances);
    for (const uintptr_t guard : drawn) {
        EXPECT_EQ(guard & 0xFF, 0U);
        ever_set |= guard;
    }
    EXPECT_EQ(ever_set, ~uintptr_t{0xFF}) << "every other bit was set at least once";
    std::sort(drawn.begin(), drawn.end());
    EXPECT_EQ(std::unique(drawn.begin(), drawn.end()), drawn.end());
}

}  // namespace
}  // namespace festore::ta
