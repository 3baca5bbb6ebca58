// SPDX-License-Identifier: BSD-2-Clause
#include "client/errors.h"
#include "client/store_directory.h"

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

Expected<std::string> default_store_directory(const Owner& owner) {
    if (const std::string named = environment("FESTORE_STORE"); !named.empty()) return named;
    if (owner.kind == Owner::Kind::group) return "/var/lib/festore/gid-" + std::to_string(owner.gid);
    // systemd gives a unit's folders as a list.
    const std::string state = environment("STATE_DIRECTORY");
    if (const std::string first = state.substr(0, state.find(':')); is_absolute(first)) return first + "/festore";
    if (geteuid() == 0) return "/var/lib/festore/uid-0";
    // The XDG base directory specification: a relative path is to be ignored.
    if (const std::string data = environment("XDG_DATA_HOME"); is_absolute(data)) return data + "/festore";
    if (const std::string home = environment("HOME"); is_absolute(home)) return home + "/.local/share/festore";
    return unexpected({ErrorCode::usage, "where the store is cannot be told without HOME: name it with --store DIR", 0, 0});
}

}  // namespace festore
