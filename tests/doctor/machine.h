// SPDX-License-Identifier: BSD-2-Clause
// A simulated machine for doctor's checks: a folder used as /, and a healthy system around it.
#pragma once
#include "doctor/checks.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <stdlib.h>
#include <sys/stat.h>

namespace festore::doctor::test {

namespace fs = std::filesystem;
constexpr uint64_t kExt4 = 0xEF53;
constexpr const char* kTa = "b7e89fc1-5044-431e-b4c5-9fb6ae256423.ta";

inline const CheckResult* find(const std::vector<CheckResult>& findings, const std::string& id) {
    for (const CheckResult& finding : findings)
        if (finding.id == id) return &finding;
    return nullptr;
}

class Machine : public testing::Test {
protected:
    Machine() {
        std::string name = (fs::temp_directory_path() / "festore-doctor-XXXXXX").string();
        root_ = ::mkdtemp(name.data()) != nullptr ? name : std::string();
        EXPECT_FALSE(root_.empty());
        system_.root = root_;
        system_.privileged = true;
        system_.kernel_release = "6.12.57-arm64";
        system_.file_system_type = [this](const std::string& path) -> std::optional<uint64_t> {
            asked_ = path.substr(root_.size());
            if (!fs::exists(path)) return std::nullopt;
            return type_;
        };
        write("/sys/class/tee/tee0/implementation_id", "1\n");  // OP-TEE
        node("/dev/tee0", 0660);
        node("/dev/teepriv0", 0600);
        fs::create_directories(root_ + "/proc/self/ns");
        fs::create_symlink("pid:[4026531836]", root_ + "/proc/self/ns/pid");
        process("1", "init", "/sbin/init", "S", "/dev/null");
        write("/usr/lib/libteec.so.2", "");
        fs::create_directories(root_ + "/var/lib/tee");
        fs::create_directories(root_ + "/run/systemd/system");
        write("/usr/lib/systemd/system/tee-supplicant.service", "[Service]\nExecStart=/usr/sbin/tee-supplicant\nRestart=always\n");
    }
    ~Machine() override { fs::remove_all(root_); }

    void write(const std::string& path, const std::string& content) {
        fs::create_directories(fs::path(root_ + path).parent_path());
        std::ofstream(root_ + path, std::ios::binary) << content;
    }
    void node(const std::string& path, mode_t mode) {
        write(path, "");
        ASSERT_EQ(::chmod((root_ + path).c_str(), mode), 0);
    }
    // `arguments`: with spaces instead of the NULs between the words.
    void process(const std::string& pid, const std::string& name, std::string arguments, const std::string& state,
                 const std::string& open_file) {
        const std::string folder = "/proc/" + pid;
        for (char& c : arguments) c = c == ' ' ? '\0' : c;
        write(folder + "/comm", name + "\n");
        write(folder + "/cmdline", arguments + '\0');
        write(folder + "/stat", pid + " (" + name + ") " + state + " 1 1 1");
        fs::create_directories(root_ + folder + "/fd");
        if (!open_file.empty()) fs::create_symlink(open_file, root_ + folder + "/fd/3");
    }
    void supplicant(const std::string& arguments = "/usr/sbin/tee-supplicant -d") {
        process("300", "tee-supplicant", arguments, "S", "/dev/teepriv0");
    }
    // Simulates a user who may not look into other users' processes.
    void hide_descriptors(const std::string& pid) { fs::remove_all(root_ + "/proc/" + pid + "/fd"); }

    CheckResult check(const std::string& id, bool tee_serves = true) {
        const std::vector<CheckResult> all = check_system(system_, find_supplicant(system_), tee_serves);
        const CheckResult* found = find(all, id);
        EXPECT_NE(found, nullptr) << id;
        return found != nullptr ? *found : CheckResult{};
    }

    std::string root_;
    System system_;
    uint64_t type_ = kExt4;
    std::string asked_;  // the last path whose file system was queried
};

}  // namespace festore::doctor::test
