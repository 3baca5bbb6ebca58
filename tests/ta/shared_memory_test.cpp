// SPDX-License-Identifier: BSD-2-Clause
// Shared memory that changes at the worst moments: whenever the TA calls into the TEE, all of its input memory is
// overwritten. The TA must copy its inputs before that if it uses them later.
#include "tests/ta/harness/storage_harness.h"

namespace festore::ta {
namespace {

class SharedMemory : public StorageTest {
protected:
    void SetUp() override { session_ = session_of(1000); }
    void scribble(bool on) {
        sim::Faults faults;
        faults.scribbles_over_inputs = on;
        tee_.set_faults(faults);
    }
    uint32_t session_ = 0;
};

TEST_F(SharedMemory, ANameIsTheOneThatWasAskedFor) {
    scribble(true);
    EXPECT_EQ(put(session_, "a name", filled(50, 1)), 0U);
    EXPECT_EQ(put(session_, "a name", filled(60, 1)), 0U);
    scribble(false);
    const auto before = metadata(session_, "a name");
    ASSERT_TRUE(before);
    EXPECT_EQ(before->version, 2U) << "the second put found the first";
    EXPECT_EQ(before->content_size, 60U);
    const Listed listed = list(session_);
    EXPECT_EQ(listed.names, std::vector<std::string>{"a name"});
    EXPECT_EQ(listed.damaged, 0U) << "the objects match their ids";

    scribble(true);
    Content content(60);
    EXPECT_EQ(get(session_, "a name", content).result, 0U);
    EXPECT_EQ(stat(session_, "a name"), 0U);
    EXPECT_EQ(remove(session_, "a name"), 0U);
    scribble(false);
    EXPECT_TRUE(ids().empty());
}

TEST_F(SharedMemory, ConditionsAndFlagsAreThoseThatWereAskedFor) {
    ASSERT_EQ(put(session_, "a", filled(1, 1)), 0U);
    scribble(true);
    EXPECT_EQ(put(session_, "a", filled(1, 1), protocol::kPutIfAbsent), number(Code::access_conflict));
    EXPECT_EQ(put(session_, "a", filled(1, 1), protocol::kPutIfVersion, 7), number(Code::version_conflict));
    EXPECT_EQ(put(session_, "a", filled(1, 1), protocol::kPutIfVersion | protocol::kPutWriteOnce, 1), 0U);
    EXPECT_EQ(put(session_, "a", filled(1, 1)), number(Code::write_once));
    scribble(false);
}

TEST_F(SharedMemory, ThePrefixAndTheCursorOfAListingAreThoseThatWereAskedFor) {
    std::vector<std::string> expected;
    for (int i = 0; i < 30; ++i) {
        expected.push_back("ours/" + std::to_string(100 + i) + std::string(50, '.'));
        ASSERT_EQ(put(session_, expected.back(), filled(1, 1)), 0U);
        ASSERT_EQ(put(session_, "others/" + std::to_string(i), filled(1, 1)), 0U);
    }
    scribble(true);
    const Listed listed = list(session_, "ours/", limits::kListBufferBytesMin);
    scribble(false);
    EXPECT_EQ(listed.names, expected);
    EXPECT_GT(listed.pages, 3);
    EXPECT_EQ(listed.damaged, 0U);
}

TEST_F(SharedMemory, TheDemosIdIsTheOneThatWasAskedFor) {
    const uint32_t everyone = public_session();
    std::string id = "object#1";
    Content data = filled(7000, 0x42);
    sim::Params params;
    params.types = types(kIn, kIn, kNone, kNone);
    params.values[0] = {id.data(), id.size(), 0, 0};
    params.values[1] = {data.data(), data.size(), 0, 0};
    uint32_t origin = 0;
    scribble(true);
    EXPECT_EQ(tee_.invoke(everyone, 0, params, &origin), 0U);
    scribble(false);
    EXPECT_EQ(content(everyone, "object#1").value_or(Content{}).size(), 7000U);
    EXPECT_EQ(list(everyone).damaged, 0U);
}

// The stored content may be any that the memory held meanwhile, but it must be a single one, of the size in the header.
TEST_F(SharedMemory, AContentIsCopiedOnce) {
    scribble(true);
    EXPECT_EQ(put(session_, "a", filled(3000, 1)), 0U);
    scribble(false);
    const Content stored = content(session_, "a").value_or(Content{});
    ASSERT_EQ(stored.size(), 3000U);
    EXPECT_EQ(stored, Content(3000, stored.front()));
}

TEST_F(SharedMemory, AnIdentityIsComparedAsItWasClaimed) {
    scribble(true);
    EXPECT_NE(session_of(1001), 0U);
    scribble(false);
}

}  // namespace
}  // namespace festore::ta
