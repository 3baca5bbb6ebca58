// SPDX-License-Identifier: BSD-2-Clause
// What doctor finds in the system around the TEE: every finding both ways.
#include "tests/doctor/machine.h"

namespace festore::cli::test {
namespace {

TEST_F(Machine, NothingIsSeriousWhereAllIsWell) {
    supplicant();
    const std::vector<Finding> findings = check_system(system_, find_supplicant(system_), true);
    ASSERT_EQ(findings.size(), 8U);
    for (const Finding& finding : findings) {
        const bool about_the_file = finding.id == "ta-signing-key" || finding.id == "ta-installed";  // there is none here
        EXPECT_EQ(finding.severity, about_the_file ? Severity::unknown : Severity::ok) << finding.what;
    }
}

TEST_F(Machine, KernelIdentities) {
    for (const char* release : {"5.8.0", "5.10.0-rc1", "6.1.0-13-armmp", "10.0"}) {
        system_.kernel_release = release;
        EXPECT_EQ(check("kernel-identities").severity, Severity::ok) << release;
    }
    for (const char* release : {"5.7.19", "4.19.0", "3.2"}) {
        system_.kernel_release = release;
        EXPECT_EQ(check("kernel-identities").severity, Severity::serious) << release;
    }
    for (const char* release : {"", "6", "6.", "6-1", ".8", "-6.1", "99999999999.1", "Linux 6.1"}) {
        system_.kernel_release = release;
        EXPECT_EQ(check("kernel-identities").severity, Severity::unknown) << release;
    }
}

TEST_F(Machine, DeviceNode) {
    EXPECT_EQ(check("device-node").severity, Severity::ok);
    node("/dev/tee0", 0666);
    EXPECT_EQ(check("device-node").severity, Severity::warning);
    fs::remove(root_ + "/dev/tee0");
    EXPECT_EQ(check("device-node").severity, Severity::serious);
}

TEST_F(Machine, DeviceNodesOfOtherNumbersCountToo) {
    fs::remove(root_ + "/dev/tee0");
    node("/dev/tee1", 0660);
    EXPECT_EQ(check("device-node").severity, Severity::ok);
    EXPECT_NE(check("device-node").what.find("/dev/tee1"), std::string::npos);
    node("/dev/tee7", 0662);
    EXPECT_EQ(check("device-node").severity, Severity::warning);
    fs::remove(root_ + "/dev/teepriv0");
    node("/dev/teepriv3", 0606);
    EXPECT_EQ(check("supplicant-node").severity, Severity::serious);
}

TEST_F(Machine, SupplicantNode) {
    EXPECT_EQ(check("supplicant-node").severity, Severity::ok);
    node("/dev/teepriv0", 0604);
    EXPECT_EQ(check("supplicant-node").severity, Severity::serious);
    fs::remove(root_ + "/dev/teepriv0");
    EXPECT_EQ(check("supplicant-node").severity, Severity::unknown);
}

TEST_F(Machine, ClientLibrary) {
    EXPECT_EQ(check("client-library").severity, Severity::ok);
    fs::remove(root_ + "/usr/lib/libteec.so.2");
    EXPECT_EQ(check("client-library").severity, Severity::unknown);
    write("/usr/lib/aarch64-linux-gnu/libteec.so.1", "");
    EXPECT_EQ(check("client-library").severity, Severity::warning);
}

TEST_F(Machine, StorageFileSystem) {
    EXPECT_EQ(check("storage-file-system").severity, Severity::ok);
    EXPECT_EQ(asked_, "/var/lib/tee");
    for (const uint64_t type : {0x01021994U, 0x858458f6U, 0x794c7630U}) {
        type_ = type;
        EXPECT_EQ(check("storage-file-system").severity, Severity::serious) << type;
    }
    for (const uint64_t type : {0x4d44U, 0x6969U}) {  // FAT, NFS
        type_ = type;
        EXPECT_EQ(check("storage-file-system").severity, Severity::warning) << type;
    }
    fs::remove_all(root_ + "/var/lib/tee");
    EXPECT_EQ(check("storage-file-system").severity, Severity::unknown);
}

// tee-supplicant uses the path as it is; only its built-in default ends in /tee.
TEST_F(Machine, StorageIsWhereTheSupplicantsOptionSays) {
    fs::create_directories(root_ + "/srv/secure");
    for (const char* arguments :
         {"tee-supplicant -f /srv/secure", "tee-supplicant -f/srv/secure",
          "tee-supplicant -d -f /srv/secure /dev/teepriv0", "tee-supplicant -df /srv/secure",
          "tee-supplicant --fs-parent-path=/srv/secure", "tee-supplicant --fs-parent-path /srv/secure -t other",
          "tee-supplicant --fs-parent /srv/secure",
          "tee-supplicant -r 1122 --fs-parent-path /elsewhere -f /srv/secure"}) {
        supplicant(arguments);
        EXPECT_EQ(check("storage-file-system").severity, Severity::ok) << arguments;
        EXPECT_EQ(asked_, "/srv/secure") << arguments;
        fs::remove_all(root_ + "/proc/300");
    }
    supplicant("tee-supplicant -f /not/there");
    EXPECT_EQ(check("storage-file-system").severity, Severity::unknown) << "not another folder that happens to exist";
    EXPECT_NE(check("storage-file-system").what.find("/not/there"), std::string::npos);
}

TEST_F(Machine, NamesOfOtherOptionsAndTheirValuesAreNotTakenForThePath) {
    supplicant("tee-supplicant -p --fs-parent-path=/plugins -l /x:/y");
    (void)check("storage-file-system");
    EXPECT_EQ(asked_, "/var/lib/tee") << "the value of -p";
}

TEST_F(Machine, ARelativePathIsTheSupplicantsOwn) {
    supplicant("tee-supplicant -f data");
    fs::create_directories(root_ + "/srv/here/data");
    fs::create_symlink(root_ + "/srv/here", root_ + "/proc/300/cwd");
    EXPECT_EQ(find_supplicant(system_).storage, "/proc/300/cwd/data");
    EXPECT_EQ(check("storage-file-system").severity, Severity::ok);
}

}  // namespace
}  // namespace festore::cli::test
