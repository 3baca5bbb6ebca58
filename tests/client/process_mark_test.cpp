// SPDX-License-Identifier: BSD-2-Clause
// Recognising the process that made something, for every way to make children.
#include "client/files/process_mark.h"

#include <csignal>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace festore {
namespace {

long raw_clone(unsigned long flags) { return syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, nullptr); }

int exit_code(long child) {
    int status = -1;
    EXPECT_EQ(waitpid(static_cast<pid_t>(child), &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(ProcessMarks, AForkedChildAndItsChildAreOthers) {
    const ProcessMark mark;
    ASSERT_TRUE(mark.is_here());
    const pid_t child = fork();
    if (child == 0) {
        const ProcessMark own;
        if (mark.is_here() || !own.is_here()) _exit(1);
        const pid_t grandchild = fork();
        if (grandchild == 0) _exit(mark.is_here() || own.is_here() || !ProcessMark().is_here() ? 1 : 0);
        int status = -1;
        waitpid(grandchild, &status, 0);
        _exit(own.is_here() ? WEXITSTATUS(status) : 1);
    }
    EXPECT_EQ(exit_code(child), 0);
    EXPECT_TRUE(mark.is_here());
}

TEST(ProcessMarks, AChildOfARawCloneIsAnother) {
    const ProcessMark mark;
    const long child = raw_clone(0);
    if (child == 0) _exit(mark.is_here() ? 1 : 0);
    EXPECT_EQ(exit_code(child), 0);
}

// Process 1 of a new namespace, and its child, process 1 of another.
TEST(ProcessMarks, AChildWithTheSameIdIsAnother) {
    const long child = raw_clone(CLONE_NEWPID);
    if (child < 0) GTEST_SKIP() << "no process namespaces here";
    if (child == 0) {
        const ProcessMark mark;
        if (getpid() != 1) _exit(2);
        const long grandchild = raw_clone(CLONE_NEWPID);
        if (grandchild == 0) _exit(getpid() != 1 || mark.is_here() ? 1 : 0);
        int status = -1;
        if (grandchild < 0 || waitpid(static_cast<pid_t>(grandchild), &status, 0) != grandchild) _exit(3);
        _exit(WEXITSTATUS(status));
    }
    EXPECT_EQ(exit_code(child), 0);
}

TEST(ProcessMarks, AChildThatSharesTheMemoryIsAnother) {
    const ProcessMark mark;
    const pid_t child = vfork();
    if (child == 0) _exit(mark.is_here() ? 1 : 0);
    EXPECT_EQ(exit_code(child), 0);
    EXPECT_TRUE(mark.is_here());
}

}  // namespace
}  // namespace festore
