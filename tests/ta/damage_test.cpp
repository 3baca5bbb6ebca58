// SPDX-License-Identifier: BSD-2-Clause
// Objects that the TEE finds damaged: their owner's listing counts them if the owner is known; they are distinguished from absent
// objects, and replaced only by a put without a condition. Also: listings of more objects than one page can sort.
#include "tests/ta/harness/storage_harness.h"

namespace festore::ta {
namespace {

class Damage : public StorageTest {
protected:
    void SetUp() override { session_ = session_of(1000); }
    void put_and_damage(std::string_view name) { damage(put_new(session_, name, filled(50, 1))); }
    uint32_t session_ = 0;
};

TEST_F(Damage, IsNotAbsence) {
    Content buffer(50);
    put_and_damage("x");
    EXPECT_EQ(stat(session_, "x"), number(Code::corrupt_object));
    EXPECT_EQ(stat(session_, "x"), number(Code::item_not_found)) << "the TEE has deleted it";
    put_and_damage("x");
    EXPECT_EQ(get(session_, "x", buffer).result, number(Code::corrupt_object));
    put_and_damage("x");
    EXPECT_EQ(remove(session_, "x"), number(Code::corrupt_object));
    EXPECT_TRUE(ids().empty());
}

TEST_F(Damage, FailsAPutWithAConditionAndNoOther) {
    put_and_damage("x");
    EXPECT_EQ(put(session_, "x", filled(5, 2), protocol::kPutIfAbsent), number(Code::corrupt_object));
    EXPECT_EQ(put(session_, "x", filled(5, 2), protocol::kPutIfAbsent), 0U) << "reported once; now it is absent";
    ASSERT_EQ(remove(session_, "x"), 0U);
    put_and_damage("x");
    EXPECT_EQ(put(session_, "x", filled(5, 2), protocol::kPutIfVersion, 1), number(Code::corrupt_object));
    EXPECT_EQ(put(session_, "x", filled(5, 2), protocol::kPutIfVersion, 1), number(Code::item_not_found));
    put_and_damage("x");
    EXPECT_EQ(put(session_, "x", filled(5, 2)), 0U);
    EXPECT_EQ(content(session_, "x"), filled(5, 2));
}

class DamageOfAnother : public Damage, public testing::WithParamInterface<protocol::Storage> {
protected:
    DamageOfAnother() { storage_ = GetParam(); }
    uint32_t damaged(uint32_t session) {
        const Answer answer = call(session, protocol::Command::count_damaged, protocol::CountDamagedRequest{storage_});
        const auto decoded = protocol::decode<protocol::CountDamagedAnswer>(answer.answer);
        EXPECT_EQ(answer.result, 0U);
        return decoded ? decoded->objects : 0;
    }
};

TEST_P(DamageOfAnother, Rule28DoesNotChangeMyListing) {
    const uint32_t other = session_of(1001);
    const std::vector<std::string> mine = {"a", "b"};
    for (const std::string& name : mine) ASSERT_EQ(put(session_, name, filled(10, 1)), 0U);
    for (const char* name : {"x", "y", "z"}) damage(put_new(other, name, filled(10, 1)));
    const uint32_t everyone = public_session();
    for (const uint32_t session : {session_, other, everyone, session_of(0)}) {
        const Listed listed = list(session);
        EXPECT_EQ(listed.names, session == session_ ? mine : std::vector<std::string>());
        EXPECT_EQ(listed.damaged, 0U) << "the TEE does not say who owns them, so not even their owner's listing counts them";
        EXPECT_EQ(damaged(session), 3U) << "but everyone can ask for their number";
    }
    Content buffer(10);
    EXPECT_EQ(get(other, "x", buffer).result, number(Code::corrupt_object)) << "the owner learns of the damage when reading by name";
    EXPECT_EQ(damaged(session_), 2U) << "then the TEE has deleted it";
}

INSTANTIATE_TEST_SUITE_P(InEachStorage, DamageOfAnother, testing::Values(protocol::Storage::ree, protocol::Storage::rpmb));

// Damage after the first block: the enumeration returns the id, and reading the object finds the damage.
TEST_F(Damage, OfWhatIsNotFestoresUnderAnIdIsItsOwnersAlone) {
    const uint32_t other = session_of(1001);
    forge(put_new(other, "x", filled(10, 1)), filled(200, 7));
    EXPECT_EQ(list(session_).damaged, 0U);
    EXPECT_EQ(list(other).damaged, 1U);
}

TEST_F(Damage, IsCountedByAListingOnceHoweverManyPages) {
    std::vector<std::string> expected;
    std::vector<Content> put_ids;
    for (int i = 0; i < 40; ++i) {
        const std::string name = std::to_string(100 + i) + std::string(60, '.');
        put_ids.push_back(put_new(session_, name, filled(1, 1)));
        if (i % 10 != 3) expected.push_back(name);
    }
    for (const size_t i : {3U, 13U, 23U, 33U}) forge(put_ids[i], filled(200, 7));
    const Listed listed = list(session_, {}, limits::kListBufferBytesMin);
    EXPECT_EQ(listed.names, expected);
    EXPECT_GT(listed.pages, 5);
    EXPECT_EQ(listed.damaged, 4U);
}

class ManyObjects : public StorageTest {};

TEST_F(ManyObjects, ThanOnePageCanSortAreAllListedOnce) {
    const uint32_t session = session_of(1000);
    const uint32_t other = session_of(1001);
    std::vector<std::string> expected;
    for (size_t i = 0; i < limits::kListPageEntriesMax + 100; ++i) {
        expected.push_back(std::to_string(10000 + i));
        ASSERT_EQ(put(session, expected.back(), {}), 0U);
        if (i % 4 == 0) {
            ASSERT_EQ(put(other, expected.back(), {}), 0U);
        }
    }
    const Listed listed = list(session);
    EXPECT_EQ(listed.names, expected);
    EXPECT_EQ(listed.pages, 2) << "the first has as many as can be sorted";
    EXPECT_EQ(list(other).pages, 1) << "others' objects take no room in a page";
    const Listed some = list(session, "1060");
    EXPECT_EQ(some.names.size(), 10U) << "a prefix may leave the first page nearly empty";
    EXPECT_EQ(some.pages, 2);
}

TEST_F(ManyObjects, ExactlyAsManyAsAPageSortsAreOnePage) {
    const uint32_t session = session_of(1000);
    for (size_t i = 0; i < limits::kListPageEntriesMax; ++i) ASSERT_EQ(put(session, std::to_string(10000 + i), {}), 0U);
    const Listed listed = list(session);
    EXPECT_EQ(listed.names.size(), limits::kListPageEntriesMax);
    EXPECT_EQ(listed.pages, 1);
}

}  // namespace
}  // namespace festore::ta
