// SPDX-License-Identifier: BSD-2-Clause
// Objects: content, replacement, conditions, names, listings.
#include "base/limits.h"
#include "tests/conformance/fixture.h"

#include <algorithm>

namespace festore::conformance {
namespace {

TEST_P(Conformance, ContentOfEverySizeComesBackIdentical) {
    Client client = connect();
    // Including sizes around the TA's read chunk, where one read ends and the next begins.
    const std::vector<size_t> sizes = {0,     1,     100,   4095,  4096,  7000, 65466, 65467, 65468,
                                       65536, 131000, limits::kPersistentObjectBytesMax};
    for (const size_t size : sizes) {
        const Content content = content_of(size);
        const auto put = client.put("size", content);
        ASSERT_EQ(code("put", put), 0) << size << ": " << put.error().message;
        const auto got = client.get("size");
        ASSERT_EQ(code("get", got), 0) << size << ": " << got.error().message;
        EXPECT_EQ(*got, content) << size;
        const auto info = client.stat("size");
        ASSERT_EQ(code("stat", info), 0);
        EXPECT_EQ(info->size, size);
    }
}

TEST_P(Conformance, ReplacingIsWholeAndCounted) {
    Client client = connect();
    PutOptions first;
    first.modified = 1000;
    const auto one = client.put("counted", content_of(5000, 1), first);
    ASSERT_EQ(code("first put", one), 0) << one.error().message;
    EXPECT_GE(one->version, 1U);
    PutOptions second;
    second.modified = 2000;
    const auto two = client.put("counted", content_of(10, 2), second);
    ASSERT_EQ(code("second put", two), 0) << two.error().message;
    EXPECT_EQ(two->version, one->version + 1) << "nothing else changed in between";
    EXPECT_EQ(client.get("counted").value_or(Content{}), content_of(10, 2));
    const auto info = client.stat("counted");
    ASSERT_TRUE(info);
    EXPECT_EQ(info->version, two->version);
    EXPECT_EQ(info->created, 1000);
    EXPECT_EQ(info->modified, 2000);
    EXPECT_EQ(names(client), std::vector<std::string>{"counted"});
}

TEST_P(Conformance, ANewClientSeesWhatAnOlderStored) {
    {
        Client writer = connect();
        ASSERT_TRUE(writer.put("lasting", content_of(300)));
    }
    Client reader = connect();
    const auto got = reader.get("lasting");
    ASSERT_EQ(code("get", got), 0) << got.error().message;
    EXPECT_EQ(*got, content_of(300));
}

TEST_P(Conformance, MissingIsMissing) {
    Client client = connect();
    EXPECT_EQ(code("get", client.get("nothing")), kNotFound);
    EXPECT_EQ(code("stat", client.stat("nothing")), kNotFound);
    EXPECT_EQ(code("remove", client.remove("nothing")), kNotFound);
    PutOptions options;
    options.if_version = 1;
    EXPECT_EQ(code("put if-version", client.put("nothing", content_of(1), options)), kNotFound);
    EXPECT_TRUE(names(client).empty()) << "none of the calls created an object";
}

TEST_P(Conformance, RemovedIsMissing) {
    Client client = connect();
    const auto gone = client.put("gone", content_of(10));
    ASSERT_TRUE(gone);
    EXPECT_EQ(code("remove", client.remove("gone")), 0);
    EXPECT_EQ(code("get", client.get("gone")), kNotFound);
    EXPECT_EQ(code("remove again", client.remove("gone")), kNotFound);
    const auto again = client.put("gone", content_of(20));
    ASSERT_TRUE(again);
    if (GetParam() == Storage::store) {
        EXPECT_GT(again->version, gone->version) << "versions are never reused";
    } else {
        EXPECT_EQ(again->version, 1U) << "a new object begins at 1";
    }
}

TEST_P(Conformance, IfAbsentStoresOnce) {
    Client client = connect();
    PutOptions options;
    options.if_absent = true;
    EXPECT_EQ(code("absent", client.put("once", content_of(10, 1), options)), 0);
    EXPECT_EQ(code("present", client.put("once", content_of(10, 2), options)), kConflict);
    EXPECT_EQ(client.get("once").value_or(Content{}), content_of(10, 1)) << "unchanged";
}

TEST_P(Conformance, IfVersionStoresOverThatVersionOnly) {
    Client client = connect();
    const auto first = client.put("versioned", content_of(10, 1));
    ASSERT_TRUE(first);
    PutOptions options;
    options.if_version = first->version + 1;
    EXPECT_EQ(code("other version", client.put("versioned", content_of(10, 2), options)), kConflict);
    EXPECT_EQ(client.get("versioned").value_or(Content{}), content_of(10, 1)) << "unchanged";
    options.if_version = first->version;
    EXPECT_EQ(code("that version", client.put("versioned", content_of(10, 2), options)), 0);
    EXPECT_EQ(client.get("versioned").value_or(Content{}), content_of(10, 2));
}

TEST_P(Conformance, RemovableWriteOnceIsNeverReplacedButMayBeRemoved) {
    Client client = connect();
    PutOptions options;
    options.write_once = true;
    options.removable = true;
    ASSERT_EQ(code("put", client.put("fixed", content_of(10, 1), options)), 0);
    EXPECT_EQ(code("replace", client.put("fixed", content_of(10, 2))), kConflict);
    EXPECT_EQ(code("replace write-once", client.put("fixed", content_of(10, 2), options)), kConflict);
    EXPECT_EQ(client.get("fixed").value_or(Content{}), content_of(10, 1));
    EXPECT_TRUE(client.stat("fixed").value_or(ObjectInfo{}).write_once);
    EXPECT_EQ(code("remove", client.remove("fixed")), 0);
}

TEST_P(Conformance, NamesAreWhatPeopleWrite) {
    Client client = connect();
    const std::vector<std::string> wanted = {" ", "a", "a b", "etc/keys/device.pem", "object#1", "Schlüssel", "鍵", "🔑",
                                             std::string(64, 'l'), std::string(255, 'n')};
    for (const std::string& name : wanted) ASSERT_EQ(code("put", client.put(name, content_of(name.size()))), 0) << name;
    for (const std::string& name : wanted)
        EXPECT_EQ(client.get(name).value_or(Content{}), content_of(name.size())) << name;
    std::vector<std::string> sorted = wanted;
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(names(client), sorted);
    for (const std::string& name : wanted) EXPECT_EQ(code("remove", client.remove(name)), 0) << name;
    EXPECT_TRUE(names(client).empty());
}

TEST_P(Conformance, BadNamesAreUsageErrorsEverywhere) {
    Client client = connect();
    using namespace std::string_view_literals;
    for (const std::string_view bad : {""sv, "a\nb"sv, "\x1b[31m"sv, "nul\0"sv, "\xff"sv, "\x7f"sv}) {
        EXPECT_EQ(code("put", client.put(bad, {})), kUsage);
        EXPECT_EQ(code("get", client.get(bad)), kUsage);
        EXPECT_EQ(code("stat", client.stat(bad)), kUsage);
        EXPECT_EQ(code("remove", client.remove(bad)), kUsage);
    }
    const std::string long_name(256, 'x');
    EXPECT_EQ(code("put long", client.put(long_name, {})), kUsage);
    EXPECT_EQ(code("list", client.list("\n")), kUsage);
    EXPECT_TRUE(names(client).empty());
}

TEST_P(Conformance, TooLargeIsRefusedAndChangesNothing) {
    Client client = connect();
    ASSERT_TRUE(client.put("large", content_of(10)));
    const Content large = content_of(limits::kPersistentObjectBytesMax + 1);
    const bool limited = GetParam() != Storage::store;
    EXPECT_EQ(code("put", client.put("large", large)), limited ? kNoSpace : 0);
    EXPECT_EQ(client.get("large").value_or(Content{}), limited ? content_of(10) : large);
}

TEST_P(Conformance, ListingsSelectByPrefix) {
    Client client = connect();
    for (const char* name : {"keys/a", "keys/b", "keyring", "other"}) ASSERT_TRUE(client.put(name, content_of(3)));
    EXPECT_EQ(names(client, "keys/"), (std::vector<std::string>{"keys/a", "keys/b"}));
    EXPECT_EQ(names(client, "key"), (std::vector<std::string>{"keyring", "keys/a", "keys/b"}));
    EXPECT_TRUE(names(client, "none").empty());
    const auto listing = client.list("other");
    ASSERT_EQ(code("list", listing), 0);
    ASSERT_EQ(listing->objects.size(), 1U);
    EXPECT_EQ(listing->objects[0].size, 3U);
    EXPECT_EQ(listing->objects[0].version, client.stat("other").value_or(ObjectInfo{}).version);
    EXPECT_EQ(listing->damaged, 0U);
}

TEST_P(Conformance, TwoClientsWorkSideBySide) {
    Client one = connect();
    Client two = connect();
    ASSERT_TRUE(one.put("shared", content_of(100, 1)));
    EXPECT_EQ(two.get("shared").value_or(Content{}), content_of(100, 1));
    ASSERT_TRUE(two.put("shared", content_of(200, 2)));
    EXPECT_EQ(one.get("shared").value_or(Content{}), content_of(200, 2));
    ASSERT_TRUE(one.remove("shared"));
    EXPECT_EQ(code("get", two.get("shared")), kNotFound);
}

TEST_P(Conformance, StatusTellsWhatServes) {
    Client client = connect();
    const auto status = client.status();
    ASSERT_EQ(code("status", status), 0) << status.error().message;
    EXPECT_EQ(status->object_bytes_max, limits::kPersistentObjectBytesMax);
    EXPECT_TRUE(status->has_ree);
    EXPECT_FALSE(status->ta_version.empty());
    EXPECT_FALSE(status->identity.empty());
}

INSTANTIATE_TEST_SUITE_P(Storage, Conformance, testing::ValuesIn(storages()),
                         [](const auto& parameter) { return name_of(parameter.param); });

}  // namespace
}  // namespace festore::conformance
