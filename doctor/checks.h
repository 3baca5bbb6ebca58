// SPDX-License-Identifier: BSD-2-Clause
// What weakens this device: checks of the system and of the TEE, each with a reason and a fix. Reads only.
#pragma once
#include "doctor/supplicant.h"
#include "festore/client.hpp"

#include <compare>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace festore::doctor {

enum class Grade { ok, unknown, warning, serious };

struct CheckResult {
    std::string id;  // stable, for programs: docs/doctor.md lists them
    Grade severity = Grade::ok;
    std::string what;
    std::string why;  // the consequence for what is stored; empty if all is well
    std::string fix;
};

// What provides the storage rpmb: whether it answered, and from which device.
struct RpmbEvidence {
    bool answers = false;
    RpmbDevice device = RpmbDevice::none;
    bool none_here = false;  // root has said so; then it was not asked
};

// The caller's store: its information, or why it does not open, or neither if there is none.
struct StoreEvidence {
    std::string directory;
    bool of_group = false;
    std::optional<StoreInfo> info;
    std::optional<Error> error;
};

// Checks what the TEE itself reports, or why it does not answer.
std::vector<CheckResult> check_tee(const Result<TeeStatus>& status, const RpmbEvidence& rpmb);
// Kernel, device nodes, tee-supplicant, file systems, the key of the TEE's files, the TA's file. `tee_serves`: the TEE has
// loaded the TA and answered.
std::vector<CheckResult> check_system(const System& system, const Supplicant& supplicant, bool tee_serves);
// Checks the files of a card of a device that is mounted here. It may be hostile.
std::vector<CheckResult> check_card(const System& system);
// The store's state, its anchor, and the place of its directory.
std::vector<CheckResult> check_store(const System& system, const StoreEvidence& store, const RpmbEvidence& rpmb);

// All owners' records. `records`: none if the caller is not root.
std::vector<CheckResult> check_all_stores(const std::optional<std::vector<StoreRecord>>& records,
                                      const std::function<std::string(const StoreRecord&)>& name);

// Whether OP-TEE's RPMB may lose data, on versions of OP-TEE with that fault. `places`: how many places for records of stores are
// known to be used under the anchor rpmb. None if no RPMB is built in.
std::optional<CheckResult> rpmb_tail(const TeeStatus& status, const RpmbEvidence& rpmb, size_t places);

// The folder of the TEE's files: the supplicant's option unchanged, else one of the folders that distributions build in, preferably
// one with a list of objects; "" if there is none.
std::string storage_directory(const System& system, const Supplicant& supplicant);
CheckResult storage_file_system(const System& system, const Supplicant& supplicant);
// Whether the TEE's list of objects opens with a publicly known key.
CheckResult storage_key(const System& system, const Supplicant& supplicant);
// Whether systemd starts tee-supplicant again when it ends.
CheckResult supplicant_restart(const System& system);

// Publicly known hardware unique keys; ta/known_keys.h has values derived from them.
struct KnownHuk {
    const char* name;
    uint8_t size;
    uint8_t first;  // byte
    uint8_t step;   // to the next one
    [[nodiscard]] std::vector<std::byte> bytes() const;
};
std::span<const KnownHuk> known_huks();

inline constexpr const char* kAsRoot = "run doctor as root";

// The version at the beginning of a text such as "6.1.0-22-arm64" or "4.10"; none if there is none.
struct Version {
    unsigned major = 0;
    unsigned minor = 0;
    friend auto operator<=>(const Version&, const Version&) = default;
};
std::optional<Version> leading_version(const std::string& text);

// The fault of the file system of the folder: it does not last, does not keep its promises at a power cut, or is on another
// machine. None: it has none of these.
std::optional<CheckResult> unfit_file_system(const System& system, const std::string& id, const std::string& folder);

}  // namespace festore::doctor
