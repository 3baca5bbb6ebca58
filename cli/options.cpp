// SPDX-License-Identifier: BSD-2-Clause
#include "cli/options.h"

#include <array>
#include <charconv>
#include <grp.h>

namespace festore::cli {
namespace {

Error usage(std::string message) { return {ErrorCode::usage, std::move(message), 0, 0}; }

Expected<uint32_t> gid_of(const std::string& group) {
    uint32_t number = 0;
    const auto [end, error] = std::from_chars(group.data(), group.data() + group.size(), number);
    if (error == std::errc() && end == group.data() + group.size()) return number;
    std::array<char, 16384> buffer{};
    ::group entry{};
    ::group* found = nullptr;
    if (getgrnam_r(group.c_str(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
        return found->gr_gid;
    return tl::make_unexpected(usage("there is no group '" + group + "' on this system"));
}

}  // namespace

Expected<Client> connect(const Options& options) {
    ClientOptions client;
    if (options.tee == "optee") client.tee = TeeKind::optee;
    if (options.tee == "sim") client.tee = TeeKind::sim;
    client.storage = options.storage == "rpmb" ? Storage::rpmb : Storage::ree;
    client.call_timeout = std::chrono::seconds(options.timeout_seconds);
    if (options.everybody && !options.group.empty())
        return tl::make_unexpected(usage("--public and --group exclude each other"));
    if (options.everybody) client.owner = Owner::everybody();
    if (!options.group.empty()) {
        const Expected<uint32_t> gid = gid_of(options.group);
        if (!gid) return tl::make_unexpected(gid.error());
        client.owner = Owner::group(*gid);
    }
    return Client::connect(client);
}

}  // namespace festore::cli
