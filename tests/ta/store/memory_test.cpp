// SPDX-License-Identifier: BSD-2-Clause
// The TA's memory that the store's commands used is wiped before it is freed: pages, contents, keys.
#include "tests/ta/harness/store_harness.h"

namespace festore::ta {
namespace {

class StoreMemory : public StoreCommands {
protected:
    void SetUp() override {
        stays_ = session_of(7);
        session_ = session_of(1000);
        make_store(session_, disk_);
        ASSERT_EQ(store_put(session_, disk_, "object", filled(300, 0x5A)), 0U);
        ASSERT_EQ(store_put(session_, disk_, "other", filled(300, 0x5A)), 0U);
    }
    size_t unwiped() { return tee_.ta_frees_unwiped(protocol::kTaUuid); }
    void begin_batch() {
        ASSERT_EQ(begin(session_), 0U);
        ASSERT_EQ(batch_put(session_, disk_, "in a batch", filled(300, 0x5A)), 0U);
    }
    uint32_t stays_ = 0;  // keeps the instance alive
    uint32_t session_ = 0;
    Disk disk_;
};

TEST_F(StoreMemory, IsWipedAfterEachCall) {
    const size_t before = unwiped();
    ASSERT_EQ(store_put(session_, disk_, "object", filled(300, 0x5B)), 0U);
    EXPECT_EQ(unwiped(), before) << "put";
    Content content(300);
    ASSERT_EQ(store_get(session_, disk_, "object", content).result, 0U);
    EXPECT_EQ(unwiped(), before) << "get";
    content.resize(10);
    ASSERT_EQ(store_get(session_, disk_, "object", content).result, number(Code::short_buffer));
    EXPECT_EQ(unwiped(), before) << "get into a short buffer";
    content.resize(5000);
    ASSERT_EQ(paged(session_, disk_, Command::store_list, protocol::StoreListRequest{}, &content, kOut).result, 0U);
    EXPECT_EQ(unwiped(), before) << "list";
    ASSERT_EQ(paged(session_, disk_, Command::store_scan, protocol::ScanRequest{}, &content, kOut).result, 0U);
    EXPECT_EQ(unwiped(), before) << "scan";
}

TEST_F(StoreMemory, OfATransactionIsWipedHoweverItEnds) {
    const size_t before = unwiped();
    begin_batch();
    ASSERT_EQ(store(session_, Command::store_abort, protocol::TransactionRequest{}).result, 0U);
    EXPECT_EQ(unwiped(), before) << "aborted";
    begin_batch();
    begin_batch();
    EXPECT_EQ(unwiped(), before) << "another one begun";
    tee_.close_session(session_);
    EXPECT_EQ(unwiped(), before) << "its session closed";
}

TEST_F(StoreMemory, OfADestroyedStoreIsWiped) {
    const size_t before = unwiped();
    begin_batch();
    const size_t heap = tee_.ta_heap_bytes_in_use(protocol::kTaUuid);
    ASSERT_EQ(destroy(session_, disk_), 0U);
    EXPECT_LT(tee_.ta_heap_bytes_in_use(protocol::kTaUuid), heap) << "everything kept for it is freed";
    EXPECT_EQ(unwiped(), before);
}

TEST_F(StoreMemory, OfARepairIsWiped) {
    lose(kTable);
    session_ = session_of(1000);
    const size_t before = unwiped();
    protocol::RepairRequest request;
    request.store_id = disk_.header.store_id;
    request.anchor = disk_.header.anchor;
    request.key_check = disk_.header.key_check;
    ASSERT_EQ(paged(session_, disk_, Command::store_repair_begin, request).result, 0U);
    ASSERT_EQ(paged(session_, disk_, Command::store_repair_step, protocol::PrepareRequest{}).result, 0U);
    ASSERT_EQ(store(session_, Command::store_abort, protocol::TransactionRequest{}).result, 0U);
    EXPECT_EQ(unwiped(), before);
}

TEST_F(StoreMemory, OfAnUploadIsWipedWithItsSession) {
    const auto upload = store(session_, Command::store_begin_upload, protocol::BeginUploadRequest{4096});
    const auto answer = protocol::decode<protocol::BeginUploadAnswer>(upload.answer);
    ASSERT_TRUE(answer);
    Content memory = filled(3016, 0x5A);
    ASSERT_EQ(store(session_, Command::store_seal_segments, protocol::SegmentsRequest{answer->payload, 0, true, 3000},
                    {&memory, kInOut}).result, 0U);
    const size_t before = unwiped();
    tee_.close_session(session_);
    EXPECT_EQ(unwiped(), before);
}

}  // namespace
}  // namespace festore::ta
