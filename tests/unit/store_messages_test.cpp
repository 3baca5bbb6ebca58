// SPDX-License-Identifier: BSD-2-Clause
// Each message of the store: a round trip with every field set, every truncation and trailing bytes refused, and
// garbage from every offset either refused or decoded to something that encodes to the very same bytes.
#include "base/store_name.h"
#include "tests/unit/check_message.h"
#include "tests/unit/message_samples.h"

#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace festore::protocol {
namespace {

TEST(StoreMessages, Requests) {
    check_message(MakeRequest{Anchor::rpmb, CipherChoice::aes_256_gcm, false, -3}, 11);
    check_message(MakeRequest{Anchor::ree, CipherChoice::aes_256_gcm, true, -3}, 11);
    check_message(MakeRequest{Anchor::ree, CipherChoice::faster, false, 5}, 11);
    check_message(MakeRequest{Anchor::ree, CipherChoice::chacha20_poly1305, false, 5}, 11);
    check_message(OpenRequest{sample_id(1), Anchor::rpmb, {}}, 29);
    check_message(OpenRequest{sample_id(1), Anchor::ree, {}}, 29);
    EXPECT_EQ(encoded(OpenRequest{sample_id(1), Anchor::ree, {}, true}).size(), 30U);
    EXPECT_TRUE(decode<OpenRequest>(encoded(OpenRequest{sample_id(1), Anchor::ree, {}, true}))->without_asking_rpmb);
    EXPECT_FALSE(decode<OpenRequest>(encoded(OpenRequest{sample_id(1), Anchor::rpmb, {}, true}))) << "not for a store in the RPMB";
    check_message(StoreNameRequest{{3, 40}, kStoreSingle, bytes_of("a/näme")}, 6 + 7);
    constexpr uint8_t kFlags = kStoreIfVersion | kStoreWriteOnce;
    check_message(StorePutRequest{{3, 40}, kFlags, 77, -5, false, sample_id(9), uint64_t{1} << 40, bytes_of("n")}, 48);
    check_message(StoreRenameRequest{{128, 0}, kStoreReplace, bytes_of("old"), bytes_of("new")}, 7 + 6);
    check_message(StoreListRequest{{0, 128}, bytes_of("last"), bytes_of("keys/")}, 6 + 9);
    check_message(PrepareRequest{{1, 127}}, 4);
    check_message(BeginRequest{5}, 8);
    check_message(TransactionRequest{sample_id(3), 6}, 24);
    check_message(BeginUploadRequest{65536}, 4);
    check_message(SegmentsRequest{sample_id(4), 0x01020304, true, kCallContentBytesMax}, 25);
}

TEST(StoreMessages, Answers) {
    check_message(PageAnswer{}, 12);
    check_message(sample_pages(), 12 + 10);
    check_message(StoreStatus{sample_id(1), Anchor::rpmb, Cipher::aes_256_gcm, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, -16}, 99);
    check_message(BeginAnswer{sample_id(3), 6}, 24);
    check_message(OutcomeAnswer{TransactionOutcome::committed, 6}, 9);
    check_message(BeginUploadAnswer{sample_id(5)}, 16);
    check_message(GetAnswer{sample_pages(), sample_metadata()}, 22 + encoded_bytes(protocol::StoreMetadata{}));
    check_message(StoreListAnswer{sample_pages(), true, 5}, 22 + 5);
    check_message(ChangeAnswer{sample_pages(), 3, true, sample_id(1), sample_id(2), 9}, 22 + 49);
    PageAnswer largest;
    largest.need_count = kNeedsMax;
    EXPECT_EQ(encoded(largest).size(), kPageAnswerBytesMax);
    EXPECT_LE(encoded(GetAnswer{largest, sample_metadata()}).size(), kStoreAnswerBytesMax);
    EXPECT_LE(encoded(ChangeAnswer{largest, 1, true, sample_id(1), sample_id(2), 3}).size(), kStoreAnswerBytesMax);
    const std::vector<char> longest(limits::kNameBytesMax, 'n');
    const Bytes name = bytes_of(longest.data(), longest.size());
    EXPECT_LE(encoded(StoreRenameRequest{{}, 0, name, name}).size(), kStoreRequestBytesMax);
    EXPECT_LE(encoded(StorePutRequest{{}, 0, 0, 0, true, {}, 0, name}).size(), kStoreRequestBytesMax);
}

TEST(StoreMessages, Care) {
    check_message(ScanRequest{{3, 0}, 0x01020304, true, true, bytes_of("from\x01\xff")}, 10 + 6);
    check_message(ScanAnswer{sample_pages(), true, false, 5}, 22 + 6);
    check_message(FreeListRequest{{3, 0}, true}, 5);
    check_message(FreeListAnswer{sample_pages(), 77}, 22 + 4);
    check_message(FindRequest{Anchor::rpmb, {}}, 10);
    check_message(FindRequest{Anchor::ree, {true, Login::group, 0x01020304}}, 10);
    check_message(RecordAtRequest{Anchor::rpmb, 0x01020304}, 5);
    check_message(RecordAtAnswer{}, 21);
    check_message(RecordAtAnswer{RecordAtAnswer::State::unreadable, 1, Uuid{sample_id(7)}, {}}, 21);
    check_message(RecordAtAnswer{RecordAtAnswer::State::readable, 2, Uuid{sample_id(7)}, {}}, 120);
    EXPECT_FALSE(decode<RecordAtRequest>(encoded(RecordAtRequest{static_cast<Anchor>(0), 0})));
    EXPECT_FALSE(decode<RecordAtAnswer>(encoded(RecordAtAnswer{static_cast<RecordAtAnswer::State>(3), 0, {}, {}})));
    check_message(DestroyRequest{Anchor::ree, {true, Login::user, 1000}, sample_id(3)}, 26);
    check_message(DestroyRequest{Anchor::rpmb, {}, sample_id(3)}, 26);
    const std::vector<std::byte> unasked = encoded(DestroyRequest{Anchor::ree, {}, sample_id(3), {}, true});
    EXPECT_EQ(unasked.size(), 27U);
    EXPECT_TRUE(decode<DestroyRequest>(unasked)->without_asking_rpmb);
    EXPECT_FALSE(decode<DestroyRequest>(encoded(DestroyRequest{Anchor::rpmb, {}, sample_id(3), {}, true})))
        << "not for a store in the RPMB";
    EXPECT_TRUE(decode<DestroyRequest>(encoded(DestroyRequest{Anchor::rpmb, {}, sample_id(3), {}, false, true}))->any_name);
    check_message(DestroyAnswer{true}, 1);
    check_message(RepairRequest{{2, 0}, sample_id(3), Anchor::rpmb, {}, true}, 34);
    check_message(RepairAnswer{sample_pages(), 5}, 22 + 8);
    check_message(RepairStepAnswer{sample_pages(), true, sample_id(3), 7, 6}, 22 + 33);
    EXPECT_FALSE(decode<FindRequest>(encoded(FindRequest{static_cast<Anchor>(3), {}})));
    EXPECT_FALSE(decode<FindRequest>(encoded(FindRequest{Anchor::ree, {true, Login::public_, 1}}))) << "the public has no store";
    EXPECT_FALSE(decode<FindRequest>(encoded(FindRequest{Anchor::ree, {false, Login::public_, 1}})));
    EXPECT_FALSE(decode<ScanRequest>(encoded(ScanRequest{{100, 29}, 0, false, false, {}})));
}

// Fields that older messages do not have: left out if empty, and read back.
TEST(StoreMessages, NamesOfStores) {
    const Bytes name = bytes_of("web");
    const auto read = []<class M>(const M& m, size_t size) {
        const std::vector<std::byte> bytes = encoded(m);
        EXPECT_EQ(bytes.size(), size);
        const auto back = decode<M>(bytes);
        EXPECT_TRUE(back && encoded(*back) == bytes);
        std::vector<std::byte> longer = bytes;
        longer.push_back(std::byte{0});
        EXPECT_FALSE(decode<M>(longer));
        EXPECT_FALSE(decode<M>(Bytes(bytes).first(size - 1)));
    };
    read(OpenRequest{sample_id(1), Anchor::ree, {}, true, name}, 30 + 4);
    read(OpenRequest{sample_id(1), Anchor::rpmb, {}, false, name}, 30 + 4);
    read(FindRequest{Anchor::rpmb, {}, name}, 10 + 4);
    read(DestroyRequest{Anchor::rpmb, {}, sample_id(3), name}, 26 + 1 + 4);
    read(DestroyRequest{Anchor::ree, {}, sample_id(3), name, true}, 26 + 1 + 4);
    read(DestroyRequest{Anchor::ree, {}, sample_id(3), name, true, true}, 26 + 1 + 4);
    const StoreClaim claim{name, bytes_of("/srv")};
    read(MakeRequest{Anchor::ree, CipherChoice::chacha20_poly1305, false, 5, claim}, 11 + 4 + 5);
    read(MakeRequest{Anchor::ree, CipherChoice::chacha20_poly1305, false, 5, {{}, bytes_of("/srv")}}, 11 + 1 + 5);
    read(RepairRequest{{2, 0}, sample_id(3), Anchor::rpmb, {}, true, claim}, 34 + 4 + 5);
    read(claim, 4 + 5);
    EXPECT_TRUE(encoded(StoreClaim{}).empty());
    EXPECT_TRUE(decode<StoreClaim>({}));
    EXPECT_TRUE(decode<RecordAtRequest>(encoded(RecordAtRequest{Anchor::rpmb, 1, true}))->own);
    std::vector<std::byte> at = encoded(RecordAtRequest{Anchor::rpmb, 1, true});
    at.back() = std::byte{0};
    EXPECT_FALSE(decode<RecordAtRequest>(at)) << "a second encoding of the same";
    for (const std::string_view text : {"default", "a/b", "a b", "\xff"}) {
        const Bytes wrong = bytes_of(text);
        EXPECT_FALSE(decode<OpenRequest>(encoded(OpenRequest{sample_id(1), Anchor::ree, {}, false, wrong}))) << text;
        EXPECT_FALSE(decode<FindRequest>(encoded(FindRequest{Anchor::ree, {}, wrong}))) << text;
        EXPECT_FALSE(decode<MakeRequest>(encoded(MakeRequest{Anchor::ree, CipherChoice::aes_256_gcm, false, 0, {wrong, {}}}))) << text;
    }
    const std::string long_name(kStoreNameBytesMax + 1, 'n');
    EXPECT_FALSE(decode<FindRequest>(encoded(FindRequest{Anchor::ree, {}, bytes_of(long_name)})));
    EXPECT_TRUE(decode<FindRequest>(encoded(FindRequest{Anchor::ree, {}, bytes_of(long_name).first(kStoreNameBytesMax)})));
    const std::string longest(limits::kStoreDirectoryBytesMax, 'd');
    const MakeRequest large{.claim = {bytes_of(long_name).first(kStoreNameBytesMax), bytes_of(longest)}};
    EXPECT_LE(encoded(large).size(), kStoreRequestBytesMax);
    EXPECT_TRUE(decode<MakeRequest>(encoded(large)));
}

TEST(StoreMessages, Reseal) {
    check_message(RecipherRequest{{3, 1}, Cipher::chacha20_poly1305}, 5);
    check_message(ResealSegmentsRequest{sample_id(1), sample_id(2), 0x01020304, kResealBytesMax}, 40);
    check_message(ResealRequest{{3, 1}, sample_id(1), bytes_of("name")}, 21 + 4);
    EXPECT_FALSE(decode<RecipherRequest>(encoded(RecipherRequest{{}, static_cast<Cipher>(0)})));
    EXPECT_FALSE(decode<RecipherRequest>(encoded(RecipherRequest{{}, static_cast<Cipher>(3)})));
    EXPECT_FALSE(decode<RecipherRequest>(encoded(RecipherRequest{{100, 29}, Cipher::aes_256_gcm})));
    EXPECT_FALSE(decode<ResealSegmentsRequest>(encoded(ResealSegmentsRequest{sample_id(1), sample_id(2), 0, kResealBytesMax + 1})));
    EXPECT_FALSE(decode<ResealRequest>(encoded(ResealRequest{{}, sample_id(1), {}}))) << "no name";
    EXPECT_FALSE(decode<ResealRequest>(encoded(ResealRequest{{100, 29}, sample_id(1), bytes_of("name")})));
}

TEST(StoreMessages, ListItems) {
    std::vector<std::byte> page = encoded(StoreListItem{sample_metadata(), bytes_of("first")});
    const std::vector<std::byte> second = encoded(StoreListItem{sample_metadata(), bytes_of("second")});
    page.insert(page.end(), second.begin(), second.end());
    Bytes rest = page;
    EXPECT_EQ(text_of(decode_next<StoreListItem>(rest)->name), "first");
    EXPECT_EQ(text_of(decode_next<StoreListItem>(rest)->name), "second");
    EXPECT_TRUE(rest.empty());
    EXPECT_FALSE(decode_next<StoreListItem>(rest));
    for (size_t size = 0; size < second.size(); ++size) {
        Bytes cut = Bytes(second).first(size);
        EXPECT_FALSE(decode_next<StoreListItem>(cut));
    }
}

TEST(StoreMessages, WhatIsOutsideOfItsLimitsIsRefused) {
    const auto refused = [](const auto& m) {
        using M = std::remove_cvref_t<decltype(m)>;
        return !decode<M>(encoded(m));
    };
    EXPECT_TRUE(refused(PrepareRequest{{100, 29}})) << "more pages than a call may have";
    EXPECT_TRUE(refused(PrepareRequest{{0xFFFF, 0xFFFF}}));
    EXPECT_TRUE(refused(StoreNameRequest{{}, kStoreReplace, bytes_of("n")})) << "a flag of another command";
    EXPECT_TRUE(refused(StoreNameRequest{{}, 0, bytes_of("")}));
    EXPECT_TRUE(refused(StoreNameRequest{{}, 0, bytes_of("a\nb")}));
    EXPECT_TRUE(refused(StorePutRequest{{}, kStoreIfAbsent | kStoreIfVersion, 1, 0, true, {}, 1, bytes_of("n")}));
    EXPECT_TRUE(refused(StorePutRequest{{}, 0, 0, 0, true, {}, 5000, bytes_of("n")})) << "too large for the index";
    EXPECT_TRUE(refused(StorePutRequest{{}, 0, 0, 0, false, {}, limits::kObjectBytesMax + 1, bytes_of("n")}));
    EXPECT_TRUE(refused(BeginUploadRequest{5000}));
    EXPECT_TRUE(refused(BeginUploadRequest{2 * limits::kSegmentBytesMax}));
    EXPECT_TRUE(refused(SegmentsRequest{{}, 0, false, kCallContentBytesMax + 1}));
    EXPECT_TRUE(refused(MakeRequest{static_cast<Anchor>(0), CipherChoice::aes_256_gcm, false, 0}));
    EXPECT_TRUE(refused(MakeRequest{Anchor::ree, static_cast<CipherChoice>(3), false, 0}));
    EXPECT_TRUE(refused(MakeRequest{Anchor::rpmb, CipherChoice::aes_256_gcm, true, 0}));
    EXPECT_TRUE(refused(OpenRequest{sample_id(1), static_cast<Anchor>(3), {}}));
    EXPECT_EQ(area_bytes(2), slot_offset(1) + limits::kPageBytes);
}

}  // namespace
}  // namespace festore::protocol
