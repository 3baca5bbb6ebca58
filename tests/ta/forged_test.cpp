// SPDX-License-Identifier: BSD-2-Clause
// Objects that the TEE authenticates but that are under another object's id or hold bytes that the TA never writes. Nobody can
// make them from outside; the TA checks their owner and name all the same.
#include "tests/ta/harness/storage_harness.h"

#include <algorithm>

namespace festore::ta {
namespace {

constexpr size_t kVersionOffset = 32;  // docs/format-object.md

class Forged : public StorageTest {
protected:
    void SetUp() override {
        alice_ = session_of(1000);
        bob_ = session_of(1001);
    }
    void expect_refused(uint32_t session, std::string_view name) {
        Content buffer(100);
        EXPECT_EQ(get(session, name, buffer).result, number(Code::corrupt_object));
        EXPECT_EQ(buffer, Content(100)) << "and no byte is returned";
        EXPECT_EQ(stat(session, name), number(Code::corrupt_object));
    }
    uint32_t alice_ = 0;
    uint32_t bob_ = 0;
};

TEST_F(Forged, AnotherOwnersObjectIsNotGivenOut) {
    const Content hers = put_new(alice_, "same name", filled(50, 0xA1));
    const Content his = put_new(bob_, "same name", filled(50, 0xB0));
    const Content content_of_hers = stored(hers).value_or(Content{});
    forge(his, content_of_hers);
    expect_refused(bob_, "same name");
    EXPECT_EQ(content(alice_, "same name"), filled(50, 0xA1));
}

TEST_F(Forged, AnObjectOfAnotherNameIsNotGivenOut) {
    const Content one = put_new(alice_, "one", filled(50, 1));
    const Content two = put_new(alice_, "two", filled(50, 2));
    forge(two, stored(one).value_or(Content{}));
    expect_refused(alice_, "two");
    EXPECT_EQ(content(alice_, "one"), filled(50, 1));
}

TEST_F(Forged, AUserAndAGroupOfOneNumberAreNotTheSame) {
    uint32_t group_session = 0;
    ASSERT_EQ(open(group(1000), &group_session), 0U);
    const protocol::HelloRequest hello{1, 0, protocol::Login::group, 1000};
    ASSERT_EQ(call(group_session, protocol::Command::hello, hello).result, 0U);
    const Content of_user = put_new(alice_, "x", filled(50, 1));
    const Content of_group = put_new(group_session, "x", filled(50, 2));
    EXPECT_NE(of_user, of_group);
    forge(of_group, stored(of_user).value_or(Content{}));
    expect_refused(group_session, "x");
}

// A listing selects objects by the owner tag in their ids; the header must agree with it.
TEST_F(Forged, AListingShowsNeitherAnothersObjectNorAnotherName) {
    const Content hers = put_new(alice_, "hers", filled(50, 1));
    const Content his = put_new(bob_, "his", filled(50, 2));
    ASSERT_EQ(put(bob_, "good", filled(1, 1)), 0U);
    const Content content_of_hers = stored(hers).value_or(Content{});
    forge(his, content_of_hers);
    Listed listed = list(bob_);
    EXPECT_EQ(listed.names, std::vector<std::string>{"good"}) << "another owner's";
    EXPECT_EQ(listed.damaged, 1U);

    const Content second = put_new(alice_, "second", filled(50, 3));
    forge(second, content_of_hers);
    listed = list(alice_);
    EXPECT_EQ(listed.names, std::vector<std::string>{"hers"}) << "another name: not twice";
    EXPECT_EQ(listed.damaged, 1U);
}

TEST_F(Forged, ObjectsThatAreNoneAreDamaged) {
    const Content id = put_new(alice_, "x", filled(50, 1));
    const Content good = stored(id).value_or(Content{});
    for (const size_t size : {size_t{0}, size_t{63}, size_t{64}, good.size() - 1}) {
        forge(id, Bytes(good).first(size));
        expect_refused(alice_, "x");
        EXPECT_EQ(list(alice_).damaged, 1U) << size;
    }
    Content longer = good;
    longer.push_back(std::byte{0});
    forge(id, longer);
    expect_refused(alice_, "x");
    forge(id, good);
    EXPECT_EQ(content(alice_, "x"), filled(50, 1));
}

TEST_F(Forged, AVersionThatCannotGrowIsNotReplaced) {
    const Content id = put_new(alice_, "x", filled(50, 1));
    Content last = stored(id).value_or(Content{});
    ASSERT_GT(last.size(), kVersionOffset + 8);
    std::fill_n(last.begin() + kVersionOffset, 8, std::byte{0xFF});
    forge(id, last);
    EXPECT_EQ(put(alice_, "x", filled(50, 2)), number(Code::limit_exceeded));
    EXPECT_EQ(put(alice_, "x", filled(50, 2), protocol::kPutIfVersion, UINT64_MAX), number(Code::limit_exceeded));
    EXPECT_EQ(content(alice_, "x"), filled(50, 1)) << "the object is unchanged";
    const auto found = metadata(alice_, "x");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->version, UINT64_MAX);
    *(last.begin() + kVersionOffset) = std::byte{0xFE};
    forge(id, last);
    EXPECT_EQ(put(alice_, "x", filled(50, 2)), 0U) << "the last version that can grow";
}

TEST_F(Forged, AnObjectOfANewerFormatIsNeitherReadNorReplaced) {
    const Content id = put_new(alice_, "x", filled(50, 1));
    Content newer = stored(id).value_or(Content{});
    newer[4] = std::byte{2};
    forge(id, newer);
    EXPECT_EQ(stat(alice_, "x"), number(Code::not_supported));
    EXPECT_EQ(put(alice_, "x", filled(50, 2)), number(Code::not_supported));
    EXPECT_EQ(stored(id), newer);
}

}  // namespace
}  // namespace festore::ta
