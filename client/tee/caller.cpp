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

Result<void> check_owner(const Owner& owner) {
    if (owner.kind == Owner::Kind::group && !owner.id) return unexpected({ErrorCode::usage, "a group as owner needs its gid", 0, 0});
    if (owner.kind == Owner::Kind::user && owner.id && *owner.id != geteuid())
        return unexpected({ErrorCode::not_permitted,
                           "user " + std::to_string(geteuid()) + " cannot use the objects of user " + std::to_string(*owner.id), 0, 0});
    return {};
}

Result<protocol::OtherOwner> named_owner(const Owner& owner) {
    if (owner.kind == Owner::Kind::public_ || !owner.id)
        return unexpected({ErrorCode::usage, "name a user by its uid or a group by its gid", 0, 0});
    return protocol::OtherOwner{owner.kind == Owner::Kind::group ? protocol::Login::group : protocol::Login::user, *owner.id};
}

Caller::Caller(const Owner& owner)
    : owner_(owner), user_(geteuid()), group_(getegid()),
      is_member_(owner.kind == Owner::Kind::group && owner.id && is_member_of(*owner.id)) {}

Result<void> Caller::check() const {
    const auto refused = [](const std::string& why) {
        return unexpected({ErrorCode::not_permitted, "this client cannot be used here: " + why + "; connect anew", 0, 0});
    };
    if (!process_.is_here()) return refused("it was connected by another process, and this process is a child of that one");
    if (geteuid() != user_ || getegid() != group_)
        return refused("it was connected as user " + std::to_string(user_) + " and group " + std::to_string(group_) +
                       ", and this process is user " + std::to_string(geteuid()) + " and group " + std::to_string(getegid()) + " now");
    if (is_member_ && !is_member_of(*owner_.id))
        return refused("this process is not a member of group " + std::to_string(*owner_.id) + " any more");
    return {};
}

}  // namespace festore
