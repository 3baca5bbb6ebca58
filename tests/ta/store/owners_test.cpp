// SPDX-License-Identifier: BSD-2-Clause
// One owner's store, and another user who has all of its files and sends header, pages and segments without the library. The TA
// itself refuses, and nothing that it returns holds a byte of a content.
#include "engine/records/recovery.h"
#include "tests/ta/harness/store_harness.h"

namespace festore::ta {
namespace {

constexpr std::string_view kSecret = "NOT-FOR-OTHERS";
constexpr size_t kSegment = 4096;
constexpr size_t kTag = engine::kTagBytes;

class StoreOwners : public StoreCommands {
protected:
    void SetUp() override {
        alice_ = session_of(1000);
        bob_ = session_of(1001);
        make_store(alice_, hers_);
        ASSERT_EQ(store_put(alice_, hers_, "object", secret(200)), 0U);
        ASSERT_EQ(store_put(alice_, hers_, std::string("named ") + std::string(kSecret), secret(200)), 0U);
    }
    static Content secret(size_t size) {
        Content content(size);
        for (size_t i = 0; i < size; ++i) content[i] = static_cast<std::byte>(kSecret[i % kSecret.size()]);
        return content;
    }
    static bool has_secret(Bytes bytes) { return text_of(bytes).find(kSecret) != std::string_view::npos; }

    // Puts an object of one segment. Returns its payload file.
    Content put_payload(uint32_t session, Disk& disk, std::string_view name, const Content& content, protocol::Id* id) {
        const Called begun = store(session, Command::store_begin_upload, protocol::BeginUploadRequest{kSegment});
        const auto upload = protocol::decode<protocol::BeginUploadAnswer>(begun.answer);
        if (!upload) return {};
        *id = upload->payload;
        Content memory(content.size() + kTag);
        copy_bytes(content, MutableBytes(memory).subspan(kTag));
        const protocol::SegmentsRequest seal{*id, 0, true, static_cast<uint32_t>(content.size())};
        EXPECT_EQ(store(session, Command::store_seal_segments, seal, {&memory, kInOut}).result, 0U);
        protocol::StorePutRequest put;
        put.flags = protocol::kStoreSingle;
        put.inlined = false;
        put.payload = *id;
        put.size = content.size();
        put.name = bytes_of(name);
        const Called called = paged(session, disk, Command::store_put, put);
        const auto answer = protocol::decode<protocol::ChangeAnswer>(called.answer);
        EXPECT_EQ(called.result, 0U);
        EXPECT_TRUE(answer && commit(session, {answer->transaction, answer->generation}) == 0);
        return memory;
    }
    uint32_t read_segment(uint32_t session, const protocol::Id& id, Content& memory) {
        const protocol::SegmentsRequest request{id, 0, true, static_cast<uint32_t>(memory.size() - kTag)};
        return store(session, Command::store_read_segments, request, {&memory, kInOut}).result;
    }
    uint32_t alice_ = 0;
    uint32_t bob_ = 0;
    Disk hers_, his_;
};

TEST_F(StoreOwners, AnothersHeaderOpensNothing) {
    EXPECT_EQ(open_store(bob_, hers_), number(Code::item_not_found)) << "bob has no store";
    make_store(bob_, his_);
    EXPECT_EQ(open_store(bob_, hers_), number(Code::bad_parameters)) << "bob has another store";
    EXPECT_EQ(store_stat(bob_, his_, "object"), number(Code::item_not_found)) << "and still has it open";
    uint32_t group_session = 0;
    ASSERT_EQ(open(group(1000), &group_session), 0U);
    const protocol::HelloRequest hello{protocol::kVersionMajor, 0, protocol::Login::group, 1000};
    ASSERT_EQ(call(group_session, protocol::Command::hello, hello).result, 0U);
    EXPECT_EQ(open_store(group_session, hers_), number(Code::item_not_found)) << "a group of the user's number is another owner";
    EXPECT_EQ(open_store(session_of(0), hers_), number(Code::item_not_found)) << "and so is root";
}

TEST_F(StoreOwners, AnothersPagesAreNotRead) {
    make_store(bob_, his_);
    ASSERT_EQ(store_put(bob_, his_, "object", filled(200, 2)), 0U);
    ASSERT_EQ(store_put(bob_, his_, "other", filled(200, 2)), 0U);
    tee_.close_session(bob_);
    ASSERT_NE(store_stat(alice_, hers_, "object"), number(Code::bad_state)) << "now the TA has none of his pages in memory";
    bob_ = session_of(1001);
    ASSERT_EQ(open_store(bob_, his_), 0U);
    // Brings all of her pages, under their numbers, with each request.
    std::vector<uint32_t> all;
    for (const auto& [page, bytes] : hers_.pages) all.push_back(page);
    const protocol::PageArea claimed{static_cast<uint16_t>(all.size()), kRoom};
    const auto expect_nothing = [&](Command command, const auto& request, uint32_t type) {
        Content area = area_of(hers_, all, kRoom);
        Content content(2000);
        const Called called = store(bob_, command, request, {type == kNone ? nullptr : &content, type, &area});
        const bool asks = Reader(called.answer).u8() == static_cast<uint8_t>(protocol::CallOutcome::need_pages);
        EXPECT_TRUE(called.result != 0 || asks) << static_cast<uint32_t>(command);
        EXPECT_EQ(content, Content(2000)) << static_cast<uint32_t>(command);
        EXPECT_FALSE(has_secret(area) || has_secret(called.answer));
    };
    expect_nothing(Command::store_get, protocol::StoreNameRequest{claimed, 0, bytes_of("object")}, kOut);
    expect_nothing(Command::store_stat, protocol::StoreNameRequest{claimed, 0, bytes_of("object")}, kNone);
    expect_nothing(Command::store_list, protocol::StoreListRequest{claimed, {}, {}}, kOut);
    expect_nothing(Command::store_scan, protocol::ScanRequest{claimed, 0, false, true, {}}, kOut);
}

TEST_F(StoreOwners, AnothersSegmentsAreNotOpened) {
    make_store(bob_, his_);
    protocol::Id her_id{}, his_id{};
    const Content her_file = put_payload(alice_, hers_, "payload", secret(3000), &her_id);
    const Content his_file = put_payload(bob_, his_, "payload", filled(3000, 2), &his_id);
    EXPECT_FALSE(has_secret(her_file));
    ASSERT_EQ(store_get(alice_, hers_, "payload", seen_).result, 0U);
    Content memory = her_file;
    ASSERT_EQ(read_segment(alice_, her_id, memory), 0U);
    EXPECT_TRUE(has_secret(memory)) << "its owner reads it";

    memory = her_file;
    EXPECT_EQ(read_segment(bob_, her_id, memory), number(Code::bad_state)) << "he has looked up nothing";
    ASSERT_EQ(store_get(bob_, his_, "payload", seen_).result, 0U);
    EXPECT_EQ(read_segment(bob_, her_id, memory), number(Code::bad_state)) << "he has looked up his own object";
    EXPECT_EQ(read_segment(bob_, his_id, memory), number(Code::corrupt_object)) << "her segment, sent as his own";
    EXPECT_FALSE(has_secret(memory));
    memory = his_file;
    EXPECT_EQ(read_segment(bob_, his_id, memory), 0U);
}

TEST_F(StoreOwners, AnothersRecordIsNotDestroyed) {
    make_store(bob_, his_);
    EXPECT_EQ(destroy(bob_, hers_), number(Code::bad_parameters)) << "his record is not of that store";
    protocol::DestroyRequest request{Anchor::ree, {true, protocol::Login::user, 1000}, hers_.header.store_id};
    EXPECT_EQ(store(bob_, Command::store_destroy, request).result, number(Code::access_denied));
    const protocol::FindRequest of_alice{Anchor::ree, {true, protocol::Login::user, 1000}};
    EXPECT_EQ(store(bob_, Command::store_find, of_alice).result, number(Code::access_denied));
    EXPECT_EQ(store(bob_, Command::store_record_at, protocol::RecordAtRequest{Anchor::ree, 0}).result, number(Code::access_denied));
    const uint32_t root = session_of(0);
    request.store_id = his_.header.store_id;
    EXPECT_EQ(store(root, Command::store_destroy, request).result, number(Code::bad_parameters)) << "her store, by the id of his";
    EXPECT_EQ(store_stat(alice_, hers_, "object"), 0U);
    EXPECT_EQ(find(bob_), 0U);
    request.store_id = hers_.header.store_id;
    EXPECT_EQ(store(root, Command::store_destroy, request).result, 0U);
    EXPECT_EQ(store_stat(alice_, hers_, "object"), number(Code::bad_state));
}

// Between calls, the TA keeps the pages that it has read and a segment's memory; all owners share them.
TEST_F(StoreOwners, NothingOfAnothersIsInWhatComesBack) {
    make_store(bob_, his_);
    protocol::Id her_id{}, his_id{};
    const Content her_file = put_payload(alice_, hers_, "payload", secret(3000), &her_id);
    const Content his_file = put_payload(bob_, his_, "payload", filled(100, 2), &his_id);
    const auto everything_of_hers = [&] {
        Content content(200);
        ASSERT_EQ(store_get(alice_, hers_, "object", content).result, 0U);
        ASSERT_TRUE(has_secret(content));
        ASSERT_EQ(store_get(alice_, hers_, "payload", content).result, 0U);
        Content memory = her_file;
        ASSERT_EQ(read_segment(alice_, her_id, memory), 0U);
        ASSERT_EQ(store_put(alice_, hers_, "another", secret(500)), 0U);
    };
    keeps_seen_ = true;
    seen_.clear();
    const auto look = [&](const Called& called, const Content& content, const char* what) {
        EXPECT_FALSE(has_secret(called.answer) || has_secret(content) || has_secret(seen_)) << what;
        everything_of_hers();
        seen_.clear();
    };
    everything_of_hers();
    seen_.clear();
    Content content(60000);
    look(store_get(bob_, his_, "payload", content), content, "get");
    look(store_get(bob_, his_, "object", content), content, "get of an object that he does not have");
    look(paged(bob_, his_, Command::store_list, protocol::StoreListRequest{}, &content, kOut), content, "list");
    look(paged(bob_, his_, Command::store_scan, protocol::ScanRequest{}, &content, kOut), content, "scan");
    protocol::Id id{};
    content = put_payload(bob_, his_, "new", filled(100, 3), &id);
    look({}, content, "a put of a payload");
    ASSERT_EQ(store_get(bob_, his_, "payload", content).result, 0U);
    content = his_file;
    EXPECT_EQ(read_segment(bob_, his_id, content), 0U);
    look({}, content, "a segment");
    ASSERT_EQ(store_get(bob_, his_, "payload", content).result, 0U);
    content.assign(his_file.size(), std::byte{});
    EXPECT_EQ(read_segment(bob_, his_id, content), number(Code::corrupt_object));
    look({}, content, "an invalid segment");
    EXPECT_EQ(store_put(bob_, his_, "x", filled(3, 1)), 0U);
    look({}, {}, "a put");
    for (const auto& [page, bytes] : his_.pages) EXPECT_FALSE(has_secret(bytes)) << page;
}

}  // namespace
}  // namespace festore::ta
