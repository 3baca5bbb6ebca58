// SPDX-License-Identifier: BSD-2-Clause
// The TA's ChaCha20-Poly1305, and the choice of cipher for a new store.
#include "ta/chacha20_poly1305.h"
#include "ta/store/cipher_choice.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <string_view>
#include <vector>

namespace festore::ta {
namespace {

std::vector<std::byte> from_hex(std::string_view text) {
    std::vector<std::byte> bytes;
    for (size_t i = 0; i + 1 < text.size(); i += 2)
        bytes.push_back(static_cast<std::byte>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
    return bytes;
}

// RFC 8439, section 2.8.2.
class Rfc8439 : public testing::Test {
protected:
    std::vector<std::byte> key_ = from_hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
    std::vector<std::byte> nonce_ = from_hex("070000004041424344454647");
    std::vector<std::byte> associated_ = from_hex("50515253c0c1c2c3c4c5c6c7");
    std::vector<std::byte> sealed_ = from_hex(
        "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b29"
        "05d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b6116");
    std::vector<std::byte> tag_ = from_hex("1ae10b594f09e26a7e902ecbd0600691");
    std::string_view text_ = "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen "
                             "would be it.";
    engine::AeadParameters parameters() const {
        return {engine::Cipher::chacha20_poly1305, key_, nonce_, associated_};
    }
    engine::Tag tag() const {
        engine::Tag tag{};
        std::copy(tag_.begin(), tag_.end(), tag.begin());
        return tag;
    }
};

TEST_F(Rfc8439, SealsAndOpens) {
    ASSERT_TRUE(has_chacha20_poly1305());
    std::vector<std::byte> out(text_.size());
    engine::Tag made{};
    ASSERT_TRUE(chacha20_poly1305_seal(parameters(), bytes_of(text_), out, made));
    EXPECT_EQ(out, sealed_);
    EXPECT_EQ(made, tag());
    ASSERT_TRUE(chacha20_poly1305_open(parameters(), sealed_, tag(), out));
    EXPECT_EQ(text_of(out), text_);
}

TEST_F(Rfc8439, EveryFlippedBitIsNoticed) {
    std::vector<std::byte> out(text_.size());
    const auto refused = [&](const engine::Tag& with) {
        const Status opened = chacha20_poly1305_open(parameters(), sealed_, with, out);
        return !opened && opened.error().code == Code::security && text_of(out) != text_;
    };
    for (std::vector<std::byte>* part : {&sealed_, &associated_, &nonce_, &key_})
        for (size_t bit = 0; bit < part->size() * 8; ++bit) {
            (*part)[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
            EXPECT_TRUE(refused(tag())) << bit;
            (*part)[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
        }
    for (size_t bit = 0; bit < 128; ++bit) {
        engine::Tag wrong = tag();
        wrong[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
        EXPECT_TRUE(refused(wrong)) << bit;
    }
}

TEST_F(Rfc8439, OtherSizesOfKeyNonceAndOutputAreRefused) {
    std::vector<std::byte> out(text_.size());
    engine::Tag made{};
    EXPECT_FALSE(chacha20_poly1305_seal(parameters(), bytes_of(text_), MutableBytes(out).first(10), made));
    EXPECT_FALSE(chacha20_poly1305_open(parameters(), sealed_, tag(), MutableBytes(out).first(10)));
    key_.resize(16);
    EXPECT_FALSE(chacha20_poly1305_seal(parameters(), bytes_of(text_), out, made));
    key_.resize(32);
    nonce_.resize(8);
    EXPECT_FALSE(chacha20_poly1305_seal(parameters(), bytes_of(text_), out, made));
}

TEST(CipherChoice, IsAesUnlessTheOtherIsFasterByHalf) {
    using engine::Cipher;
    EXPECT_EQ(faster_cipher({1000, 10}, {1000, 10}), Cipher::aes_256_gcm);
    EXPECT_EQ(faster_cipher({1000, 10}, {1500, 10}), Cipher::aes_256_gcm);
    EXPECT_EQ(faster_cipher({1000, 10}, {1501, 10}), Cipher::chacha20_poly1305);
    EXPECT_EQ(faster_cipher({1000, 40}, {1000, 20}), Cipher::chacha20_poly1305);
    EXPECT_EQ(faster_cipher({1000, 20}, {1000, 40}), Cipher::aes_256_gcm);
    EXPECT_EQ(faster_cipher({1000, 0}, {1000, 0}), Cipher::aes_256_gcm) << "a clock that does not advance measures nothing";
}

}  // namespace
}  // namespace festore::ta
