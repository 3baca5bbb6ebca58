// SPDX-License-Identifier: BSD-2-Clause
// Root may list and remove another owner's persistent objects; nobody else may, and nobody may read them. (rule 28)
#include "tests/ta/harness/storage_harness.h"

namespace festore::ta {
namespace {

using protocol::Command;
using protocol::Login;

class OthersObjects : public StorageTest, public testing::WithParamInterface<protocol::Storage> {
protected:
    OthersObjects() { storage_ = GetParam(); }
    void SetUp() override {
        owner_ = session_of(1000);
        for (const char* name : {"a", "b"}) ASSERT_EQ(put(owner_, name, filled(10, 1)), 0U);
    }
    Answer list_of(uint32_t session, protocol::OtherOwner owner, Content& page) {
        protocol::ListOfRequest request{owner, {}};
        request.list.storage = storage_;
        page.assign(4096, std::byte{0});
        return call(session, Command::list_of, request, &page, kOut);
    }
    uint32_t remove_of(uint32_t session, protocol::OtherOwner owner, std::string_view name) {
        return call(session, Command::remove_of, protocol::RemoveOfRequest{owner, {storage_, bytes_of(name)}}).result;
    }
    uint32_t owner_ = 0;
};

TEST_P(OthersObjects, Rule28RootListsAndRemovesThem) {
    const uint32_t root = session_of(0);
    ASSERT_EQ(put(root, "a", filled(20, 2)), 0U) << "root's own object of the same name";
    Content page;
    const Answer listed = list_of(root, {Login::user, 1000}, page);
    const auto answer = protocol::decode<protocol::ListAnswer>(listed.answer);
    ASSERT_TRUE(listed.result == 0 && answer);
    EXPECT_EQ(answer->entries, 2U);
    EXPECT_EQ(remove_of(root, {Login::user, 1000}, "a"), 0U);
    EXPECT_EQ(remove_of(root, {Login::user, 1000}, "a"), number(Code::item_not_found));
    EXPECT_EQ(remove_of(root, {Login::user, 1001}, "b"), number(Code::item_not_found)) << "another owner";
    EXPECT_EQ(list(owner_).names, std::vector<std::string>{"b"});
    EXPECT_EQ(content(root, "a"), filled(20, 2));
}

TEST_P(OthersObjects, Rule28NobodyElseDoes) {
    Content page;
    for (const uint32_t session : {session_of(1001), owner_, public_session()}) {
        EXPECT_EQ(list_of(session, {Login::user, 1000}, page).result, number(Code::access_denied));
        EXPECT_EQ(remove_of(session, {Login::user, 1000}, "a"), number(Code::access_denied));
    }
    const uint32_t root = session_of(0);
    EXPECT_EQ(list_of(root, {Login::public_, 0}, page).result, number(Code::bad_format)) << "the public is not another owner";
    EXPECT_EQ(remove_of(root, {Login::user, 1000}, ""), number(Code::bad_format));
    EXPECT_EQ(list(owner_).names.size(), 2U);
}

INSTANTIATE_TEST_SUITE_P(Storages, OthersObjects, testing::Values(protocol::Storage::ree, protocol::Storage::rpmb),
                         [](const auto& of) { return of.param == protocol::Storage::ree ? "ree" : "rpmb"; });

}  // namespace
}  // namespace festore::ta
