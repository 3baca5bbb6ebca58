// SPDX-License-Identifier: BSD-2-Clause
// Memory for plaintext: its flags in the kernel, its wiping, and that a lock limit causes no failure.
#include "base/host/guarded_memory.h"

#include "tests/client/memory_flags.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace festore {
namespace {

bool can_lock() {
    rlimit limit{};
    return geteuid() == 0 || (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur >= (size_t{8} << 20));
}

bool flags_are_told() {
    const int here = 0;
    return !memory_flags(&here).empty();
}

TEST(GuardedMemory, IsInNoCoreDumpAndLocked) {
    if (!flags_are_told()) GTEST_SKIP() << "this kernel does not report memory flags";
    static const int ordinary = 0;
    EXPECT_FALSE(is_kept_out_of_dumps(&ordinary)) << "otherwise the test proves nothing";
    for (const size_t size : {size_t{1}, size_t{5000}, size_t{256} << 10, size_t{3} << 20}) {
        const GuardedBytes bytes(size, std::byte{1});
        EXPECT_TRUE(is_kept_out_of_dumps(&bytes.front()) && is_kept_out_of_dumps(&bytes.back())) << size;
        if (can_lock()) {
            EXPECT_TRUE(is_locked(&bytes.front()) && is_locked(&bytes.back())) << size;
        }
    }
}

TEST(GuardedMemory, WhatIsNotLockedIsStillThere) {
    const pid_t child = fork();
    if (child == 0) {
        const rlimit none{0, 0};
        if (setrlimit(RLIMIT_MEMLOCK, &none) != 0) _exit(2);
        if (geteuid() == 0 && setuid(4321) != 0) _exit(3);  // root has no limit
        const GuardedBytes bytes(size_t{700} << 10, std::byte{7});
        if (flags_are_told() && (is_locked(bytes.data()) || !is_kept_out_of_dumps(bytes.data()))) _exit(4);
        _exit(std::count(bytes.begin(), bytes.end(), std::byte{7}) == static_cast<std::ptrdiff_t>(bytes.size()) ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

TEST(GuardedMemory, IsWipedBeforeItIsGivenOutAgain) {
    const std::byte* before = nullptr;
    {
        const GuardedBytes bytes(100'000, std::byte{7});
        before = bytes.data();
    }
    const auto* const again = static_cast<std::byte*>(allocate_guarded(100'000));
    EXPECT_EQ(again, before) << "otherwise the test proves nothing";
    EXPECT_EQ(std::count(again, again + 100'000, std::byte{}), 100'000);
    free_guarded(const_cast<std::byte*>(again), 100'000);
}

// A content moved in parts must not map and lock memory for each part.
TEST(GuardedMemory, BlocksAreUsedAgain) {
    const GuardedBytes one(256 << 10);
    const std::byte* const first = GuardedBytes(256 << 10).data();
    for (int i = 0; i < 10; ++i) EXPECT_EQ(GuardedBytes(256 << 10).data(), first);
}

TEST(GuardedMemory, OthersMemoryIsAsItWasAfterwards) {
    if (!flags_are_told()) GTEST_SKIP() << "this kernel does not report memory flags";
    constexpr size_t kBytes = 1 << 20;
    auto* const memory = static_cast<std::byte*>(mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    guard({memory + 100, kBytes - 200});
    EXPECT_TRUE(is_kept_out_of_dumps(memory) && is_kept_out_of_dumps(memory + kBytes - 1));
    unguard({memory, kBytes});
    EXPECT_FALSE(is_kept_out_of_dumps(memory) || is_kept_out_of_dumps(memory + kBytes - 1));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // their munlock() does nothing
    EXPECT_FALSE(is_locked(memory));
#endif
    munmap(memory, kBytes);
}

}  // namespace
}  // namespace festore
