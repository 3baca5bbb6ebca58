// SPDX-License-Identifier: BSD-2-Clause
// Each message of the store: a round trip with every field set, every truncation and trailing bytes refused, and
// garbage from every offset either refused or decoded to something that encodes to the very same bytes.
#include "base/store_name.h"
#include "protocol/store_reseal.h"
#include "tests/encoded.h"

#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace festore::protocol {
namespace {

template <class M>
void check(const M& message, size_t expected_size) {
    const std::vector<std::byte> bytes = encoded(message);
    EXPECT_EQ(bytes.size(), expected_size) << "the size is part of the contract";
    const Result<M> back = decode<M>(bytes);
    ASSERT_TRUE(back);
    EXPECT_EQ(encoded(*back), bytes);
    for (size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(decode<M>(Bytes(bytes).first(size))) << size;
    std::vector<std::byte> longer = bytes;
    longer.push_back(std::byte{0});
    EXPECT_FALSE(decode<M>(longer));
    std::mt19937 random(1);
    for (size_t offset = 0; offset < bytes.size(); ++offset) {
        for (int round = 0; round < 64; ++round) {
            std::vector<std::byte> garbage = bytes;
            garbage[offset] = static_cast<std::byte>(random());
            for (size_t i = offset + 1; round % 2 == 0 && i < garbage.size(); ++i) garbage[i] = static_cast<std::byte>(random());
            const Result<M> decoded = decode<M>(garbage);
            if (decoded) {
                ASSERT_EQ(encoded(*decoded), garbage) << "at offset " << offset;
            } else {
                ASSERT_EQ(decoded.error().code, Code::bad_format);
            }
        }
    }
}

Id id(unsigned first) {
    Id value{};
    for (size_t i = 0; i < value.size(); ++i) value[i] = static_cast<std::byte>(first + i);
    return value;
}
PageAnswer page_answer() {
    PageAnswer m{CallOutcome::need_pages, 0x1122334455667788, 3, 2, {}};
    m.needs[0] = {17, false};
    m.needs[1] = {0x01020304, true};
    return m;
}
StoreMetadata metadata() { return {1, false, 9, -1, 1600000000, uint64_t{1} << 33, id(7), 65536, 131072}; }

TEST(StoreMessages, Requests) {
    check(MakeRequest{Anchor::rpmb, CipherChoice::aes_256_gcm, false, -3}, 11);
    check(MakeRequest{Anchor::ree, CipherChoice::aes_256_gcm, true, -3}, 11);
    check(MakeRequest{Anchor::ree, CipherChoice::faster, false, 5}, 11);
    check(MakeRequest{Anchor::ree, CipherChoice::chacha20_poly1305, false, 5}, 11);
    check(OpenRequest{id(1), Anchor::rpmb, {}}, 29);
    check(OpenRequest{id(1), Anchor::ree, {}}, 29);
    EXPECT_EQ(encoded(OpenRequest{id(1), Anchor::ree, {}, true}).size(), 30U);
    EXPECT_TRUE(decode<OpenRequest>(encoded(OpenRequest{id(1), Anchor::ree, {}, true}))->without_asking_rpmb);
    EXPECT_FALSE(decode<OpenRequest>(encoded(OpenRequest{id(1), Anchor::rpmb, {}, true}))) << "not for a store in the RPMB";
    check(StoreNameRequest{{3, 40}, kStoreSingle, bytes_of("a/näme")}, 6 + 7);
    check(StorePutRequest{{3, 40}, kStoreIfVersion | kStoreWriteOnce, 77, -5, false, id(9), uint64_t{1} << 40, bytes_of("n")}, 48);
    check(StoreRenameRequest{{128, 0}, kStoreReplace, bytes_of("old"), bytes_of("new")}, 7 + 6);
    check(StoreListRequest{{0, 128}, bytes_of("last"), bytes_of("keys/")}, 6 + 9);
    check(PrepareRequest{{1, 127}}, 4);
    check(BeginRequest{5}, 8);
    check(TransactionRequest{id(3), 6}, 24);
    check(BeginUploadRequest{65536}, 4);
    check(SegmentsRequest{id(4), 0x01020304, true, kCallContentBytesMax}, 25);
}

TEST(StoreMessages, Answers) {
    check(PageAnswer{}, 12);
    check(page_answer(), 12 + 10);
    check(StoreStatus{id(1), Anchor::rpmb, Cipher::aes_256_gcm, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, -16}, 99);
    check(BeginAnswer{id(3), 6}, 24);
    check(OutcomeAnswer{TransactionOutcome::committed, 6}, 9);
    check(BeginUploadAnswer{id(5)}, 16);
    check(GetAnswer{page_answer(), metadata()}, 22 + encoded_bytes(protocol::StoreMetadata{}));
    check(StoreListAnswer{page_answer(), true, 5}, 22 + 5);
    check(ChangeAnswer{page_answer(), 3, true, id(1), id(2), 9}, 22 + 49);
    PageAnswer largest;
    largest.need_count = kNeedsMax;
    EXPECT_EQ(encoded(largest).size(), kPageAnswerBytesMax);
    EXPECT_LE(encoded(GetAnswer{largest, metadata()}).size(), kStoreAnswerBytesMax);
    EXPECT_LE(encoded(ChangeAnswer{largest, 1, true, id(1), id(2), 3}).size(), kStoreAnswerBytesMax);
    const std::vector<char> longest(limits::kNameBytesMax, 'n');
    const Bytes name = bytes_of(longest.data(), longest.size());
    EXPECT_LE(encoded(StoreRenameRequest{{}, 0, name, name}).size(), kStoreRequestBytesMax);
    EXPECT_LE(encoded(StorePutRequest{{}, 0, 0, 0, true, {}, 0, name}).size(), kStoreRequestBytesMax);
}

TEST(StoreMessages, Care) {
    check(ScanRequest{{3, 0}, 0x01020304, true, true, bytes_of("from\x01\xff")}, 10 + 6);
    check(ScanAnswer{page_answer(), true, false, 5}, 22 + 6);
    check(FreeListRequest{{3, 0}, true}, 5);
    check(FreeListAnswer{page_answer(), 77}, 22 + 4);
    check(FindRequest{Anchor::rpmb, {}}, 10);
    check(FindRequest{Anchor::ree, {true, Login::group, 0x01020304}}, 10);
    check(RecordAtRequest{Anchor::rpmb, 0x01020304}, 5);
    check(RecordAtAnswer{}, 21);
    check(RecordAtAnswer{RecordAtAnswer::State::unreadable, 1, Uuid{id(7)}, {}}, 21);
    check(RecordAtAnswer{RecordAtAnswer::State::readable, 2, Uuid{id(7)}, {}}, 120);
    EXPECT_FALSE(decode<RecordAtRequest>(encoded(RecordAtRequest{static_cast<Anchor>(0), 0})));
    EXPECT_FALSE(decode<RecordAtAnswer>(encoded(RecordAtAnswer{static_cast<RecordAtAnswer::State>(3), 0, {}, {}})));
    check(DestroyRequest{Anchor::ree, {true, Login::user, 1000}, id(3)}, 26);
    check(DestroyRequest{Anchor::rpmb, {}, id(3)}, 26);
    const std::vector<std::byte> unasked = encoded(DestroyRequest{Anchor::ree, {}, id(3), {}, true});
    EXPECT_EQ(unasked.size(), 27U);
    EXPECT_TRUE(decode<DestroyRequest>(unasked)->without_asking_rpmb);
    EXPECT_FALSE(decode<DestroyRequest>(encoded(DestroyRequest{Anchor::rpmb, {}, id(3), {}, true}))) << "not for a store in the RPMB";
    check(DestroyAnswer{true}, 1);
    check(RepairRequest{{2, 0}, id(3), Anchor::rpmb, {}, true}, 34);
    check(RepairAnswer{page_answer(), 5}, 22 + 8);
    check(RepairStepAnswer{page_answer(), true, id(3), 7, 6}, 22 + 33);
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
    read(OpenRequest{id(1), Anchor::ree, {}, true, name}, 30 + 4);
    read(OpenRequest{id(1), Anchor::rpmb, {}, false, name}, 30 + 4);
    read(FindRequest{Anchor::rpmb, {}, name}, 10 + 4);
    read(DestroyRequest{Anchor::rpmb, {}, id(3), name}, 26 + 1 + 4);
    read(DestroyRequest{Anchor::ree, {}, id(3), name, true}, 26 + 1 + 4);
    const StoreClaim claim{name, bytes_of("/srv")};
    read(MakeRequest{Anchor::ree, CipherChoice::chacha20_poly1305, false, 5, claim}, 11 + 4 + 5);
    read(MakeRequest{Anchor::ree, CipherChoice::chacha20_poly1305, false, 5, {{}, bytes_of("/srv")}}, 11 + 1 + 5);
    read(RepairRequest{{2, 0}, id(3), Anchor::rpmb, {}, true, claim}, 34 + 4 + 5);
    read(claim, 4 + 5);
    EXPECT_TRUE(encoded(StoreClaim{}).empty());
    EXPECT_TRUE(decode<StoreClaim>({}));
    EXPECT_TRUE(decode<RecordAtRequest>(encoded(RecordAtRequest{Anchor::rpmb, 1, true}))->own);
    std::vector<std::byte> at = encoded(RecordAtRequest{Anchor::rpmb, 1, true});
    at.back() = std::byte{0};
    EXPECT_FALSE(decode<RecordAtRequest>(at)) << "a second encoding of the same";
    for (const std::string_view text : {"default", "a/b", "a b", "\xff"}) {
        const Bytes wrong = bytes_of(text);
        EXPECT_FALSE(decode<OpenRequest>(encoded(OpenRequest{id(1), Anchor::ree, {}, false, wrong}))) << text;
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
    check(RecipherRequest{{3, 1}, Cipher::chacha20_poly1305}, 5);
    check(ResealSegmentsRequest{id(1), id(2), 0x01020304, kResealBytesMax}, 40);
    check(ResealRequest{{3, 1}, id(1), bytes_of("name")}, 21 + 4);
    EXPECT_FALSE(decode<RecipherRequest>(encoded(RecipherRequest{{}, static_cast<Cipher>(0)})));
    EXPECT_FALSE(decode<RecipherRequest>(encoded(RecipherRequest{{}, static_cast<Cipher>(3)})));
    EXPECT_FALSE(decode<RecipherRequest>(encoded(RecipherRequest{{100, 29}, Cipher::aes_256_gcm})));
    EXPECT_FALSE(decode<ResealSegmentsRequest>(encoded(ResealSegmentsRequest{id(1), id(2), 0, kResealBytesMax + 1})));
    EXPECT_FALSE(decode<ResealRequest>(encoded(ResealRequest{{}, id(1), {}}))) << "no name";
    EXPECT_FALSE(decode<ResealRequest>(encoded(ResealRequest{{100, 29}, id(1), bytes_of("name")})));
}

TEST(StoreMessages, ListItems) {
    std::vector<std::byte> page = encoded(StoreListItem{metadata(), bytes_of("first")});
    const std::vector<std::byte> second = encoded(StoreListItem{metadata(), bytes_of("second")});
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
    EXPECT_TRUE(refused(OpenRequest{id(1), static_cast<Anchor>(3), {}}));
    EXPECT_EQ(area_bytes(2), slot_offset(1) + limits::kPageBytes);
}

}  // namespace
}  // namespace festore::protocol
