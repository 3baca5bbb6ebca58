// SPDX-License-Identifier: BSD-2-Clause
// Sessions of several users, every command in any order, requests that are almost right, and shared memory that changes
// whenever the TA calls into the TEE; in between, the victim works. Nobody else may see the victim's contents and names, and
// the victim must keep them. An input is a list of steps (fuzz/ta_steps.h).
#include "fuzz/ta_steps.h"
#include "protocol/messages.h"

#include <algorithm>
#include <set>

namespace festore::fuzz {
namespace {

using protocol::Command;
using protocol::Command;

constexpr std::string_view kNames[] = {"witness", "a", "object a", "object x", "a payload", "b/c", "\xc3\xa9", ""};
constexpr size_t kStepsMax = 64;

std::set<uint32_t>& succeeded() {
    static std::set<uint32_t> commands;
    return commands;
}

// The attacker does not know the victim's data: kSecret is removed from its requests, so that finding it in an answer is a leak.
void forget_secret(Content& bytes) {
    for (size_t at = 0; (at = text_of(bytes).find(kSecret, at)) != std::string_view::npos; ++at) bytes[at] ^= std::byte{1};
}

class Attack {
public:
    explicit Attack(Input& input) : in_(input), world_(input.rest().size() % 2 == 1) {
        known_.stores[KnownStores::kOwn] = world_.attacker;
        known_.stores[KnownStores::kVictims] = world_.victim;
    }
    void run() {
        for (size_t step = 0; step < kStepsMax && !in_.empty(); ++step) {
            const uint8_t what = in_.u8();
            const uint8_t size = in_.u8();
            Input choices(in_.bytes(size < 224 ? size % 32 : size));
            one_step(what, choices);
        }
        world_.check_end();
    }

private:
    struct Session {
        uint32_t number = 0;
        uint32_t id = 0;
        protocol::Login login = protocol::Login::public_;
        StoreKnowledge store;
    };

    void one_step(uint8_t what, Input& in) {
        const size_t step = what % ta_steps();
        if (step == step_of(TaStep::victim)) return world_.victim_works(in);
        if (step == step_of(TaStep::open) || sessions_.empty()) return open(in);
        if (step == step_of(TaStep::close)) return close(in);
        if (step == step_of(TaStep::fail)) return fail(in);
        Session& session = sessions_[in.below(sessions_.size())];
        if (step < kFirstStoreStep) return object_command(session, static_cast<uint32_t>(step - kFirstCommandStep), in);
        store_command(session, store_commands()[step - kFirstStoreStep], in);
    }

    void close(Input& in) {
        const size_t i = in.below(sessions_.size());
        world_.close(sessions_[i].number);
        sessions_.erase(sessions_.begin() + static_cast<long>(i));
    }

    void fail(Input& in) {
        sim::Faults faults;
        faults.scribbles_over_inputs = in.one_in(2);
        if (in.one_in(4)) faults.allocation = in.u8();
        if (in.one_in(4)) {
            faults.storage = in.u8();
            faults.storage_code = static_cast<uint32_t>(in.one_in(2) ? Code::storage_no_space : Code::storage_not_available);
        }
        world_.tee().set_faults(faults);
    }

    void open(Input& in) {
        if (sessions_.size() >= 6) return;
        Session session;
        sim::Identity identity;
        switch (in.below(5)) {
        case 4: break;  // everybody
        case 3: session.login = protocol::Login::group, session.id = 50, identity = {2, sim::uuid_of_group(50)}; break;
        case 2: session.login = protocol::Login::user, session.id = 0, identity = {1, sim::uuid_of_user(0)}; break;
        default: session.login = protocol::Login::user, session.id = kAttacker, identity = {1, sim::uuid_of_user(kAttacker)};
        }
        session.number = world_.open(identity);
        if (session.number == 0) return;
        sessions_.push_back(session);
        if (in.one_in(8)) return;
        Call call{static_cast<uint32_t>(Command::hello), hello(session), kNone, {}, {}, false};
        (void)invoke(session, call, in);
        if (session.id == kAttacker && !in.one_in(4)) store_command(sessions_.back(), *find_store_command(number(Command::store_open)), in);
    }
    static bool is_root(const Session& session) { return session.login == protocol::Login::user && session.id == 0; }
    static uint32_t number(Command command) { return static_cast<uint32_t>(command); }
    static Content hello(const Session& session) {
        protocol::HelloRequest request;
        request.login = session.login;
        request.id = session.login == protocol::Login::public_ ? protocol::kNoId : session.id;
        return encoded(request);
    }

    static Bytes name(Input& in) {
        const size_t n = in.below(std::size(kNames) + 1);
        return n == std::size(kNames) ? in.sized(255) : bytes_of(kNames[n]);
    }
    static protocol::Storage storage(Input& in) { return in.one_in(8) ? protocol::Storage::rpmb : protocol::Storage::ree; }

    static Content object_request(Command command, const Session& session, size_t content_bytes, Input& in) {
        switch (command) {
        case Command::hello: return hello(session);
        case Command::put: {
            protocol::PutRequest put;
            put.storage = storage(in);
            put.flags = static_cast<uint8_t>(in.u8() & 7);
            put.if_version = in.u8() % 4;
            put.content_size = static_cast<uint32_t>(content_bytes);
            put.name = name(in);
            return encoded(put);
        }
        case Command::list: {
            protocol::ListRequest list;
            list.storage = storage(in);
            list.cursor = in.sized(64);
            if (in.one_in(2)) list.prefix = name(in);
            return encoded(list);
        }
        case Command::write_object: {
            const Bytes id = name(in);
            return {id.begin(), id.end()};
        }
        default: return encoded(protocol::NameRequest{storage(in), name(in)});
        }
    }

    struct Call {
        uint32_t command;
        Content request;
        uint32_t content_type;
        Content content;
        Content memory;
        bool has_area;
        Content answer{};
        size_t content_bytes = 0;
    };

    void object_command(const Session& session, uint32_t command, Input& in) {
        constexpr uint32_t kTypes[protocol::kBasicCommandCount] = {kNone, kNone, kIn, kOut, kOut, kNone, kNone};
        Call call{command, {}, kTypes[command], {}, {}, false};
        call.content.assign(kTypes[command] == kOut ? in.one_in(4) ? in.u16() % 3000 : 4096 : in.one_in(4) ? in.u16() % 3000 : in.u8(),
                            std::byte{'c'});
        call.request = object_request(static_cast<Command>(command), session, call.content.size(), in);
        (void)almost_right(session, call, in);
    }

    void store_command(Session& session, const StoreCommandRow& row, Input& in) {
        StoreRequests requests(in, known_, session.store);
        requests.make(row);
        Call call{number(row.command), requests.request, requests.content_type, std::move(requests.content),
                  std::move(requests.memory), row.has_area};
        const uint32_t result = almost_right(session, call, in);
        if (result != 0) return;
        if (row.command == Command::store_destroy && is_root(session)) world_.root_has_destroyed = true;
        if (call.command == number(row.command))
            requests.learn(row.command, call.answer, call.content, call.content_bytes, call.memory);
    }

    // Invokes the command, with parts of the call changed.
    uint32_t almost_right(const Session& session, Call& call, Input& in) {
        if (in.one_in(8)) meddle(in, call.request);
        if (in.one_in(32)) {
            const Bytes any = in.sized(600);
            call.request.assign(any.begin(), any.end());
        }
        if (in.one_in(64)) call.command = in.one_in(2) ? in.u32() : in.u8() % 80;
        return invoke(session, call, in);
    }

    uint32_t invoke(const Session& session, Call& call, Input& in) {
        call.answer.assign(in.one_in(32) ? in.u8() : protocol::kStoreAnswerBytesMax, std::byte{0});
        for (Content* const brought : {&call.request, &call.content, &call.memory}) forget_secret(*brought);
        sim::Params params;
        params.types = kIn | kOut << 4 | call.content_type << 8 | (call.has_area ? kInOut : kNone) << 12;
        params.values[0] = {call.request.data(), call.request.size(), 0, 0};
        params.values[1] = {call.answer.data(), call.answer.size(), 0, 0};
        params.values[2] = {call.content.data(), call.content.size(), 0, 0};
        params.values[3] = {call.memory.data(), call.memory.size(), 0, 0};
        if (call.command == static_cast<uint32_t>(Command::write_object)) {
            params.types = kIn | kIn << 4;
            params.values[1] = {call.content.data(), call.content.size(), 0, 0};
        }
        if (in.one_in(32)) params.types ^= 1U << in.u8() % 16;
        const uint32_t result = world_.invoke(session.number, call.command, params);
        for (const Content* const seen : {&call.request, &call.answer, &call.content, &call.memory})
            require(text_of(*seen).find(kSecret) == std::string_view::npos, "the attacker sees no data of the victim");
        // Every answer that describes the victim's store has its id in it; only uid 0 may get one (rule 21).
        const Bytes victims_id = world_.victim.header.store_id;
        require(is_root(session) || text_of(call.answer).find(text_of(victims_id)) == std::string_view::npos,
                "the attacker learns nothing about the victim's store");
        call.answer.resize(std::min(call.answer.size(), params.values[1].size));
        call.content_bytes = params.values[2].size;
        const bool done = !call.has_area || (!call.answer.empty() && call.answer[0] == std::byte{0});
        if (result == 0 && done) succeeded().insert(call.command);
        return result;
    }

    Input& in_;
    World world_;
    KnownStores known_;
    std::vector<Session> sessions_;
};

}  // namespace

const std::set<uint32_t>& ta_commands_succeeded() { return succeeded(); }

void run_ta_commands(Bytes input) {
    Input in(input);
    Attack(in).run();
}

}  // namespace festore::fuzz
