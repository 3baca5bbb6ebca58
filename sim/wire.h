// SPDX-License-Identifier: BSD-2-Clause
// What the simulated TEE's client library and its server say to each other: one request and one answer at a time, each one
// packet of a SOCK_SEQPACKET socket, little-endian. The request `share` carries a memfd beside it (SCM_RIGHTS).
#pragma once
#include "base/reader.h"
#include "base/uuid.h"
#include "base/writer.h"

#include <array>

namespace festore::sim::wire {

enum class Kind : uint32_t { ping = 1, open_session, invoke, close_session, share, release, counters };

// A memory reference is a part of a shared buffer, by the buffer's number.
struct WireParam {
    uint32_t a = 0;
    uint32_t b = 0;
    uint32_t buffer = 0;  // 0: a null reference
    uint64_t offset = 0;
    uint64_t size = 0;
};

struct Request {
    Kind kind = Kind::ping;
    uint32_t number = 0;   // the session; release: the buffer
    uint32_t command = 0;
    Uuid ta;
    uint32_t login = 0;
    uint32_t gid = 0;      // of a group login
    uint64_t size = 0;     // share: of the buffer
    uint32_t types = 0;    // as the TEE gets them
    std::array<WireParam, 4> params{};
};

inline constexpr size_t kCounters = 11;

struct Answer {
    uint32_t result = 0;
    uint32_t origin = 0;
    uint32_t number = 0;  // of the new session or buffer
    std::array<WireParam, 4> params{};
    std::array<uint64_t, kCounters> counters{};  // in the order of sim::Counters
};

inline constexpr size_t kPacketBytesMax = 512;
inline constexpr size_t kSharedBytesMax = 32 << 20;  // of one buffer
inline constexpr size_t kBuffersMax = 64;            // of one connection

inline void encode(const WireParam& p, Writer& out) {
    out.u32(p.a);
    out.u32(p.b);
    out.u32(p.buffer);
    out.u64(p.offset);
    out.u64(p.size);
}
inline WireParam decode_param(Reader& in) {
    WireParam p;
    p.a = in.u32();
    p.b = in.u32();
    p.buffer = in.u32();
    p.offset = in.u64();
    p.size = in.u64();
    return p;
}
inline void encode(const Request& r, Writer& out) {
    out.u32(static_cast<uint32_t>(r.kind));
    out.u32(r.number);
    out.u32(r.command);
    out.bytes(r.ta.bytes);
    out.u32(r.login);
    out.u32(r.gid);
    out.u64(r.size);
    out.u32(r.types);
    for (const WireParam& p : r.params) encode(p, out);
}
// False for anything but exactly one request.
inline bool decode(Bytes packet, Request& r) {
    Reader in(packet);
    r.kind = static_cast<Kind>(in.u32());
    r.number = in.u32();
    r.command = in.u32();
    in.read_into(r.ta.bytes);
    r.login = in.u32();
    r.gid = in.u32();
    r.size = in.u64();
    r.types = in.u32();
    for (WireParam& p : r.params) p = decode_param(in);
    return in.done() && r.kind >= Kind::ping && r.kind <= Kind::counters;
}
inline void encode(const Answer& a, Writer& out) {
    out.u32(a.result);
    out.u32(a.origin);
    out.u32(a.number);
    for (const WireParam& p : a.params) encode(p, out);
    for (const uint64_t c : a.counters) out.u64(c);
}
inline bool decode(Bytes packet, Answer& a) {
    Reader in(packet);
    a.result = in.u32();
    a.origin = in.u32();
    a.number = in.u32();
    for (WireParam& p : a.params) p = decode_param(in);
    for (uint64_t& c : a.counters) c = in.u64();
    return in.done();
}

}  // namespace festore::sim::wire
