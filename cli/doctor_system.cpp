// SPDX-License-Identifier: BSD-2-Clause
#include "cli/doctor_checks.h"
#include "cli/ta_signature.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/utsname.h>

namespace festore::cli {
namespace {

namespace fs = std::filesystem;
constexpr const char* kTaFile = "b7e89fc1-5044-431e-b4c5-9fb6ae256423.ta";

std::string text_of_file(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

Finding kernel() {
    utsname name{};
    unsigned major = 0;
    unsigned minor = 0;
    if (uname(&name) != 0 || std::sscanf(name.release, "%u.%u", &major, &minor) != 2)
        return {"kernel-identities", Severity::unknown, "the kernel's version is not known", "", ""};
    if (major < 5 || (major == 5 && minor < 8))
        return {"kernel-identities", Severity::serious, std::string("Linux ") + name.release + " gives no identities",
                "to the TEE all users look alike; festore refuses all but --public", "use Linux 5.8 or later"};
    return {"kernel-identities", Severity::ok, std::string("Linux ") + name.release + " gives identities", "", ""};
}

Finding client_device(const SystemPaths& paths) {
    struct stat info {};
    const std::string node = "/dev/tee0";
    if (stat((paths.root + node).c_str(), &info) != 0)
        return {"device-node", Severity::serious, "there is no " + node, "no program can reach the TEE",
                "load the kernel's drivers: modprobe optee; check that the firmware starts OP-TEE"};
    std::array<char, 8> mode{};
    std::snprintf(mode.data(), mode.size(), "%04o", info.st_mode & 07777U);
    if ((info.st_mode & 06) != 0)
        return {"device-node", Severity::warning, node + " is open to every user (mode " + mode.data() + ")",
                "every program can talk to every trusted application, public objects included",
                "give it to a group: mode 0660, and a udev rule"};
    return {"device-node", Severity::ok, node + " has mode " + mode.data(), "", ""};
}

Finding supplicant_device(const SystemPaths& paths) {
    struct stat info {};
    const std::string node = "/dev/teepriv0";
    if (stat((paths.root + node).c_str(), &info) != 0)
        return {"supplicant-node", Severity::unknown, "there is no " + node, "", ""};
    if ((info.st_mode & 06) != 0)
        return {"supplicant-node", Severity::serious, node + " is open to every user",
                "whoever opens it can play tee-supplicant: hand the TEE old files, or none",
                "mode 0600 or 0660, for root or the supplicant's own user"};
    return {"supplicant-node", Severity::ok, node + " is closed to other users", "", ""};
}

struct Supplicant {
    std::string command_line;  // words separated by NUL
    bool runs = false;
};

Supplicant find_supplicant(const SystemPaths& paths) {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(paths.root + "/proc", none)) {
        const std::string pid = entry.path().filename().string();
        if (!std::all_of(pid.begin(), pid.end(), [](unsigned char c) { return std::isdigit(c) != 0; })) continue;
        if (text_of_file(entry.path() / "comm") == "tee-supplicant\n")
            return {text_of_file(entry.path() / "cmdline"), true};
    }
    return {};
}

Finding supplicant_runs(const Supplicant& supplicant) {
    if (supplicant.runs) return {"tee-supplicant", Severity::ok, "tee-supplicant runs", "", ""};
    return {"tee-supplicant", Severity::serious, "tee-supplicant does not run",
            "the TEE can load no trusted application and reach no file; calls wait without end",
            "start it: systemctl start tee-supplicant"};
}

Finding client_library(const SystemPaths& paths) {
    bool old_there = false;
    std::error_code none;
    for (const char* folder : {"/usr/lib", "/lib", "/usr/lib/aarch64-linux-gnu", "/usr/lib/arm-linux-gnueabihf", "/usr/lib64"}) {
        if (fs::exists(paths.root + folder + "/libteec.so.2", none))
            return {"client-library", Severity::ok, "libteec.so.2 is installed", "", ""};
        old_there = old_there || fs::exists(paths.root + folder + "/libteec.so.1", none);
    }
    if (old_there)
        return {"client-library", Severity::warning, "libteec.so.1: OP-TEE's client and supplicant are from 2023 or older",
                "they lack later fixes of the supplicant's handling of files", "update optee-client"};
    return {"client-library", Severity::unknown, "no libteec in the usual folders", "", ""};
}

// Where the supplicant keeps the TEE's files: its option, else what distributions build in.
std::optional<std::string> storage_directory(const SystemPaths& paths, const Supplicant& supplicant) {
    const std::string option = "--fs-parent-path";
    if (const size_t at = supplicant.command_line.find(option); at != std::string::npos) {
        const size_t begin = at + option.size() + 1;  // behind '=' or NUL
        const std::string value = supplicant.command_line.substr(begin, supplicant.command_line.find('\0', begin) - begin);
        return value + "/tee";
    }
    std::error_code none;
    for (const char* folder : {"/var/lib/optee-client/data/tee", "/var/lib/tee", "/data/tee"})
        if (fs::is_directory(paths.root + folder, none)) return folder;
    return std::nullopt;
}

Finding storage_file_system(const SystemPaths& paths, const Supplicant& supplicant) {
    const std::optional<std::string> folder = storage_directory(paths, supplicant);
    struct statfs info {};
    if (!folder || statfs((paths.root + *folder).c_str(), &info) != 0)
        return {"storage-file-system", Severity::unknown, "the folder of the TEE's files was not found, or not readable",
                "whether it lasts cannot be told", "run doctor as root"};
    // linux/magic.h
    constexpr unsigned long kTmpfs = 0x01021994;
    constexpr unsigned long kRamfs = 0x858458f6;
    constexpr unsigned long kOverlay = 0x794c7630;
    const auto type = static_cast<unsigned long>(info.f_type) & 0xFFFFFFFFUL;
    if (type == kTmpfs || type == kRamfs)
        return {"storage-file-system", Severity::serious, *folder + " is in memory only",
                "everything that is stored is gone at the next boot", "mount a lasting file system there"};
    if (type == kOverlay)
        return {"storage-file-system", Severity::serious, *folder + " is on an overlay",
                "an update or a reset of the upper layer brings back old files, or loses them",
                "mount a file system of its own there"};
    return {"storage-file-system", Severity::ok, *folder + " is on a lasting file system", "", ""};
}

Finding ta_signature(const SystemPaths& paths) {
    for (const char* folder : {"/lib/optee_armtz/", "/usr/lib/optee_armtz/"}) {
        const std::string file = folder + std::string(kTaFile);
        switch (signer_of(paths.root + file)) {
        case TaSigner::not_readable: continue;
        case TaSigner::another:
            return {"ta-signing-key", Severity::ok, file + " is signed with a key of its own", "", ""};
        case TaSigner::public_default:
            return {"ta-signing-key", Severity::serious, file + " is signed with OP-TEE's default key",
                    "everybody has that key: who can write the file can replace the trusted application by one that gives "
                    "away all that is stored",
                    "make a key, build its public half into OP-TEE (TA_SIGN_KEY, or TA_PUBLIC_KEY), sign with it: "
                    "docs/boards.md"};
        }
    }
    return {"ta-signing-key", Severity::unknown, "the trusted application's file was not found in the usual folders", "", ""};
}

}  // namespace

std::vector<Finding> check_system(const SystemPaths& paths) {
    const Supplicant supplicant = find_supplicant(paths);
    return {kernel(),
            client_device(paths),
            supplicant_device(paths),
            supplicant_runs(supplicant),
            client_library(paths),
            storage_file_system(paths, supplicant),
            ta_signature(paths)};
}

}  // namespace festore::cli
