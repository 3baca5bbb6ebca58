// SPDX-License-Identifier: BSD-2-Clause
// Each message: a round trip with every field set, every truncation refused, trailing bytes refused, and garbage from
// every offset either refused or decoded to something that encodes to the very same bytes.
#include "protocol/messages.h"
#include "tests/unit/check_message.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

namespace festore::protocol {
namespace {

HelloRequest hello_request() { return {1, 7, Login::group, 0x12345678}; }
HelloAnswer hello_answer() {
    return {1, 2, 0x030405, kFeatureRpmb | kFeatureZeroHuk, 524288, Login::user, kTaUuid, 100, 1000, 0x040500};
}
PutRequest put_request() {
    return {Storage::rpmb, kPutIfVersion | kPutWriteOnce, 0x1122334455667788, -5, 4711, bytes_of("a/näme")};
}
NameRequest name_request() { return {Storage::ree, bytes_of("x")}; }
Metadata metadata() { return {kObjectWriteOnce, 7000, UINT64_MAX, INT64_MIN, INT64_MAX}; }
ListRequest list_request() { return {Storage::ree, bytes_of("\x00\x01\xff cursor"), bytes_of("keys/")}; }
ListAnswer list_answer() { return {true, 3, 2, bytes_of("where")}; }

TEST(Messages, HelloRequest) { check_message(hello_request(), 12); }
TEST(Messages, HelloAnswer) { check_message(hello_answer(), 48); }
TEST(Messages, PutRequest) { check_message(put_request(), 23 + 7); }
TEST(Messages, PutAnswer) { check_message(PutAnswer{9, 10}, 12); }
TEST(Messages, NameRequest) { check_message(name_request(), 3); }
TEST(Messages, Metadata) { check_message(metadata(), 29); }
TEST(Messages, ListRequest) { check_message(list_request(), 3 + list_request().cursor.size() + 5); }
TEST(Messages, ListAnswer) { check_message(list_answer(), 10 + 5); }
TEST(Messages, CountDamagedRequest) { check_message(CountDamagedRequest{Storage::rpmb}, 1); }
TEST(Messages, CountDamagedAnswer) { check_message(CountDamagedAnswer{0x01020304}, 4); }
TEST(Messages, RpmbRequest) {
    check_message(RpmbRequest{RpmbRequest::Word::none, true}, 2);
    check_message(RpmbRequest{RpmbRequest::Word::ask, false}, 2);
}
TEST(Messages, RpmbAnswer) { check_message(RpmbAnswer{true, true}, 2); }

TEST(Messages, FieldsSurviveTheRoundTrip) {
    const auto bytes = encoded(put_request());
    const auto put = decode<PutRequest>(bytes);
    ASSERT_TRUE(put);
    EXPECT_EQ(put->storage, Storage::rpmb);
    EXPECT_EQ(put->flags, kPutIfVersion | kPutWriteOnce);
    EXPECT_EQ(put->if_version, 0x1122334455667788U);
    EXPECT_EQ(put->modified, -5);
    EXPECT_EQ(put->content_size, 4711U);
    EXPECT_EQ(text_of(put->name), "a/näme");
}

TEST(Messages, ValuesOutsideOfTheContractAreRefused) {
    auto refused = [](const auto& m) { return !decode<std::decay_t<decltype(m)>>(encoded(m)); };
    PutRequest put = put_request();
    put.flags = 0x80;
    EXPECT_TRUE(refused(put));
    put.flags = kPutIfAbsent | kPutIfVersion;
    EXPECT_TRUE(refused(put)) << "both conditions at once";
    put = put_request();
    put.storage = static_cast<Storage>(0);
    EXPECT_TRUE(refused(put));
    put = put_request();
    put.name = bytes_of("a\nb");
    EXPECT_TRUE(refused(put));
    put.name = {};
    EXPECT_TRUE(refused(put));
    EXPECT_FALSE(refused(NameRequest{Storage::ree, bytes_of("\xff")})) << "an id of the demo can be any bytes";
    EXPECT_TRUE(refused(NameRequest{static_cast<Storage>(3), bytes_of("x")}));
    EXPECT_TRUE(refused(RpmbRequest{RpmbRequest::Word::ask, true})) << "only with Word::none";
    EXPECT_TRUE(refused(RpmbRequest{static_cast<RpmbRequest::Word>(3), false}));
    HelloRequest hello = hello_request();
    hello.login = static_cast<Login>(4);
    EXPECT_TRUE(refused(hello));
    ListRequest list = list_request();
    const std::string long_cursor(65, 'c');
    list.cursor = bytes_of(long_cursor);
    EXPECT_TRUE(refused(list));
}

TEST(Messages, EntriesOfAPageFollowEachOther) {
    std::vector<std::byte> page;
    for (const char* name : {"one", "two"}) {
        const auto entry = encoded(ListEntry{metadata(), bytes_of(std::string_view(name))});
        page.insert(page.end(), entry.begin(), entry.end());
    }
    Bytes rest = page;
    const auto one = decode_next<ListEntry>(rest);
    const auto two = decode_next<ListEntry>(rest);
    ASSERT_TRUE(one && two);
    EXPECT_EQ(text_of(one->name), "one");
    EXPECT_EQ(text_of(two->name), "two");
    EXPECT_EQ(two->metadata.version, UINT64_MAX);
    EXPECT_TRUE(rest.empty());
    for (size_t size = 0; size < kMetadataBytes + 4; ++size) {
        Bytes cut = Bytes(page).first(size);
        EXPECT_FALSE(decode_next<ListEntry>(cut)) << size;
        EXPECT_EQ(cut.size(), size) << "a failed read moves nothing";
    }
}

// The TA writes a page into memory that others may change: each entry is read whole or not at all.
TEST(Messages, GarbageInAPageFromEveryOffset) {
    std::vector<std::byte> page = encoded(ListEntry{metadata(), bytes_of("one")});
    const size_t first = page.size();
    const auto second = encoded(ListEntry{metadata(), bytes_of(std::string_view("a longer name"))});
    page.insert(page.end(), second.begin(), second.end());
    std::mt19937 random(1);
    size_t refused = 0;
    for (size_t offset = 0; offset < page.size(); ++offset) {
        for (int round = 0; round < 64; ++round) {
            std::vector<std::byte> garbage = page;
            for (size_t i = offset; i < garbage.size(); ++i) garbage[i] = static_cast<std::byte>(random());
            Bytes rest = garbage;
            while (!rest.empty()) {
                const Bytes before = rest;
                const auto entry = decode_next<ListEntry>(rest);
                if (!entry) {
                    EXPECT_EQ(entry.error().code, Code::bad_format);
                    EXPECT_EQ(rest.data(), before.data()) << "at offset " << offset << ": a failed read moves nothing";
                    EXPECT_EQ(rest.size(), before.size());
                    ++refused;
                    break;
                }
                const std::vector<std::byte> again = encoded(*entry);
                ASSERT_EQ(again.size(), before.size() - rest.size()) << "at offset " << offset;
                EXPECT_TRUE(std::equal(again.begin(), again.end(), before.begin())) << "at offset " << offset;
                EXPECT_TRUE(!entry->name.empty() || (entry->metadata.flags & kObjectLegacy) != 0);
            }
            if (offset >= first) {
                Bytes intact = garbage;
                const auto entry = decode_next<ListEntry>(intact);
                ASSERT_TRUE(entry) << "the entry before the garbage";
                EXPECT_EQ(text_of(entry->name), "one");
            }
        }
    }
    EXPECT_GT(refused, 100U);
}

TEST(Messages, AnEntryWithoutANameIsNoneUnlessTheDemoStoredIt) {
    std::vector<std::byte> entry(kMetadataBytes + 1);
    Bytes rest = entry;
    EXPECT_FALSE(decode_next<ListEntry>(rest));
    entry[0] = static_cast<std::byte>(kObjectLegacy);
    EXPECT_TRUE(decode_next<ListEntry>(rest));
    EXPECT_TRUE(rest.empty());
}

TEST(Messages, TheLargestRequestFitsItsBuffer) {
    const std::string name(limits::kNameBytesMax, 'n');
    const std::string cursor(limits::kObjectIdBytesMax, 'c');
    PutRequest put = put_request();
    put.name = bytes_of(name);
    EXPECT_LE(encoded(put).size(), kRequestBytesMax);
    EXPECT_LE(encoded(ListRequest{Storage::ree, bytes_of(cursor), bytes_of(name)}).size(), kRequestBytesMax);
    EXPECT_LE(encoded(ListAnswer{true, 1, 1, bytes_of(cursor)}).size(), kListAnswerBytesMax);
    EXPECT_EQ(encoded(ListEntry{metadata(), bytes_of(name)}).size(), kListEntryBytesMax);
}

}  // namespace
}  // namespace festore::protocol
