// SPDX-License-Identifier: BSD-2-Clause
// The folder of the TEE's files: its file system, and whether its list of objects (dirf.db) opens with a publicly known key.
#include "doctor/checks.h"
#include "base/host/file_io.h"
#include "ree_fs/directory.h"
#include "ree_fs/reader.h"
#include "ree_fs/scan.h"
#include "ree_fs/verifier.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/stat.h>

namespace festore::doctor {
namespace {

namespace fs = std::filesystem;
constexpr const char* kList = "dirf.db";
// 65536 objects need 16 MiB, in two versions. OP-TEE runs out of memory long before.
constexpr uint64_t kListBytesMax = uint64_t{64} << 20;

// A zero HUK of any length gives the same keys: HMAC pads with zeroes.
constexpr std::array<KnownHuk, 5> kKnownHuks = {{
    {"zero bytes only", 16, 0x00, 0},
    {"16 bytes 0xFF", 16, 0xFF, 0},
    {"32 bytes 0xFF", 32, 0xFF, 0},
    {"the bytes 00 01 02 to 0f", 16, 0x00, 1},
    {"the bytes 00 01 02 to 1f", 32, 0x00, 1},
}};

bool opens_with(ree_fs::FileSource& list, const ree_fs::Ssk& ssk) {
    return ree_fs::open_file(list, ree_fs::derive_tsk(ssk, std::nullopt), {}).key_fits;
}

// The known key that the list opens with, in words; "" for none.
std::string known_key_of(ree_fs::FileSource& list) {
    if (opens_with(list, ree_fs::Ssk())) return "is itself all zeroes";
    for (const KnownHuk& known : kKnownHuks) {
        const Outcome<ree_fs::Huk> huk = ree_fs::Huk::from_bytes(known.bytes());
        for (const auto derivation : {ree_fs::Derivation::compatible, ree_fs::Derivation::subkey})
            if (huk && opens_with(list, ree_fs::derive_ssk(*huk, derivation)))
                return fmt::format("derives from a hardware unique key of {}", known.name);
    }
    return "";
}

// True if the list's tree is whole, as far as can be seen without a key; otherwise no key would open it.
bool is_whole(ree_fs::FileSource& list) {
    const ree_fs::FileView view = ree_fs::view_file(list, ree_fs::likely_layout(list));
    return view.chosen && !ree_fs::scan_tree(list, view, *view.chosen).findings.any_damage();
}

CheckResult not_tried(const std::string& what, const std::string& why = "", const std::string& fix = "") {
    return {"zero-ssk", Grade::unknown, what, why.empty() ? "it is not known whether the key of the TEE's files is secret" : why, fix};
}

// Opening alone can do harm, for example to a tape or a watchdog.
bool is_regular(int folder, const char* name) {
    struct stat info {};
    return ::fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(info.st_mode);
}

// Why the list cannot be read.
CheckResult unreadable(int folder, const std::string& path, bool denied) {
    if (denied) return not_tried(path + " cannot be read", "", kAsRoot);
    struct stat info {};
    if (::fstatat(folder, kList, &info, AT_SYMLINK_NOFOLLOW) == 0)
        return S_ISREG(info.st_mode) ? not_tried(path + " cannot be read")
                                     : not_tried(path + " is not a regular file, so it was not opened",
                                                 "OP-TEE and tee-supplicant make regular files only", "find out what put it there");
    if (errno == EACCES || errno == EPERM) return not_tried(path + " cannot be looked at", "", kAsRoot);
    if (::fstatat(folder, "qtee_supplicant", &info, AT_SYMLINK_NOFOLLOW) == 0)
        return not_tried(path + " is not there: the folder is that of QTEE, Qualcomm's TEE. QTEE is not OP-TEE",
                         "festore's trusted application runs in OP-TEE only", "use a device whose secure world is OP-TEE");
    return not_tried(path + " is not there: nothing has been stored yet, or it is kept elsewhere", "",
                     "run doctor again when something is stored");
}

}  // namespace

std::vector<std::byte> KnownHuk::bytes() const {
    std::vector<std::byte> all;
    for (unsigned i = 0; i < size; ++i) all.push_back(static_cast<std::byte>(first + step * i));
    return all;
}

std::span<const KnownHuk> known_huks() { return kKnownHuks; }

std::string storage_directory(const System& system, const Supplicant& supplicant) {
    if (!supplicant.storage.empty()) return supplicant.storage;
    constexpr std::array<const char*, 4> kFolders{"/var/lib/optee-client/data/tee", "/var/lib/tee", "/data/tee", "/var/tee"};
    std::error_code none;
    const auto has_list = [&](const std::string& place) {
        return !place.empty() && fs::symlink_status(place + "/" + kList, none).type() != fs::file_type::not_found;
    };
    // The card's folder of the TEE's files may be mounted alone.
    if (system.card && has_list(system.path("/"))) return "/";
    std::string first;
    for (const std::string folder : kFolders) {
        const std::string place = system.path(folder);
        if (place.empty() || !fs::is_directory(place, none)) continue;
        if (has_list(place)) return folder;
        if (first.empty()) first = folder;
    }
    return first;
}

CheckResult storage_file_system(const System& system, const Supplicant& supplicant) {
    const std::string folder = storage_directory(system, supplicant);
    if (folder.empty() || !system.file_system_type(system.root + folder))
        return {"storage-file-system", Grade::unknown,
                folder.empty() ? "the folder of the TEE's files was not found in the usual places"
                               : "the folder of the TEE's files, " + folder + ", is not there or not readable",
                "it is not known whether it lasts", kAsRoot};
    if (const auto finding = unfit_file_system(system, "storage-file-system", folder)) return *finding;
    return {"storage-file-system", Grade::ok, folder + " is on a lasting file system", "", ""};
}

CheckResult storage_key(const System& system, const Supplicant& supplicant) {
    const std::string folder = storage_directory(system, supplicant);
    if (folder.empty()) return not_tried("the folder of the TEE's files was not found in the usual places", "", kAsRoot);
    const std::string path = folder == "/" ? folder + kList : folder + "/" + kList;
    const Descriptor directory(::open(system.path(folder).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory.valid()) return not_tried("the folder of the TEE's files, " + folder + ", cannot be opened", "", kAsRoot);
    const ree_fs::StorageDirectory storage(directory.get());
    bool denied = false;
    const auto list = is_regular(directory.get(), kList) ? storage.open(kList, &denied) : nullptr;
    if (!list) return unreadable(directory.get(), path, denied);
    if (list->size() > kListBytesMax)
        return not_tried(fmt::format("{} has {} bytes: too many for a list of objects", path, list->size()));
    if (const std::string key = known_key_of(*list); !key.empty())
        return {"zero-ssk", Grade::serious, fmt::format("the key of the TEE's files {}: {} opens with it", key, path),
                "anybody who has the disk can decrypt everything that the TEE stores. The TEE makes this key earlier than the "
                "trusted application's, so zero-huk may find nothing even if this check does",
                "fuse a random key, use an OP-TEE whose platform driver reads it before storage is opened, and store everything anew"};
    if (!is_whole(*list))
        return not_tried(path + " is damaged, or was changed meanwhile: no key could be tried", "",
                         "run doctor again; then: festore inspect " + folder);
    return {"zero-ssk", Grade::ok, path + " opens with no publicly known key", "", ""};
}

}  // namespace festore::doctor
