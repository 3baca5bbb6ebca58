// SPDX-License-Identifier: BSD-2-Clause
// Which TEE to talk to, and its libteec, loaded at run time. OP-TEE's is libteec.so.2, else libteec.so.1; the simulated
// TEE's is libteec-festore-sim.so, and only builds with the simulator (FESTORE_SIM) know it: a build for a device never
// falls back to it.
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

// automatic: what FESTORE_TEE says (auto, optee or sim); else OP-TEE where there is a TEE device; else, in builds that
// have it, the simulated TEE, with a message on stderr. Loaded libraries stay loaded.
Expected<LoadedTee> load_tee(TeeKind kind);

}  // namespace festore
