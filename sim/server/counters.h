// SPDX-License-Identifier: BSD-2-Clause
// Reads the counters of a running server, for tests: sim::Counters through its socket. This never starts a server,
// because a new one has counted nothing.
#pragma once
#include "sim/tee.h"
#include "sim/teec/wire.h"

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace festore::sim {

struct ServerCounters {
    Counters counters;
    uint32_t server_pid = 0;  // if it differs from an earlier reading, the counters started again from 0
};

// The counters of the server in that directory; nothing, and the reason in `why`, if there is no server.
std::optional<ServerCounters> read_counters(const std::filesystem::path& directory, std::string& why);

// The counters in the order of the protocol, and their names.
struct NamedCounter {
    std::string_view name;
    uint64_t Counters::*counter;
};
extern const std::array<NamedCounter, wire::kCounters> kNamedCounters;
std::array<uint64_t, wire::kCounters> to_wire(const Counters& counters);

}  // namespace festore::sim
