// SPDX-License-Identifier: BSD-2-Clause
// The UUIDs that Linux computes for a login (drivers/tee/tee_core.c, since 5.8): UUID version 5 of "uid=%x" or "gid=%x".
#pragma once
#include "base/uuid.h"

#include <sys/types.h>

namespace festore::sim {
Uuid uuid_of_user(uid_t uid);
Uuid uuid_of_group(gid_t gid);
}  // namespace festore::sim
