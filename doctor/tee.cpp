// SPDX-License-Identifier: BSD-2-Clause
#include "doctor/checks.h"

namespace festore::doctor {
namespace {

CheckResult simulated() {
    return {"simulated-tee", Grade::serious, "the TEE is simulated",
            "it protects nothing: its key is a constant and its secure world is an ordinary process",
            "use a device with OP-TEE, and a build of festore without the simulator"};
}

CheckResult huk(const TeeStatus& status) {
    const char* const why =
        "every key of the TEE's storage derives from it: anybody who has the disk can decrypt everything that is stored";
    const char* const fix =
        "fuse a random key, and use an OP-TEE whose platform driver reads it, before anything is stored";
    if (status.device_key == DeviceKey::zero)
        return {"zero-huk", Grade::serious, "the hardware unique key is sixteen zero bytes", why, fix};
    if (status.device_key == DeviceKey::predictable)
        return {"zero-huk", Grade::serious, "the hardware unique key is a well-known test key", why, fix};
    if (status.device_key == DeviceKey::not_compared)
        return {"zero-huk", Grade::unknown, "it is not known whether the hardware unique key is secret",
                "the trusted application could not compare it with well-known ones (an OP-TEE without the system "
                "pseudo-TA, "
                "or an older trusted application)",
                "ask the board's vendor where OP-TEE takes the key from"};
    return {"zero-huk", Grade::ok, "the hardware unique key is not zero, nor another well-known key", "", ""};
}

CheckResult replay(const TeeStatus& status, const RpmbEvidence& rpmb) {
    const std::string old_files = "anybody who puts back all of the TEE's files brings back old objects";
    const char* const fix = "use a device with RPMB whose key is provisioned, and --storage rpmb";
    if (status.has_rpmb && rpmb.none_here)
        return {"replay-protection", Grade::serious, "no replay protection is in force: root has said that this device has no RPMB",
                old_files + ", undetected; a store with the anchor ree is opened without asking for another one under rpmb",
                "if there is an RPMB: festore rpmb --ask; else use a device with RPMB whose key is provisioned"};
    if (!status.has_rpmb || !rpmb.answers)
        return {"replay-protection", Grade::serious, "no replay protection is in force",
                old_files + ", undetected" + (status.has_rpmb ? "; RPMB is built into the TEE, but does not answer" : ""),
                fix};
    if (rpmb.device == RpmbDevice::none || rpmb.device == RpmbDevice::emulated)
        return {"replay-protection", Grade::serious,
                "no replay protection is in force: the RPMB that answers is not a device, but an emulation",
                "tee-supplicant emulates it in its memory: its objects are gone when it ends, and nothing protects them; in 'ree', " +
                    old_files,
                "use a device with RPMB whose key is provisioned, and a tee-supplicant built with RPMB_EMU=0"};
    if (rpmb.device == RpmbDevice::unproven)
        return {"replay-protection", Grade::warning,
                "objects in the storage 'ree' can be rolled back; 'rpmb' answers, and there is a device with RPMB",
                old_files +
                    " in 'ree'. It is not known whether the device answers, or an emulation in tee-supplicant",
                "run doctor as root; keep what must be fresh in --storage rpmb"};
    return {"replay-protection", Grade::warning, "objects in the storage 'ree' can be rolled back; 'rpmb' answers",
            old_files + " in 'ree'; what the TEE claims about it is not evidence",
            "keep what must be fresh in --storage rpmb, and a backup of it: if the RPMB is lost (another eMMC, a vendor's reset), "
            "nothing else helps"};
}

CheckResult ta_version(const TeeStatus& status) {
    const std::string running = "the running trusted application is " + status.ta_version;
    if (status.ta_version == festore::version())
        return {"ta-version", Grade::ok, running + ", like this command", "", ""};
    return {"ta-version", Grade::warning, running + ", and this command is " + std::string(festore::version()),
            "one of them was not updated; a trusted application that was replaced on disk runs after the last session of the old one",
            "install both in the same version, and restart the programs that use festore"};
}

CheckResult version(const TeeStatus& status) {
    const std::optional<Version> known = leading_version(status.tee_version);
    const std::string shown = status.tee_version.empty() ? "not known" : status.tee_version;
    if (!known)
        return {"tee-version", Grade::unknown, "the version of OP-TEE is not known",
                "so its faults are not known either", "look at the secure console at boot"};
    if (*known < Version{4, 10})
        return {"tee-version", Grade::warning, "OP-TEE " + shown + " has known faults of its storage",
                "a power cut can damage the directory of all objects (optee_os#7512); after a failed write, the next "
                "one on "
                "the same object can crash the TEE (before 4.10)",
                "update OP-TEE; keep what cannot be replaced somewhere else too"};
    return {"tee-version", Grade::ok, "OP-TEE " + shown, "", ""};
}

// OP-TEE remembers the highest version of each trusted application in its object ta_ver.db.
CheckResult version_guard(const TeeStatus& status, const RpmbEvidence& rpmb) {
    const std::string id = "ta-version-guard";
    const std::string lost = "anybody who removes the TEE's files, or puts back older ones, can run an older trusted application with "
                             "known faults";
    const bool anchored = status.has_rpmb && rpmb.answers && (rpmb.device == RpmbDevice::present || rpmb.device == RpmbDevice::unproven);
    if (!anchored)
        return {id, Grade::warning, "nothing anchors the versions of trusted applications that OP-TEE remembers (ta_ver.db)", lost,
                "a device with RPMB, and an OP-TEE that ties its files to it (CFG_REE_FS_INTEGRITY_RPMB) or keeps ta_ver.db there "
                "(CFG_TA_VERSION_DB_RPMB, after 4.10); without one, a new signing key shuts out what the old one has signed"};
    return {id, Grade::unknown,
            "it is not known whether anything anchors the versions of trusted applications that OP-TEE remembers (ta_ver.db)",
            "that is so only in builds with CFG_REE_FS_INTEGRITY_RPMB (the default with RPMB) or CFG_TA_VERSION_DB_RPMB (after 4.10); "
            "in others " + lost,
            "look at how OP-TEE was built"};
}

}  // namespace

std::optional<CheckResult> rpmb_tail(const TeeStatus& status, const RpmbEvidence& rpmb, size_t places) {
    const std::string id = "rpmb-tail";
    const std::optional<Version> known = leading_version(status.tee_version);
    if (status.kind == TeeKind::sim || !status.has_rpmb || !known) return std::nullopt;
    if (*known < Version{3, 12} || *known >= Version{4, 10})
        return CheckResult{id, Grade::ok, "OP-TEE " + status.tee_version + " keeps the data that follows a write in RPMB", "", ""};
    // The first 4096 bytes of the table's object are read before they are written anew: 24 bytes of OP-TEE's, the table's
    // header, and 15 records.
    constexpr size_t kPlacesThatStay = 15;
    const std::string fault = "a commit of one store can zero the records in the 16th and all later places under this anchor; their "
                              "owners then need festore repair, which gives up freshness";
    const std::string version = "OP-TEE " + status.tee_version;
    const std::string fix = "update OP-TEE to 4.10 or later; until then keep at most 15 stores under rpmb";
    if (places > kPlacesThatStay)
        return CheckResult{id, Grade::serious, version + " can lose records of stores: one under rpmb is in a place after the 15th", fault,
                       fix};
    return CheckResult{id, rpmb.answers ? Grade::warning : Grade::unknown,
                   version + " can zero the data that follows a write in an object in RPMB (3.12 to 4.9)",
                   "with more than 15 stores under the anchor rpmb " + fault + ". Other trusted applications may be affected sooner", fix};
}

std::vector<CheckResult> check_tee(const Result<TeeStatus>& status, const RpmbEvidence& rpmb) {
    if (!status)
        return {{"tee-reachable", Grade::serious, "the TEE does not serve: " + status.error().message,
                 "nothing can be stored or read", "see the message"}};
    std::vector<CheckResult> findings = {{"tee-reachable", Grade::ok, "the trusted application serves, version " +
                                                                         status->ta_version, "", ""}};
    if (status->kind == TeeKind::sim) findings.push_back(simulated());
    findings.push_back(ta_version(*status));
    findings.push_back(huk(*status));
    findings.push_back(replay(*status, rpmb));
    if (status->kind != TeeKind::sim) findings.push_back(version_guard(*status, rpmb));
    if (status->kind != TeeKind::sim) findings.push_back(version(*status));
    return findings;
}

}  // namespace festore::doctor
