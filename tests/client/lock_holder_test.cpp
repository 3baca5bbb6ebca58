// SPDX-License-Identifier: BSD-2-Clause
// Finding a lock's holder in the kernel's list.
#include "client/files/lock_holder.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sstream>
#include <sys/file.h>
#include <unistd.h>

namespace festore {
namespace {

Files::Information file_of(uint64_t major, uint64_t minor, uint64_t inode) {
    Files::Information file;
    file.device = major << 32 | minor;
    file.inode = inode;
    return file;
}

TEST(LockHolder, IsFoundByDeviceAndInode) {
    const std::string list = "1: POSIX  ADVISORY  WRITE 11 fe:00:4711 0 EOF\n"
                             "2: FLOCK  ADVISORY  WRITE 12 fe:01:4711 0 EOF\n"
                             "3: FLOCK  ADVISORY  READ  13 fe:00:4712 0 EOF\n"
                             "3: -> FLOCK  ADVISORY  WRITE 14 fe:00:4711 0 EOF\n"
                             "4: FLOCK  ADVISORY  WRITE 0 fe:00:4711 0 EOF\n"
                             "5: FLOCK  ADVISORY  WRITE 15 fe:00:4711 0 EOF\n"
                             "nonsense\n6: FLOCK ADVISORY WRITE x fe:00:1 0 EOF\n7: FLOCK ADVISORY WRITE 16 fe-00-4711 0 EOF\n";
    const auto holder = [&](const Files::Information& file) {
        std::istringstream in(list);
        return lock_holder_in(in, file);
    };
    EXPECT_EQ(holder(file_of(0xFE, 0, 4711)), 15) << "not a waiting process, nor one of another PID namespace";
    EXPECT_EQ(holder(file_of(0xFE, 1, 4711)), 12);
    EXPECT_EQ(holder(file_of(0xFE, 0, 4712)), 13);
    EXPECT_EQ(holder(file_of(0xFE, 0, 4713)), std::nullopt);
    EXPECT_EQ(holder(file_of(0xFE, 0, 1)), std::nullopt);
}

TEST(LockHolder, OfARealLockIsThisProcess) {
    std::string name = testing::TempDir() + "/festore-holder.XXXXXX";
    const int file = mkstemp(name.data());
    ASSERT_GE(file, 0);
    Files::Information information;
    ASSERT_EQ(system_files().information(file, information), 0);
    EXPECT_EQ(lock_holder_text(information), "");
    ASSERT_EQ(flock(file, LOCK_EX), 0);
    const std::string text = lock_holder_text(information);
    unlink(name.c_str());
    close(file);
    if (text.empty()) GTEST_SKIP() << "this system does not list the locks of this file system under its device's number";
    EXPECT_TRUE(text.starts_with("process " + std::to_string(getpid()) + ", '")) << text;
}

}  // namespace
}  // namespace festore
