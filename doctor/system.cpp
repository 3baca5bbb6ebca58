// SPDX-License-Identifier: BSD-2-Clause
#include "doctor/checks.h"
#include "doctor/ta_signature.h"

#include <array>
#include <charconv>
#include <filesystem>
#include <fmt/format.h>
#include <optional>
#include <sys/stat.h>

namespace festore::doctor {
namespace {

namespace fs = std::filesystem;
constexpr int kNodesMax = 10;  // libteec and tee-supplicant try as many
// The second spelling is tee-supplicant's for old installations.
constexpr const char* kTaFiles[] = {"b7e89fc1-5044-431e-b4c5-9fb6ae256423.ta",
                                    "b7e89fc1-5044-431e-b4c59fb6ae256423.ta"};

CheckResult kernel(const System& system) {
    const std::optional<Version> version = leading_version(system.kernel_release);
    if (!version)
        return {"kernel-identities", Grade::unknown, "the kernel's version is not known", "", ""};
    const std::string linux_version = "Linux " + system.kernel_release;
    if (*version < Version{5, 8})
        return {"kernel-identities", Grade::serious, linux_version + " gives no identities",
                "to the TEE all users look alike; festore refuses all but --public", "use Linux 5.8 or later"};
    return {"kernel-identities", Grade::ok, linux_version + " gives identities", "", ""};
}

struct Node {
    std::string path;
    mode_t mode = 0;
    [[nodiscard]] bool is_open() const { return (mode & 06) != 0; }
    [[nodiscard]] std::string mode_text() const { return fmt::format("{:04o}", mode); }
};

// Of /dev/NAME0 to /dev/NAME9 the first that is open to every user, else the first.
std::optional<Node> find_node(const System& system, const std::string& name) {
    std::optional<Node> first;
    for (int i = 0; i < kNodesMax; ++i) {
        const std::string path = "/dev/" + name + std::to_string(i);
        struct stat info {};
        if (stat((system.root + path).c_str(), &info) != 0) continue;
        const Node node{path, info.st_mode & 07777U};
        if (node.is_open()) return node;
        if (!first) first = node;
    }
    return first;
}

// Which TEE the kernel has found. The numbers are linux/tee.h's.
CheckResult tee_driver(const System& system) {
    const std::string id = "tee-driver";
    constexpr std::array<const char*, 5> kNames{"", "OP-TEE", "AMD's TEE", "Trusted Services", "QTEE, Qualcomm's TEE"};
    std::string others;
    for (int i = 0; i < kNodesMax; ++i) {
        const std::string text = text_of_file(fmt::format("{}/sys/class/tee/tee{}/implementation_id", system.root, i));
        unsigned number = 0;
        if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc{}) continue;
        if (number == 1) return {id, Grade::ok, fmt::format("/dev/tee{} is OP-TEE's", i), "", ""};
        const std::string name = number < kNames.size() && number > 0 ? kNames[number] : fmt::format("a TEE of kind {}", number);
        others += fmt::format("{}/dev/tee{} is {}", others.empty() ? "" : ", ", i, name);
        if (number == 4) others += ": QTEE is not OP-TEE";
    }
    if (others.empty())
        return {id, Grade::unknown, "the kernel does not say which TEE it has found", "",
                "check whether its driver is loaded: modprobe optee"};
    return {id, Grade::serious, others, "festore's trusted application runs in OP-TEE only: nothing can be stored here",
            "use a device whose secure world is OP-TEE"};
}

CheckResult client_device(const System& system) {
    const std::optional<Node> node = find_node(system, "tee");
    if (!node)
        return {"device-node", Grade::serious, "there is no /dev/tee0", "no program can reach the TEE",
                "load the kernel's drivers: modprobe optee; check that the firmware starts OP-TEE"};
    if (node->is_open())
        return {"device-node", Grade::warning,
                node->path + " is open to every user (mode " + node->mode_text() + ")",
                "every program can talk to every trusted application, public objects included",
                "give it to a group: mode 0660, and a udev rule"};
    return {"device-node", Grade::ok, node->path + " has mode " + node->mode_text(), "", ""};
}

CheckResult supplicant_device(const System& system) {
    const std::optional<Node> node = find_node(system, "teepriv");
    if (!node) return {"supplicant-node", Grade::unknown, "there is no /dev/teepriv0", "", ""};
    if (node->is_open())
        return {"supplicant-node", Grade::serious,
                node->path + " is open to every user (mode " + node->mode_text() + ")",
                "anybody who opens it can act as tee-supplicant and give the TEE old files, or none",
                "mode 0600 or 0660, for root or the supplicant's own user"};
    return {"supplicant-node", Grade::ok, node->path + " is closed to other users", "", ""};
}

CheckResult supplicant_runs(const Supplicant& supplicant, bool tee_serves) {
    const CheckResult ok{"tee-supplicant", Grade::ok, "tee-supplicant runs and serves the TEE", "", ""};
    switch (supplicant.state) {
    case Supplicant::State::serves:
        if (supplicant.name == "tee-supplicant") return ok;
        return {"tee-supplicant", Grade::warning,
                "a process named '" + supplicant.name + "' acts as tee-supplicant",
                "it gives the TEE its files; doctor does not know this program", "make sure that this is intended"};
    case Supplicant::State::named:
        return {"tee-supplicant", Grade::unknown, "a process named tee-supplicant runs",
                "only root can see whether it serves the TEE", kAsRoot};
    case Supplicant::State::hidden:
        return {"tee-supplicant", Grade::unknown, "whether tee-supplicant runs is not known",
                "other users' processes cannot be seen from here", "run doctor as root, outside of a container"};
    case Supplicant::State::missing: break;
    }
    const std::string idle = supplicant.idle.empty() ? "" : ": process " + supplicant.idle +
                                                                ", which has that name, has not opened the TEE's device";
    // Without root, a supplicant with another name is not seen; but a TEE that has just loaded the TA must have one.
    return {"tee-supplicant", tee_serves && supplicant.idle.empty() ? Grade::unknown : Grade::serious,
            "tee-supplicant does not run" + idle,
            "the TEE can load no trusted application and reach no file; calls wait without end",
            "start it: systemctl start tee-supplicant"};
}

CheckResult client_library(const System& system) {
    bool old_there = false;
    std::error_code none;
    for (const char* folder :
         {"/usr/lib", "/lib", "/usr/lib/aarch64-linux-gnu", "/usr/lib/arm-linux-gnueabihf", "/usr/lib64"}) {
        if (fs::exists(system.root + folder + "/libteec.so.2", none))
            return {"client-library", Grade::ok, "libteec.so.2 is installed", "", ""};
        old_there = old_there || fs::exists(system.root + folder + "/libteec.so.1", none);
    }
    if (old_there)
        return {"client-library", Grade::warning,
                "libteec.so.1: OP-TEE's client and supplicant are from 2023 or older",
                "they lack later fixes of the supplicant's handling of files", "update optee-client"};
    return {"client-library", Grade::unknown, "no libteec in the usual folders", "", ""};
}

CheckResult finding_of(TaSigner signer, const std::string& shown, bool tee_serves) {
    const std::string id = "ta-signing-key";
    switch (signer) {
    case TaSigner::not_there:
    case TaSigner::not_readable: return {id, Grade::unknown, shown + " cannot be read", "", kAsRoot};
    case TaSigner::not_a_ta:
        return {
            id, Grade::unknown, shown + " is no trusted application, or signed in a way that OP-TEE does not know",
            "the TEE would refuse it; if it serves, the trusted application came from elsewhere", "install it anew"};
    case TaSigner::damaged:
        return {id, Grade::unknown, shown + " is damaged: the hash in it is not that of its content",
                "the TEE would refuse it; if it serves, the trusted application came from elsewhere",
                "install it anew"};
    case TaSigner::cannot_tell:
        return {id, Grade::unknown, shown + " is encrypted and not signed with OP-TEE's public default key",
                "only the TEE knows whether its signature is valid", ""};
    case TaSigner::public_default:
        return {id, Grade::serious, shown + " is signed with OP-TEE's default key",
                "everybody has that key: anybody who can write the file can replace the trusted application by one that "
                "gives away everything that is stored",
                "make a key, build its public half into OP-TEE (TA_SIGN_KEY, or TA_PUBLIC_KEY), sign with it: "
                "docs/boards.md"};
    case TaSigner::not_default: break;
    }
    const std::string what = shown + " is not signed with OP-TEE's public default key";
    if (tee_serves) return {id, Grade::ok, what + ", and the TEE has loaded the trusted application", "", ""};
    return {id, Grade::unknown, what, "whether the TEE accepts its signature is not known: no TEE has loaded it here",
            "run doctor on the device, where the TEE serves"};
}

struct TaFile {
    std::string path;  // empty: there is none
    TaSigner signer = TaSigner::not_there;
};

// The trusted application that tee-supplicant finds first.
TaFile find_ta(const System& system, const Supplicant& supplicant) {
    for (const std::string& folder : supplicant.ta_folders) {
        for (const char* name : kTaFiles) {
            const std::string path = folder + "/" + name;
            const TaSigner signer = signer_of(system.path(path));
            if (signer != TaSigner::not_there) return {path, signer};
        }
    }
    return {};
}

CheckResult ta_signature(const TaFile& file, bool tee_serves) {
    if (!file.path.empty()) return finding_of(file.signer, file.path, tee_serves);
    return {"ta-signing-key", Grade::unknown,
            "the trusted application's file was not found where tee-supplicant looks for it", "", ""};
}

// Version 0: the first demo's file, or one that was built without a version.
CheckResult ta_installed(const System& system, const std::string& file) {
    const std::string id = "ta-installed";
    const std::optional<uint32_t> version = file.empty() ? std::nullopt : version_of_ta(system.path(file));
    if (!version)
        return {id, Grade::unknown, file.empty() ? "the trusted application's file was not found" : file + " has no version",
                "it is not known whether OP-TEE would refuse an older file", kAsRoot};
    if (*version == 0)
        return {id, Grade::warning, file + " has version 0: OP-TEE refuses no older file",
                "anybody who can write the file system can put back a trusted application with known faults",
                "build it with CFG_TA_VERSION, and raise that with each security fix"};
    return {id, Grade::ok,
            fmt::format("{} has version {}: once OP-TEE has loaded it, it refuses older ones, as long as it remembers", file,
                        *version),
            "", ""};
}

}  // namespace

std::optional<CheckResult> unfit_file_system(const System& system, const std::string& id, const std::string& folder) {
    // linux/magic.h; CIFS': fs/smb/client/cifsfs.h
    constexpr uint64_t kTmpfs = 0x01021994;
    constexpr uint64_t kRamfs = 0x858458f6;
    constexpr uint64_t kOverlay = 0x794c7630;
    constexpr uint64_t kFat = 0x4d44;
    constexpr uint64_t kExFat = 0x2011bab0;
    constexpr std::array<std::pair<uint64_t, const char*>, 6> kRemote{{{0x6969, "NFS"},
                                                                       {0x517b, "SMB"},
                                                                       {0xff534d42, "CIFS"},
                                                                       {0xfe534d42, "SMB2"},
                                                                       {0x01021997, "9P"},
                                                                       {0x00c36400, "Ceph"}}};
    const uint64_t type = system.file_system_type(system.root + folder).value_or(0);
    if (type == kTmpfs || type == kRamfs)
        return CheckResult{id, Grade::serious, folder + " is in memory only",
                       "everything that is stored is gone at the next boot", "mount a lasting file system there"};
    if (type == kOverlay)
        return CheckResult{id, Grade::serious, folder + " is on an overlay",
                       "an update or a reset of the upper layer brings back old files, or loses them",
                       "mount a file system of its own there"};
    if (type == kFat || type == kExFat)
        return CheckResult{id, Grade::warning, folder + " is on a FAT file system",
                       "it has no owners and modes, and a power cut can damage files that were not written",
                       "use one with a journal there: ext4"};
    for (const auto& [magic, name] : kRemote)
        if (type == magic)
            return CheckResult{id, Grade::warning, fmt::format("{} is on another machine ({})", folder, name),
                           "anybody who controls that machine can put back and remove what is stored, and decides what "
                           "locks and a power cut do",
                           "use a file system of this device: ext4"};
    return std::nullopt;
}

std::optional<Version> leading_version(const std::string& text) {
    Version version;
    const char* const end = text.data() + text.size();
    const auto [dot, no_major] = std::from_chars(text.data(), end, version.major);
    if (no_major != std::errc{} || dot == end || *dot != '.') return std::nullopt;
    const auto [rest, no_minor] = std::from_chars(dot + 1, end, version.minor);
    if (no_minor != std::errc{}) return std::nullopt;
    return version;
}

std::vector<CheckResult> check_system(const System& system, const Supplicant& supplicant, bool tee_serves) {
    const CheckResult driver = tee_driver(system);
    // The other checks are about OP-TEE, its supplicant and its files.
    if (driver.severity == Grade::serious) return {kernel(system), driver, client_device(system)};
    const TaFile ta = find_ta(system, supplicant);
    return {kernel(system),
            driver,
            client_device(system),
            supplicant_device(system),
            supplicant_runs(supplicant, tee_serves),
            supplicant_restart(system),
            client_library(system),
            storage_file_system(system, supplicant),
            storage_key(system, supplicant),
            ta_signature(ta, tee_serves),
            ta_installed(system, ta.path)};
}

std::vector<CheckResult> check_card(const System& system) {
    const Supplicant supplicant = usual_supplicant();
    if (storage_directory(system, supplicant) == "/") return {storage_key(system, supplicant)};  // nothing else is there
    const TaFile ta = find_ta(system, supplicant);
    return {supplicant_restart(system), storage_key(system, supplicant), ta_signature(ta, false), ta_installed(system, ta.path)};
}

}  // namespace festore::doctor
