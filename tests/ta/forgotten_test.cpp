// SPDX-License-Identifier: BSD-2-Clause
// Rule 32: after the last session of a store closes, nothing of the store is in the TA's memory, even if the instance lives on for
// another owner; and after each call, the memory holds only what a later call needs. The tests search the memory: the heap, including
// what was freed; the keys that the TEE has set up for the TA; the stack.
#include "engine/keys.h"
#include "ta/session.h"
#include "tests/ta/harness/store_harness.h"

namespace festore::ta {
namespace {

constexpr size_t kSecretOffset = 192;  // in a root record (docs/format-store.md)
constexpr std::string_view kName = "a name that is looked for";

sim::Config keeping() {
    sim::Config config;
    config.keeps_memory = true;
    return config;
}

Content looked_for(size_t size, unsigned seed) {
    Content content(size);
    uint32_t state = seed * 77 + 1;
    for (std::byte& b : content) {
        state = state * 1664525U + 1013904223U;
        b = static_cast<std::byte>(state >> 24);
    }
    return content;
}

Session* context_of_last_call = nullptr;

class Rule32 : public StoreCommands {
protected:
    Rule32() : StoreCommands(keeping()) {
        sim::TaImage image = host_image();
        image.invoke_command = [](void* context, uint32_t command, uint32_t types, void* params) -> uint32_t {
            context_of_last_call = static_cast<Session*>(context);
            return host_image().invoke_command(context, command, types, params);
        };
        tee_.install(image);
    }
    void SetUp() override {
        others_ = session_of(7);
        make_store(others_, others_disk_);
        ASSERT_EQ(store_put(others_, others_disk_, "x", filled(10, 1)), 0U);
        session_ = session_of(1000);
        make_store(session_, disk_);
        ASSERT_EQ(store_put(session_, disk_, kName, inlined_), 0U);
        learn_secrets();
    }
    // Collects the secret from the TEE's storage, the keys derived from it, the name and the contents.
    void learn_secrets() {
        for (const Content& id : ids()) {
            const Content table = stored(id).value();
            const Bytes places = engine::places_of_table(table).value_or(Bytes());
            for (size_t at = 0; at < places.size(); at += engine::kRootRecordBytes) {
                const auto record = engine::decode_root_record(places.subspan(at, engine::kRootRecordBytes));
                if (!record || record->store_id != disk_.header.store_id) continue;
                EXPECT_EQ(text(record->secret), text(places.subspan(at + kSecretOffset, 32)));
                add("the store's secret", record->secret);
                engine::OpenSslCrypto crypto;
                const Content device_key = device_key_of_simulation();
                const auto keys = engine::derive_store_keys(crypto, device_key, *record);
                ASSERT_TRUE(keys);
                add("page key", keys->page.expose());
                add("nonce key", keys->nonce.expose());
                add("payload base key", keys->payload.expose());
            }
        }
        add("the name", bytes_of(kName));
        add("an inlined content", inlined_);
        add("a larger content", Bytes(larger_).subspan(100, 64));
        ASSERT_EQ(secrets_.size(), 7U);
    }
    void add(std::string what, Bytes bytes) { secrets_[std::move(what)] = Content(bytes.begin(), bytes.end()); }
    // The secrets that are in the memory.
    std::set<std::string> in_memory() const { return in(tee_.ta_memory(protocol::kTaUuid)); }
    std::set<std::string> in(const Content& memory) const {
        std::set<std::string> found;
        for (const auto& [what, bytes] : secrets_)
            if (text_of(Bytes(memory)).find(text_of(Bytes(bytes))) != std::string_view::npos) found.insert(what);
        return found;
    }

    // Seals the larger content and commits it.
    void put_larger() {
        const Called begun = store(session_, Command::store_begin_upload, protocol::BeginUploadRequest{4096});
        const auto upload = protocol::decode<protocol::BeginUploadAnswer>(begun.answer);
        ASSERT_TRUE(upload);
        Content memory(3 * 16 + larger_.size());
        copy_bytes(larger_, MutableBytes(memory).subspan(3 * 16));
        const protocol::SegmentsRequest request{upload->payload, 0, true, static_cast<uint32_t>(larger_.size())};
        ASSERT_EQ(store(session_, Command::store_seal_segments, request, {&memory, kInOut}).result, 0U);
        sealed_ = memory;
        protocol::StorePutRequest put;
        put.flags = protocol::kStoreSingle;
        put.inlined = false;
        put.payload = upload->payload;
        put.size = larger_.size();
        put.name = bytes_of("larger");
        const Called called = paged(session_, disk_, Command::store_put, put);
        const auto answer = protocol::decode<protocol::ChangeAnswer>(called.answer);
        ASSERT_EQ(called.result, 0U);
        ASSERT_TRUE(answer);
        ASSERT_EQ(commit(session_, {answer->transaction, answer->generation}), 0U);
        EXPECT_FALSE(context_of_last_call->store.upload) << "not needed once its object is committed";
    }
    void get_larger() {
        Content none(10);
        ASSERT_EQ(store_get(session_, disk_, "larger", none).result, 0U);
        const auto& payload = context_of_last_call->store.payload;
        ASSERT_TRUE(payload);
        add("payload key", payload->key.expose());
        Content memory = sealed_;
        const protocol::SegmentsRequest request{payload->id, 0, true, static_cast<uint32_t>(larger_.size())};
        ASSERT_EQ(store(session_, Command::store_read_segments, request, {&memory, kInOut}).result, 0U);
        memory.resize(larger_.size());
        ASSERT_EQ(memory, larger_);
    }
    void begin_batch() {
        ASSERT_EQ(begin(session_), 0U);
        ASSERT_EQ(batch_put(session_, disk_, "in a batch", inlined_), 0U);
    }

    const Content inlined_ = looked_for(300, 1);
    const Content larger_ = looked_for(9000, 2);
    std::map<std::string, Content> secrets_;
    Content sealed_;
    uint32_t others_ = 0;
    uint32_t session_ = 0;
    Disk others_disk_;
    Disk disk_;
};

using Found = std::set<std::string>;

TEST_F(Rule32, NothingOfAStoreIsLeftWhenItsLastSessionCloses) {
    put_larger();
    get_larger();
    const Found before = in_memory();
    for (const char* what : {"the store's secret", "page key", "nonce key", "the name", "an inlined content", "payload key"})
        EXPECT_TRUE(before.contains(what)) << what << ": found while it is in memory";
    const uint32_t second = session_of(1000);
    ASSERT_EQ(open_store(second, disk_), 0U);
    tee_.close_session(session_);
    EXPECT_TRUE(in_memory().contains("the store's secret")) << "another session has the store open";
    tee_.close_session(second);
    EXPECT_EQ(in_memory(), Found{});
    EXPECT_EQ(store_stat(others_, others_disk_, "x"), 0U) << "the instance lives";
}

TEST_F(Rule32, NorOfATransactionOrAnUploadThatNobodyEnded) {
    put_larger();
    get_larger();
    begin_batch();
    ASSERT_EQ(store(session_, Command::store_begin_upload, protocol::BeginUploadRequest{4096}).result, 0U);
    add("key of an upload", Bytes(context_of_last_call->store.upload->entry().payload.key));
    EXPECT_TRUE(in_memory().contains("key of an upload"));
    tee_.close_session(session_);
    EXPECT_EQ(in_memory(), Found{});
}

TEST_F(Rule32, NorOfOneThatWasMadeAndNeverCreatedOrPrepared) {
    const Prepared prepared = prepare_put(session_, disk_, "other", inlined_);
    ASSERT_EQ(prepared.result, 0U);
    tee_.close_session(session_);
    EXPECT_EQ(in_memory(), Found{});
    session_ = session_of(1001);
    Disk made;
    ASSERT_EQ(make(session_, made).result, 0U);
    add("secret of one that was made", context_of_last_call->store.made->record.secret);
    EXPECT_TRUE(in_memory().contains("secret of one that was made"));
    tee_.close_session(session_);
    EXPECT_EQ(in_memory(), Found{});
}

TEST_F(Rule32, NorWhenAnotherOwnersCallsCameInBetween) {
    put_larger();
    get_larger();
    ASSERT_EQ(store_stat(others_, others_disk_, "x"), 0U);  // the pages that are in memory are now theirs
    tee_.close_session(session_);
    EXPECT_EQ(in_memory(), Found{});
}

TEST_F(Rule32, NorOfADestroyedStore) {
    put_larger();
    get_larger();
    begin_batch();
    ASSERT_EQ(destroy(session_, disk_), 0U);
    EXPECT_EQ(in_memory(), Found{}) << "though its session is still open";
}

TEST_F(Rule32, NorOfARepair) {
    ASSERT_EQ(store_put(session_, disk_, "second", filled(10, 1)), 0U);  // for two recovery copies
    lose(kTable);
    session_ = session_of(1000);
    protocol::RepairRequest request;
    request.store_id = disk_.header.store_id;
    request.anchor = disk_.header.anchor;
    request.key_check = disk_.header.key_check;
    for (const bool is_aborted : {true, false}) {
        ASSERT_EQ(paged(session_, disk_, Command::store_repair_begin, request).result, 0U);
        ASSERT_EQ(paged(session_, disk_, Command::store_repair_step, protocol::PrepareRequest{}).result, 0U);
        EXPECT_TRUE(in_memory().contains("the store's secret"));
        EXPECT_TRUE(in_memory().contains("an inlined content"));
        if (is_aborted) ASSERT_EQ(store(session_, Command::store_abort, protocol::TransactionRequest{}).result, 0U);
        else tee_.close_session(session_);
        EXPECT_EQ(in_memory(), Found{});
    }
}

// Nobody has this store open, but the table with its record is read for another store.
TEST_F(Rule32, ARecordIsNotInMemoryBecauseAnotherOwnersIs) {
    tee_.close_session(session_);
    tee_.close_session(others_);  // the instance ends
    others_ = session_of(7);
    ASSERT_EQ(open_store(others_, others_disk_), 0U);
    ASSERT_EQ(store_put(others_, others_disk_, "z", filled(10, 3)), 0U);
    EXPECT_EQ(in_memory(), Found{});
    const uint32_t root = session_of(0);
    for (uint16_t place = 0; place < 3; ++place)
        (void)store(root, Command::store_record_at, protocol::RecordAtRequest{Anchor::ree, place});
    EXPECT_EQ(in_memory(), Found{}) << "root has read all records";
    session_ = session_of(1000);
    EXPECT_EQ(find(session_), 0U);
    EXPECT_EQ(in_memory(), Found{}) << "the owner has looked up the record";
    ASSERT_EQ(open_store(session_, disk_), 0U);
    EXPECT_EQ(in_memory(), Found{"the store's secret"});
}

// When few sessions are left, the TA looks up in the tables who has a store.
TEST_F(Rule32, NorARecordBecauseSessionsWereFew) {
    tee_.close_session(session_);
    tee_.close_session(others_);
    uint32_t session = 0;
    constexpr size_t kKept = limits::kSessionsKeptForOwners + limits::kSessionsKeptForRoot;
    for (uid_t uid = 5000; uid < 5000 + limits::kSessionsMax - kKept; ++uid) ASSERT_EQ(open(user(uid), &session), 0U);
    ASSERT_EQ(tee_.ta_handles_open(protocol::kTaUuid), 0U) << "no table is open yet";
    EXPECT_EQ(open(user(1000), &session), 0U);
    ASSERT_EQ(tee_.ta_handles_open(protocol::kTaUuid), 1U);
    EXPECT_EQ(in_memory(), Found{}) << "the owner has a session, and no store open";
    EXPECT_EQ(open(user(1), &session), number(Code::busy));
    EXPECT_EQ(in_memory(), Found{});
}

// The TA drops the record but keeps what rule 5 needs. A read fails, so the TA reopens the object and sees its current content.
TEST_F(Rule32, Rule05AStoreThatWasClosedHasNotGoneBackWhenItIsOpenedAgain) {
    tee_.close_session(session_);
    ASSERT_EQ(ids().size(), 1U) << "the table alone";
    const Content table = stored(ids().front()).value();
    constexpr size_t kFirst = engine::kTableHeaderBytes;
    const bool is_first = text(Bytes(table).subspan(kFirst + 28, 16)) == text(disk_.header.store_id);
    const size_t place = is_first ? kFirst : kFirst + engine::kRootRecordBytes;
    for (const size_t offset : {size_t{28}, size_t{44}, size_t{52}}) {  // store id, epoch, generation: 1 becomes 0
        Content changed = table;
        changed[place + offset] ^= std::byte{1};
        forge(ids().front(), changed);
        const uint32_t session = session_of(1000);
        sim::Faults faults;
        faults.storage = offset == 28 ? 1 : 0;  // in later rounds the object is already closed
        faults.storage_code = number(Code::storage_not_available);
        tee_.set_faults(faults);
        EXPECT_EQ(open_store(session, disk_), number(Code::corrupt_object)) << "byte " << offset;
        EXPECT_EQ(in_memory(), Found{});
        tee_.close_session(session);
    }
    forge(ids().front(), table);
    session_ = session_of(1000);
    EXPECT_EQ(open_store(session_, disk_), 0U);
}

TEST_F(Rule32, ContentsAreNotInMemoryAfterACall) {
    put_larger();
    EXPECT_FALSE(in_memory().contains("a larger content")) << "sealed";
    get_larger();
    EXPECT_FALSE(in_memory().contains("a larger content")) << "opened";
    ASSERT_EQ(put(session_, "in the TEE", larger_), 0U);
    EXPECT_FALSE(in_memory().contains("a larger content")) << "put into the TEE's storage";
    Content content(larger_.size());
    ASSERT_EQ(get(session_, "in the TEE", content).result, 0U);
    ASSERT_EQ(content, larger_);
    EXPECT_FALSE(in_memory().contains("a larger content")) << "got out of the TEE's storage";
}

// If no store of another owner is open, nothing of any store has to be in memory.
TEST_F(Rule32, AfterTheLastStoreOnlyTheDevicesKeysAreLeft) {
    put_larger();
    get_larger();
    tee_.close_session(session_);
    const size_t heap = tee_.ta_heap_bytes_in_use(protocol::kTaUuid);
    const uint32_t stays = session_of(1002);
    tee_.close_session(others_);
    EXPECT_LT(tee_.ta_heap_bytes_in_use(protocol::kTaUuid), heap);
    add("device key", device_key_of_simulation());
    EXPECT_EQ(in_memory(), Found{"device key"});
    tee_.close_session(stays);
}

}  // namespace
}  // namespace festore::ta
