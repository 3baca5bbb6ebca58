// SPDX-License-Identifier: BSD-2-Clause
// How many TEE storage calls the TA's commands make; the counts are the same on every machine. Also: nothing is left open.
#include "tests/ta/harness/harness.h"

namespace festore::ta {
namespace {

class Counts : public TaTest {
protected:
    template <class F>
    sim::Counters during(F&& f) {
        const sim::Counters before = tee_.counters();
        f();
        const sim::Counters after = tee_.counters();
        sim::Counters d;
        d.storage_open = after.storage_open - before.storage_open;
        d.storage_create = after.storage_create - before.storage_create;
        d.storage_read = after.storage_read - before.storage_read;
        d.storage_write = after.storage_write - before.storage_write;
        d.storage_delete = after.storage_delete - before.storage_delete;
        d.storage_enumerate = after.storage_enumerate - before.storage_enumerate;
        d.ta_invoke = after.ta_invoke - before.ta_invoke;
        return d;
    }
};

TEST_F(Counts, OfTheCommandsOnOneObject) {
    const uint32_t session = session_of(1000);
    auto d = during([&] { EXPECT_EQ(put(session, "first", filled(100, 1)), 0U); });
    EXPECT_EQ(d.storage_calls(), 3U) << "each instance looks once whether root keeps a list of who may store";
    d = during([&] { EXPECT_EQ(put(session, "a", filled(100, 1)), 0U); });
    EXPECT_EQ(d.storage_open, 1U) << "to check that it is new";
    EXPECT_EQ(d.storage_create, 1U) << "created with its content";
    EXPECT_EQ(d.storage_calls(), 2U);

    d = during([&] { EXPECT_EQ(put(session, "a", filled(100, 2)), 0U); });
    EXPECT_EQ(d.storage_calls(), 3U) << "open, read its header, create";
    EXPECT_EQ(d.storage_write, 0U);

    Content content(100);
    d = during([&] { EXPECT_EQ(get(session, "a", content).result, 0U); });
    EXPECT_EQ(d.storage_calls(), 2U) << "open and read";

    d = during([&] { EXPECT_EQ(stat(session, "a"), 0U); });
    EXPECT_EQ(d.storage_calls(), 2U);

    d = during([&] { EXPECT_EQ(stat(session, "b"), number(Code::item_not_found)); });
    EXPECT_EQ(d.storage_calls(), 1U);

    d = during([&] { EXPECT_EQ(remove(session, "a"), 0U); });
    EXPECT_EQ(d.storage_calls(), 2U) << "open and delete";
}

TEST_F(Counts, OfALargeGetGrowWithItsChunks) {
    const uint32_t session = session_of(1000);
    ASSERT_EQ(put(session, "big", filled(512 * 1024, 7)), 0U);
    Content content(512 * 1024);
    const auto d = during([&] { EXPECT_EQ(get(session, "big", content).result, 0U); });
    EXPECT_EQ(d.storage_open, 1U);
    EXPECT_EQ(d.storage_read, 9U) << "the header and 512 KiB in chunks of 64 KiB";
    EXPECT_EQ(content, filled(512 * 1024, 7));
}

TEST_F(Counts, NothingIsLeftOpenOrAllocatedByAnyCommand) {
    const uint32_t session = session_of(1000);
    ASSERT_EQ(put(session, "warm", filled(10, 1)), 0U);  // derives the key of the ids once
    const size_t heap = tee_.ta_heap_bytes_in_use(protocol::kTaUuid);
    Content content(1000);
    Content page(4096);
    for (int round = 0; round < 3; ++round) {
        EXPECT_EQ(put(session, "x", filled(1000, 1)), 0U);
        EXPECT_EQ(get(session, "x", content).result, 0U);
        EXPECT_EQ(stat(session, "x"), 0U);
        EXPECT_EQ(call(session, protocol::Command::list, protocol::ListRequest{}, &page, kOut).result, 0U);
        EXPECT_EQ(remove(session, "x"), 0U);
        EXPECT_NE(get(session, "x", content).result, 0U);
    }
    EXPECT_EQ(tee_.ta_heap_bytes_in_use(protocol::kTaUuid), heap);
    EXPECT_EQ(tee_.ta_handles_open(protocol::kTaUuid), 0U) << "no idle handles (rule 1)";
}

TEST_F(Counts, TheLargestPutFitsTheHeap) {
    const uint32_t session = session_of(1000);
    const std::string name(limits::kNameBytesMax, 'n');
    EXPECT_EQ(put(session, name, filled(limits::kPersistentObjectBytesMax, 1)), 0U);
    EXPECT_LT(tee_.ta_heap_bytes_peak(protocol::kTaUuid), limits::kTaHeapBytes);
}

}  // namespace
}  // namespace festore::ta
