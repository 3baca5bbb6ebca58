// SPDX-License-Identifier: BSD-2-Clause
#include "sim/server/counters.h"

#include "sim/teec/socket_start.h"

namespace festore::sim {

static_assert(sizeof(Counters) == wire::kCounters * sizeof(uint64_t), "a counter was added: name it below");

const std::array<NamedCounter, wire::kCounters> kNamedCounters{{
    {"ta_open_session", &Counters::ta_open_session},
    {"ta_invoke", &Counters::ta_invoke},
    {"storage_open", &Counters::storage_open},
    {"storage_create", &Counters::storage_create},
    {"storage_read", &Counters::storage_read},
    {"storage_write", &Counters::storage_write},
    {"storage_seek", &Counters::storage_seek},
    {"storage_truncate", &Counters::storage_truncate},
    {"storage_rename", &Counters::storage_rename},
    {"storage_delete", &Counters::storage_delete},
    {"storage_enumerate", &Counters::storage_enumerate},
    {"round_trips", &Counters::round_trips},
    {"instances_ended_with_leaks", &Counters::instances_ended_with_leaks},
}};

std::array<uint64_t, wire::kCounters> to_wire(const Counters& counters) {
    std::array<uint64_t, wire::kCounters> numbers{};
    for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = counters.*(kNamedCounters[i].counter);
    return numbers;
}

std::optional<ServerCounters> read_counters(const std::filesystem::path& directory, std::string& why) {
    UniqueFd socket;
    why = "no server listens in " + directory.string();
    if (connect_to_server(directory, socket, why) != Reached::yes) return std::nullopt;
    wire::Request request;
    request.kind = wire::Kind::counters;
    wire::Answer answer;
    UniqueFd nothing;
    if (!send_message(socket.get(), request) || !receive_message(socket.get(), answer, nothing)) {
        why = "the server in " + directory.string() + " hung up";
        return std::nullopt;
    }
    ServerCounters result;
    result.server_pid = answer.number;
    for (size_t i = 0; i < answer.counters.size(); ++i) result.counters.*(kNamedCounters[i].counter) = answer.counters[i];
    return result;
}

}  // namespace festore::sim
