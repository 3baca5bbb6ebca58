// SPDX-License-Identifier: BSD-2-Clause
#include "client/errors.h"
#include "base/result.h"
#include "client/store/directory.h"

#include <cstdlib>
#include <filesystem>
#include <unistd.h>

namespace festore {
namespace {

std::string environment(const char* name) {
    const char* value = secure_getenv(name);
    return value == nullptr ? "" : value;
}

bool is_absolute(const std::string& path) { return path.starts_with('/'); }

// The directory of the owner's default store.
Expected<std::string> default_directory(const Owner& owner) {
    if (owner.kind == Owner::Kind::group) return "/var/lib/festore/gid-" + std::to_string(owner.gid);
    // systemd gives a unit's folders as a list.
    const std::string state = environment("STATE_DIRECTORY");
    if (const std::string first = state.substr(0, state.find(':')); is_absolute(first)) return first + "/festore";
    if (geteuid() == 0) return "/var/lib/festore/uid-0";
    // The XDG base directory specification: a relative path is to be ignored.
    if (const std::string data = environment("XDG_DATA_HOME"); is_absolute(data)) return data + "/festore";
    if (const std::string home = environment("HOME"); is_absolute(home)) return home + "/.local/share/festore";
    return unexpected({ErrorCode::usage, "HOME is not set; name the store with --store DIR", 0, 0});
}

}  // namespace

Expected<std::string> absolute_path(const std::string& path) {
    if (is_absolute(path)) return path;
    std::error_code fault;
    const std::filesystem::path folder = std::filesystem::current_path(fault);
    if (fault)
        return unexpected({ErrorCode::failure,
                           "cannot find " + quote(path) + ": this program's working directory: " + fault.message(), 0, 0});
    return (folder / path).string();
}

Expected<StoreChoice> choose_store(const Owner& owner, const std::string& directory, const std::string& name) {
    const std::string chosen = name.empty() ? environment("FESTORE_NAME") : name;
    if (!chosen.empty() && !is_store_name(chosen))
        return unexpected({ErrorCode::usage,
                           std::string(name.empty() ? "FESTORE_NAME" : "the name of a store") +
                               " is 1 to 63 of the characters A-Z a-z 0-9 . _ -, not " + quote(chosen),
                           0, 0});
    StoreChoice choice{directory.empty() ? environment("FESTORE_STORE") : directory, std::string(wire_form_of_store_name(chosen)), true};
    if (!choice.directory.empty()) {
        choice.is_name_fixed = !chosen.empty();
        return choice;
    }
    std::string standard = FESTORE_TRY(default_directory(owner));
    choice.directory = standard + (choice.name.empty() ? "" : "@" + choice.name);
    return choice;
}

}  // namespace festore
