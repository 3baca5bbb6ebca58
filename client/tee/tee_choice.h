// SPDX-License-Identifier: BSD-2-Clause
// Which TEE to talk to, and its libteec, loaded at run time. OP-TEE's is libteec.so.2, else libteec.so.1; the simulated
// TEE's is libteec-festore-sim.so, and only builds with the simulator (FESTORE_SIM) find it: a build for a device uses it only if it is
// given the library's path.
#pragma once
#include "base/teec_functions.h"
#include "client/errors.h"
#include "client/tee/supplicant.h"

#include <functional>
#include <string>

namespace festore {

struct LoadedTee {
    TeecFunctions functions{};
    TeeKind kind = TeeKind::automatic;
    std::string library;  // its path
    std::function<SupplicantSeen()> look_for_supplicant;  // null: this TEE needs no supplicant
};

// automatic: OP-TEE where there is a TEE device; else, in builds that have it, the simulated TEE, with a message on stderr.
// `sim_library`: the path of the simulated TEE's library, or empty. Loaded libraries stay loaded.
Result<LoadedTee> load_tee(TeeKind kind, const std::string& sim_library);

}  // namespace festore
