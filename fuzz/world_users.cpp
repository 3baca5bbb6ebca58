// SPDX-License-Identifier: BSD-2-Clause
// Makes the data of a World's users and checks that they stay intact.
#include "engine/segments.h"
#include "fuzz/world.h"
#include "protocol/messages.h"

namespace festore::fuzz {

using protocol::Command;

namespace {

constexpr size_t kObjects = 24;
constexpr size_t kObjectBytes = 700;
constexpr std::string_view kWitness = "witness";
constexpr size_t kSegmentBytes[] = {UserStore::kSegmentBytes, UserStore::kPayloadBytes - UserStore::kSegmentBytes};

uint32_t number(Command command) { return static_cast<uint32_t>(command); }

MutableBytes memory_of(std::string& text) { return {reinterpret_cast<std::byte*>(text.data()), text.size()}; }

// The content of one segment. The attacker's is all 'p'.
Content segment_of(uint32_t uid, size_t size) {
    Content content(size, std::byte{'p'});
    if (uid != kVictim) return content;
    for (size_t i = 0; i < size; ++i) content[i] = static_cast<std::byte>(kSecret[i % kSecret.size()]);
    return content;
}

// Changes a store: one call, then the commit.
void change(World& world, uint32_t session, UserStore& store, protocol::StorePutRequest put, std::string_view content) {
    put.flags = protocol::kStoreSingle;
    Content memory(content.size());
    copy_bytes(bytes_of(content), memory);
    PagedCall what;
    what.command = number(Command::store_put);
    what.request = [&](protocol::PageArea area) {
        put.area = area;
        return encoded(put);
    };
    if (put.inlined) what.content_type = kIn;
    what.content = memory;
    const Called called = call_with_pages(world, session, store, what);
    const auto answer = protocol::decode<protocol::ChangeAnswer>(called.answer);
    require(called.result == 0 && answer, "an honest put is done");
    const protocol::TransactionRequest commit{answer->transaction, answer->generation};
    require(world.call(session, number(Command::store_commit), encoded(commit)).result == 0, "an honest put is committed");
}

}  // namespace

std::string named_by(uint32_t uid, std::string_view name) {
    return uid == kVictim ? std::string(kSecret) + " " + std::string(name) : std::string(name);
}

std::string content_of(std::string_view name, unsigned version, bool secret) {
    std::string content = std::string(secret ? kSecret : "public") + " " + std::string(name) + " " + std::to_string(version);
    while (content.size() < kObjectBytes) content += content;
    content.resize(kObjectBytes);
    return content;
}

void World::make_store(uint32_t session, stored::Anchor anchor, UserStore& store) {
    Content header(protocol::kStoreHeaderBytes);
    protocol::MakeRequest wanted;
    wanted.anchor = anchor;
    require(call(session, number(Command::store_make), encoded(wanted), kOut, header).result == 0, "a store is made");
    store.header = *protocol::decode_store_header(header);
    const protocol::TransactionRequest create{store.header.store_id, 0};
    require(call(session, number(Command::store_create), encoded(create)).result == 0, "a store is created");
}

void World::make_user(uint32_t uid, UserStore& store) {
    const uint32_t session = session_of(uid);
    if (uid == kGuard) {  // so that the table of the other anchor exists, too
        make_store(session, stored::Anchor::rpmb, store);
        return close(session);
    }
    const std::string witness_name = named_by(uid, kWitness);
    std::string witness = content_of(kWitness, 1, uid == kVictim);
    protocol::PutRequest object;
    object.name = bytes_of(witness_name);
    object.content_size = static_cast<uint32_t>(witness.size());
    require(call(session, number(protocol::Command::put), encoded(object), kIn, memory_of(witness)).result == 0, "an object is put");

    make_store(session, stored::Anchor::ree, store);
    for (size_t i = 0; i < kObjects; ++i) {
        const std::string name = named_by(uid, "object " + std::string(1, static_cast<char>('a' + i)));
        store.objects[name] = content_of(name, 1, uid == kVictim);
        protocol::StorePutRequest put;
        put.name = bytes_of(name);
        put.size = store.objects[name].size();
        change(*this, session, store, put, store.objects[name]);
    }
    make_payload(session, uid, store);
    close(session);
}

void World::make_payload(uint32_t session, uint32_t uid, UserStore& store) {
    const Called upload = call(session, number(Command::store_begin_upload),
                               encoded(protocol::BeginUploadRequest{UserStore::kSegmentBytes}));
    const std::string name = named_by(uid, UserStore::kPayload);
    protocol::StorePutRequest put;
    put.inlined = false;
    put.payload = protocol::decode<protocol::BeginUploadAnswer>(upload.answer)->payload;
    put.name = bytes_of(name);
    put.size = UserStore::kPayloadBytes;
    for (uint32_t i = 0; i < 2; ++i) {
        const size_t size = kSegmentBytes[i];
        Content segment(size + engine::kTagBytes);
        // The content comes after the room for its tag.
        copy_bytes(segment_of(uid, size), MutableBytes(segment).subspan(engine::kTagBytes));
        const protocol::SegmentsRequest request{put.payload, i, i == 1, static_cast<uint32_t>(size)};
        require(call(session, number(Command::store_seal_segments), encoded(request), kInOut, segment).result == 0, "segments are sealed");
        store.sealed.insert(store.sealed.end(), segment.begin(), segment.end());
    }
    change(*this, session, store, put, {});
}

void World::warm_up() {
    guard_session_ = session_of(kGuard);
    std::erase(sessions_, guard_session_);
    (void)open_store(guard_session_, guard);
    const uint32_t session = session_of(kVictim);
    check_object(session);
    check_payload(session);
    const Called upload = call(session, number(Command::store_begin_upload),
                               encoded(protocol::BeginUploadRequest{UserStore::kSegmentBytes}));
    Content segment(1 + engine::kTagBytes);  // never put: it only makes the TA seal something
    const auto begun = protocol::decode<protocol::BeginUploadAnswer>(upload.answer);
    require(upload.result == 0 && begun, "an upload begins");
    const protocol::SegmentsRequest seal{begun->payload, 0, true, 1};
    require(call(session, number(Command::store_seal_segments), encoded(seal), kInOut, segment).result == 0, "a segment is sealed");
    close(session);
    heap_bytes_before_ = tee_->ta_heap_bytes_in_use(protocol::kTaUuid);
    handles_before_ = tee_->ta_handles_open(protocol::kTaUuid);
    require(heap_bytes_before_ > 0 && handles_before_ > 0, "the TA has made what it shares between sessions");
}

void World::check_object(uint32_t session) {
    Content content(kObjectBytes);
    const std::string name = named_by(kVictim, kWitness);
    const protocol::NameRequest request{protocol::Storage::ree, bytes_of(name)};
    require(call(session, number(protocol::Command::get), encoded(request), kOut, content).result == 0 &&
                text_of(content) == content_of(kWitness, 1, true),
            "the victim's object is as it was");
}

void World::check_store_object(uint32_t session, const std::string& name) {
    Content content(kObjectBytes);
    PagedCall what;
    what.command = number(Command::store_get);
    what.request = [&](protocol::PageArea area) { return encoded(protocol::StoreNameRequest{area, 0, bytes_of(name)}); };
    what.content_type = kOut;
    what.content = content;
    require(call_with_pages(*this, session, victim, what).result == 0 && text_of(content) == victim.objects.at(name),
            "the victim's store is as it was");
}

void World::check_listing(uint32_t session) {
    Content content(8192);
    PagedCall what;
    what.command = number(Command::store_list);
    what.request = [](protocol::PageArea area) { return encoded(protocol::StoreListRequest{area, {}, {}}); };
    what.content_type = kOut;
    what.content = content;
    const Called called = call_with_pages(*this, session, victim, what);
    const auto answer = protocol::decode<protocol::StoreListAnswer>(called.answer);
    require(called.result == 0 && answer, "the victim's store is listed");
    Bytes rest = Bytes(content).first(called.content_bytes);
    for (uint32_t i = 0; i < answer->items; ++i) {
        const auto item = protocol::decode_next<protocol::StoreListItem>(rest);
        require(item && (item->metadata.inlined ? victim.objects.contains(std::string(text_of(item->name)))
                                                : text_of(item->name) == named_by(kVictim, UserStore::kPayload)),
                "the victim's names are listed");
    }
    require(answer->more || answer->items == kObjects + 1, "all of the victim's names are listed");
}

void World::check_payload(uint32_t session) {
    const std::string name = named_by(kVictim, UserStore::kPayload);
    Content none(1);
    PagedCall what;
    what.command = number(Command::store_get);
    what.request = [&](protocol::PageArea area) { return encoded(protocol::StoreNameRequest{area, 0, bytes_of(name)}); };
    what.content_type = kOut;
    what.content = none;
    const Called called = call_with_pages(*this, session, victim, what);
    const auto answer = protocol::decode<protocol::GetAnswer>(called.answer);
    require(called.result == 0 && answer && !answer->metadata.inlined, "the victim's payload is there");
    Content memory = victim.sealed;
    const protocol::SegmentsRequest request{answer->metadata.payload, 0, true, UserStore::kPayloadBytes};
    const Called read = call(session, number(Command::store_read_segments), encoded(request), kInOut, memory);
    Content expected = segment_of(kVictim, kSegmentBytes[0]);
    const Content second = segment_of(kVictim, kSegmentBytes[1]);
    expected.insert(expected.end(), second.begin(), second.end());
    require(read.result == 0 && std::ranges::equal(Bytes(memory).first(read.content_bytes), expected), "the victim's payload is as it was");
}

void World::check_batch(uint32_t session) {
    const protocol::OpenRequest request{victim.header.store_id, victim.header.anchor, victim.header.key_check};
    const Called opened = call(session, number(Command::store_open), encoded(request));
    const auto status = protocol::decode<protocol::StoreStatus>(opened.answer);
    require(opened.result == 0 && status, "the victim's store opens");
    const Called begun = call(session, number(Command::store_begin), encoded(protocol::BeginRequest{status->generation}));
    if (begun.result == static_cast<uint32_t>(Code::busy)) return;  // the attacker may have all of them (limits::kBatchesMax)
    const auto transaction = protocol::decode<protocol::BeginAnswer>(begun.answer);
    require(begun.result == 0 && transaction, "a batch of the victim begins");
    const std::string name = named_by(kVictim, "of a batch");
    std::string content = content_of(name, 1, true);
    UserStore scrap = victim;  // it is never committed
    PagedCall what;
    what.command = number(Command::store_put);
    what.request = [&](protocol::PageArea area) {
        protocol::StorePutRequest put;
        put.area = area;
        put.name = bytes_of(name);
        put.size = content.size();
        return encoded(put);
    };
    what.content_type = kIn;
    what.content = memory_of(content);
    require(call_with_pages(*this, session, scrap, what).result == 0, "the victim puts something");
    const protocol::TransactionRequest abort{transaction->transaction, transaction->generation};
    require(call(session, number(Command::store_abort), encoded(abort)).result == 0, "the victim aborts its batch");
}

void World::victim_works(Input& input) {
    const sim::Faults faults = tee_->faults();
    tee_->set_faults({});
    if (victim_session_ == 0) victim_session_ = session_of(kVictim);
    const uint8_t what = input.u8() % 6;
    const size_t which = input.below(victim.objects.size());
    if (what == 5) check_object(victim_session_);
    else if (open_store(victim_session_, victim)) {
        if (what == 0) check_store_object(victim_session_, std::next(victim.objects.begin(), static_cast<long>(which))->first);
        if (what == 1) check_listing(victim_session_);
        if (what == 2) check_payload(victim_session_);
        if (what == 3) check_batch(victim_session_);
        if (what == 4) close(victim_session_), victim_session_ = 0;
    }
    tee_->set_faults(faults);
}

void World::check_end() {
    tee_->set_faults({});
    while (!sessions_.empty()) close(sessions_.back());
    require(tee_->ta_heap_bytes_in_use(protocol::kTaUuid) <= heap_bytes_before_, "the TA frees a session's memory when it closes");
    require(tee_->ta_handles_open(protocol::kTaUuid) <= handles_before_, "the TA closes a session's handles when it closes");
    const uint32_t session = session_of(kVictim);
    check_object(session);
    if (open_store(session, victim)) {
        check_store_object(session, victim.objects.begin()->first);
        check_listing(session);
        check_payload(session);
    }
    close(session);
    close(guard_session_);
    require(tee_->counters().instances_ended_with_leaks == 0, "the TA frees its memory and handles with its last session");
}

}  // namespace festore::fuzz
