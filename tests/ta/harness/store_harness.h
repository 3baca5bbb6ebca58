// SPDX-License-Identifier: BSD-2-Clause
// The store's commands without the client library: the test itself makes every request, page and segment, like a client that
// keeps no rules.
#pragma once
#include "engine/page.h"
#include "engine/records/recovery.h"
#include "protocol/store_care.h"
#include "protocol/store_files.h"
#include "ta/user_ta_header_defines.h"
#include "tests/encoded.h"
#include "tests/engine/openssl_crypto.h"
#include "tests/ta/harness/storage_harness.h"

#include <functional>
#include <map>
#include <set>

namespace festore::ta {

using stored::Anchor;

using protocol::Command;

struct Called {
    uint32_t result = 0;
    Content answer;           // as many bytes as the TA said
    size_t content_size = 0;  // of the third parameter, as the TA said
};

// What a client has on its disk.
struct Disk {
    protocol::StoreHeader header;
    std::map<uint32_t, engine::PageBytes> pages;
};

// The device key that the TEE derives for the TA, computed without reading the TA's memory.
inline Content device_key_of_simulation() {
    // HMAC(hardware unique key, LE32(3) ‖ TA's UUID as in memory ‖ label): see sim/api/system_api.cpp.
    engine::OpenSslCrypto crypto;
    const TEE_UUID uuid = TA_UUID;
    const std::array<std::byte, 4> usage{std::byte{3}};
    const std::array<std::byte, 16> huk{};
    engine::Mac mac{};
    EXPECT_TRUE(crypto.hmac(huk, {usage, bytes_of(&uuid, sizeof uuid), bytes_of(engine::kDeviceKeyLabel)}, mac));
    return Content(mac.begin(), mac.end());
}

class StoreCommands : public StorageTest {
protected:
    using StorageTest::StorageTest;

    // The memory of a call besides the request and the answer.
    struct Memory {
        Content* content = nullptr;
        uint32_t type = kNone;
        Content* area = nullptr;
        size_t less_area = 0;  // bytes by which the size given to the TEE is too small
    };
    template <class M>
    Called store(uint32_t session, Command command, const M& message, const Memory& memory) {
        Content request = encoded(message);
        Called called;
        called.answer.resize(answer_room_);
        sim::Params params;
        params.types = types(kIn, kOut, memory.type, memory.area != nullptr ? kInOut : kNone);
        params.values[0] = {request.data(), request.size(), 0, 0};
        params.values[1] = {called.answer.data(), called.answer.size(), 0, 0};
        if (memory.content != nullptr) params.values[2] = {memory.content->data(), memory.content->size(), 0, 0};
        if (memory.area != nullptr) params.values[3] = {memory.area->data(), memory.area->size() - memory.less_area, 0, 0};
        uint32_t origin = 0;
        called.result = tee_.invoke(session, static_cast<uint32_t>(command), params, &origin);
        called.answer.resize(std::min(params.values[1].size, called.answer.size()));
        called.content_size = params.values[2].size;
        return called;
    }
    template <class M>
    Called store(uint32_t session, Command command, const M& message) {
        return store(session, command, message, Memory{});
    }

    // An area with those pages of the disk, and room for more.
    static Content area_of(const Disk& disk, const std::vector<uint32_t>& pages, uint16_t room) {
        Content area(protocol::area_bytes(pages.size() + room));
        for (size_t slot = 0; slot < pages.size(); ++slot) {
            Writer(MutableBytes(area).subspan(protocol::number_offset(slot), 4)).u32(pages[slot]);
            copy_bytes(disk.pages.at(pages[slot]), MutableBytes(area).subspan(protocol::slot_offset(slot)));
        }
        return area;
    }
    // A call of an honest client: brings the pages that the TA needs until the call is done, and stores the pages that it writes.
    template <class M>
    Called paged(uint32_t session, Disk& disk, Command command, M message, Content* content = nullptr, uint32_t type = kNone) {
        std::set<uint32_t> wanted;
        for (int round = 0; round < 40; ++round) {
            const std::vector<uint32_t> brought(wanted.begin(), wanted.end());
            message.area = {static_cast<uint16_t>(brought.size()), kRoom};
            Content area = area_of(disk, brought, kRoom);
            Called called = store(session, command, message, {content, type, &area});
            if (keeps_seen_) seen_.insert(seen_.end(), area.begin(), area.end());
            const bool goes_on = take_written(disk, area, brought.size(), called, wanted);
            if (!goes_on) return called;
        }
        ADD_FAILURE() << "a call that never ends";
        return {};
    }

    // A new store of the session's owner; the session has it open.
    Called make(uint32_t session, Disk& disk, Anchor anchor = Anchor::ree) {
        Content header(protocol::kStoreHeaderBytes);
        Called made = store(session, Command::store_make, protocol::MakeRequest{.anchor = anchor}, {&header, kOut});
        if (made.result != 0) return made;
        const auto decoded = protocol::decode_store_header(header);
        EXPECT_TRUE(decoded);
        if (decoded) disk.header = *decoded;
        return made;
    }
    uint32_t create(uint32_t session, const Disk& disk) {
        return store(session, Command::store_create, protocol::TransactionRequest{disk.header.store_id, 0}).result;
    }
    uint32_t open_store(uint32_t session, const Disk& disk) {
        const protocol::OpenRequest request{disk.header.store_id, disk.header.anchor, disk.header.key_check};
        return store(session, Command::store_open, request).result;
    }
    void make_store(uint32_t session, Disk& disk, Anchor anchor = Anchor::ree) {
        ASSERT_EQ(make(session, disk, anchor).result, 0U);
        ASSERT_EQ(create(session, disk), 0U);
    }
    static uint32_t storage_of(Anchor anchor) { return anchor == Anchor::ree ? TEE_STORAGE_PRIVATE_REE : TEE_STORAGE_PRIVATE_RPMB; }
    // The TEE loses the objects of that kind: the root table, the secrets of the recovery copies, or both. Ends all sessions first.
    static constexpr std::string_view kTable = "root table";
    static constexpr std::string_view kSecrets = "copies ";
    void lose(std::string_view kind, Anchor anchor = Anchor::ree) {
        end_sessions();
        for (const Content& id : tee_.stored_ids(storage_of(anchor), protocol::kTaUuid))
            if (text(id).find(kind) != std::string::npos) tee_.lose_object(storage_of(anchor), protocol::kTaUuid, id);
    }
    // The root table as the TEE keeps it; empty if there is none.
    Content table(Anchor anchor = Anchor::ree) {
        for (const Content& id : tee_.stored_ids(storage_of(anchor), protocol::kTaUuid))
            if (text(id).find(kTable) != std::string::npos) return tee_.stored_object(storage_of(anchor), protocol::kTaUuid, id).value();
        return {};
    }
    void store_table(const Content& content, Anchor anchor = Anchor::ree) {
        const std::string_view id = engine::kRootTableId;
        ASSERT_TRUE(tee_.store_object(storage_of(anchor), protocol::kTaUuid, bytes_of(id), content));
    }
    // How many secrets the RPMB has for the recovery copies of that store.
    size_t secrets_of(const Disk& disk) {
        const std::vector<Content> all = tee_.stored_ids(TEE_STORAGE_PRIVATE_RPMB, protocol::kTaUuid);
        return static_cast<size_t>(std::ranges::count_if(all, [&](const Content& id) {
            return text(id).find(kSecrets) != std::string::npos && text(id).ends_with(text(disk.header.store_id));
        }));
    }
    uint32_t destroy(uint32_t session, const Disk& disk) {
        protocol::DestroyRequest request;
        request.anchor = disk.header.anchor;
        request.store_id = disk.header.store_id;
        return store(session, Command::store_destroy, request).result;
    }

    // A single put except its commit. Returns the request for the commit.
    struct Prepared {
        uint32_t result = 0;
        protocol::TransactionRequest commit;
    };
    Prepared prepare_put(uint32_t session, Disk& disk, std::string_view name, Content content) {
        protocol::StorePutRequest put;
        put.flags = protocol::kStoreSingle;
        put.size = content.size();
        put.name = bytes_of(name);
        const Called called = paged(session, disk, Command::store_put, put, &content, kIn);
        const auto answer = protocol::decode<protocol::ChangeAnswer>(called.answer);
        return {called.result, answer ? protocol::TransactionRequest{answer->transaction, answer->generation}
                                      : protocol::TransactionRequest{}};
    }
    uint32_t commit(uint32_t session, const protocol::TransactionRequest& request) {
        return store(session, Command::store_commit, request).result;
    }
    uint32_t store_put(uint32_t session, Disk& disk, std::string_view name, const Content& content) {
        const Prepared prepared = prepare_put(session, disk, name, content);
        return prepared.result != 0 ? prepared.result : commit(session, prepared.commit);
    }
    // A transaction of several calls.
    uint32_t begin(uint32_t session) {
        const auto status =
            protocol::decode<protocol::StoreStatus>(store(session, Command::store_find, protocol::FindRequest{Anchor::ree, {}}).answer);
        return store(session, Command::store_begin, protocol::BeginRequest{status ? status->generation : 0}).result;
    }
    uint32_t batch_put(uint32_t session, Disk& disk, std::string_view name, Content content) {
        protocol::StorePutRequest put;
        put.size = content.size();
        put.name = bytes_of(name);
        return paged(session, disk, Command::store_put, put, &content, kIn).result;
    }
    Called store_get(uint32_t session, Disk& disk, std::string_view name, Content& content) {
        return paged(session, disk, Command::store_get, protocol::StoreNameRequest{{}, 0, bytes_of(name)}, &content, kOut);
    }
    uint32_t store_stat(uint32_t session, Disk& disk, std::string_view name) {
        return paged(session, disk, Command::store_stat, protocol::StoreNameRequest{{}, 0, bytes_of(name)}).result;
    }
    // Looks for a record of the session's owner under that anchor; item_not_found if the TEE has none.
    uint32_t find(uint32_t session, Anchor anchor = Anchor::ree) {
        return store(session, Command::store_find, protocol::FindRequest{anchor, {}}).result;
    }

    static constexpr uint16_t kRoom = 60;
    size_t answer_room_ = protocol::kStoreAnswerBytesMax;
    // What every paged call left in its area, for tests that search it for secrets. It grows with each call.
    bool keeps_seen_ = false;
    Content seen_;

private:
    // True if the call must be repeated.
    static bool take_written(Disk& disk, Bytes area, size_t brought, const Called& called, std::set<uint32_t>& wanted) {
        Reader in(called.answer);  // an answer with pages begins with outcome, generation, written, needs
        const auto outcome = static_cast<protocol::CallOutcome>(in.u8());
        in.u64();
        const uint16_t written = in.u16();
        for (size_t slot = brought; in.ok() && slot < brought + written; ++slot) {
            engine::PageBytes page{};
            copy_bytes(area.subspan(protocol::slot_offset(slot), page.size()), page);
            Reader number(area.subspan(protocol::number_offset(slot), 4));
            disk.pages[number.u32()] = page;
        }
        if (!in.ok() || called.result != 0 || outcome == protocol::CallOutcome::done) return false;
        const size_t before = wanted.size();
        for (uint8_t needs = in.u8(); needs > 0; --needs) {
            const uint32_t page = in.u32();
            if (in.u8() != 0 || !disk.pages.contains(page)) return false;  // not on this disk, or not the version that the TA needs
            wanted.insert(page);
        }
        return wanted.size() > before || outcome == protocol::CallOutcome::need_room;
    }
};

}  // namespace festore::ta
