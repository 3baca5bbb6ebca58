// SPDX-License-Identifier: BSD-2-Clause
// Which process counts as tee-supplicant, and which device provides the RPMB.
#include "tests/doctor/machine.h"

namespace festore::doctor::test {
namespace {

using State = Supplicant::State;

TEST_F(Machine, TheSupplicantIsWhoHasTheDeviceOpen) {
    supplicant();
    EXPECT_EQ(find_supplicant(system_).state, State::serves);
    EXPECT_EQ(check("tee-supplicant").severity, Grade::ok);
}

TEST_F(Machine, NoSupplicantIsSerious) {
    EXPECT_EQ(find_supplicant(system_).state, State::missing);
    EXPECT_EQ(check("tee-supplicant", false).severity, Grade::serious);
}

TEST_F(Machine, AProcessOfThatNameIsNotBelieved) {
    process("300", "tee-supplicant", "tee-supplicant", "S", "/dev/null");
    EXPECT_EQ(find_supplicant(system_).state, State::missing);
    EXPECT_EQ(check("tee-supplicant").severity, Grade::serious);
    EXPECT_NE(check("tee-supplicant").what.find("300"), std::string::npos);
    process("301", "tee-supplicant", "tee-supplicant -f /srv", "S", "/dev/teepriv0");
    EXPECT_EQ(find_supplicant(system_).state, State::serves) << "the other one serves";
    EXPECT_EQ(find_supplicant(system_).storage, "/srv");
}

TEST_F(Machine, ADeadProcessIsNoSupplicant) {
    process("300", "tee-supplicant", "", "Z", "");
    EXPECT_EQ(find_supplicant(system_).state, State::missing);
    hide_descriptors("300");  // as seen without root
    EXPECT_EQ(find_supplicant(system_).state, State::missing);
}

TEST_F(Machine, WithoutRootANamedProcessIsNotKnownToServe) {
    system_.privileged = false;
    supplicant("tee-supplicant -f /srv/secure");
    hide_descriptors("300");
    EXPECT_EQ(find_supplicant(system_).state, State::named);
    EXPECT_EQ(find_supplicant(system_).storage, "/srv/secure");
    EXPECT_EQ(check("tee-supplicant").severity, Grade::unknown);
}

TEST_F(Machine, WithoutRootAServingTeeHasSomeSupplicant) {
    system_.privileged = false;
    EXPECT_EQ(check("tee-supplicant", true).severity, Grade::unknown);
    EXPECT_EQ(check("tee-supplicant", false).severity, Grade::serious);
}

TEST_F(Machine, HiddenProcessesAreSaidToBeHidden) {
    system_.privileged = false;
    fs::remove_all(root_ + "/proc/1");  // hidepid
    EXPECT_EQ(check("tee-supplicant", false).severity, Grade::unknown);
    system_.privileged = true;
    EXPECT_EQ(check("tee-supplicant", false).severity, Grade::serious);
    fs::remove(root_ + "/proc/self/ns/pid");
    fs::create_symlink("pid:[4026532999]", root_ + "/proc/self/ns/pid");  // a container
    EXPECT_EQ(check("tee-supplicant", false).severity, Grade::unknown);
}

TEST_F(Machine, AnotherProgramWithTheDeviceOpenIsNamed) {
    process("44", "proxy", "/opt/proxy", "S", "/dev/teepriv1");
    EXPECT_EQ(find_supplicant(system_).state, State::serves);
    EXPECT_EQ(check("tee-supplicant").severity, Grade::warning);
    EXPECT_NE(check("tee-supplicant").what.find("proxy"), std::string::npos);
}

TEST_F(Machine, FoldersOfTasAreThoseOfTheOptions) {
    const auto folders = [&](const std::string& arguments) {
        fs::remove_all(root_ + "/proc/300");
        supplicant(arguments);
        return find_supplicant(system_).ta_folders;
    };
    using Folders = std::vector<std::string>;
    EXPECT_EQ(folders("tee-supplicant"), (Folders{"/lib/optee_armtz", "/usr/lib/optee_armtz"}));
    EXPECT_EQ(folders("tee-supplicant -t tas"), (Folders{"/lib/tas", "/usr/lib/tas"}));
    EXPECT_EQ(folders("tee-supplicant --ta-dir=tas"), (Folders{"/lib/tas", "/usr/lib/tas"}));
    EXPECT_EQ(folders("tee-supplicant -l /a:/b/c"), (Folders{"/a", "/b/c"}));
    EXPECT_EQ(folders("tee-supplicant --ta-path /a -p /plugins"), (Folders{"/a"}));
}

TEST_F(Machine, WithoutADeviceWhatAnswersIsNoRpmb) {
    supplicant();
    EXPECT_EQ(find_rpmb(system_, find_supplicant(system_)), RpmbDevice::none);
    write("/dev/mmcblk0", "");
    EXPECT_EQ(find_rpmb(system_, find_supplicant(system_)), RpmbDevice::none);
}

TEST_F(Machine, ADeviceCountsOnlyWhereTheSupplicantUsesIt) {
    supplicant();
    write("/dev/mmcblk1rpmb", "");
    EXPECT_EQ(find_rpmb(system_, find_supplicant(system_)), RpmbDevice::unproven) << "its program cannot be read";
    write("/proc/300/exe", std::string("\x7f" "ELF\0...Emulating more than 1 RPMB partition is not supported", 60));
    EXPECT_EQ(find_rpmb(system_, find_supplicant(system_)), RpmbDevice::emulated);
    write("/proc/300/exe", std::string("\x7f" "ELF\0.../dev/mmcblk%urpmb", 26));
    EXPECT_EQ(find_rpmb(system_, find_supplicant(system_)), RpmbDevice::present);
}

TEST_F(Machine, TheKernelsOwnRpmbNeedsNoSupplicant) {
    supplicant();
    write("/proc/300/exe", "Emulating more than 1 RPMB");
    write("/sys/class/tee/tee0/rpmb_routing_model", "kernel\n");
    EXPECT_EQ(find_rpmb(system_, find_supplicant(system_)), RpmbDevice::none);
    write("/sys/class/rpmb/rpmb0/uevent", "");
    EXPECT_EQ(find_rpmb(system_, find_supplicant(system_)), RpmbDevice::present);
    write("/sys/class/tee/tee0/rpmb_routing_model", "user\n");
    write("/dev/mmcblk0rpmb", "");
    EXPECT_EQ(find_rpmb(system_, find_supplicant(system_)), RpmbDevice::emulated);
}

}  // namespace
}  // namespace festore::doctor::test
