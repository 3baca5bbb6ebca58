// SPDX-License-Identifier: BSD-2-Clause
// What weakens this device: checks of the system and of the TEE, each with a reason and a fix. Reads only.
#pragma once
#include "cli/doctor_supplicant.h"
#include "festore/client.hpp"

#include <string>
#include <vector>

namespace festore::cli {

enum class Severity { ok, unknown, warning, serious };

struct Finding {
    std::string id;  // stable, for programs: docs/doctor.md lists them
    Severity severity = Severity::ok;
    std::string what;
    std::string why;  // what it means for what is stored; empty when all is well
    std::string fix;
};

// What stands behind the storage rpmb: whether it answered, and who.
struct RpmbEvidence {
    bool answers = false;
    RpmbDevice device = RpmbDevice::none;
};

// What the TEE itself says, or why it says nothing.
std::vector<Finding> check_tee(const Expected<TeeStatus>& status, const RpmbEvidence& rpmb);
// Kernel, device nodes, tee-supplicant, file systems, the TA's file. `tee_serves`: the TEE has loaded the TA and
// answered.
std::vector<Finding> check_system(const System& system, const Supplicant& supplicant, bool tee_serves);

}  // namespace festore::cli
