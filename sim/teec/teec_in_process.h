// SPDX-License-Identifier: BSD-2-Clause
// The Client API for a simulated TEE in this process: for tests, fuzzers and sanitizers.
#pragma once
#include "base/teec_functions.h"
#include "sim/identity.h"
#include "sim/tee.h"

namespace festore::sim {

// The functions serve the TEE that was set last with use_tee(); with nullptr initialize_context fails.
const TeecFunctions& teec_in_process();
void use_tee(Tee* tee);

// The caller that the simulated kernel reports; by default the process's own effective ids and groups.
void set_caller(const Credentials& credentials);
void reset_caller();

}  // namespace festore::sim
