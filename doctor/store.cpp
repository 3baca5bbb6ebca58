// SPDX-License-Identifier: BSD-2-Clause
#include "doctor/checks.h"
#include "client/errors.h"

#include <filesystem>
#include <fmt/format.h>
#include <sys/stat.h>

namespace festore::doctor {
namespace {

// Whether the store opens.
CheckResult condition(const StoreEvidence& store) {
    const std::string id = "store";
    if (store.error)
        return {id, Grade::serious, "the store does not open: " + store.error->message,
                "what is in it cannot be read now", "see the message"};
    return {id, Grade::ok, fmt::format("the store at {} opens: {} object{}", store.directory, store.info->objects,
                                      store.info->objects == 1 ? "" : "s"), "", ""};
}

CheckResult freshness(const StoreInfo& info) {
    if (info.freshness_lost_count == 0) return {"store-repaired", Grade::ok, "no repair has given up the store's freshness", "", ""};
    if (!info.freshness_lost)
        return {"store-repaired", Grade::warning, "the store's freshness was given up " + freshness_given_up_text(info),
                "what it held then may have been older than what was stored last",
                "nothing to do: this mark stays as long as the store exists"};
    return {"store-repaired", Grade::serious,
            fmt::format("the store was repaired at generation {}, and nobody has acknowledged it", info.freshness_lost_generation),
            "what it holds may be older than what was stored last",
            "look at what it holds; then: festore repair --acknowledge"};
}

CheckResult anchor(const StoreInfo& info, const RpmbEvidence& rpmb) {
    if (info.anchor == Anchor::rpmb)
        return {"store-anchor", Grade::ok, "the store's root record is in replay-protected memory",
                "when that memory is lost (another eMMC, a vendor's reset), no repair is possible", "keep a backup of the objects"};
    const std::string why =
        "anybody who puts back the store's directory together with all of the TEE's files brings back an old state, undetected";
    if (rpmb.answers && rpmb.device == RpmbDevice::present)
        return {"store-anchor", Grade::warning, "the store's anchor is 'ree', though this device has RPMB", why,
                "festore rebuild --anchor rpmb"};
    return {"store-anchor", Grade::warning, "the store's anchor is 'ree'", why,
            "use a device with RPMB, and a store with the anchor rpmb"};
}

CheckResult made_unasked() {
    return {"store-made-unasked", Grade::warning, "the store was made without an answer from the RPMB",
            "it was not known then whether the RPMB had the record of another store of yours; this store is opened even if the RPMB "
            "does not answer, so anybody who keeps it from answering can get an exchanged directory of ree served",
            "if the RPMB answers now: festore rebuild --anchor rpmb"};
}

CheckResult permissions(const System& system, const StoreEvidence& store) {
    const std::string id = "store-permissions";
    struct stat info {};
    if (stat((system.root + store.directory).c_str(), &info) != 0)
        return {id, Grade::unknown, store.directory + " cannot be looked at", "", "run doctor as the store's user"};
    const mode_t allowed = store.of_group ? 0770 : 0700;
    const mode_t mode = info.st_mode & 0777U;
    if ((mode & 07U & ~allowed) != 0 || (mode & 070U & ~allowed) != 0)
        return {id, Grade::warning, fmt::format("{} has mode {:04o}", store.directory, mode),
                "others see how much is stored and when; those who may write there can destroy the store, but not change it undetected",
                fmt::format("chmod {:o} {}", store.of_group ? 02770U : 0700U, store.directory)};
    return {id, Grade::ok, fmt::format("{} is closed to others", store.directory), "", ""};
}

// The program that replaces the root file system at an update, recognised by its files; "" if there is none.
std::string updater_of(const System& system) {
    std::error_code none;
    for (const auto& [file, name] : {std::pair{"/etc/rauc/system.conf", "RAUC"}, {"/etc/mender/mender.conf", "Mender"},
                                     {"/etc/swupdate.cfg", "SWUpdate"}, {"/ostree/repo", "OSTree"}})
        if (std::filesystem::exists(system.root + file, none)) return name;
    return "";
}

CheckResult file_system(const System& system, const StoreEvidence& store) {
    const std::string id = "store-file-system";
    if (const auto finding = unfit_file_system(system, id, store.directory)) return *finding;
    struct stat here {};
    struct stat root {};
    const std::string updater = updater_of(system);
    if (!updater.empty() && stat((system.root + store.directory).c_str(), &here) == 0 &&
        stat((system.root + "/").c_str(), &root) == 0 && here.st_dev == root.st_dev)
        return {id, Grade::warning,
                fmt::format("{} is on the root file system, which {} replaces at an update", store.directory, updater),
                "after an update the store is missing, or an older one is there, which the TEE refuses",
                "keep it on a partition that updates leave alone (--store, or STATE_DIRECTORY)"};
    return {id, Grade::ok, store.directory + " is on a lasting file system", "", ""};
}

}  // namespace

std::vector<CheckResult> check_store(const System& system, const StoreEvidence& store, const RpmbEvidence& rpmb) {
    if (!store.error && !store.info)
        return {{"store", Grade::ok, "there is no store of yours yet", "", ""}};
    std::vector<CheckResult> findings{condition(store)};
    if (store.info) {
        findings.push_back(freshness(*store.info));
        findings.push_back(anchor(*store.info, rpmb));
        if (store.info->made_without_rpmb_answer) findings.push_back(made_unasked());
    }
    if (!store.directory.empty()) {
        findings.push_back(permissions(system, store));
        findings.push_back(file_system(system, store));
    }
    return findings;
}

std::vector<CheckResult> check_all_stores(const std::optional<std::vector<StoreRecord>>& records,
                                      const std::function<std::string(const StoreRecord&)>& name) {
    if (!records)
        return {{"stores", Grade::unknown, "only root can see the state of other owners' stores", "", "run doctor as root"}};
    size_t under_rpmb = 0;
    std::string repaired;
    std::string acknowledged;
    std::string unreadable;
    const auto add = [&name](std::string& names, const StoreRecord& record) { names += (names.empty() ? "" : ", ") + name(record); };
    for (const StoreRecord& record : *records) {
        under_rpmb += record.anchor == Anchor::rpmb ? 1 : 0;
        if (!record.info) add(unreadable, record);
        else if (record.info->freshness_lost) add(repaired, record);
        else if (record.info->freshness_lost_count > 0) add(acknowledged, record);
    }
    std::vector<CheckResult> findings;
    if (!repaired.empty() || !acknowledged.empty()) {
        std::string what = repaired.empty() ? "" : "repaired, and not acknowledged: the store of " + repaired;
        if (!acknowledged.empty()) what += (what.empty() ? "" : "; ") + ("repaired, and acknowledged: the store of " + acknowledged);
        findings.push_back({"stores-repaired", repaired.empty() ? Grade::warning : Grade::serious, what,
                            "what it holds may be older than what was stored last before the repair",
                            repaired.empty() ? "nothing to do: this mark stays as long as the store exists"
                                             : "as that owner, look at what it holds; then: festore repair --acknowledge"});
    }
    if (!unreadable.empty())
        findings.push_back({"stores", Grade::serious, "the TEE's record of a store does not decode: of " + unreadable,
                            "it is damaged, or of a newer version of festore",
                            "install the newest version, or drop the record: festore destroy --owner"});
    else
        findings.push_back({"stores", Grade::ok,
                            fmt::format("the TEE has records of {} store{}: {} under the anchor ree, {} under rpmb", records->size(),
                                        records->size() == 1 ? "" : "s", records->size() - under_rpmb, under_rpmb),
                            "", ""});
    return findings;
}

}  // namespace festore::doctor
