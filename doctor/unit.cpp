// SPDX-License-Identifier: BSD-2-Clause
// tee-supplicant's unit, as systemd reads it: the first file found, then its drop-ins in the order of their names.
#include "doctor/checks.h"

#include <array>
#include <filesystem>
#include <fmt/format.h>
#include <map>

namespace festore::doctor {
namespace {

namespace fs = std::filesystem;
constexpr const char* kId = "supplicant-restart";
// In systemd's order: the first folder that has a file hides those of the same name in the others.
constexpr std::array<const char*, 5> kFolders{"/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system",
                                              "/usr/lib/systemd/system", "/lib/systemd/system"};
// As distributions name it; tools/deploy.d/lay-over has the same list.
constexpr std::array<const char*, 3> kUnits{"tee-supplicant.service", "tee-supplicant@.service", "optee-client.service"};
constexpr size_t kUnitBytesMax = 1 << 16;
constexpr size_t kDropInsMax = 256;

std::string trimmed(const std::string& text) {
    constexpr const char* kSpace = " \t\r";
    const size_t begin = text.find_first_not_of(kSpace);
    return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// Takes the last Restart= of [Service]; a later file overrides an earlier one. An empty value means the default.
void read_restart(const std::string& text, std::string& restart) {
    std::string section;
    for (size_t at = 0; at < text.size();) {
        const size_t end = std::min(text.find('\n', at), text.size());
        const std::string line = trimmed(text.substr(at, end - at));
        at = end + 1;
        if (line.starts_with('[')) section = line;
        const size_t equals = line.find('=');
        if (section != "[Service]" || equals == std::string::npos || trimmed(line.substr(0, equals)) != "Restart") continue;
        const std::string value = trimmed(line.substr(equals + 1));
        restart = value.empty() ? "no" : value;
    }
}

// "" if no folder has it.
std::string find_unit(const System& system, const std::string& name) {
    std::error_code none;
    for (const std::string folder : kFolders)
        if (fs::symlink_status(system.root + folder + "/" + name, none).type() != fs::file_type::not_found) {
            const std::string place = system.path(folder + "/" + name);
            if (!place.empty()) return place;
        }
    return "";
}

// True for drop-ins of the unit, of each instance of a template, and of the beginning of its name ("tee-.service.d").
bool applies(const std::string& folder, const std::string& unit) {
    if (folder == unit + ".d" || folder == "service.d") return true;
    const size_t dash = unit.find('-');
    if (dash != std::string::npos && folder == unit.substr(0, dash + 1) + ".service.d") return true;
    const size_t at = unit.find('@');
    return at != std::string::npos && folder.starts_with(unit.substr(0, at + 1)) && folder.ends_with(".service.d");
}

// The paths of the drop-ins by name, the order in which systemd reads them.
std::map<std::string, std::string> drop_ins(const System& system, const std::string& unit) {
    std::map<std::string, std::string> found;
    for (const std::string folder : kFolders) {
        std::error_code failed;
        for (fs::directory_iterator at(system.path(folder), failed), end; !failed && at != end; at.increment(failed)) {
            const std::string name = at->path().filename().string();
            if (!applies(name, unit)) continue;
            const std::string inside = folder + "/" + name;
            for (fs::directory_iterator file(system.path(inside), failed); !failed && file != end; file.increment(failed)) {
                const std::string drop_in = file->path().filename().string();
                if (drop_in.ends_with(".conf") && found.size() < kDropInsMax)
                    found.try_emplace(drop_in, system.path(inside + "/" + drop_in));
            }
            failed.clear();
        }
    }
    return found;
}

CheckResult finding_of(const std::string& unit, const std::string& restart) {
    // tee-supplicant ends with exit code 1 when a request fails, and may end by a signal.
    if (restart == "always" || restart == "on-failure")
        return {kId, Grade::ok, fmt::format("systemd starts {} again when it ends (Restart={})", unit, restart), "", ""};
    return {kId, Grade::warning,
            restart == "no" ? unit + " has no Restart=: systemd does not start tee-supplicant again when it ends"
                            : fmt::format("{} has Restart={}: systemd does not start tee-supplicant again when a request has failed", unit,
                                          restart),
            "a client that is killed in the midst of a request can end tee-supplicant (seen with 4.5); every call into the TEE then waits "
            "until somebody starts it",
            fmt::format("a drop-in with Restart=always, /etc/systemd/system/{}.d/restart.conf: docs/services.md has it", unit)};
}

}  // namespace

CheckResult supplicant_restart(const System& system) {
    std::error_code none;
    if (!system.card && !fs::is_directory(system.root + "/run/systemd/system", none))  // like sd_booted(3)
        return {kId, Grade::unknown, "systemd does not run here",
                "it is not known whether anything starts tee-supplicant again when it ends",
                "make sure that whatever starts tee-supplicant also starts it again"};
    for (const std::string unit : kUnits) {
        const std::string file = find_unit(system, unit);
        if (file.empty()) continue;
        const std::string text = text_of_file(file, kUnitBytesMax);
        if (text.empty())
            return {kId, Grade::unknown, unit + " is masked, empty or not readable", "what starts tee-supplicant is not known", ""};
        std::string restart = "no";
        read_restart(text, restart);
        for (const auto& [name, place] : drop_ins(system, unit)) read_restart(text_of_file(place, kUnitBytesMax), restart);
        return finding_of(unit, restart);
    }
    return {kId, Grade::unknown, "no unit of tee-supplicant was found", "it is not known whether anything starts it again when it ends",
            "make sure that whatever starts tee-supplicant also starts it again"};
}

}  // namespace festore::doctor
