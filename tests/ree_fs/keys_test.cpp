// SPDX-License-Identifier: BSD-2-Clause
// Key derivation compared with results computed separately (python3 hashlib and hmac), and the ways to write a HUK.
#include "base/host/hex.h"
#include "tests/ree_fs/store.h"

namespace festore::ree_fs::test {
namespace {

TEST(Keys, SskOfBothDerivations) {
    EXPECT_EQ(hex(derive_ssk(zero_huk(), Derivation::compatible).expose()),
              "79b082214416d9f43a9be1cb6c4abaa5435c1a1a55b8ae51c3a6857460952147");
    EXPECT_EQ(hex(derive_ssk(zero_huk(), Derivation::subkey).expose()),
              "a3e7181c6eed030fd52f79537c56c4d07da92e56d374ff1dd2043350785b37d8");
    const Huk huk = *Huk::parse(bytes_of("0x000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F\n"));
    EXPECT_EQ(huk.size(), 32U);
    EXPECT_EQ(hex(derive_ssk(huk, Derivation::compatible).expose()),
              "5d21115a9eb1a37f4d9f2499c3a4aa0f70f011d26e3c06b34f6493c5bd7134d8");
    EXPECT_EQ(hex(derive_ssk(huk, Derivation::subkey).expose()),
              "4e154f2c27caf88fc2007130012b50c59975f6d64001ff6c05e0b139d10a434a");
}

TEST(Keys, AChipIdTakesThePlaceOfThePattern) {
    ChipId beef{};
    for (size_t i = 0; i < beef.size(); ++i) beef[i] = static_cast<std::byte>("BEEF"[i % 4]);
    EXPECT_TRUE(derive_ssk(zero_huk(), Derivation::compatible, &beef).equals(sample_ssk().expose()));
    beef[31] = std::byte{0};
    EXPECT_FALSE(derive_ssk(zero_huk(), Derivation::compatible, &beef).equals(sample_ssk().expose()));
}

TEST(Keys, TskOfATaAndOfTheDirectory) {
    EXPECT_EQ(hex(derive_tsk(sample_ssk(), kSampleTa).expose()),
              "a4560f21199cc7b1135dae9828071a8745ffa6b0e320847faf2e551b7055ea06");
    EXPECT_EQ(hex(derive_tsk(sample_ssk(), std::nullopt).expose()),
              "efa8fc65f1ff33c90da75ee3e2359acf9d981e99bed1b70b8f8517b09e5bb0d9");
    EXPECT_EQ(hex(derive_tsk(sample_ssk(), Uuid{}).expose()),
              "86da216519185ae09e5f539fcc95fd125510c2836e82eafc28c7d01d0fbc9cec");
}

// The first key of ta/known_keys.h, from a real OP-TEE; the key with a label is from python3's hmac.
TEST(Keys, TheUniqueKeyOfATa) {
    constexpr Uuid kFestore =
        Uuid::from_fields(0xb7e89fc1, 0x5044, 0x431e, {0xb4, 0xc5, 0x9f, 0xb6, 0xae, 0x25, 0x64, 0x23});
    EXPECT_EQ(hex(derive_ta_unique_key(zero_huk(), kFestore, {}).expose()),
              "269498274e02f5cd6e8caf29618ee3b396819ad64df7e6c9598f9778018749e2");
    EXPECT_EQ(hex(derive_ta_unique_key(zero_huk(), kFestore, bytes_of("festore device key 1")).expose()),
              "dfbc60047f2cb9f83712123f31762d368db2e116e9224b27318ffdfb0cfdc4b1");
}

// FIPS 197, appendix C.3: AES-256, the inverse cipher.
TEST(Keys, FekIsOneBlockOfAes256) {
    Tsk tsk;
    for (size_t i = 0; i < tsk.size(); ++i) tsk.fill()[i] = static_cast<std::byte>(i);
    const SealedFek sealed = {std::byte{0x8e}, std::byte{0xa2}, std::byte{0xb7}, std::byte{0xca},
                              std::byte{0x51}, std::byte{0x67}, std::byte{0x45}, std::byte{0xbf},
                              std::byte{0xea}, std::byte{0xfc}, std::byte{0x49}, std::byte{0x90},
                              std::byte{0x4b}, std::byte{0x49}, std::byte{0x60}, std::byte{0x89}};
    EXPECT_EQ(hex(open_fek(tsk, sealed).expose()), "00112233445566778899aabbccddeeff");
}

TEST(Keys, UuidInMemoryIsItsOwnInverse) {
    EXPECT_EQ(hex(uuid_in_memory(kSampleTa)), "6a1f9c7b523d0e4c9a415f2e8d0c1a77");
    EXPECT_EQ(uuid_from_memory(uuid_in_memory(kSampleTa)), kSampleTa);
}

TEST(Huk, RawAndHexadecimalAreTold) {
    const std::string raw16("\x00\x01\xfe\xff\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b", 16);
    EXPECT_EQ(hex(Huk::parse(bytes_of(raw16))->expose()), "0001feff101112131415161718191a1b");
    EXPECT_EQ(Huk::parse(bytes_of(raw16 + raw16))->size(), 32U);
    // 32 bytes that are all digits are the text of 16 bytes, with and without a newline.
    const std::string text = "000102030405060708090A0b0c0d0e0f";
    for (const std::string& form : {text, text + "\n", "0x" + text, " " + text + "\r\n"}) {
        const Outcome<Huk> huk = Huk::parse(bytes_of(form));
        ASSERT_TRUE(huk) << form;
        EXPECT_EQ(hex(huk->expose()), "000102030405060708090a0b0c0d0e0f");
    }
    EXPECT_EQ(Huk::parse(bytes_of(std::string(128, 'a') + "\n"))->size(), 64U);
}

TEST(Huk, AnythingElseIsRefused) {
    for (const std::string& form : {std::string(), std::string("\n"), std::string(15, '\0'), std::string(17, 'x'),
                                    std::string(30, '0'), std::string(33, '0'), std::string(34, 'g'),
                                    std::string(130, '0'), std::string("0x"), std::string(64, '0') + "0"}) {
        EXPECT_FALSE(Huk::parse(bytes_of(form))) << form.size();
    }
    EXPECT_FALSE(Huk::from_bytes(Buffer(15)));
    EXPECT_FALSE(Huk::from_bytes(Buffer(65)));
}

}  // namespace
}  // namespace festore::ree_fs::test
