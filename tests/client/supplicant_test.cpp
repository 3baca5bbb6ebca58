// SPDX-License-Identifier: BSD-2-Clause
// Whether a tee-supplicant runs, according to a /proc made by the test.
#include "client/tee/supplicant.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

namespace festore {
namespace {

namespace fs = std::filesystem;

class SupplicantSeenIn : public testing::Test {
protected:
    SupplicantSeenIn() {
        std::string name = testing::TempDir() + "/festore-proc.XXXXXX";
        root_ = mkdtemp(name.data());
        fs::create_directories(root_ / "proc/self/ns");
        space("pid:[4026531836]");
        add("1", "systemd", 'S');
    }
    ~SupplicantSeenIn() override { fs::remove_all(root_); }
    void space(const std::string& name) const {
        fs::remove(root_ / "proc/self/ns/pid");
        fs::create_symlink(name, root_ / "proc/self/ns/pid");
    }
    void add(const std::string& pid, const std::string& name, char state) const {
        fs::create_directories(root_ / "proc" / pid / "fd");
        std::ofstream(root_ / "proc" / pid / "comm") << name << '\n';
        std::ofstream(root_ / "proc" / pid / "stat") << pid << " (" << name << ") " << state << " 1 1 1 0\n";
    }
    SupplicantSeen seen() const { return look_for_supplicant(root_.string()); }

    fs::path root_;
};

TEST_F(SupplicantSeenIn, ItsNameOrItsDeviceTellsThatOneRuns) {
    EXPECT_EQ(seen(), SupplicantSeen::missing);
    add("20", "tee-supplicant", 'S');
    EXPECT_EQ(seen(), SupplicantSeen::runs);
    fs::remove_all(root_ / "proc/20");
    add("21", "renamed", 'S');
    EXPECT_EQ(seen(), SupplicantSeen::missing);
    fs::create_symlink("/dev/teepriv0", root_ / "proc/21/fd/4");
    EXPECT_EQ(seen(), SupplicantSeen::runs);
}

TEST_F(SupplicantSeenIn, OneThatHasEndedDoesNotRun) {
    add("20", "tee-supplicant", 'Z');
    EXPECT_EQ(seen(), SupplicantSeen::missing);
    add("30", "tee-supplicant ", 'S');
    EXPECT_EQ(seen(), SupplicantSeen::missing) << "another name";
}

TEST_F(SupplicantSeenIn, WhereProcessesAreHiddenNobodyKnows) {
    space("pid:[4026532000]");
    EXPECT_EQ(seen(), SupplicantSeen::unknown) << "another process namespace";
    fs::remove_all(root_ / "proc");
    EXPECT_EQ(seen(), SupplicantSeen::unknown) << "no /proc";
}

}  // namespace
}  // namespace festore
