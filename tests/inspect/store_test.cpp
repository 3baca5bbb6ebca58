// SPDX-License-Identifier: BSD-2-Clause
// Reports of `inspect` on intact and damaged stores.
#include "cli/output.h"
#include "tests/inspect/harness.h"

#include <set>

namespace festore::inspect_test {
namespace {

class Stores : public InspectTest {};

TEST_F(Stores, WithoutAKeyThePublicStructure) {
    make_store();
    const InspectAnswer answer = inspect(false);
    EXPECT_EQ(exit_code(answer), 0) << errors_of(answer);
    const Json& d = answer.document;
    EXPECT_EQ(d["kind"], "store");
    EXPECT_EQ(d["key"], "none");
    EXPECT_EQ(d["header"]["login"], "user");
    EXPECT_EQ(d["header"]["tee"], "sim");
    EXPECT_EQ(d["header"]["anchor"], "ree");
    EXPECT_EQ(d["header"]["cipher"], "aes-256-gcm");
    EXPECT_EQ(d["pages"]["recovery_copies"], Json({"filled", "filled"}));
    EXPECT_EQ(d["pages"]["size"].get<uint64_t>() % 4096, 0U);
    EXPECT_EQ(d["payloads"].size(), 2U);
    EXPECT_FALSE(d.contains("objects"));
    EXPECT_EQ(answer.text.find("payload of"), std::string::npos);
    EXPECT_EQ(answer.text.find("größe"), std::string::npos);
}

// Since 1.1 versions are unique: the 40 small objects in order, then the payload, the small payload, and "inline 3" again.
void expect_objects(const InspectAnswer& answer, const Json& objects, const Content& large, bool is_of_1_0 = false) {
    ASSERT_EQ(objects.size(), 32U) << answer.text;
    std::set<uint64_t> versions;
    for (const Json& object : objects) {
        EXPECT_TRUE(object["verified"]);
        EXPECT_FALSE(object["modified"].is_null());
        EXPECT_EQ(object["sha256"] == sha256_of(large), object["name"] == "größe/payload");
        EXPECT_EQ(object["sha256"] == sha256_of(content_of(205, 5)), object["name"] == "inline 5");
        const bool is_replaced = object["name"] == "inline 3";
        versions.insert(object["version"].get<uint64_t>());
        EXPECT_EQ(object["version"] == (is_of_1_0 ? 2 : 43), is_replaced);
        EXPECT_EQ(object["kept"], !is_of_1_0 && object["name"] == "small payload");
        EXPECT_EQ(object["write_once"], object["name"] == "small payload");
        EXPECT_EQ(object["payload"].is_null(), object["name"].get<std::string>().find("payload") == std::string::npos);
    }
    EXPECT_EQ(versions.size(), is_of_1_0 ? 2U : objects.size());
}

TEST_F(Stores, WithTheKeyAllOfIt) {
    make_store();
    const InspectAnswer answer = inspect(true);
    EXPECT_EQ(exit_code(answer), 0) << errors_of(answer);
    const Json& d = answer.document;
    EXPECT_EQ(d["key"], "fits");
    EXPECT_EQ(d["root_record"]["source"], "recovery_copy");
    EXPECT_TRUE(d["root_record"]["fresh"].is_null());
    EXPECT_EQ(d["root_record"]["generation"], 13);
    EXPECT_EQ(d["root_record"]["height"], 2);
    EXPECT_TRUE(d["findings"].empty());
    expect_objects(answer, d["objects"], large_);
    EXPECT_NE(answer.text.find("no proof that it is the newest"), std::string::npos);
}

TEST_F(Stores, WithTheTeesStorageTheRecordInForce) {
    make_store();
    write_tee_storage();
    const InspectAnswer answer = inspect(true, true);
    EXPECT_EQ(exit_code(answer), 0) << errors_of(answer);
    EXPECT_EQ(answer.document["root_record"]["source"], "tee");
    EXPECT_EQ(answer.document["root_record"]["fresh"], true);
    EXPECT_EQ(answer.document["root_record"]["generation"], 13);
    expect_objects(answer, answer.document["objects"], large_);
}

TEST_F(Stores, AnOlderCopyOfTheDirectoryIsSeenWithTheTeesStorage) {
    make_store();
    std::filesystem::copy(store(), folder_ / "older", std::filesystem::copy_options::recursive);
    ASSERT_TRUE(connect().put("one more", content_of(5)));
    write_tee_storage();
    std::filesystem::remove_all(store());
    std::filesystem::rename(folder_ / "older", store());
    EXPECT_EQ(exit_code(inspect(true)), 0) << "by itself it is intact";
    const InspectAnswer answer = inspect(true, true);
    EXPECT_EQ(exit_code(answer), 6) << answer.text;
    EXPECT_NE(errors_of(answer).find("of generation 12, but the root record in force has 14"), std::string::npos)
        << errors_of(answer);
}

TEST_F(Stores, ExtractWritesEveryObject) {
    make_store();
    const std::string long_name = std::string(200, 'n') + "/";
    const std::string longest(127, '/');
    ASSERT_TRUE(connect().put(long_name, content_of(11)));
    ASSERT_TRUE(connect().put(longest, content_of(12)));
    ASSERT_TRUE(connect().put(".hidden", content_of(0)));
    const InspectAnswer answer = inspect(true, false, "out");
    EXPECT_EQ(exit_code(answer), 0) << errors_of(answer);
    EXPECT_EQ(answer.document["extracted"].size(), 35U);
    using ree_fs::test::load;
    EXPECT_EQ(load(folder_ / "out/gr%C3%B6%C3%9Fe%2Fpayload"), large_);
    EXPECT_EQ(load(folder_ / "out/inline%203"), content_of(10, 99));
    EXPECT_EQ(load(folder_ / ("out/" + std::string(200, 'n') + "%2F")), content_of(11));
    EXPECT_TRUE(std::filesystem::exists(folder_ / "out/%2Ehidden"));
    const std::string path = (*object_in(answer, longest))["extracted"];
    EXPECT_TRUE(path.ends_with("=" + sha256_of(bytes_of(longest)))) << path;
    EXPECT_EQ(load(path), content_of(12));
    EXPECT_EQ(exit_code(inspect(true, false, "out")), 4) << "nothing is overwritten";
    EXPECT_EQ(exit_code(inspect(true, false, "store/out")), 2);
}

TEST_F(Stores, AnotherKeyDoesNotFit) {
    make_store();
    InspectRequest request{store(), folder_ / "other-huk", folder_ / "out", {}};
    const InspectAnswer answer = inspect::inspect(request);
    EXPECT_EQ(exit_code(answer), 5);
    EXPECT_NE(errors_of(answer).find("another device"), std::string::npos);
    EXPECT_EQ(answer.document["key"], "does_not_fit");
    EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
}

TEST_F(Stores, AStoreOfNoChangesIsEmpty) {
    ASSERT_TRUE(connect().store()->init());
    const InspectAnswer without = inspect(true);
    EXPECT_EQ(exit_code(without), 0) << errors_of(without);
    EXPECT_EQ(without.document["key"], "fits");
    write_tee_storage();
    const InspectAnswer with = inspect(true, true);
    EXPECT_EQ(exit_code(with), 0) << errors_of(with);
    EXPECT_EQ(with.document["root_record"]["generation"], 0);
    EXPECT_TRUE(with.document["objects"].empty());
}

TEST_F(Stores, WhatIsMissingOrOddIsSaid) {
    make_store();
    const InspectAnswer whole = inspect(true);
    const std::string payload = payload_of(whole, "small payload");
    std::filesystem::rename(store() / payload, folder_ / "kept");
    InspectAnswer answer = inspect(true);
    EXPECT_EQ(exit_code(answer), 6);
    EXPECT_NE(errors_of(answer).find(payload + ", of object small payload: missing"), std::string::npos)
        << errors_of(answer);
    std::filesystem::rename(folder_ / "kept", store() / payload);

    std::ofstream(store() / "payloads" / std::string(32, 'a')) << "stranger";
    std::ofstream(store() / "notes.txt") << "stranger";
    answer = inspect(true);
    EXPECT_EQ(exit_code(answer), 0) << "foreign files are not damage";
    EXPECT_EQ(answer.document["other_names"], Json({"notes.txt"}));
    EXPECT_TRUE(found_at(answer, "payloads/" + std::string(32, 'a'), 0, false));

    std::filesystem::resize_file(store() / payload, 100);
    EXPECT_EQ(exit_code(inspect(true)), 6);
    EXPECT_EQ(exit_code(inspect(false)), 0) << "only the index has its expected length";
    const auto size = std::filesystem::file_size(store() / "pages");
    std::filesystem::resize_file(store() / "pages", size + 1);
    answer = inspect(false);
    EXPECT_EQ(exit_code(answer), 6);
    EXPECT_NE(errors_of(answer).find("not a whole number of pages"), std::string::npos);
    std::filesystem::resize_file(store() / "pages", 4096 * 2);
    EXPECT_EQ(exit_code(inspect(true)), 6);
    std::filesystem::remove(store() / "pages");
    EXPECT_EQ(exit_code(inspect(false)), 6);
}

TEST_F(Stores, AHeaderIsComparedWithWhatIsSealed) {
    make_store();
    for (const uint64_t offset : {0U, 8U, 10U, 11U, 12U, 13U, 16U, 20U, 36U, 52U}) {
        flip("festore.store", offset, 1);
        const InspectAnswer answer = inspect(true);
        const int expected = offset == 8 ? 1 : 6;  // another major version is not read
        EXPECT_EQ(exit_code(answer), expected) << offset << "\n" << errors_of(answer);
        flip("festore.store", offset, 1);
    }
    std::filesystem::remove(store() / "festore.store");
    const InspectAnswer answer = inspect(true);
    EXPECT_EQ(exit_code(answer), 6);
    EXPECT_NE(errors_of(answer).find("festore.store: missing"), std::string::npos);
    EXPECT_EQ(answer.document["objects"].size(), 32U) << "sealed data is read nevertheless";
}

TEST_F(Stores, ATeesStorageThatDoesNotBelongToIt) {
    make_store();
    write_tee_storage();
    InspectRequest request{store(), folder_ / "huk", {}, folder_ / "nowhere"};
    EXPECT_EQ(exit_code(inspect::inspect(request)), 1);
    request.tee_storage = store();
    EXPECT_EQ(exit_code(inspect::inspect(request)), 1) << "no storage directory";
    request.tee_storage = folder_ / "tee";
    request.huk_file.clear();
    EXPECT_EQ(exit_code(inspect::inspect(request)), 2);
    request = {folder_ / "tee", folder_ / "huk", {}, folder_ / "tee"};
    EXPECT_EQ(exit_code(inspect::inspect(request)), 2);
    // Another device's store: the same owner, another TEE.
    std::filesystem::rename(folder_ / "tee", folder_ / "tee-1");
    tee_ = std::make_unique<sim::Tee>(sim::Config{});
    tee_->install(ta::host_image());
    sim::use_tee(tee_.get());
    ASSERT_TRUE(connect("second").put("a", content_of(1)));
    write_tee_storage();
    const InspectAnswer answer = inspect(true, true);
    EXPECT_EQ(exit_code(answer), 6);
    EXPECT_NE(errors_of(answer).find("has none of this store"), std::string::npos) << errors_of(answer);
    EXPECT_EQ(answer.document["objects"].size(), 32U);
}

TEST_F(Stores, OfAnchorRpmbNoFileHasTheRecord) {
    InitOptions options;
    options.anchor = Anchor::rpmb;
    {
        Client client = connect();
        ASSERT_TRUE(client.store()->init(options));
        ASSERT_TRUE(client.put("a", content_of(5000)));
    }
    std::filesystem::create_directory(folder_ / "tee");
    EXPECT_EQ(exit_code(inspect(true, true)), 2);
    const InspectAnswer answer = inspect(true);
    EXPECT_EQ(exit_code(answer), 0) << errors_of(answer);
    EXPECT_EQ(answer.document["header"]["anchor"], "rpmb");
    EXPECT_FALSE(answer.document.contains("objects")) << "the recovery copies need a secret that only the RPMB has";
    EXPECT_NE(answer.text.find("sealed with a secret that only the RPMB of its device has"), std::string::npos) << answer.text;
}

class StoreSamples : public InspectTest, public testing::WithParamInterface<const char*> {};

// A store made by make_store() in that version of the format. FESTORE_WRITE_SAMPLES=1 writes a missing sample into the source
// folder: only for a new version of the format, in addition to the old ones.
TEST_P(StoreSamples, TheSampleIsRead) {
    const std::filesystem::path sample = std::filesystem::path(FESTORE_STORE_SAMPLES) / GetParam();
    if (std::getenv("FESTORE_WRITE_SAMPLES") != nullptr && !std::filesystem::exists(sample)) {
        make_store();
        write_tee_storage();
        std::filesystem::create_directories(sample);
        for (const char* const folder : {"store", "tee"})
            std::filesystem::copy(folder_ / folder, sample / folder, std::filesystem::copy_options::recursive);
    }
    const InspectRequest request{sample / "store", folder_ / "huk", {}, sample / "tee"};
    const InspectAnswer answer = inspect::inspect(request);
    EXPECT_EQ(exit_code(answer), 0) << errors_of(answer);
    EXPECT_EQ(answer.document["root_record"]["fresh"], true);
    expect_objects(answer, answer.document["objects"], large_, std::string_view(GetParam()) == "1.0");
}
INSTANTIATE_TEST_SUITE_P(Versions, StoreSamples, testing::Values("1.0", "1.1"));

TEST(JsonNames, ComeAsTheyAreOrInHexadecimalDigits) {
    Json utf8, other;
    set_name(utf8, "n\u00e4me");
    set_name(other, std::string_view("\xff\x00z", 3));
    EXPECT_EQ(utf8.dump(), "{\"name\":\"n\u00e4me\"}");
    EXPECT_EQ(other.dump(), R"({"name_hex":"ff007a"})");
}

}  // namespace
}  // namespace festore::inspect_test
