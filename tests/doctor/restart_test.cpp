// SPDX-License-Identifier: BSD-2-Clause
// supplicant-restart: tee-supplicant's unit with its drop-ins, as systemd reads them.
#include "tests/doctor/machine.h"

namespace festore::doctor::test {
namespace {

class Restart : public Machine {
protected:
    Restart() { unit(""); }
    static constexpr const char* kUnit = "tee-supplicant.service";
    void unit(const std::string& more, const std::string& path = "/usr/lib/systemd/system/tee-supplicant.service") {
        write(path, "[Unit]\nDescription=TEE Supplicant\n\n[Service]\nType=simple\nExecStart=/usr/sbin/tee-supplicant\n" + more +
                        "\n[Install]\nWantedBy=multi-user.target\n");
    }
    void drop_in(const std::string& folder, const std::string& name, const std::string& content) {
        write(folder + "/tee-supplicant.service.d/" + name, content);
    }
    Grade severity() { return check("supplicant-restart").severity; }
};

TEST_F(Restart, DebiansUnitHasNone) {
    EXPECT_EQ(severity(), Grade::warning);
    EXPECT_NE(check("supplicant-restart").fix.find("/etc/systemd/system/tee-supplicant.service.d/"), std::string::npos);
    EXPECT_NE(check("supplicant-restart").fix.find("docs/services.md"), std::string::npos);
}

TEST_F(Restart, OnlyWhatFollowsAFailedRequestHelps) {
    for (const char* value : {"always", "on-failure"}) {
        unit(std::string("Restart=") + value);
        EXPECT_EQ(severity(), Grade::ok) << value;
    }
    for (const char* value : {"no", "on-success", "on-abnormal", "on-abort", "on-watchdog", "", "Always", "nonsense"}) {
        unit(std::string("Restart=") + value);
        EXPECT_EQ(severity(), Grade::warning) << value;
    }
}

TEST_F(Restart, IsReadAsSystemdReadsIt) {
    unit("  Restart = always  ");
    EXPECT_EQ(severity(), Grade::ok) << "space around it";
    unit("Restart=always\r");
    EXPECT_EQ(severity(), Grade::ok);
    for (const char* line : {"#Restart=always", "; Restart=always", "RestartSec=1", "X-Restart=always", "Restart=always\nRestart=no",
                             "Restart=always\nRestart="}) {
        unit(line);
        EXPECT_EQ(severity(), Grade::warning) << line;
    }
    write("/usr/lib/systemd/system/tee-supplicant.service", "[Unit]\nRestart=always\n[Service]\nExecStart=/x\n");
    EXPECT_EQ(severity(), Grade::warning) << "in another section";
    write("/usr/lib/systemd/system/tee-supplicant.service", "[Service]\nRestart=always");
    EXPECT_EQ(severity(), Grade::ok) << "without a line end";
}

TEST_F(Restart, ADropInInAnyFolderCounts) {
    for (const char* folder : {"/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
                               "/lib/systemd/system"}) {
        drop_in(folder, "restart.conf", "[Service]\nRestart=always\n");
        EXPECT_EQ(severity(), Grade::ok) << folder;
        fs::remove_all(root_ + folder + "/tee-supplicant.service.d");
        EXPECT_EQ(severity(), Grade::warning) << folder;
    }
    drop_in("/etc/systemd/system", "restart.conf.bak", "[Service]\nRestart=always\n");
    EXPECT_EQ(severity(), Grade::warning) << "systemd reads only .conf";
    write("/etc/systemd/system/other.service.d/restart.conf", "[Service]\nRestart=always\n");
    EXPECT_EQ(severity(), Grade::warning) << "another unit's";
    for (const char* folder : {"service.d", "tee-.service.d"}) {
        write(std::string("/etc/systemd/system/") + folder + "/all.conf", "[Service]\nRestart=on-failure\n");
        EXPECT_EQ(severity(), Grade::ok) << folder;
        fs::remove_all(root_ + "/etc/systemd/system/" + folder);
    }
}

TEST_F(Restart, LaterNamesWinAndEtcHidesTheSameName) {
    drop_in("/etc/systemd/system", "10-a.conf", "[Service]\nRestart=always\n");
    drop_in("/usr/lib/systemd/system", "20-b.conf", "[Service]\nRestart=no\n");
    EXPECT_EQ(severity(), Grade::warning) << "ordered by name, in all folders";
    drop_in("/etc/systemd/system", "20-b.conf", "[Unit]\n");
    EXPECT_EQ(severity(), Grade::ok) << "the one in /usr/lib is hidden";
    drop_in("/run/systemd/system", "10-a.conf", "[Service]\nRestart=no\n");
    EXPECT_EQ(severity(), Grade::ok) << "/etc comes before /run";
}

TEST_F(Restart, AUnitInEtcHidesTheDistributions) {
    unit("Restart=always");
    unit("", "/etc/systemd/system/tee-supplicant.service");
    EXPECT_EQ(severity(), Grade::warning);
    fs::remove(root_ + "/etc/systemd/system/tee-supplicant.service");
    fs::create_symlink("/dev/null", root_ + "/etc/systemd/system/tee-supplicant.service");
    EXPECT_EQ(severity(), Grade::unknown) << "masked";
}

TEST_F(Restart, WithoutSystemdItsUnitsSayNothing) {
    unit("Restart=always");
    fs::remove_all(root_ + "/run/systemd");
    EXPECT_EQ(severity(), Grade::unknown);
    system_.card = true;  // processes of this machine are irrelevant for a card
    EXPECT_EQ(supplicant_restart(system_).severity, Grade::ok);
}

TEST_F(Restart, OtherNamesOfTheUnit) {
    fs::remove(root_ + "/usr/lib/systemd/system/tee-supplicant.service");
    EXPECT_EQ(severity(), Grade::unknown) << "there is no unit";
    unit("", "/lib/systemd/system/optee-client.service");
    EXPECT_EQ(severity(), Grade::warning);
    unit("", "/usr/lib/systemd/system/tee-supplicant@.service");  // upstream's
    EXPECT_EQ(severity(), Grade::warning);
    for (const char* folder : {"tee-supplicant@.service.d", "tee-supplicant@teepriv0.service.d"}) {
        const std::string path = std::string("/etc/systemd/system/") + folder;
        write(path + "/restart.conf", "[Service]\nRestart=always\n");
        EXPECT_EQ(severity(), Grade::ok) << folder;
        fs::remove_all(root_ + path);
    }
}

}  // namespace
}  // namespace festore::doctor::test
