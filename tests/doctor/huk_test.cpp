// SPDX-License-Identifier: BSD-2-Clause
// What the TA says of the hardware unique key: well-known ones by name, and whether it could compare at all.
#include "ree_fs/crypto.h"
#include "ree_fs/keys.h"
#include "ta/known_keys.h"
#include "tests/ta/harness.h"

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

class HukTest : public TaTest {
protected:
    explicit HukTest(const sim::Config& config = {}) : TaTest(config) {}
    uint32_t features() {
        uint32_t session = 0;
        EXPECT_EQ(open(user(1000), &session), 0U);
        const protocol::HelloRequest hello{protocol::kVersionMajor, 0, protocol::Login::user, 1000};
        const Answer answer = call(session, protocol::Command::hello, hello);
        const auto decoded = protocol::decode<protocol::HelloAnswer>(answer.answer);
        EXPECT_TRUE(decoded.has_value());
        return decoded ? decoded->features & kHukFeatures : 0;
    }
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

class NoPta : public HukTest {
protected:
    NoPta() : HukTest(without_pta()) {}
};
TEST_F(NoPta, NobodyCanTell) { EXPECT_EQ(features(), 0U); }

}  // namespace
}  // namespace festore::ta
