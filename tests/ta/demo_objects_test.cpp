// SPDX-License-Identifier: BSD-2-Clause
// Objects that the first demo's TA left in the storage: raw content under the caller's own bytes, as public objects. They are found,
// read, removed, and hidden by a put that replaces them. Also: the state after a crash between the two steps of a put or rm.
#include "base/name.h"
#include "tests/ta/harness/storage_harness.h"

namespace festore::ta {
namespace {

class DemoObjects : public StorageTest {
protected:
    void SetUp() override { everyone_ = public_session(); }
    void store_as_the_demo(std::string_view id, const Content& content) { forge(bytes_of(id), content); }
    bool demo_has(std::string_view id) { return stored(bytes_of(id)).has_value(); }

    const std::string longest_ = std::string(limits::kObjectIdBytesMax, 'i');
    uint32_t everyone_ = 0;
};

TEST_F(DemoObjects, AreFoundListedReadAndRemoved) {
    for (const std::string& id : {std::string("x"), std::string("object#1"), longest_}) {
        store_as_the_demo(id, filled(7000, 0x42));
        const auto found = metadata(everyone_, id);
        ASSERT_TRUE(found) << id;
        EXPECT_EQ(found->flags, protocol::kObjectLegacy);
        EXPECT_EQ(found->content_size, 7000U);
        EXPECT_EQ(found->version, 0U);
        EXPECT_EQ(content(everyone_, id), filled(7000, 0x42));
        EXPECT_EQ(list(everyone_).legacy, std::vector<std::string>{id});
        EXPECT_EQ(list(everyone_, id.substr(0, 1)).names, std::vector<std::string>{id});
        EXPECT_TRUE(list(everyone_, "another prefix").names.empty());
        EXPECT_EQ(remove(everyone_, id), 0U);
        EXPECT_FALSE(demo_has(id));
        EXPECT_EQ(stat(everyone_, id), number(Code::item_not_found));
        EXPECT_EQ(remove(everyone_, id), number(Code::item_not_found));
    }
    EXPECT_TRUE(ids().empty());
}

TEST_F(DemoObjects, MayHaveIdsThatAreNoNames) {
    using namespace std::string_view_literals;
    constexpr std::array kIds = {""sv, "a\nb"sv, "\xff\xfe"sv, "\0"sv, "zero\0inside"sv, "FSO"sv, "FSO\x02 not ours"sv};
    for (const std::string_view id : kIds) {
        store_as_the_demo(id, filled(70, 0x42));
        EXPECT_EQ(list(everyone_).legacy, std::vector<std::string>{std::string(id)});
        EXPECT_TRUE(metadata(everyone_, id));
        EXPECT_EQ(content(everyone_, id), filled(70, 0x42));
        if (check_name(bytes_of(id)) != NameFault::none) {
            EXPECT_EQ(put(everyone_, id, filled(5, 1)), number(Code::bad_format)) << "nothing new gets such a name";
        }
        const uint32_t user = session_of(1000);
        EXPECT_NE(stat(user, id), 0U) << "not in a user's space";
        EXPECT_NE(remove(user, id), 0U);
        tee_.close_session(user);
        EXPECT_EQ(remove(everyone_, id), 0U);
        EXPECT_TRUE(ids().empty());
    }
    EXPECT_EQ(stat(everyone_, std::string(limits::kObjectIdBytesMax + 1, '\n')), number(Code::bad_format));
}

// If a client could ask for any id, it could read the public objects.
TEST_F(DemoObjects, AreNotWhatIsAskedForByTheIdOfAnothersObject) {
    const uint32_t alice = session_of(1000);
    const Content id = put_new(alice, "private", filled(50, 0xA1));
    const std::string as_name = text(id);
    Content buffer(200);
    EXPECT_EQ(get(everyone_, as_name, buffer).result, number(Code::item_not_found));
    EXPECT_EQ(stat(everyone_, as_name), number(Code::item_not_found));
    EXPECT_EQ(remove(everyone_, as_name), number(Code::item_not_found));
    EXPECT_NE(put(everyone_, as_name, filled(1, 1)), 0U);
    EXPECT_EQ(content(alice, "private"), filled(50, 0xA1));
}

TEST_F(DemoObjects, MayBeEmptyAndMayLookLikeAnythingInside) {
    store_as_the_demo("empty", {});
    const Content looks_new = stored(put_new(everyone_, "new", filled(10, 1))).value_or(Content{});
    store_as_the_demo("looks new", looks_new);
    EXPECT_EQ(content(everyone_, "empty"), Content{});
    EXPECT_EQ(content(everyone_, "looks new"), looks_new) << "raw, whatever is in it";
    EXPECT_EQ(list(everyone_).names, (std::vector<std::string>{"empty", "looks new", "new"}));
}

TEST_F(DemoObjects, AreReplacedByAPut) {
    for (const std::string& id : {std::string("x"), longest_}) {
        store_as_the_demo(id, filled(7000, 0x42));
        EXPECT_EQ(put(everyone_, id, filled(1, 1), protocol::kPutIfAbsent), number(Code::access_conflict));
        EXPECT_EQ(put(everyone_, id, filled(1, 1), protocol::kPutIfVersion, 5), number(Code::version_conflict));
        EXPECT_TRUE(demo_has(id)) << "a condition that fails changes nothing";
        EXPECT_EQ(put(everyone_, id, filled(5, 1)), 0U);
        EXPECT_FALSE(demo_has(id)) << "the old bytes are gone";
        EXPECT_EQ(content(everyone_, id), filled(5, 1));
        const auto found = metadata(everyone_, id);
        ASSERT_TRUE(found);
        EXPECT_EQ(found->flags, 0);
        EXPECT_EQ(found->version, 1U);
        EXPECT_EQ(remove(everyone_, id), 0U);
        EXPECT_TRUE(ids().empty());
    }
}

// A crash after a put stored the new object and before it removed the demo's.
TEST_F(DemoObjects, AreHiddenByTheObjectThatReplacedThem) {
    ASSERT_EQ(put(everyone_, "x", filled(5, 1)), 0U);
    store_as_the_demo("x", filled(7000, 0x42));
    EXPECT_EQ(content(everyone_, "x"), filled(5, 1));
    const Listed listed = list(everyone_);
    EXPECT_EQ(listed.names, std::vector<std::string>{"x"}) << "listed once";
    EXPECT_TRUE(listed.legacy.empty()) << "as the new object";
    EXPECT_EQ(listed.damaged, 0U);
}

TEST_F(DemoObjects, AreRemovedTogetherWithWhatReplacedThem) {
    for (const std::string& id : {std::string("x"), longest_}) {
        ASSERT_EQ(put(everyone_, id, filled(5, 1)), 0U);
        store_as_the_demo(id, filled(7000, 0x42));
        EXPECT_EQ(remove(everyone_, id), 0U);
        EXPECT_TRUE(ids().empty()) << "both";
        EXPECT_EQ(stat(everyone_, id), number(Code::item_not_found));
    }
}

// If the new object were removed first, a crash or failure in between would bring the old content back.
TEST_F(DemoObjects, NeverComeBackWhenARemovalFailsHalfway) {
    for (uint64_t n = 1; n < 6; ++n) {
        ASSERT_EQ(put(everyone_, "x", filled(5, 1)), 0U);
        store_as_the_demo("x", filled(7000, 0x42));
        sim::Faults faults;
        faults.storage = n;
        faults.storage_code = number(Code::storage_not_available);
        tee_.set_faults(faults);
        (void)remove(everyone_, "x");
        tee_.set_faults({});
        EXPECT_NE(content(everyone_, "x"), filled(7000, 0x42)) << "n = " << n;
        (void)remove(everyone_, "x");
        EXPECT_TRUE(ids().empty()) << "n = " << n;
    }
}

TEST_F(DemoObjects, AreNotInAUsersOrGroupsSpaceNorInAnotherStorage) {
    store_as_the_demo("x", filled(7000, 0x42));
    const uint32_t user = session_of(1000);
    EXPECT_EQ(stat(user, "x"), number(Code::item_not_found));
    EXPECT_EQ(remove(user, "x"), number(Code::item_not_found));
    EXPECT_TRUE(list(user).names.empty());
    EXPECT_EQ(put(user, "x", filled(1, 1), protocol::kPutIfAbsent), 0U);
    EXPECT_TRUE(demo_has("x"));

    storage_ = protocol::Storage::rpmb;
    store_as_the_demo("x", filled(7000, 0x42));
    EXPECT_EQ(stat(everyone_, "x"), number(Code::item_not_found)) << "the demo stored in the default storage only";
    EXPECT_TRUE(list(everyone_).names.empty());
}

TEST_F(DemoObjects, DoNotHaveNamesThatAreTooLongForTheirIds) {
    const std::string longer(limits::kObjectIdBytesMax + 1, 'i');
    store_as_the_demo(longest_, filled(7, 7));
    EXPECT_EQ(stat(everyone_, longer), number(Code::item_not_found));
    EXPECT_EQ(remove(everyone_, longer), number(Code::item_not_found));
    EXPECT_TRUE(demo_has(longest_));
}

TEST_F(DemoObjects, AreNotWhatBelongsToOtherUsers) {
    ASSERT_EQ(put(session_of(1000), "private", filled(5, 1)), 0U);
    const Listed listed = list(everyone_);
    EXPECT_TRUE(listed.names.empty());
    EXPECT_EQ(listed.damaged, 0U);
}

}  // namespace
}  // namespace festore::ta
