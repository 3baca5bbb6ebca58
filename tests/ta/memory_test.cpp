// SPDX-License-Identifier: BSD-2-Clause
// The TA's heap: memory that held data is wiped before it is freed, and a closed session leaves nothing allocated.
#include "tests/ta/harness/storage_harness.h"

namespace festore::ta {
namespace {

class Memory : public StorageTest {
protected:
    size_t unwiped() { return tee_.ta_frees_unwiped(protocol::kTaUuid); }
    size_t heap() { return tee_.ta_heap_bytes_in_use(protocol::kTaUuid); }
};

TEST_F(Memory, IsWipedBeforeItGoesBack) {
    const uint32_t session = session_of(1000);
    const uint32_t everyone = public_session();
    const size_t before = unwiped();
    ASSERT_EQ(put(session, "x", filled(200 * 1024, 0x11)), 0U);
    EXPECT_EQ(unwiped(), before) << "put";
    Content buffer(200 * 1024);
    ASSERT_EQ(get(session, "x", buffer).result, 0U);
    EXPECT_EQ(unwiped(), before) << "get";
    Content small(10);
    ASSERT_EQ(get(session, "x", small).result, number(Code::short_buffer));
    EXPECT_EQ(unwiped(), before) << "get into a short buffer";
    ASSERT_EQ(list(session).names.size(), 1U);
    EXPECT_EQ(unwiped(), before) << "list";
    forge(bytes_of("object#1"), filled(7000, 0x42));
    ASSERT_EQ(content(everyone, "object#1"), filled(7000, 0x42));
    EXPECT_EQ(unwiped(), before) << "get of the demo's";
    ASSERT_EQ(put(session, "x", filled(5, 1), protocol::kPutIfVersion, 99), number(Code::version_conflict));
    EXPECT_EQ(unwiped(), before) << "put that fails";
}

TEST_F(Memory, IsWipedWhenTheStorageFails) {
    const uint32_t session = session_of(1000);
    ASSERT_EQ(put(session, "x", filled(100 * 1024, 0x11)), 0U);
    const size_t before = unwiped();
    for (uint64_t n = 1; n < 8; ++n) {
        sim::Faults faults;
        faults.storage = n;
        faults.storage_code = number(Code::storage_not_available);
        tee_.set_faults(faults);
        (void)put(session, "y", filled(100 * 1024, 0x11));
        Content buffer(100 * 1024);
        (void)get(session, "x", buffer);
        (void)put(session, "x", filled(100 * 1024, 0x12));
        tee_.set_faults({});
        EXPECT_EQ(unwiped(), before) << "n = " << n;
    }
}

TEST_F(Memory, OfASessionGoesBackWhenItIsClosed) {
    const uint32_t stays = session_of(1000);
    ASSERT_EQ(put(stays, "x", filled(10, 1)), 0U);
    const size_t before = heap();
    for (int i = 0; i < 1000; ++i) tee_.close_session(session_of(1001));
    EXPECT_EQ(heap(), before);
    uint32_t refused = 0;
    for (int i = 0; i < 100; ++i) EXPECT_NE(open({1, {}}, &refused), 0U);
    EXPECT_EQ(heap(), before) << "a refused session takes no memory";
    EXPECT_EQ(stat(stays, "x"), 0U);
}

TEST_F(Memory, OfSessionsClosedInAnyOrderGoesBack) {
    const uint32_t stays = session_of(1000);
    const size_t before = heap();
    std::vector<uint32_t> sessions;
    for (uid_t uid = 2000; uid < 2009; ++uid) sessions.push_back(session_of(uid));
    for (const size_t i : {4U, 0U, 8U, 3U, 5U, 1U, 7U, 2U, 6U}) {
        tee_.close_session(sessions[i]);
        EXPECT_EQ(stat(stays, "x"), number(Code::item_not_found));
    }
    EXPECT_EQ(heap(), before);
}

}  // namespace
}  // namespace festore::ta
