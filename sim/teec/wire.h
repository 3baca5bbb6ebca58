// SPDX-License-Identifier: BSD-2-Clause
// The protocol between the simulated TEE's client library and its server: one request and one answer at a time, each one
// packet of a SOCK_SEQPACKET socket, little-endian. The request `share` carries a memfd beside it (SCM_RIGHTS). The server
// sends first: its welcome says whether it serves this client; a server that is ending sends no welcome, so a client can
// distinguish it. Both ends come from the same build: another version is refused, not understood.
// The messages describe their fields (base/fields.h); sim/teec/wire_socket.h sends and receives them.
#pragma once
#include "base/fields.h"

#include <array>

namespace festore::sim::wire {

inline constexpr uint32_t kVersion = 1;

struct Welcome {
    uint32_t version = kVersion;
    uint32_t result = 0;  // TEEC_SUCCESS, or TEEC_ERROR_BUSY: too many connections; the server then hangs up
    static constexpr void fields(auto& m, auto& wire) { wire(m.version, m.result); }
};

enum class Kind : uint32_t { open_session = 1, invoke, close_session, share, release, counters };
constexpr bool is_known(Kind kind) { return kind >= Kind::open_session && kind <= Kind::counters; }

// A memory reference is a part of a shared buffer, which is given by its number.
struct WireParam {
    uint32_t a = 0;
    uint32_t b = 0;
    uint32_t buffer = 0;  // 0: a null reference
    uint64_t offset = 0;
    uint64_t size = 0;
    static constexpr void fields(auto& m, auto& wire) { wire(m.a, m.b, m.buffer, m.offset, m.size); }
};

struct Request {
    Kind kind = Kind::open_session;
    uint32_t number = 0;   // the session; release: the buffer
    uint32_t command = 0;
    Uuid ta;
    uint32_t login = 0;
    uint32_t has_group = 0;  // 1: `group` is given
    uint32_t group = 0;      // of a group login
    uint64_t size = 0;     // share: of the buffer
    uint32_t types = 0;    // as the TEE gets them
    std::array<WireParam, 4> params{};
    static constexpr void fields(auto& m, auto& wire) {
        wire(m.kind, m.number, m.command, m.ta, m.login, m.has_group, m.group, m.size, m.types, m.params);
    }
    [[nodiscard]] bool is_valid() const { return has_group <= 1; }
};

inline constexpr size_t kCounters = 13;

struct Answer {
    uint32_t result = 0;
    uint32_t origin = 0;
    uint32_t number = 0;  // of the new session or buffer; counters: the server's process id
    std::array<WireParam, 4> params{};
    std::array<uint64_t, kCounters> counters{};  // in the order of sim::Counters
    static constexpr void fields(auto& m, auto& wire) { wire(m.result, m.origin, m.number, m.params, m.counters); }
};

inline constexpr size_t kSharedBytesMax = 32 << 20;  // of one buffer, and of all that one call copies
inline constexpr size_t kBuffersMax = 64;            // of one connection

}  // namespace festore::sim::wire
