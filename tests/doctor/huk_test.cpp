// SPDX-License-Identifier: BSD-2-Clause
// The TA's report on the hardware unique key: known weak keys, and whether it could compare. Also its report of the TEE's
// claims of rollback protection.
#include "doctor/checks.h"
#include "ree_fs/crypto.h"
#include "ree_fs/keys.h"
#include "ta/known_keys.h"
#include "tests/ta/harness/harness.h"

#include <algorithm>

namespace festore::ta {
namespace {

using Huk = std::vector<std::byte>;

std::vector<Huk> known_huks() {
    Huk counting16;
    Huk counting32;
    for (int i = 0; i < 32; ++i) counting32.push_back(static_cast<std::byte>(i));
    counting16.assign(counting32.begin(), counting32.begin() + 16);
    return {Huk(16), Huk(16, std::byte{0xFF}), Huk(32, std::byte{0xFF}), counting16, counting32};
}

TEST(KnownKeys, AreWhatOpteeDerivesFromKnownHuks) {
    const std::vector<Huk> huks = known_huks();
    ASSERT_EQ(huks.size(), kUniqueKeysOfKnownHuks.size());
    constexpr std::array<std::byte, 4> kUsage = {std::byte{3}, std::byte{0}, std::byte{0}, std::byte{0}};
    for (size_t i = 0; i < huks.size(); ++i) {
        std::array<std::byte, 32> key{};
        ree_fs::hmac_sha256(huks[i], {kUsage, ree_fs::uuid_in_memory(protocol::kTaUuid)}, key);
        const Bytes stored = bytes_of(kUniqueKeysOfKnownHuks[i].data(), kUniqueKeysOfKnownHuks[i].size());
        EXPECT_TRUE(std::ranges::equal(key, stored)) << i;
    }
}

// The check zero-ssk tries the same keys on the TEE's files.
TEST(KnownKeys, AreTheSameThatDoctorTriesOnTheTeesFiles) {
    const std::vector<Huk> huks = known_huks();
    const auto tried = doctor::known_huks();
    ASSERT_EQ(tried.size(), huks.size());
    for (size_t i = 0; i < huks.size(); ++i) EXPECT_EQ(tried[i].bytes(), huks[i]) << tried[i].name;
}

class HukTest : public TaTest {
protected:
    explicit HukTest(const sim::Config& config = {}) : TaTest(config) {}
    protocol::HelloAnswer hello() {
        uint32_t session = 0;
        EXPECT_EQ(open(user(1000), &session), 0U);
        const protocol::HelloRequest hello{protocol::kVersionMajor, 0, protocol::Login::user, 1000};
        const Answer answer = call(session, protocol::Command::hello, hello);
        const auto decoded = protocol::decode<protocol::HelloAnswer>(answer.answer);
        EXPECT_TRUE(decoded.has_value());
        return decoded ? *decoded : protocol::HelloAnswer{};
    }
    uint32_t features() { return hello().features & kHukFeatures; }
    static constexpr uint32_t kHukFeatures =
        protocol::kFeatureZeroHuk | protocol::kFeatureHukCompared | protocol::kFeaturePredictableHuk;
    static sim::Config with_huk(const Huk& huk) {
        sim::Config config;
        std::copy_n(huk.begin(), config.huk.size(), config.huk.begin());
        return config;
    }
    static sim::Config without_pta() {
        sim::Config config;
        config.has_system_pta = false;
        return config;
    }
};

class ZeroHuk : public HukTest {};
TEST_F(ZeroHuk, IsZero) { EXPECT_EQ(features(), protocol::kFeatureHukCompared | protocol::kFeatureZeroHuk); }

class CountingHuk : public HukTest {
protected:
    CountingHuk() : HukTest(with_huk(known_huks()[3])) {}
};
TEST_F(CountingHuk, IsPredictable) {
    EXPECT_EQ(features(), protocol::kFeatureHukCompared | protocol::kFeaturePredictableHuk);
}

class BlownHuk : public HukTest {
protected:
    BlownHuk() : HukTest(with_huk(known_huks()[1])) {}
};
TEST_F(BlownHuk, IsPredictable) {
    EXPECT_EQ(features(), protocol::kFeatureHukCompared | protocol::kFeaturePredictableHuk);
}

class OtherHuk : public HukTest {
protected:
    OtherHuk() : HukTest(with_huk(Huk(16, std::byte{0x5A}))) {}
};
TEST_F(OtherHuk, IsComparedAndNothingElse) { EXPECT_EQ(features(), protocol::kFeatureHukCompared); }

// Rollback protection in the answer to hello.
class Claims : public HukTest {
protected:
    explicit Claims(const sim::Config& config = {}) : HukTest(config) {}
    static sim::Config without_rpmb() {
        sim::Config config;
        config.has_rpmb = false;
        return config;
    }
};
class WithRpmb : public Claims {};
class WithoutRpmb : public Claims {
protected:
    WithoutRpmb() : Claims(without_rpmb()) {}
};

// OP-TEE's only property of rollback protection is 100 without RPMB and 1000 if RPMB is built in; it is about the RPMB.
TEST_F(WithRpmb, IsClaimedToProtectAndTheFilesAreNot) {
    const protocol::HelloAnswer answer = hello();
    EXPECT_NE(answer.features & protocol::kFeatureRpmb, 0U);
    EXPECT_EQ(answer.rollback_protection_rpmb, 1000U);
    EXPECT_EQ(answer.rollback_protection_ree, 0U);
}
TEST_F(WithoutRpmb, NothingIsClaimed) {
    const protocol::HelloAnswer answer = hello();
    EXPECT_EQ(answer.features & protocol::kFeatureRpmb, 0U);
    EXPECT_EQ(answer.rollback_protection_rpmb, 0U);
    EXPECT_EQ(answer.rollback_protection_ree, 0U);
}

class NoPta : public HukTest {
protected:
    NoPta() : HukTest(without_pta()) {}
};
TEST_F(NoPta, NobodyCanTell) { EXPECT_EQ(features(), 0U); }

}  // namespace
}  // namespace festore::ta
