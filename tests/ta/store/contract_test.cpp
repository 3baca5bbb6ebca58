// SPDX-License-Identifier: BSD-2-Clause
// The contract of the store's commands, with a client that violates it: types, sizes, order, logins. The library does none of
// this, but a client that opens a session without the library can do all of it.
#include "tests/ta/harness/store_harness.h"

namespace festore::ta {
namespace {

struct Shape {
    Command command;
    uint32_t content;
    bool has_area;
};
constexpr Shape kShapes[] = {
    {Command::store_make, kOut, false},          {Command::store_create, kNone, false},
    {Command::store_open, kNone, false},         {Command::store_get, kOut, true},
    {Command::store_stat, kNone, true},          {Command::store_list, kOut, true},
    {Command::store_begin, kNone, false},        {Command::store_put, kIn, true},
    {Command::store_remove, kNone, true},        {Command::store_rename, kNone, true},
    {Command::store_prepare, kNone, true},       {Command::store_commit, kNone, false},
    {Command::store_abort, kNone, false},        {Command::store_outcome, kNone, false},
    {Command::store_begin_upload, kNone, false}, {Command::store_seal_segments, kInOut, false},
    {Command::store_read_segments, kInOut, false}, {Command::store_scan, kOut, true},
    {Command::store_free_list, kNone, true},     {Command::store_find, kNone, false},
    {Command::store_destroy, kNone, false},      {Command::store_repair_begin, kNone, true},
    {Command::store_repair_step, kNone, true},   {Command::store_repair_commit, kNone, false},
    {Command::store_acknowledge, kNone, true},   {Command::store_record_at, kOut, false},
    {Command::store_rebuild_begin, kNone, true}, {Command::store_rebuild_step, kNone, true},
    {Command::store_rebuild_commit, kNone, false}, {Command::store_lost_ranges, kOut, true},
    {Command::store_acknowledge_lost, kNone, true}, {Command::store_finish_move, kNone, false},
    {Command::store_recipher_begin, kNone, true}, {Command::store_reseal_segments, kInOut, false},
    {Command::store_reseal, kNone, true},
};

class StoreContract : public StoreCommands {
protected:
    void SetUp() override { session_ = session_of(1000); }
    // Sends every command with suitable memory and a minimal request.
    void expect_each_refused(uint32_t session, Code code) {
        for (const Shape& shape : kShapes) {
            Content content(1024);
            Content area(protocol::area_bytes(2));
            const Memory memory{shape.content == kNone ? nullptr : &content, shape.content, shape.has_area ? &area : nullptr};
            EXPECT_EQ(store(session, shape.command, protocol::PrepareRequest{{0, 1}}, memory).result, number(code))
                << "command " << static_cast<uint32_t>(shape.command);
        }
    }
    // A stat of a name that does not exist, in `area`, whose size the request gives as `claimed`.
    uint32_t stat_in(Content area, protocol::PageArea claimed, size_t less = 0) {
        return store(session_, Command::store_stat, protocol::StoreNameRequest{claimed, 0, bytes_of("x")}, {nullptr, kNone, &area, less})
            .result;
    }
    uint32_t session_ = 0;
    Disk disk_;
};

TEST_F(StoreContract, EveryCombinationOfParameterTypesIsJudgedBeforeParametersAreTouched) {
    size_t commands = 0;
    for (uint32_t command = 32; command < 90; ++command) {
        size_t accepted = 0;
        for (uint32_t t = 0; t < 8 * 8 * 8 * 8; ++t) {
            if ((t & 7) == 4 || (t >> 3 & 7) == 4 || (t >> 6 & 7) == 4 || (t >> 9 & 7) == 4) continue;  // not a type
            sim::Params params;  // null buffers: a TA that reads one before it checks the types crashes
            params.types = types(t & 7, t >> 3 & 7, t >> 6 & 7, t >> 9 & 7);
            uint32_t origin = 0;
            const uint32_t result = tee_.invoke(session_, command, params, &origin);
            EXPECT_NE(result, 0U);
            EXPECT_NE(result, number(Code::target_dead));
            if (result != number(Code::bad_parameters) && result != number(Code::not_supported)) ++accepted;
        }
        const bool may_do_without = command == static_cast<uint32_t>(Command::store_put) ||
                                    command == static_cast<uint32_t>(Command::store_record_at);
        EXPECT_LE(accepted, may_do_without ? 2U : 1U) << "command " << command << " takes one combination";
        if (accepted > 0) ++commands;
    }
    EXPECT_EQ(commands, std::size(kShapes));
}

TEST_F(StoreContract, TheTypesOfOneCommandAreNotThoseOfAnother) {
    make_store(session_, disk_);
    Content content(1024);
    Content area(protocol::area_bytes(2));
    const protocol::StoreNameRequest request{{0, 2}, 0, bytes_of("x")};
    EXPECT_EQ(store(session_, Command::store_get, request, {&content, kOut, &area}).result, number(Code::item_not_found));
    EXPECT_EQ(store(session_, Command::store_get, request, {&content, kIn, &area}).result, number(Code::bad_parameters));
    EXPECT_EQ(store(session_, Command::store_get, request, {nullptr, kNone, &area}).result, number(Code::bad_parameters));
    EXPECT_EQ(store(session_, Command::store_stat, request, {&content, kOut, &area}).result, number(Code::bad_parameters));
    EXPECT_EQ(store(session_, Command::store_stat, request).result, number(Code::bad_parameters)) << "no area";
}

TEST_F(StoreContract, Rule22NoCommandBeforeTheIdentityIsChecked) {
    uint32_t unchecked = 0;
    ASSERT_EQ(open(user(1000), &unchecked), 0U);
    expect_each_refused(unchecked, Code::bad_state);
    EXPECT_EQ(make(unchecked, disk_).result, number(Code::bad_state));
    make_store(session_, disk_);
    EXPECT_EQ(open_store(unchecked, disk_), number(Code::bad_state)) << "its owner's store, but the identity is unchecked";
    EXPECT_EQ(destroy(unchecked, disk_), number(Code::bad_state));
    EXPECT_EQ(find(session_), 0U);
}

TEST_F(StoreContract, ThePublicHasNoStore) {
    const uint32_t everyone = public_session();
    expect_each_refused(everyone, Code::access_denied);
    EXPECT_EQ(make(everyone, disk_).result, number(Code::access_denied));
    EXPECT_EQ(create(everyone, disk_), number(Code::access_denied));
    EXPECT_TRUE(ids().empty()) << "and no record was written";
    make_store(session_, disk_);
    EXPECT_EQ(open_store(everyone, disk_), number(Code::access_denied));
    EXPECT_EQ(destroy(everyone, disk_), number(Code::access_denied));
}

TEST_F(StoreContract, AnswersNeedRoomBeforeAnythingChanges) {
    ASSERT_EQ(make(session_, disk_).result, 0U);
    answer_room_ = protocol::kStoreAnswerBytesMax - 1;
    expect_each_refused(session_, Code::short_buffer);
    EXPECT_EQ(create(session_, disk_), number(Code::short_buffer));
    answer_room_ = protocol::kStoreAnswerBytesMax;
    EXPECT_EQ(find(session_), number(Code::item_not_found)) << "nothing was created";
    ASSERT_EQ(create(session_, disk_), 0U);

    const Prepared prepared = prepare_put(session_, disk_, "x", filled(10, 1));
    ASSERT_EQ(prepared.result, 0U);
    answer_room_ = 0;
    EXPECT_EQ(commit(session_, prepared.commit), number(Code::short_buffer));
    answer_room_ = protocol::kStoreAnswerBytesMax;
    EXPECT_EQ(store_stat(session_, disk_, "x"), number(Code::item_not_found)) << "nothing was committed";
    EXPECT_EQ(commit(session_, prepared.commit), 0U);
}

TEST_F(StoreContract, ARequestThatIsTooLongIsNotCopied) {
    const auto result = [&](auto command, size_t size) {
        Content request(size);
        Content answer(protocol::kStoreAnswerBytesMax);
        sim::Params params;
        params.types = types(kIn, kOut, kNone, kNone);
        params.values[0] = {request.data(), request.size(), 0, 0};
        params.values[1] = {answer.data(), answer.size(), 0, 0};
        uint32_t origin = 0;
        return tee_.invoke(session_, static_cast<uint32_t>(command), params, &origin);
    };
    EXPECT_EQ(result(Command::store_find, protocol::kStoreRequestBytesMax), number(Code::bad_format));
    EXPECT_EQ(result(protocol::Command::stat, protocol::kRequestBytesMax), number(Code::bad_format));
    for (const size_t more : {size_t{1}, size_t{64}, size_t{100000}}) {
        EXPECT_EQ(result(Command::store_find, protocol::kStoreRequestBytesMax + more), number(Code::bad_parameters)) << more;
        EXPECT_EQ(result(protocol::Command::stat, protocol::kRequestBytesMax + more), number(Code::bad_parameters)) << more;
    }
}

TEST_F(StoreContract, APutIsAsLargeAsItsMemory) {
    make_store(session_, disk_);
    for (const size_t size : {size_t{0}, size_t{9}, size_t{11}, size_t{110}}) {
        Content content = filled(10, 1);
        Content area(protocol::area_bytes(8));
        protocol::StorePutRequest put;
        put.area = {0, 8};
        put.flags = protocol::kStoreSingle;
        put.size = size;
        put.name = bytes_of("x");
        EXPECT_EQ(store(session_, Command::store_put, put, {&content, kIn, &area}).result, number(Code::bad_parameters)) << size;
        EXPECT_EQ(area, Content(area.size())) << "and no page was made from what follows the content";
    }
    protocol::StorePutRequest put;
    put.flags = protocol::kStoreSingle;
    put.size = 1;
    put.name = bytes_of("x");
    EXPECT_EQ(paged(session_, disk_, Command::store_put, put).result, number(Code::bad_parameters)) << "no memory at all";
    EXPECT_EQ(store_stat(session_, disk_, "x"), number(Code::item_not_found));
}

TEST_F(StoreContract, AnObjectsPutIsAsLargeAsItsMemory) {
    for (const uint32_t size : {0U, 9U, 11U, 110U}) {
        Content content = filled(10, 1);
        protocol::PutRequest request;
        request.content_size = size;
        request.name = bytes_of("x");
        EXPECT_EQ(call(session_, protocol::Command::put, request, &content, kIn).result, number(Code::bad_parameters)) << size;
    }
    EXPECT_EQ(stat(session_, "x"), number(Code::item_not_found));
}

TEST_F(StoreContract, AShortBufferSaysWhatIsNeeded) {
    make_store(session_, disk_);
    ASSERT_EQ(store_put(session_, disk_, "x", filled(300, 3)), 0U);
    Content content(299);
    Called called = store_get(session_, disk_, "x", content);
    EXPECT_EQ(called.result, number(Code::short_buffer));
    EXPECT_EQ(called.content_size, 300U);
    EXPECT_EQ(content, Content(299)) << "and writes nothing";
    content.resize(301);
    called = store_get(session_, disk_, "x", content);
    EXPECT_EQ(called.result, 0U);
    EXPECT_EQ(called.content_size, 300U);
    EXPECT_EQ(content.back(), std::byte{0});
}

TEST_F(StoreContract, AnAreaIsAsLargeAsItsRequestSays) {
    make_store(session_, disk_);
    EXPECT_EQ(stat_in(Content(protocol::area_bytes(3)), {0, 3}), number(Code::item_not_found));
    EXPECT_EQ(stat_in(Content(protocol::area_bytes(3)), {0, 3}, 1), number(Code::bad_parameters)) << "one byte less";
    EXPECT_EQ(stat_in(Content(protocol::area_bytes(3)), {0, 3}, protocol::area_bytes(3)), number(Code::bad_parameters));
    EXPECT_EQ(stat_in(Content(protocol::area_bytes(3)), {2, 1}, limits::kPageBytes), number(Code::bad_parameters));
    EXPECT_EQ(stat_in(Content(protocol::area_bytes(129)), {0, 129}), number(Code::bad_format)) << "more than a call takes";
}

TEST_F(StoreContract, APageComesOnceInAnArea) {
    make_store(session_, disk_);
    ASSERT_EQ(store_put(session_, disk_, "y", filled(10, 1)), 0U);
    const uint32_t page = disk_.pages.rbegin()->first;
    const uint32_t copy = disk_.pages.begin()->first;
    ASSERT_LT(copy, page);
    EXPECT_EQ(stat_in(area_of(disk_, {page, copy}, 1), {2, 1}), number(Code::item_not_found));
    EXPECT_EQ(stat_in(area_of(disk_, {page, page}, 1), {2, 1}), number(Code::bad_parameters));
    EXPECT_EQ(stat_in(area_of(disk_, {page, copy, page}, 0), {3, 0}), number(Code::bad_parameters));
}

}  // namespace
}  // namespace festore::ta
