// SPDX-License-Identifier: BSD-2-Clause
// What weakens this device: checks of the system and of the TEE, each with a reason and a fix. Reads only.
#pragma once
#include "cli/doctor_supplicant.h"
#include "festore/client.hpp"

#include <compare>
#include <functional>
#include <optional>
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

// The caller's store: what it says; or why it does not open; or neither, where there is none.
struct StoreEvidence {
    std::string directory;
    bool of_group = false;
    std::optional<StoreInfo> info;
    std::optional<Error> error;
};

// What the TEE itself says, or why it says nothing.
std::vector<Finding> check_tee(const Expected<TeeStatus>& status, const RpmbEvidence& rpmb);
// Kernel, device nodes, tee-supplicant, file systems, the TA's file. `tee_serves`: the TEE has loaded the TA and
// answered.
std::vector<Finding> check_system(const System& system, const Supplicant& supplicant, bool tee_serves);
// The store's state, its anchor, and where its directory lies.
std::vector<Finding> check_store(const System& system, const StoreEvidence& store, const RpmbEvidence& rpmb);

// All owners' records, as root may see them; `records`: none for others.
std::vector<Finding> check_all_stores(const std::optional<std::vector<StoreRecord>>& records,
                                      const std::function<std::string(const StoreRecord&)>& name);

// What a text such as "6.1.0-22-arm64" or "4.10" begins with; none where that is no version.
struct Version {
    unsigned major = 0;
    unsigned minor = 0;
    friend auto operator<=>(const Version&, const Version&) = default;
};
std::optional<Version> leading_version(const std::string& text);

// What is wrong with the file system that the folder is on: it does not last, does not keep its promises at a power cut, or is another
// machine's.
std::optional<Finding> unfit_file_system(const System& system, const std::string& id, const std::string& folder);

}  // namespace festore::cli
