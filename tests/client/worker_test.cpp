// SPDX-License-Identifier: BSD-2-Clause
// Work with a time limit, and other work meanwhile.
#include "client/tee/worker.h"

#include <atomic>
#include <future>
#include <gtest/gtest.h>
#include <stdexcept>

namespace festore {
namespace {

using std::chrono::milliseconds;

TEST(Workers, WhatIsDoneMeanwhileIsDoneBesideTheWork) {
    Worker worker;
    std::promise<void> begun;
    std::promise<void> go_on;
    ASSERT_TRUE(worker.run([&] { begun.set_value(); go_on.get_future().wait(); }, milliseconds(10000), [&] {
        begun.get_future().wait();
        go_on.set_value();
    }));
}

// Otherwise the end of this call would be taken for the end of the next one.
TEST(Workers, WhatItThrowsComesOutAfterTheWorkHasEnded) {
    Worker worker;
    std::atomic<int> ended = 0;
    const auto work = [&] { std::this_thread::sleep_for(milliseconds(100)); ++ended; };
    EXPECT_THROW(worker.run(work, milliseconds(10000), [] { throw std::runtime_error("meanwhile"); }), std::runtime_error);
    EXPECT_EQ(ended, 1);
    EXPECT_TRUE(worker.run(work, milliseconds(10000)));
    EXPECT_EQ(ended, 2) << "run() waited for the second";
}

TEST(Workers, TheLimitCountsFromTheBeginning) {
    const auto end = std::make_shared<std::promise<void>>();
    {
        Worker worker;
        EXPECT_FALSE(worker.run([end] { end->get_future().wait(); }, milliseconds(50),
                                [] { std::this_thread::sleep_for(milliseconds(100)); }));
        EXPECT_TRUE(worker.lost());
        EXPECT_FALSE(worker.run([] {}, milliseconds(50)));
    }
    end->set_value();
}

}  // namespace
}  // namespace festore
