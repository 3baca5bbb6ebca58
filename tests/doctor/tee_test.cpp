// SPDX-License-Identifier: BSD-2-Clause
// doctor's findings from the TEE's own report: each one, good and bad.
#include "tests/doctor/machine.h"

namespace festore::doctor::test {
namespace {

TeeStatus healthy() {
    TeeStatus status;
    status.kind = TeeKind::optee;
    status.ta_version = version();
    status.tee_version = "4.10.0";
    status.has_ree = true;
    status.has_rpmb = true;
    status.device_key = DeviceKey::not_known_weak;
    return status;
}
constexpr RpmbEvidence kGoodRpmb{true, RpmbDevice::present};

Grade severity_of(const std::string& id, const Result<TeeStatus>& status, const RpmbEvidence& rpmb = kGoodRpmb) {
    const std::vector<CheckResult> findings = check_tee(status, rpmb);
    const CheckResult* finding = find(findings, id);
    EXPECT_NE(finding, nullptr) << id;
    return finding != nullptr ? finding->severity : Grade::unknown;
}

TEST(Tee, ReachableOrNot) {
    EXPECT_EQ(severity_of("tee-reachable", healthy()), Grade::ok);
    const Result<TeeStatus> failed = Error{ErrorCode::no_tee, "no answer", 0, 0};
    EXPECT_EQ(severity_of("tee-reachable", failed), Grade::serious);
    EXPECT_EQ(check_tee(failed, {}).size(), 1U) << "nothing else is known";
}

TEST(Tee, ItsApplicationIsOfThisVersionOrNot) {
    EXPECT_EQ(severity_of("ta-version", healthy()), Grade::ok);
    TeeStatus status = healthy();
    status.ta_version = "0.0.9";
    EXPECT_EQ(severity_of("ta-version", status), Grade::warning);
}

TEST(Tee, SimulatedOrNot) {
    const std::vector<CheckResult> real = check_tee(healthy(), kGoodRpmb);
    EXPECT_EQ(find(real, "simulated-tee"), nullptr);
    TeeStatus status = healthy();
    status.kind = TeeKind::sim;
    EXPECT_EQ(severity_of("simulated-tee", status), Grade::serious);
}

TEST(Tee, HukIsOkOnlyWhereItWasCompared) {
    TeeStatus status = healthy();
    EXPECT_EQ(severity_of("zero-huk", status), Grade::ok);
    status.device_key = DeviceKey::zero;
    EXPECT_EQ(severity_of("zero-huk", status), Grade::serious);
    status = healthy();
    status.device_key = DeviceKey::predictable;
    EXPECT_EQ(severity_of("zero-huk", status), Grade::serious);
    status = healthy();
    status.device_key = DeviceKey::not_compared;
    EXPECT_EQ(severity_of("zero-huk", status), Grade::unknown);
}

TEST(Tee, ReplayProtectionNeedsADeviceBehindTheRpmb) {
    EXPECT_EQ(severity_of("replay-protection", healthy()), Grade::warning) << "objects in ree are never protected";
    TeeStatus without = healthy();
    without.has_rpmb = false;
    EXPECT_EQ(severity_of("replay-protection", without), Grade::serious);
    EXPECT_EQ(severity_of("replay-protection", healthy(), {false, RpmbDevice::present}), Grade::serious);
    EXPECT_EQ(severity_of("replay-protection", healthy(), {true, RpmbDevice::none}), Grade::serious);
    EXPECT_EQ(severity_of("replay-protection", healthy(), {true, RpmbDevice::emulated}), Grade::serious);
    EXPECT_EQ(severity_of("replay-protection", healthy(), {true, RpmbDevice::unproven}), Grade::warning);
    const std::vector<CheckResult> emulated = check_tee(healthy(), {true, RpmbDevice::none});
    EXPECT_NE(find(emulated, "replay-protection")->what.find("emulation"), std::string::npos);
}

TEST(Tee, VersionsWithKnownFaults) {
    TeeStatus status = healthy();
    EXPECT_EQ(severity_of("tee-version", status), Grade::ok);
    status.tee_version = "4.9.0";
    EXPECT_EQ(severity_of("tee-version", status), Grade::warning);
    status.tee_version = "3.19.0";
    EXPECT_EQ(severity_of("tee-version", status), Grade::warning);
    status.tee_version = "";
    EXPECT_EQ(severity_of("tee-version", status), Grade::unknown);
}

TEST(Tee, ClaimsNoGuardOfVersionsThatItCannotSee) {
    EXPECT_EQ(severity_of("ta-version-guard", healthy()), Grade::unknown) << "it depends on a build option";
    EXPECT_EQ(severity_of("ta-version-guard", healthy(), {true, RpmbDevice::none}), Grade::warning);
    EXPECT_EQ(severity_of("ta-version-guard", healthy(), {true, RpmbDevice::emulated}), Grade::warning);
    EXPECT_EQ(severity_of("ta-version-guard", healthy(), {false, RpmbDevice::present}), Grade::warning);
    TeeStatus without = healthy();
    without.has_rpmb = false;
    EXPECT_EQ(severity_of("ta-version-guard", without), Grade::warning);
    const std::vector<CheckResult> findings = check_tee(without, kGoodRpmb);
    EXPECT_NE(find(findings, "ta-version-guard")->what.find("ta_ver.db"), std::string::npos);
}

// Versions 3.12 to 4.9 overwrite the 4096 bytes after the changed ones with zeros; 16 records fit into the first 4096 bytes.
TEST(Tee, AnRpmbThatLosesItsTail) {
    TeeStatus status = healthy();
    const auto severity = [&](const char* version, size_t places) {
        status.tee_version = version;
        const std::optional<CheckResult> finding = rpmb_tail(status, kGoodRpmb, places);
        EXPECT_TRUE(finding) << version;
        return finding ? finding->severity : Grade::unknown;
    };
    for (const char* version : {"3.12.0", "3.19.0", "4.5.0", "4.9.0"}) {
        EXPECT_EQ(severity(version, 0), Grade::warning) << version;
        EXPECT_EQ(severity(version, 15), Grade::warning) << version;
        EXPECT_EQ(severity(version, 16), Grade::serious) << version;
    }
    for (const char* version : {"3.11.0", "4.10.0", "4.11.0", "5.0.0"}) EXPECT_EQ(severity(version, 64), Grade::ok) << version;
    status.tee_version = "4.5.0";
    EXPECT_EQ(rpmb_tail(status, {false, RpmbDevice::none}, 0)->severity, Grade::unknown) << "the RPMB does not answer";
    status.has_rpmb = false;
    EXPECT_FALSE(rpmb_tail(status, {}, 0)) << "there is no RPMB";
    status = healthy();
    status.tee_version = "";
    EXPECT_FALSE(rpmb_tail(status, kGoodRpmb, 64)) << "tee-version reports that the version is unknown";
    status.kind = TeeKind::sim;
    EXPECT_FALSE(rpmb_tail(status, kGoodRpmb, 0));
}

}  // namespace
}  // namespace festore::doctor::test
