// SPDX-License-Identifier: BSD-2-Clause
// What weakens this device: checks of the system and of the TEE, each with a reason and a fix. Reads only.
#pragma once
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

// Where the checks look; tests point it elsewhere.
struct SystemPaths {
    std::string root;  // before every path: "" for the running system
};

// What the TEE itself says, or why it says nothing.
std::vector<Finding> check_tee(const Expected<TeeStatus>& status, bool rpmb_answers);
// Kernel, device nodes, tee-supplicant, file systems, the TA's file.
std::vector<Finding> check_system(const SystemPaths& paths);

}  // namespace festore::cli
