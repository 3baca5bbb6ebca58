// SPDX-License-Identifier: BSD-2-Clause
// The Client API straight into a simulated TEE of this process: for tests, fuzzers and sanitizers.
#pragma once
#include "base/teec_functions.h"
#include "sim/tee.h"

#include <sys/types.h>
#include <vector>

namespace festore::sim {

// The functions serve the TEE that was set last with use_tee(); nullptr: none, initialize_context then fails.
const TeecFunctions& teec_in_process();
void use_tee(Tee* tee);

// Who the simulated kernel says is calling, for this thread; by default the process's own effective ids and groups.
struct Credentials {
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;
};
void set_caller(const Credentials& credentials);
void reset_caller();

// The UUID that Linux computes for a login (drivers/tee/tee_core.c): UUIDv5 of "uid=%x" or "gid=%x".
Uuid uuid_of_user(uid_t uid);
Uuid uuid_of_group(gid_t gid);

}  // namespace festore::sim
