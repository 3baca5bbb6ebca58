// SPDX-License-Identifier: BSD-2-Clause
// The protocol between the simulated TEE's client library and its server: one request and one answer at a time, each one
// packet of a SOCK_SEQPACKET socket, little-endian. The request `share` carries a memfd beside it (SCM_RIGHTS). The server
// sends first: its welcome says whether it serves this client; a server that is ending sends no welcome, so a client can
// distinguish it. Both ends come from the same build: another version is refused, not understood.
// The decoders accept exactly one message and nothing after it; they own nothing and may be called from any thread.
#pragma once
#include "base/reader.h"
#include "base/uuid.h"
#include "base/writer.h"

#include <array>

namespace festore::sim::wire {

inline constexpr uint32_t kVersion = 1;

struct Welcome {
    uint32_t version = kVersion;
    uint32_t result = 0;  // TEEC_SUCCESS, or TEEC_ERROR_BUSY: too many connections; the server then hangs up
};

enum class Kind : uint32_t { open_session = 1, invoke, close_session, share, release, counters };

// A memory reference is a part of a shared buffer, which is given by its number.
struct WireParam {
    uint32_t a = 0;
    uint32_t b = 0;
    uint32_t buffer = 0;  // 0: a null reference
    uint64_t offset = 0;
    uint64_t size = 0;
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
};

inline constexpr size_t kCounters = 13;

struct Answer {
    uint32_t result = 0;
    uint32_t origin = 0;
    uint32_t number = 0;  // of the new session or buffer; counters: the server's process id
    std::array<WireParam, 4> params{};
    std::array<uint64_t, kCounters> counters{};  // in the order of sim::Counters
};

inline constexpr size_t kSharedBytesMax = 32 << 20;  // of one buffer, and of all that one call copies
inline constexpr size_t kBuffersMax = 64;            // of one connection

inline void encode(const Welcome& w, Writer& out) {
    out.u32(w.version);
    out.u32(w.result);
}
inline bool decode(Bytes packet, Welcome& w) {
    Reader in(packet);
    w.version = in.u32();
    w.result = in.u32();
    return in.done();
}
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
    out.u32(r.has_group);
    out.u32(r.group);
    out.u64(r.size);
    out.u32(r.types);
    for (const WireParam& p : r.params) encode(p, out);
}
inline bool decode(Bytes packet, Request& r) {
    Reader in(packet);
    r.kind = static_cast<Kind>(in.u32());
    r.number = in.u32();
    r.command = in.u32();
    in.read_into(r.ta.bytes);
    r.login = in.u32();
    r.has_group = in.u32();
    r.group = in.u32();
    r.size = in.u64();
    r.types = in.u32();
    for (WireParam& p : r.params) p = decode_param(in);
    return in.done() && r.has_group <= 1 && r.kind >= Kind::open_session && r.kind <= Kind::counters;
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
