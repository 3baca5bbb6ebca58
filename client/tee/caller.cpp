// SPDX-License-Identifier: BSD-2-Clause
#include "client/tee/caller.h"

#include <algorithm>
#include <unistd.h>
#include <vector>

namespace festore {

bool is_member_of(gid_t gid) {
    std::vector<gid_t> groups(static_cast<size_t>(std::max(getgroups(0, nullptr), 0)));
    const int count = getgroups(static_cast<int>(groups.size()), groups.data());
    return gid == getegid() || std::find(groups.begin(), groups.begin() + std::max(count, 0), gid) != groups.end();
}

Caller::Caller(const Owner& owner)
    : owner_(owner), user_(geteuid()), group_(getegid()),
      is_member_(owner.kind == Owner::Kind::group && is_member_of(owner.gid)) {}

Result<void> Caller::check() const {
    const auto refused = [](const std::string& why) {
        return unexpected({ErrorCode::not_permitted, "this client cannot be used here: " + why + "; connect anew", 0, 0});
    };
    if (!process_.is_here()) return refused("it was connected by another process, and this process is a child of that one");
    if (geteuid() != user_ || getegid() != group_)
        return refused("it was connected as user " + std::to_string(user_) + " and group " + std::to_string(group_) +
                       ", and this process is user " + std::to_string(geteuid()) + " and group " + std::to_string(getegid()) + " now");
    if (is_member_ && !is_member_of(owner_.gid))
        return refused("this process is not a member of group " + std::to_string(owner_.gid) + " any more");
    return {};
}

}  // namespace festore
