// SPDX-License-Identifier: BSD-2-Clause
// doctor's findings about the caller's store: each one, good and bad.
#include "tests/doctor/machine.h"

namespace festore::doctor::test {
namespace {

class StoreOnMachine : public Machine {
protected:
    StoreOnMachine() {
        fs::create_directories(root_ + kDirectory);
        set_mode(0700);
        store_.directory = kDirectory;
        store_.info.emplace();
        store_.info->anchor = Anchor::rpmb;
    }
    void set_mode(mode_t mode) { ASSERT_EQ(::chmod((root_ + kDirectory).c_str(), mode), 0); }
    Grade severity(const std::string& id, const RpmbEvidence& rpmb = {true, RpmbDevice::present}) {
        const std::vector<CheckResult> findings = check_store(system_, store_, rpmb);
        const CheckResult* finding = find(findings, id);
        EXPECT_NE(finding, nullptr) << id;
        return finding != nullptr ? finding->severity : Grade::unknown;
    }
    static constexpr const char* kDirectory = "/var/lib/festore/uid-0";
    StoreEvidence store_;
};

TEST_F(StoreOnMachine, AllIsWell) {
    const std::vector<CheckResult> findings = check_store(system_, store_, {true, RpmbDevice::present});
    EXPECT_EQ(findings.size(), 5U);
    for (const CheckResult& finding : findings) EXPECT_EQ(finding.severity, Grade::ok) << finding.what;
}

TEST_F(StoreOnMachine, NoneIsNoFault) {
    store_.info.reset();
    const std::vector<CheckResult> findings = check_store(system_, store_, {});
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].severity, Grade::ok);
}

TEST_F(StoreOnMachine, OneThatDoesNotOpenIsSerious) {
    store_.info.reset();
    store_.error = Error{ErrorCode::damaged, "damaged", 0, 0};
    EXPECT_EQ(severity("store"), Grade::serious);
    EXPECT_EQ(severity("store-permissions"), Grade::ok) << "its directory can be checked nevertheless";
}

TEST_F(StoreOnMachine, ARepairThatNobodyAcknowledged) {
    EXPECT_EQ(severity("store-repaired"), Grade::ok);
    store_.info->freshness_lost = true;
    store_.info->freshness_lost_count = 1;
    EXPECT_EQ(severity("store-repaired"), Grade::serious);
}

TEST_F(StoreOnMachine, Rule26ARepairStaysKnownWhenItIsAcknowledged) {
    store_.info->freshness_lost_count = 2;
    store_.info->freshness_lost_generation = 71;
    EXPECT_EQ(severity("store-repaired"), Grade::warning);
}

TEST_F(StoreOnMachine, AnchorReeCanBePutBack) {
    store_.info->anchor = Anchor::ree;
    for (const RpmbDevice device : {RpmbDevice::present, RpmbDevice::none})
        EXPECT_EQ(severity("store-anchor", {device == RpmbDevice::present, device}), Grade::warning);
    const auto fix = [&](const RpmbEvidence& rpmb) { return find(check_store(system_, store_, rpmb), "store-anchor")->fix; };
    EXPECT_NE(fix({true, RpmbDevice::present}), fix({false, RpmbDevice::none})) << "an available RPMB can be used";
}

TEST_F(StoreOnMachine, Permissions) {
    for (const mode_t open : {0701U, 0710U, 0750U, 0777U}) {
        set_mode(open);
        EXPECT_EQ(severity("store-permissions"), Grade::warning) << open;
    }
    store_.of_group = true;
    set_mode(02770);
    EXPECT_EQ(severity("store-permissions"), Grade::ok);
    set_mode(02775);
    EXPECT_EQ(severity("store-permissions"), Grade::warning);
    fs::remove(root_ + kDirectory);
    EXPECT_EQ(severity("store-permissions"), Grade::unknown);
}

TEST_F(StoreOnMachine, FileSystem) {
    EXPECT_EQ(severity("store-file-system"), Grade::ok);
    EXPECT_EQ(asked_, kDirectory);
    for (const uint64_t type : {0x01021994U, 0x858458f6U, 0x794c7630U}) {
        type_ = type;
        EXPECT_EQ(severity("store-file-system"), Grade::serious) << std::hex << type;
    }
    for (const uint64_t type : {0x4d44U, 0x2011bab0U, 0x6969U, 0x517bU, 0xff534d42U, 0xfe534d42U, 0x01021997U, 0x00c36400U}) {
        type_ = type;
        EXPECT_EQ(severity("store-file-system"), Grade::warning) << std::hex << type;
    }
    type_ = kExt4;
    write("/etc/rauc/system.conf", "");
    EXPECT_EQ(severity("store-file-system"), Grade::warning) << "the folder used as / is on one device";
}

StoreRecord record_of(const char* identity, Anchor anchor, bool repaired) {
    StoreRecord record;
    record.identity = identity;
    record.anchor = anchor;
    record.info.emplace();
    record.info->freshness_lost = repaired;
    record.info->freshness_lost_count = repaired ? 1 : 0;
    return record;
}

TEST(AllStores, RepairsOfAnybodysAreFound) {
    const auto name = [](const StoreRecord& record) { return "user " + record.identity; };
    EXPECT_EQ(check_all_stores(std::nullopt, name).at(0).severity, Grade::unknown);
    std::vector<StoreRecord> records;
    EXPECT_EQ(check_all_stores(records, name).at(0).severity, Grade::ok) << "no store is not a fault";
    records = {record_of("a", Anchor::ree, false), record_of("b", Anchor::rpmb, true), record_of("c", Anchor::ree, true)};
    std::vector<CheckResult> findings = check_all_stores(records, name);
    ASSERT_NE(find(findings, "stores-repaired"), nullptr);
    EXPECT_EQ(find(findings, "stores-repaired")->severity, Grade::serious);
    EXPECT_NE(find(findings, "stores-repaired")->what.find("user b, user c"), std::string::npos);
    records[1].info->freshness_lost = false;
    findings = check_all_stores(records, name);
    EXPECT_EQ(find(findings, "stores-repaired")->severity, Grade::serious);
    EXPECT_NE(find(findings, "stores-repaired")->what.find("repaired, and acknowledged: the store of user b"), std::string::npos);
    records[2].info->freshness_lost = false;
    findings = check_all_stores(records, name);
    ASSERT_NE(find(findings, "stores-repaired"), nullptr) << "the repair stays recorded";
    EXPECT_EQ(find(findings, "stores-repaired")->severity, Grade::warning);
    EXPECT_NE(find(findings, "stores")->what.find("3 stores: 2 under the anchor ree, 1 under rpmb"), std::string::npos);
    records[0].info.reset();
    findings = check_all_stores(records, name);
    EXPECT_EQ(find(findings, "stores")->severity, Grade::serious) << "a record that does not decode";
    EXPECT_NE(find(findings, "stores")->what.find("user a"), std::string::npos);
}

}  // namespace
}  // namespace festore::doctor::test
