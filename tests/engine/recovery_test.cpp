// SPDX-License-Identifier: BSD-2-Clause
// What a repair uses: the recovery copies, and the root table's header and tombstones.
#include "tests/engine/formats.h"

namespace festore::engine {
namespace {

class Rule17RecoveryCopy : public testing::Test {
protected:
    Code open(const CopySecret* secret = nullptr) {
        const Status opened = open_recovery_copy(store_.crypto, store_.device_key, secret, slot_, copy_);
        return opened ? Code::success : opened.error().code;
    }
    void seal(const RootRecord& record, const CopySecret* secret = nullptr) {
        ASSERT_TRUE(seal_recovery_copy(store_.crypto, store_.device_key, secret, record, example_place(), slot_));
    }
    // Seals a copy as a TA of format 1.0 did.
    void seal_as_1_0(const RootRecord& record) {
        slot_.fill(std::byte{0});
        Writer out(slot_);
        out.bytes(bytes_of(std::string_view("FSRC")));
        out.u8(1);
        out.u8(0);
        out.u8(static_cast<uint8_t>(record.cipher));
        out.u8(0);
        out.bytes(record.store_id);
        seal_by_hand(as_written_by_1_0(record), record.store_id, record.cipher);
    }
    // Seals the bytes after the header correctly, for headers that contradict them.
    void seal_by_hand(Bytes plain, const StoreId& store_id, Cipher cipher) {
        constexpr size_t kHeader = 24;
        Mac key{};
        ASSERT_TRUE(store_.crypto.hmac(store_.device_key, {bytes_of(std::string_view("festore recovery key 1")), store_id}, key));
        const Bytes nonce = Bytes(slot_).subspan(kHeader, kNonceBytes);
        Tag tag{};
        const MutableBytes sealed = MutableBytes(slot_).subspan(kHeader + kNonceBytes + kTagBytes, plain.size());
        ASSERT_TRUE(store_.crypto.seal({cipher, key, nonce, Bytes(slot_).first(kHeader)}, plain, sealed, tag));
        copy_bytes(tag, MutableBytes(slot_).subspan(kHeader + kNonceBytes));
    }
    TestStore store_;
    PageBytes slot_{};
    RecoveryCopy copy_;
};

TEST_F(Rule17RecoveryCopy, OpensForItsDeviceOnlyAndWhole) {
    seal(example_record());
    ASSERT_EQ(open(), Code::success);
    EXPECT_EQ(encoded(copy_.record), encoded(example_record()));
    ASSERT_TRUE(copy_.at);
    EXPECT_EQ(copy_.at->table, example_place().table);
    EXPECT_EQ(copy_.at->place, example_place().place);
    EXPECT_FALSE(has_copy_secret(slot_));
    EXPECT_EQ(text_of(slot_).find(text_of(Bytes(example_record().secret).first(8))), std::string_view::npos);

    for (size_t i = 0; i < kPageBytes; ++i) {
        slot_[i] ^= std::byte{0x10};
        const bool version = i == 4 || i == 5;
        ASSERT_EQ(open(), version ? Code::not_supported : Code::corrupt_object) << "byte " << i;
        slot_[i] ^= std::byte{0x10};
    }
    store_.device_key[31] ^= std::byte{1};
    EXPECT_EQ(open(), Code::corrupt_object);
    slot_ = {};
    EXPECT_EQ(open(), Code::item_not_found);
    EXPECT_NE(recovery_slot(4), recovery_slot(5));
}

TEST_F(Rule17RecoveryCopy, OneOf10IsReadAndNamesNoPlace) {
    seal_as_1_0(record_of_1_0());
    ASSERT_EQ(open(), Code::success);
    EXPECT_EQ(copy_.record.minor, 0);
    EXPECT_EQ(copy_.record.generation, example_record().generation);
    EXPECT_FALSE(copy_.at);
    slot_[24 + kNonceBytes + kTagBytes + kRootRecordBytes] = std::byte{1};
    EXPECT_EQ(open(), Code::corrupt_object) << "1.0 does not seal what follows the record";
}

TEST_F(Rule17RecoveryCopy, OpensWithItsSecretOnly) {
    CopySecret secret;
    copy_bytes(filled<std::array<std::byte, 32>>(0x20), secret.fill());
    seal(example_record(), &secret);
    EXPECT_TRUE(has_copy_secret(slot_));
    EXPECT_EQ(open(&secret), Code::success);
    EXPECT_EQ(open(), Code::bad_state);
    CopySecret other;
    EXPECT_EQ(open(&other), Code::corrupt_object);
    slot_[7] = std::byte{0};  // claims that it needs no secret
    EXPECT_EQ(open(&secret), Code::corrupt_object);
    EXPECT_EQ(open(), Code::corrupt_object);
    seal(example_record());
    slot_[7] = std::byte{1};  // and the reverse
    EXPECT_EQ(open(&secret), Code::corrupt_object);
}

// A copy that is sealed correctly with the device's keys: its unsealed header must match the sealed record.
TEST_F(Rule17RecoveryCopy, IsOfTheStoreAndTheCipherThatItsHeaderNames) {
    const RootRecord record = example_record();
    const auto opens = [&](const StoreId& store_id, Cipher cipher) {
        RootRecord other = record;
        other.store_id = store_id;
        other.cipher = cipher;
        seal(other);
        std::array<std::byte, 288> plain{};
        copy_bytes(encoded(record), plain);
        seal_by_hand(plain, store_id, cipher);
        return open() == Code::success;
    };
    EXPECT_TRUE(opens(record.store_id, record.cipher));
    StoreId another = record.store_id;
    another[3] ^= std::byte{1};
    EXPECT_FALSE(opens(another, record.cipher));
    const bool is_aes = record.cipher == Cipher::aes_256_gcm;
    EXPECT_FALSE(opens(record.store_id, is_aes ? Cipher::chacha20_poly1305 : Cipher::aes_256_gcm));
}

TableHeaderBytes encoded(const TableHeader& header) {
    TableHeaderBytes bytes{};
    encode(header, bytes);
    return bytes;
}

TEST(Rule25RootTable, HeaderRoundTripAndRefusals) {
    const TableHeaderBytes bytes = encoded(example_table_header());
    const Outcome<TableHeader> back = decode_table_header(bytes);
    ASSERT_TRUE(back);
    EXPECT_EQ(encoded(*back), bytes);
    for (size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(decode_table_header(Bytes(bytes).first(size)));
    const auto code = [&](size_t at, int value) {
        TableHeaderBytes other = bytes;
        other[at] = static_cast<std::byte>(value);
        const auto decoded = decode_table_header(other);
        return decoded ? Code::success : decoded.error().code;
    };
    EXPECT_EQ(code(0, 'f'), Code::corrupt_object);
    EXPECT_EQ(code(4, 2), Code::not_supported) << "another major version";
    EXPECT_EQ(code(5, 2), Code::not_supported) << "a newer minor version";
    EXPECT_EQ(code(6, 3), Code::corrupt_object) << "an unknown anchor";
    EXPECT_EQ(code(24, 2), Code::success);
    EXPECT_EQ(code(24, 4), Code::success) << "root's statement that there is no RPMB";
    EXPECT_EQ(code(24, 8), Code::not_supported) << "a required flag";
    EXPECT_EQ(code(26, 0x80), Code::not_supported) << "a required flag";
    EXPECT_EQ(code(27, 0x80), Code::success) << "an ignorable flag";
    EXPECT_EQ(code(28, kRetiredMax + 1), Code::corrupt_object);
    EXPECT_EQ(code(kTableHeaderBytes - 1, 1), Code::corrupt_object) << "reserved";
}

TEST(Rule25RootTable, KeepsOwnersUntilTheListIsFull) {
    TableHeader header;
    const auto owner = [](unsigned n) {
        Uuid id{filled<decltype(Uuid::bytes)>(0x10)};
        id.bytes[0] = static_cast<std::byte>(n);
        return id;
    };
    for (unsigned n = 0; n < kRetiredMax; ++n) {
        EXPECT_FALSE(header.is_retired(owner(n)));
        header.retire(owner(n));
        header.retire(owner(n));
        EXPECT_TRUE(header.is_retired(owner(n)));
        EXPECT_EQ(header.retired_count, n + 1) << "each owner once";
    }
    EXPECT_EQ(header.flags, 0U);
    header.retire(owner(kRetiredMax));
    EXPECT_EQ(header.flags, kTableRetiredListFull);
    EXPECT_EQ(header.retired_count, kRetiredMax);
    EXPECT_TRUE(header.is_retired(owner(0)));
    StoreId of_before{};
    copy_bytes(Bytes(owner(3).bytes).first(4), of_before);
    EXPECT_TRUE(header.is_retired(of_before)) << "an earlier table has ids of stores there";
}

TEST(Rule25RootTable, PlacesOfBothFormats) {
    std::vector<std::byte> old(3 * kRootRecordBytes, std::byte{7});
    EXPECT_EQ(places_of_table(old)->size(), old.size());
    std::vector<std::byte> now(kTableHeaderBytes, std::byte{0});
    copy_bytes(encoded(example_table_header()), now);
    now.insert(now.end(), old.begin(), old.end());
    const Outcome<Bytes> places = places_of_table(now);
    ASSERT_TRUE(places);
    EXPECT_TRUE(std::ranges::equal(*places, old));
    EXPECT_NE(now.size() % kRootRecordBytes, 0U) << "a TA of format 1.0 must refuse it";
    now.pop_back();
    EXPECT_FALSE(places_of_table(now));
}

TEST(Rule25RootTable, TombstoneRoundTripAndGarbage) {
    RootRecordBytes bytes{};
    encode(example_tombstone(), bytes);
    const auto back = decode_tombstone(bytes);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->flags, example_tombstone().flags);
    EXPECT_EQ(back->login, example_tombstone().login);
    EXPECT_EQ(back->identity, example_tombstone().identity);
    EXPECT_EQ(back->store_id, example_tombstone().store_id);
    EXPECT_FALSE(decode_root_record(bytes));
    EXPECT_FALSE(decode_tombstone(encoded(example_record())));
    // At the same offsets as in a record.
    EXPECT_TRUE(std::ranges::equal(Bytes(bytes).subspan(8, 36), Bytes(encoded(example_record())).subspan(8, 36)));
    for (size_t at = 0; at < bytes.size(); ++at) {
        RootRecordBytes other = bytes;
        other[at] ^= std::byte{0x80};
        const bool is_content = at >= 8 && at < 44;
        EXPECT_EQ(decode_tombstone(other).has_value(), is_content) << at;
    }
}

}  // namespace
}  // namespace festore::engine
