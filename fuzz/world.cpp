// SPDX-License-Identifier: BSD-2-Clause
#include "fuzz/world.h"

#include "engine/records/root_record.h"
#include "protocol/messages.h"
#include "sim/include/tee_internal_api.h"
#include "ta/host/image.h"

#include <algorithm>
#include <cstring>
#include <set>

namespace festore::fuzz {

using protocol::Command;

namespace {

uint32_t number(Command command) { return static_cast<uint32_t>(command); }

bool in_contract(uint32_t result) {
    switch (static_cast<Code>(result)) {
    case Code::success:
    case Code::corrupt_object:
    case Code::storage_not_available:
    case Code::access_denied:
    case Code::access_conflict:
    case Code::bad_format:
    case Code::bad_parameters:
    case Code::bad_state:
    case Code::item_not_found:
    case Code::not_supported:
    case Code::out_of_memory:
    case Code::busy:
    case Code::security:
    case Code::short_buffer:
    case Code::storage_no_space:
    case Code::version_conflict:
    case Code::write_once:
    case Code::no_identity:
    case Code::limit_exceeded:
    case Code::store_destroyed:
    case Code::name_lost:
    case Code::not_allowed:
    case Code::over_limit:
    case Code::copy_secret_lost:
    case Code::many_stores:
    case Code::store_in_rpmb:
    case Code::rpmb_no_answer: return true;
    default: return false;
    }
}

sim::Identity user(uint32_t uid) { return {1, sim::uuid_of_user(uid)}; }

constexpr uint32_t kStorages[] = {TEE_STORAGE_PRIVATE_REE, TEE_STORAGE_PRIVATE_RPMB};

sim::Config config() {
    sim::Config config;
    config.repeatable_clocks = true;
    return config;
}

constexpr uint32_t kMemrefBit = 4;  // set in the types of memory references

}  // namespace

struct World::Base {
    struct Object {
        uint32_t storage;
        Content id;
        Content content;
    };
    std::vector<Object> tee_objects;
    UserStore attacker;
    UserStore victim;
    UserStore guard;

    Base() {
        World world(nullptr, false);
        for (const uint32_t uid : {kAttacker, kVictim, kGuard}) world.make_user(uid, world.store_of(uid));
        for (const uint32_t storage : kStorages)
            for (const Content& id : world.tee().stored_ids(storage, protocol::kTaUuid))
                tee_objects.push_back({storage, id, *world.tee().stored_object(storage, protocol::kTaUuid, id)});
        attacker = world.attacker;
        victim = world.victim;
        guard = world.guard;
    }
};

const World::Base& World::base() {
    static const Base made;
    return made;
}

void prepare_world() { World::prepare(); }

World::World(bool has_lost_attackers) : World(&base(), has_lost_attackers) {}

World::World(const Base* base, bool has_lost_attackers) : tee_(std::make_unique<sim::Tee>(config())) {
    tee_->install(ta::host_image());
    if (base == nullptr) return;
    for (Base::Object object : base->tee_objects) {
        const auto id = std::ranges::search(object.content, base->attacker.header.store_id);
        if (has_lost_attackers && !id.empty()) {
            constexpr long kStoreIdOffset = 28;
            std::fill_n(id.begin() - kStoreIdOffset, engine::kRootRecordBytes, std::byte{0});
        }
        require(tee_->store_object(object.storage, protocol::kTaUuid, object.id, object.content), "the TEE has room");
    }
    attacker = base->attacker;
    victim = base->victim;
    guard = base->guard;
    warm_up();
}

UserStore& World::store_of(uint32_t uid) { return uid == kAttacker ? attacker : uid == kVictim ? victim : guard; }

uint32_t World::open(const sim::Identity& identity) {
    sim::Params params;
    uint32_t session = 0;
    uint32_t origin = 0;
    const uint32_t result = tee_->open_session(protocol::kTaUuid, identity, params, &session, &origin);
    require(in_contract(result), "the result of opening a session is one of the contract");
    if (result != 0) return 0;
    sessions_.push_back(session);
    return session;
}

bool World::open_store(uint32_t session, const UserStore& store) {
    const protocol::OpenRequest request{store.header.store_id, store.header.anchor, store.header.key_check};
    const uint32_t result = call(session, number(Command::store_open), encoded(request)).result;
    if (root_has_destroyed && result == static_cast<uint32_t>(Code::item_not_found)) return false;
    require(result == 0, "the store opens");
    return true;
}

uint32_t World::session_of(uint32_t uid) {
    const uint32_t session = open(user(uid));
    require(session != 0, "a user gets a session");
    protocol::HelloRequest hello;
    hello.login = protocol::Login::user;
    hello.id = uid;
    require(call(session, number(protocol::Command::hello), encoded(hello)).result == 0, "hello is answered");
    if (!store_of(uid).pages.empty()) (void)open_store(session, store_of(uid));
    return session;
}

void World::close(uint32_t session) {
    std::erase(sessions_, session);
    tee_->close_session(session);
}

uint32_t World::invoke(uint32_t session, uint32_t command, sim::Params& params) {
    sim::Params exact = params;
    std::array<std::unique_ptr<std::byte[]>, 4> memory;
    for (size_t i = 0; i < memory.size(); ++i) {
        const sim::Param& given = params.values[i];
        if ((params.types >> (4 * i) & kMemrefBit) == 0 || given.buffer == nullptr) continue;
        memory[i] = std::make_unique<std::byte[]>(given.size);
        std::memcpy(memory[i].get(), given.buffer, given.size);
        exact.values[i].buffer = memory[i].get();
    }
    uint32_t origin = 0;
    const uint32_t result = tee_->invoke(session, command, exact, &origin);
    for (size_t i = 0; i < memory.size(); ++i) {
        if (memory[i]) std::memcpy(params.values[i].buffer, memory[i].get(), params.values[i].size);
        exact.values[i].buffer = params.values[i].buffer;
    }
    params = exact;
    require(in_contract(result), "a result is one of the contract: the TA has not panicked");
    require(tee_->ta_heap_bytes_peak(protocol::kTaUuid) <= limits::kTaHeapBytes, "the TA stays within its heap");
    return result;
}

Called World::call(uint32_t session, uint32_t command, Bytes request, uint32_t content_type, MutableBytes content,
                   MutableBytes area, bool has_area) {
    Content in(request.begin(), request.end());
    Called called;
    called.answer.resize(protocol::kStoreAnswerBytesMax);
    sim::Params params;
    params.types = kIn | kOut << 4 | content_type << 8 | (has_area ? kInOut : kNone) << 12;
    params.values[0] = {in.data(), in.size(), 0, 0};
    params.values[1] = {called.answer.data(), called.answer.size(), 0, 0};
    params.values[2] = {content.data(), content.size(), 0, 0};
    params.values[3] = {area.data(), area.size(), 0, 0};
    called.result = invoke(session, command, params);
    require(params.values[1].size <= called.answer.size(), "an answer is not larger than its buffer");
    called.answer.resize(params.values[1].size);
    called.content_bytes = params.values[2].size;
    return called;
}

void keep_written(UserStore& store, Bytes area, size_t brought, size_t written) {
    for (size_t slot = brought; slot < brought + written; ++slot) {
        engine::PageBytes page{};
        copy_bytes(area.subspan(protocol::slot_offset(slot), page.size()), page);
        Reader number(area.subspan(protocol::number_offset(slot), 4));
        store.pages[number.u32()].push_back(page);
    }
}

Called call_with_pages(World& world, uint32_t session, UserStore& store, const PagedCall& what) {
    std::set<uint32_t> wanted;
    for (int round = 0; round < 40; ++round) {
        protocol::PageArea area;
        area.brought = static_cast<uint16_t>(wanted.size());
        area.room = 60;
        Content memory(protocol::area_bytes(size_t{area.brought} + area.room));
        size_t slot = 0;
        for (const uint32_t page : wanted) {
            Writer(MutableBytes(memory).subspan(protocol::number_offset(slot), 4)).u32(page);
            copy_bytes(store.pages.at(page).back(), MutableBytes(memory).subspan(protocol::slot_offset(slot++)));
        }
        Called called = world.call(session, what.command, what.request(area), what.content_type, what.content, memory, true);
        Reader in(called.answer);  // an answer with pages begins with outcome, generation, written, needs
        const auto outcome = static_cast<protocol::CallOutcome>(in.u8());
        in.u64();
        const uint16_t written = in.u16();
        keep_written(store, memory, area.brought, in.ok() ? written : 0);
        if (called.result != 0 || outcome == protocol::CallOutcome::done) return called;
        const size_t before = wanted.size();
        for (uint8_t needs = in.u8(); needs > 0; --needs) {
            const uint32_t page = in.u32();
            require(in.u8() == 0, "a current page does not mismatch");
            require(store.pages.contains(page), "a page that is asked for has been written");
            wanted.insert(page);
        }
        require(wanted.size() > before, "a call asks for a page that it has not had");
    }
    require(false, "an honest client's call comes to an end");
    return {};
}

}  // namespace festore::fuzz
