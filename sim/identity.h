// SPDX-License-Identifier: BSD-2-Clause
// The caller's identity, as the simulated kernel gives it. The UUIDs are those that Linux computes for a login
// (drivers/tee/tee_core.c, since 5.8): UUID version 5 of "uid=%x" or "gid=%x".
#pragma once
#include "base/uuid.h"
#include "sim/tee.h"

#include <optional>
#include <sys/types.h>
#include <vector>

namespace festore::sim {

Uuid uuid_of_user(uid_t uid);
Uuid uuid_of_group(gid_t gid);

struct Credentials {
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;  // the supplementary groups
};

// The identity that a login (TEEC_LOGIN_*) gives this caller; nothing if Linux refuses the login: for a group that the caller is
// not in, or an application login. `group` is the group of a group login.
std::optional<Identity> identity_of_login(uint32_t login, std::optional<gid_t> group, const Credentials& caller);

}  // namespace festore::sim
