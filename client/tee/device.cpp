// SPDX-License-Identifier: BSD-2-Clause
#include "client/tee/device.h"

#include <array>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

namespace festore {
namespace {

std::string group_name(gid_t gid) {
    std::array<char, 4096> buffer{};
    group entry{};
    group* found = nullptr;
    if (getgrgid_r(gid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) return entry.gr_name;
    return std::to_string(gid);
}

}  // namespace

TeeDevice find_tee_device() {
    for (int i = 0; i < 10; ++i) {  // libteec tries as many
        const std::string path = "/dev/tee" + std::to_string(i);
        struct stat info {};
        if (stat(path.c_str(), &info) != 0) continue;
        return {path, eaccess(path.c_str(), R_OK | W_OK) == 0, group_name(info.st_gid)};
    }
    return {};
}

}  // namespace festore
