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
    bool none_here = false;  // by root's word: then it was not asked
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
// Kernel, device nodes, tee-supplicant, file systems, the key of the TEE's files, the TA's file. `tee_serves`: the TEE has
// loaded the TA and answered.
std::vector<Finding> check_system(const System& system, const Supplicant& supplicant, bool tee_serves);
// A card of a device, mounted here: what its files say. It may be hostile.
std::vector<Finding> check_card(const System& system);
// The store's state, its anchor, and where its directory lies.
std::vector<Finding> check_store(const System& system, const StoreEvidence& store, const RpmbEvidence& rpmb);

// All owners' records, as root may see them; `records`: none for others.
std::vector<Finding> check_all_stores(const std::optional<std::vector<StoreRecord>>& records,
                                      const std::function<std::string(const StoreRecord&)>& name);

// Whether OP-TEE's RPMB may lose what lies in it, on versions of OP-TEE with that fault. `places`: how many records of stores the
// anchor rpmb has at least, as far as that is known. Nothing where no RPMB is built in.
std::optional<Finding> rpmb_tail(const TeeStatus& status, const RpmbEvidence& rpmb, size_t places);

// Where the TEE's files are: the supplicant's option as it is, else one of the folders that distributions build in, those with a
// list of objects first; "" where there is none.
std::string storage_directory(const System& system, const Supplicant& supplicant);
Finding storage_file_system(const System& system, const Supplicant& supplicant);
// Whether the TEE's list of objects opens with a key that is no secret.
Finding storage_key(const System& system, const Supplicant& supplicant);
// Whether systemd starts tee-supplicant again when it ends.
Finding supplicant_restart(const System& system);

// Hardware unique keys that everybody knows: what ta/known_keys.h has derived values of.
struct KnownHuk {
    const char* name;
    uint8_t size;
    uint8_t first;  // byte
    uint8_t step;   // to the next one
    [[nodiscard]] std::vector<std::byte> bytes() const;
};
std::span<const KnownHuk> known_huks();

inline constexpr const char* kAsRoot = "run doctor as root";

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

}  // namespace festore::doctor
