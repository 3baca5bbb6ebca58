// SPDX-License-Identifier: BSD-2-Clause
#include "cli/doctor_checks.h"

#include <cstdio>

namespace festore::cli {
namespace {

Finding simulated() {
    return {"simulated-tee", Severity::serious, "the TEE is simulated",
            "it protects nothing: its key is a constant and its secure world is an ordinary process",
            "use a device with OP-TEE, and a build of festore without the simulator"};
}

Finding huk(const TeeStatus& status) {
    if (!status.zero_huk) return {"zero-huk", Severity::ok, "the hardware unique key is not zero", "", ""};
    return {"zero-huk", Severity::serious, "the hardware unique key is sixteen zero bytes",
            "every key of the TEE's storage derives from it: whoever has the disk can decrypt all that is stored",
            "fuse a random key, and use an OP-TEE whose platform driver reads it, before anything is stored"};
}

Finding replay(const TeeStatus& status, bool rpmb_answers) {
    if (status.has_rpmb && rpmb_answers)
        return {"replay-protection", Severity::warning, "objects in the storage 'ree' can be rolled back; 'rpmb' answers",
                "whoever puts back all of the TEE's files brings back old objects in 'ree'; what the TEE claims of it is "
                "not evidence",
                "keep what must be fresh in --storage rpmb"};
    return {"replay-protection", Severity::serious, "no replay protection is in force",
            std::string("whoever puts back all of the TEE's files brings back old objects, unseen") +
                (status.has_rpmb ? "; RPMB is built into the TEE, but does not answer" : ""),
            "use a device with RPMB whose key is provisioned, and --storage rpmb"};
}

Finding version(const TeeStatus& status) {
    unsigned major = 0;
    unsigned minor = 0;
    const std::string shown = status.tee_version.empty() ? "not known" : status.tee_version;
    if (std::sscanf(status.tee_version.c_str(), "%u.%u", &major, &minor) != 2)
        return {"tee-version", Severity::unknown, "the version of OP-TEE is not known",
                "its faults cannot be told", "look at the secure console at boot"};
    if (major < 4 || (major == 4 && minor < 10))
        return {"tee-version", Severity::warning, "OP-TEE " + shown + " has known faults of its storage",
                "a power cut can damage the directory of all objects (optee_os#7512); after a failed write, the next one on "
                "the same object can crash the TEE (before 4.10)",
                "update OP-TEE; keep what cannot be replaced somewhere else too"};
    return {"tee-version", Severity::ok, "OP-TEE " + shown, "", ""};
}

}  // namespace

std::vector<Finding> check_tee(const Expected<TeeStatus>& status, bool rpmb_answers) {
    if (!status)
        return {{"tee-reachable", Severity::serious, "the TEE does not serve: " + status.error().message,
                 "nothing can be stored or read", "see the message"}};
    std::vector<Finding> findings = {{"tee-reachable", Severity::ok, "the trusted application serves, version " +
                                                                         status->ta_version, "", ""}};
    if (status->kind == TeeKind::sim) findings.push_back(simulated());
    findings.push_back(huk(*status));
    findings.push_back(replay(*status, rpmb_answers));
    if (status->kind != TeeKind::sim) findings.push_back(version(*status));
    return findings;
}

}  // namespace festore::cli
