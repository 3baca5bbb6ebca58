// SPDX-License-Identifier: BSD-2-Clause
// doctor's findings about the system around the TEE: each one, good and bad.
#include "tests/doctor/machine.h"

namespace festore::doctor::test {
namespace {

TEST_F(Machine, NothingIsSeriousWhereAllIsWell) {
    supplicant();
    const std::vector<CheckResult> findings = check_system(system_, find_supplicant(system_), true);
    ASSERT_EQ(findings.size(), 11U);
    for (const CheckResult& finding : findings) {
        // These files do not exist here.
        const bool about_a_file = finding.id == "ta-signing-key" || finding.id == "ta-installed" || finding.id == "zero-ssk";
        EXPECT_EQ(finding.severity, about_a_file ? Grade::unknown : Grade::ok) << finding.what;
    }
}

TEST_F(Machine, QteeIsNotOptee) {
    EXPECT_EQ(check("tee-driver").severity, Grade::ok);
    write("/sys/class/tee/tee0/implementation_id", "4\n");
    EXPECT_EQ(check("tee-driver").severity, Grade::serious);
    EXPECT_NE(check("tee-driver").what.find("QTEE is not OP-TEE"), std::string::npos) << check("tee-driver").what;
    const std::vector<CheckResult> findings = check_system(system_, find_supplicant(system_), false);
    for (const char* id : {"tee-supplicant", "supplicant-restart", "storage-file-system", "zero-ssk", "ta-signing-key"})
        EXPECT_EQ(find(findings, id), nullptr) << "this finding is only about OP-TEE: " << id;
    write("/sys/class/tee/tee1/implementation_id", "1\n");
    EXPECT_EQ(check("tee-driver").severity, Grade::ok) << "libteec also tries the next one";
}

TEST_F(Machine, OtherTeesAreNamedAndNoneIsUnknown) {
    for (const auto& [number, name] : {std::pair{"2", "AMD"}, {"3", "Trusted Services"}, {"17", "kind 17"}, {"0", "kind 0"}}) {
        write("/sys/class/tee/tee0/implementation_id", number);
        EXPECT_EQ(check("tee-driver").severity, Grade::serious) << number;
        EXPECT_NE(check("tee-driver").what.find(name), std::string::npos) << check("tee-driver").what;
    }
    for (const char* text : {"", "x", "-1"}) {
        write("/sys/class/tee/tee0/implementation_id", text);
        EXPECT_EQ(check("tee-driver").severity, Grade::unknown) << text;
    }
    fs::remove_all(root_ + "/sys/class/tee");
    EXPECT_EQ(check("tee-driver").severity, Grade::unknown);
}

// Special files in place of regular ones: doctor reads only regular files, and does not wait for pipes.
TEST_F(Machine, APipeInTheFilesPlaceIsNotWaitedFor) {
    supplicant();
    fs::create_directories(root_ + "/lib/optee_armtz");
    for (const std::string path : {"/usr/lib/systemd/system/tee-supplicant.service", "/sys/class/tee/tee0/implementation_id",
                                   "/lib/optee_armtz/b7e89fc1-5044-431e-b4c5-9fb6ae256423.ta", "/proc/300/exe"}) {
        fs::remove(root_ + path);
        ASSERT_EQ(::mkfifo((root_ + path).c_str(), 0644), 0);
    }
    for (const char* id : {"supplicant-restart", "tee-driver", "ta-signing-key", "ta-installed"})
        EXPECT_EQ(check(id).severity, Grade::unknown) << id;
}

TEST_F(Machine, KernelIdentities) {
    for (const char* release : {"5.8.0", "5.10.0-rc1", "6.1.0-13-armmp", "10.0"}) {
        system_.kernel_release = release;
        EXPECT_EQ(check("kernel-identities").severity, Grade::ok) << release;
    }
    for (const char* release : {"5.7.19", "4.19.0", "3.2"}) {
        system_.kernel_release = release;
        EXPECT_EQ(check("kernel-identities").severity, Grade::serious) << release;
    }
    for (const char* release : {"", "6", "6.", "6-1", ".8", "-6.1", "99999999999.1", "Linux 6.1"}) {
        system_.kernel_release = release;
        EXPECT_EQ(check("kernel-identities").severity, Grade::unknown) << release;
    }
}

TEST_F(Machine, DeviceNode) {
    EXPECT_EQ(check("device-node").severity, Grade::ok);
    node("/dev/tee0", 0666);
    EXPECT_EQ(check("device-node").severity, Grade::warning);
    fs::remove(root_ + "/dev/tee0");
    EXPECT_EQ(check("device-node").severity, Grade::serious);
}

TEST_F(Machine, DeviceNodesOfOtherNumbersCountToo) {
    fs::remove(root_ + "/dev/tee0");
    node("/dev/tee1", 0660);
    EXPECT_EQ(check("device-node").severity, Grade::ok);
    EXPECT_NE(check("device-node").what.find("/dev/tee1"), std::string::npos);
    node("/dev/tee7", 0662);
    EXPECT_EQ(check("device-node").severity, Grade::warning);
    fs::remove(root_ + "/dev/teepriv0");
    node("/dev/teepriv3", 0606);
    EXPECT_EQ(check("supplicant-node").severity, Grade::serious);
}

TEST_F(Machine, SupplicantNode) {
    EXPECT_EQ(check("supplicant-node").severity, Grade::ok);
    node("/dev/teepriv0", 0604);
    EXPECT_EQ(check("supplicant-node").severity, Grade::serious);
    fs::remove(root_ + "/dev/teepriv0");
    EXPECT_EQ(check("supplicant-node").severity, Grade::unknown);
}

TEST_F(Machine, ClientLibrary) {
    EXPECT_EQ(check("client-library").severity, Grade::ok);
    fs::remove(root_ + "/usr/lib/libteec.so.2");
    EXPECT_EQ(check("client-library").severity, Grade::unknown);
    write("/usr/lib/aarch64-linux-gnu/libteec.so.1", "");
    EXPECT_EQ(check("client-library").severity, Grade::warning);
}

TEST_F(Machine, StorageFileSystem) {
    EXPECT_EQ(check("storage-file-system").severity, Grade::ok);
    EXPECT_EQ(asked_, "/var/lib/tee");
    for (const uint64_t type : {0x01021994U, 0x858458f6U, 0x794c7630U}) {
        type_ = type;
        EXPECT_EQ(check("storage-file-system").severity, Grade::serious) << type;
    }
    for (const uint64_t type : {0x4d44U, 0x6969U}) {  // FAT, NFS
        type_ = type;
        EXPECT_EQ(check("storage-file-system").severity, Grade::warning) << type;
    }
    fs::remove_all(root_ + "/var/lib/tee");
    EXPECT_EQ(check("storage-file-system").severity, Grade::unknown);
}

// tee-supplicant uses the path unchanged; only its built-in default ends in /tee.
// Of the folders built in by distributions, the one with a list of objects counts, even if others exist.
TEST_F(Machine, StorageIsWhereAListIs) {
    fs::remove_all(root_ + "/var/lib/tee");
    fs::create_directories(root_ + "/var/tee");
    EXPECT_EQ(check("storage-file-system").severity, Grade::ok);
    EXPECT_EQ(asked_, "/var/tee");
    fs::create_directories(root_ + "/var/lib/tee");
    (void)check("storage-file-system");
    EXPECT_EQ(asked_, "/var/lib/tee");
    write("/var/tee/dirf.db", "");
    (void)check("storage-file-system");
    EXPECT_EQ(asked_, "/var/tee");
}

TEST_F(Machine, StorageIsWhereTheSupplicantsOptionSays) {
    fs::create_directories(root_ + "/srv/secure");
    for (const char* arguments :
         {"tee-supplicant -f /srv/secure", "tee-supplicant -f/srv/secure",
          "tee-supplicant -d -f /srv/secure /dev/teepriv0", "tee-supplicant -df /srv/secure",
          "tee-supplicant --fs-parent-path=/srv/secure", "tee-supplicant --fs-parent-path /srv/secure -t other",
          "tee-supplicant --fs-parent /srv/secure",
          "tee-supplicant -r 1122 --fs-parent-path /elsewhere -f /srv/secure"}) {
        supplicant(arguments);
        EXPECT_EQ(check("storage-file-system").severity, Grade::ok) << arguments;
        EXPECT_EQ(asked_, "/srv/secure") << arguments;
        fs::remove_all(root_ + "/proc/300");
    }
    supplicant("tee-supplicant -f /not/there");
    EXPECT_EQ(check("storage-file-system").severity, Grade::unknown) << "doctor must not use another folder that happens to exist";
    EXPECT_NE(check("storage-file-system").what.find("/not/there"), std::string::npos);
}

TEST_F(Machine, NamesOfOtherOptionsAndTheirValuesAreNotTakenForThePath) {
    supplicant("tee-supplicant -p --fs-parent-path=/plugins -l /x:/y");
    (void)check("storage-file-system");
    EXPECT_EQ(asked_, "/var/lib/tee") << "it is the value of -p";
}

TEST_F(Machine, ARelativePathIsTheSupplicantsOwn) {
    supplicant("tee-supplicant -f data");
    fs::create_directories(root_ + "/srv/here/data");
    fs::create_symlink(root_ + "/srv/here", root_ + "/proc/300/cwd");
    EXPECT_EQ(find_supplicant(system_).storage, "/proc/300/cwd/data");
    EXPECT_EQ(check("storage-file-system").severity, Grade::ok);
}

}  // namespace
}  // namespace festore::doctor::test
