// SPDX-License-Identifier: BSD-2-Clause
// Somebody changes the header of a store under rpmb, so that destroying it would remove the directory but not the record, and a copy of
// the directory would be served again (rule 25). The TEE finds the record by the store's id.
#include "tests/store/harness/changed_headers.h"

namespace festore::store_test {
namespace {

class ChangedHeader : public ChangedHeaders {
protected:
    void SetUp() override {
        StoreTest::SetUp();
        make("store", "", Anchor::rpmb);
        copy("store", "copy");
    }
    [[nodiscard]] std::filesystem::path store() const { return folder_ / "store"; }
    void change(const std::function<void(protocol::StoreHeader&)>& how) { ChangedHeaders::change("store", how); }
    void put_copy_back() {
        std::filesystem::remove_all(store());
        std::filesystem::rename(folder_ / "copy", store());
    }
    void expect_copy_is_refused() {
        put_copy_back();
        EXPECT_FALSE(connect().get("a"));
        EXPECT_FALSE(connect().store()->repair());
    }
};

TEST_F(ChangedHeader, Rule25AnotherNameKeepsNoRecord) {
    change([](protocol::StoreHeader& header) { header.set_name("another"); });
    const auto destroyed = connect().store()->destroy();
    ASSERT_TRUE(destroyed) << message(destroyed);
    EXPECT_TRUE(destroyed->record_dropped);
    expect_copy_is_refused();
}

TEST_F(ChangedHeader, Rule25AnotherAnchorKeepsNoRecord) {
    change([](protocol::StoreHeader& header) { header.anchor = stored::Anchor::ree; });
    const auto destroyed = connect().store()->destroy();
    ASSERT_TRUE(destroyed) << message(destroyed);
    EXPECT_TRUE(destroyed->record_dropped);
    expect_copy_is_refused();
}

TEST_F(ChangedHeader, Rule25BothKeepNoRecord) {
    change([](protocol::StoreHeader& header) {
        header.anchor = stored::Anchor::ree;
        header.set_name("another");
    });
    ASSERT_TRUE(connect().store()->destroy());
    expect_copy_is_refused();
}

TEST_F(ChangedHeader, Rule25ASilentRpmbIsReported) {
    change([](protocol::StoreHeader& header) { header.anchor = stored::Anchor::ree; });
    for (const Rpmb silent : {Rpmb::not_available, Rpmb::ends_ta}) {
        rpmb_is(silent);
        const auto refused = connect().store()->destroy();
        EXPECT_EQ(code(refused), static_cast<int>(ErrorCode::no_tee)) << message(refused);
        const auto destroyed = client("store", "default").store()->destroy();
        rpmb_is(Rpmb::answers);
        ASSERT_TRUE(destroyed) << message(destroyed);
        EXPECT_FALSE(destroyed->record_dropped);
        EXPECT_TRUE(destroyed->may_be_in_rpmb);
        std::filesystem::copy(folder_ / "copy", store(), std::filesystem::copy_options::recursive);
        change([](protocol::StoreHeader& header) { header.anchor = stored::Anchor::ree; });
    }
}

TEST_F(ChangedHeader, Rule25TheNameOfAnotherStoreHarmsNeither) {
    ASSERT_TRUE(client("other", "other").store()->init({}));
    change([](protocol::StoreHeader& header) { header.set_name("other"); });
    EXPECT_FALSE(connect().store()->destroy()) << "it may be the directory of the other one";
    const auto destroyed = client("store", "default").store()->destroy();
    ASSERT_TRUE(destroyed) << message(destroyed);
    EXPECT_TRUE(destroyed->record_dropped);
    EXPECT_TRUE(connect("other").store()->status());
    expect_copy_is_refused();
}

// Whether the RPMB has a record is not known: "there is none" would be wrong.
TEST_F(ChangedHeader, Rule03ALostDirectoryAndASilentRpmb) {
    std::filesystem::remove_all(store());
    rpmb_is(Rpmb::not_available);
    DestroyOptions lost;
    lost.lost_directory = true;
    const auto destroyed = connect().store()->destroy(lost);
    ASSERT_FALSE(destroyed);
    EXPECT_EQ(destroyed.error().code, ErrorCode::no_tee) << message(destroyed);
    const auto record = connect().store()->record();
    ASSERT_FALSE(record);
    EXPECT_EQ(record.error().code, ErrorCode::no_tee) << message(record);
    EXPECT_NE(record.error().message.find("festore rpmb --none"), std::string::npos) << "the next step: " << message(record);
    rpmb_is(Rpmb::answers);
    EXPECT_TRUE(connect().store()->destroy(lost));
}

TEST_F(ChangedHeader, Rule19ARepairSaysThatTheRpmbIsSilent) {
    for (const Rpmb silent : {Rpmb::not_available, Rpmb::ends_ta}) {
        rpmb_is(silent);
        const auto repaired = connect().store()->repair();
        rpmb_is(Rpmb::answers);
        ASSERT_FALSE(repaired);
        EXPECT_EQ(repaired.error().code, ErrorCode::no_tee) << message(repaired);
        EXPECT_NE(repaired.error().message.find("RPMB"), std::string::npos) << message(repaired);
        EXPECT_NE(repaired.error().message.find("festore rpmb --none"), std::string::npos) << message(repaired);
        EXPECT_TRUE(connect().store()->status()) << "nothing has changed";
    }
}

// One was made under ree without an answer of the RPMB, which has another store of that name.
TEST_F(ChangedHeader, Rule25ANamesakeUnderReeKeepsNobodyFromDestroyingTheOneInTheRpmb) {
    for (const bool has_objects : {true, false}) {
        const std::string in_rpmb = has_objects ? "full" : "empty";
        ASSERT_TRUE(client(in_rpmb, "web").store()->init({Anchor::rpmb}));
        if (has_objects) {
            ASSERT_TRUE(client(in_rpmb, "web").put("a", content_of(10)));
        }
        rpmb_is(Rpmb::not_available);
        ASSERT_TRUE(client("in ree", "web").store()->init({Anchor::ree, Cipher::automatic, true}));
        ASSERT_TRUE(client("in ree", "web").put("b", content_of(10)));
        rpmb_is(Rpmb::answers);
        const auto destroyed = client(in_rpmb, "web").store()->destroy();
        EXPECT_TRUE(destroyed) << message(destroyed);
        EXPECT_TRUE(client("in ree", "web").get("b"));
        ASSERT_TRUE(client("in ree", "web").store()->destroy());
    }
}

}  // namespace
}  // namespace festore::store_test
