// SPDX-License-Identifier: BSD-2-Clause
// A slow TEE: the waiting caller is warned if tee-supplicant, without which OP-TEE waits for ever, does not run.
#include "tests/client/fake_tee.h"

namespace festore {
namespace {

class SlowTee : public HostileTee {
protected:
    void SetUp() override {
        HostileTee::SetUp();
        options_.call_timeout = std::chrono::seconds(2);
        options_.on_warning = [this](std::string_view line) { warnings_.emplace_back(line); };
    }
    // The result of a get that is answered after that time. Warnings go to warnings_.
    Result<std::vector<std::byte>> get_from(std::chrono::milliseconds answered_after, Client& client) {
        serve = [answered_after](Command, TEEC_Operation& o) {
            std::this_thread::sleep_for(answered_after);
            return give(o, "hello", 5, 5);
        };
        return client.get("x");
    }
    Client connect_seeing(SupplicantSeen seen) {
        return std::move(*ClientAccess::connect(kFake, options_, std::nullopt, nullptr, [seen] { return seen; }));
    }

    std::vector<std::string> warnings_;
};

TEST_F(SlowTee, AfterASecondItIsToldOnceThatNoSupplicantRunsAndTheCallGoesOn) {
    Client client = connect_seeing(SupplicantSeen::missing);
    EXPECT_TRUE(get_from(std::chrono::milliseconds(100), client));
    EXPECT_TRUE(warnings_.empty()) << "less than a second has passed";
    EXPECT_TRUE(get_from(std::chrono::milliseconds(1300), client)) << "it keeps waiting";
    ASSERT_EQ(warnings_.size(), 1U);
    EXPECT_NE(warnings_[0].find("no tee-supplicant runs"), std::string::npos) << warnings_[0];
    EXPECT_TRUE(get_from(std::chrono::milliseconds(1300), client));
    EXPECT_EQ(warnings_.size(), 1U);
}

TEST_F(SlowTee, NothingIsToldWhereOneRunsOrNobodyKnows) {
    for (const SupplicantSeen seen : {SupplicantSeen::runs, SupplicantSeen::unknown}) {
        Client client = connect_seeing(seen);
        EXPECT_TRUE(get_from(std::chrono::milliseconds(1200), client));
    }
    Client simulated = connect();
    EXPECT_TRUE(get_from(std::chrono::milliseconds(1200), simulated));
    EXPECT_TRUE(warnings_.empty()) << warnings_[0];
}

TEST_F(SlowTee, TheErrorSaysWhetherOneRuns) {
    const std::pair<SupplicantSeen, const char*> expected[] = {{SupplicantSeen::missing, "no tee-supplicant runs"},
                                                               {SupplicantSeen::runs, "though a tee-supplicant runs"},
                                                               {SupplicantSeen::unknown, "is tee-supplicant running?"}};
    for (const auto& [seen, words] : expected) {
        Client client = connect_seeing(seen);
        const auto got = get_from(std::chrono::milliseconds(2500), client);
        ASSERT_FALSE(got);
        EXPECT_EQ(got.error().code, ErrorCode::no_tee);
        EXPECT_NE(got.error().message.find(words), std::string::npos) << got.error().message;
    }
    std::this_thread::sleep_for(std::chrono::seconds(1));  // wait for the abandoned calls while everything they use still exists
}

}  // namespace
}  // namespace festore
