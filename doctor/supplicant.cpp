// SPDX-License-Identifier: BSD-2-Clause
#include "doctor/supplicant.h"

#include "base/host/file_io.h"
#include "client/tee/supplicant.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <getopt.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace festore::doctor {
namespace {

namespace fs = std::filesystem;
constexpr size_t kProgramBytesMax = 8 << 20;
constexpr int kLookupsMax = 1000;

// The options of tee-supplicant (optee_client), by its own rules: getopt_long also takes abbreviations and "-df DIR".
struct SupplicantOptions {
    std::string storage;
    std::string ta_path;
    std::string ta_dir = "optee_armtz";
};

SupplicantOptions options_of(const std::string& command_line) {
    std::vector<std::string> words;
    for (size_t at = 0; at < command_line.size();) {
        const size_t end = std::min(command_line.find('\0', at), command_line.size());
        words.push_back(command_line.substr(at, end - at));
        at = end + 1;
    }
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    static constexpr option kOptions[] = {
        {"help", no_argument, nullptr, 'h'},           {"daemonize", no_argument, nullptr, 'd'},
        {"fs-parent-path", required_argument, nullptr, 'f'}, {"ta-path", required_argument, nullptr, 'l'},
        {"ta-dir", required_argument, nullptr, 't'},   {"plugin-path", required_argument, nullptr, 'p'},
        {"rpmb-cid", required_argument, nullptr, 'r'}, {nullptr, 0, nullptr, 0},
    };
    SupplicantOptions options;
    opterr = 0;
    optind = 0;
    const int argc = static_cast<int>(words.size());
    for (int c = 0; argc > 0 && (c = getopt_long(argc, argv.data(), "hdf:l:t:p:r:", kOptions, nullptr)) != -1;) {
        if (c == 'f') options.storage = optarg;
        if (c == 'l') options.ta_path = optarg;
        if (c == 't') options.ta_dir = optarg;
    }
    return options;
}

std::vector<std::string> ta_folders_of(const SupplicantOptions& options) {
    if (options.ta_path.empty()) return {"/lib/" + options.ta_dir, "/usr/lib/" + options.ta_dir};
    std::vector<std::string> folders;
    for (size_t at = 0; at <= options.ta_path.size();) {
        const size_t end = std::min(options.ta_path.find(':', at), options.ta_path.size());
        if (end > at) folders.push_back(options.ta_path.substr(at, end - at));
        at = end + 1;
    }
    return folders;
}

std::optional<bool> emulation_in(const std::string& program) {
    if (program.find("Emulating more than 1 RPMB") != std::string::npos) return true;
    if (program.find("mmcblk") != std::string::npos) return false;
    return std::nullopt;
}

void describe(const System& system, const std::string& process, Supplicant& supplicant) {
    SupplicantOptions options = options_of(text_of_file(process + "/cmdline"));
    supplicant.ta_folders = ta_folders_of(options);
    if (!options.storage.empty() && options.storage[0] != '/')
        options.storage = process.substr(system.root.size()) + "/cwd/" + options.storage;
    supplicant.storage = options.storage;
    supplicant.emulates_rpmb = emulation_in(text_of_file(process + "/exe", kProgramBytesMax));
}

}  // namespace

System System::running() {
    System system;
    system.privileged = geteuid() == 0;
    utsname name{};
    if (uname(&name) == 0) system.kernel_release = name.release;
    system.file_system_type = [](const std::string& path) -> std::optional<uint64_t> {
        struct statfs info {};
        if (statfs(path.c_str(), &info) != 0) return std::nullopt;
        return static_cast<uint64_t>(info.f_type) & 0xFFFFFFFFU;
    };
    return system;
}

System System::of_card(const std::string& root) {
    System system = running();
    system.root = root;
    system.card = true;
    return system;
}

std::string System::path(const std::string& inside) const {
    if (!card) return root + inside;
    const Descriptor top(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!top.valid()) return "";
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    const std::string below = "." + inside;
    // EAGAIN: something was renamed or mounted on the system meanwhile, so the kernel does not know where a ".." leads.
    int opened = -1;
    for (int attempt = 0; attempt < kLookupsMax; ++attempt) {
        opened = static_cast<int>(::syscall(SYS_openat2, top.get(), below.c_str(), &how, sizeof(how)));
        if (opened >= 0 || errno != EAGAIN) break;
    }
    const Descriptor found(opened);
    if (!found.valid()) return "";
    std::error_code failed;
    const fs::path place = fs::read_symlink("/proc/self/fd/" + std::to_string(found.get()), failed);
    return failed ? "" : place.string();
}

std::string text_of_file(const std::string& path, size_t bytes_max) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return "";  // opening a device can do harm
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (!file.valid() || ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return "";
    std::string text;
    std::array<char, 1 << 16> part{};
    while (text.size() < bytes_max) {
        const ssize_t got = ::read(file.get(), part.data(), std::min(part.size(), bytes_max - text.size()));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        text.append(part.data(), static_cast<size_t>(got));
    }
    return text;
}

Supplicant usual_supplicant() {
    Supplicant supplicant;
    supplicant.ta_folders = ta_folders_of({});
    return supplicant;
}

Supplicant find_supplicant(const System& system) {
    Supplicant supplicant = usual_supplicant();
    std::error_code failed;
    for (fs::directory_iterator at(system.root + "/proc", failed), end; !failed && at != end; at.increment(failed)) {
        const std::string pid = at->path().filename().string();
        if (!std::all_of(pid.begin(), pid.end(), [](unsigned char c) { return std::isdigit(c) != 0; })) continue;
        const std::string process = at->path().string();
        std::string name = text_of_file(process + "/comm");
        if (name.ends_with('\n')) name.pop_back();
        const bool named = name == kSupplicantName;
        const std::optional<bool> open = has_supplicants_device_open(process);
        if (open == true) {
            supplicant.state = Supplicant::State::serves;
            supplicant.name = name;
            describe(system, process, supplicant);
            return supplicant;
        }
        if (!named) continue;
        if (open == false || is_dead_process(process)) {
            supplicant.idle = pid;
        } else if (supplicant.state != Supplicant::State::named) {
            supplicant.state = Supplicant::State::named;
            supplicant.name = name;
            describe(system, process, supplicant);
        }
    }
    if (supplicant.state == Supplicant::State::missing && processes_are_hidden(system.root, system.privileged))
        supplicant.state = Supplicant::State::hidden;
    return supplicant;
}

RpmbDevice find_rpmb(const System& system, const Supplicant& supplicant) {
    std::error_code failed;
    const auto any_in = [&](const char* folder, const auto& wanted) {
        for (fs::directory_iterator at(system.root + folder, failed), end; !failed && at != end; at.increment(failed))
            if (wanted(at->path().filename().string())) return true;
        return false;
    };
    // Linux 6.12 and later say who carries the TEE's requests; the kernel itself does not emulate a device.
    const bool by_kernel = any_in("/sys/class/tee", [&](const std::string& name) {
        return text_of_file(system.root + "/sys/class/tee/" + name + "/rpmb_routing_model").starts_with("kernel");
    });
    if (by_kernel)
        return any_in("/sys/class/rpmb", [](const std::string&) { return true; }) ? RpmbDevice::present
                                                                                  : RpmbDevice::none;
    const bool device = any_in("/dev", [](const std::string& name) {
        return name.starts_with("mmcblk") && name.ends_with("rpmb");
    });
    if (!device) return RpmbDevice::none;
    if (!supplicant.emulates_rpmb) return RpmbDevice::unproven;
    return *supplicant.emulates_rpmb ? RpmbDevice::emulated : RpmbDevice::present;
}

}  // namespace festore::doctor
