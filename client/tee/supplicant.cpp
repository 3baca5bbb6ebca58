// SPDX-License-Identifier: BSD-2-Clause
#include "client/tee/supplicant.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace festore {
namespace {

namespace fs = std::filesystem;

std::string first_line(const std::string& path) {
    std::ifstream in(path);
    std::string line;
    std::getline(in, line);
    return line;
}

}  // namespace

bool is_dead_process(const std::string& process) {
    const std::string stat = first_line(process + "/stat");
    const size_t end_of_name = stat.rfind(") ");
    if (end_of_name == std::string::npos || end_of_name + 2 >= stat.size()) return false;
    const char state = stat[end_of_name + 2];
    return state == 'Z' || state == 'X';
}

std::optional<bool> has_supplicants_device_open(const std::string& process) {
    std::error_code failed;
    fs::directory_iterator at(process + "/fd", failed);
    if (failed) return std::nullopt;
    for (const fs::directory_iterator end; !failed && at != end; at.increment(failed)) {
        std::error_code gone;
        const fs::path target = fs::read_symlink(at->path(), gone);
        if (!gone && target.string().starts_with("/dev/teepriv")) return true;
    }
    return false;
}

bool processes_are_hidden(const std::string& root, bool privileged) {
    std::error_code none;
    const std::string space = fs::read_symlink(root + "/proc/self/ns/pid", none).string();
    constexpr const char* kInitialSpace = "pid:[4026531836]";  // PROC_PID_INIT_INO
    if (!space.empty() && space != kInitialSpace) return true;
    return !privileged && first_line(root + "/proc/1/comm").empty();
}

SupplicantSeen look_for_supplicant(const std::string& root) {
    std::error_code failed;
    for (fs::directory_iterator at(root + "/proc", failed), end; !failed && at != end; at.increment(failed)) {
        const std::string pid = at->path().filename().string();
        if (!std::all_of(pid.begin(), pid.end(), [](char c) { return c >= '0' && c <= '9'; })) continue;
        const std::string process = at->path().string();
        const bool named = first_line(process + "/comm") == kSupplicantName;
        if ((named && !is_dead_process(process)) || has_supplicants_device_open(process) == true) return SupplicantSeen::runs;
    }
    return failed || processes_are_hidden(root, geteuid() == 0) ? SupplicantSeen::unknown : SupplicantSeen::missing;
}

}  // namespace festore
