// SPDX-License-Identifier: BSD-2-Clause
#include "client/errors.h"
#include "base/host/environment.h"
#include "base/result.h"
#include "client/store/disk/directory.h"
#include "client/tee/caller.h"

#include <filesystem>
#include <unistd.h>

namespace festore {
namespace {

bool is_absolute(const std::string& path) { return path.starts_with('/'); }

// The directory of the owner's default store.
Result<std::string> directory_of_default_store(const Owner& owner) {
    FESTORE_CHECK(check_owner(owner));
    if (owner.kind == Owner::Kind::public_) return unexpected(public_has_no_store());
    if (owner.kind == Owner::Kind::group) return "/var/lib/festore/gid-" + std::to_string(*owner.id);
    // systemd gives a unit's folders as a list.
    const std::string state = environment("STATE_DIRECTORY");
    if (const std::string first = state.substr(0, state.find(':')); is_absolute(first)) return first + "/festore";
    if (geteuid() == 0) return "/var/lib/festore/uid-0";
    // The XDG base directory specification: a relative path is to be ignored.
    if (const std::string data = environment("XDG_DATA_HOME"); is_absolute(data)) return data + "/festore";
    if (const std::string home = environment("HOME"); is_absolute(home)) return home + "/.local/share/festore";
    return unexpected({ErrorCode::usage, "HOME is not set; name the store with --store DIR", 0, 0});
}

Result<void> check_store_name(std::string_view name) {
    if (name.empty() || is_store_name(name)) return {};
    return unexpected({ErrorCode::usage, "the name of a store is 1 to 63 of the characters A-Z a-z 0-9 . _ -, not " + quote(name), 0, 0});
}

}  // namespace

Result<std::string> absolute_path(const std::string& path) {
    if (is_absolute(path)) return path;
    std::error_code fault;
    const std::filesystem::path folder = std::filesystem::current_path(fault);
    if (fault)
        return unexpected({ErrorCode::failure,
                           "cannot find " + quote(path) + ": this program's working directory: " + fault.message(), 0, 0});
    return (folder / path).string();
}

Result<StoreChoice> choose_store(const Owner& owner, const std::string& directory, const std::string& name) {
    FESTORE_CHECK(check_store_name(name));
    StoreChoice choice{directory, std::string(wire_form_of_store_name(name)), directory.empty() || !name.empty(), !name.empty()};
    if (directory.empty()) choice.directory = FESTORE_TRY(default_store_directory(owner, name));
    return choice;
}

Result<std::string> default_store_directory(const Owner& owner, std::string_view name) {
    FESTORE_CHECK(check_store_name(name));
    const std::string_view given = wire_form_of_store_name(name);
    std::string standard = FESTORE_TRY(directory_of_default_store(owner));
    return standard + (given.empty() ? "" : "@" + std::string(given));
}

}  // namespace festore
