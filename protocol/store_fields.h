// SPDX-License-Identifier: BSD-2-Clause
// Fields that several of the store's messages have. For protocol/store_messages.cpp only.
#pragma once
#include "base/name.h"
#include "base/reader.h"
#include "base/store_name.h"
#include "protocol/store_messages.h"

namespace festore::protocol {

inline void write_name(Bytes name, Writer& out) {
    out.u8(static_cast<uint8_t>(name.size()));
    out.bytes(name);
}
inline Bytes read_name(Reader& in) {
    const size_t size = in.u8();
    return in.bytes(size);
}
inline void write(const PageArea& area, Writer& out) {
    out.u16(area.brought);
    out.u16(area.room);
}
inline PageArea read_area(Reader& in) {
    PageArea area;
    area.brought = in.u16();
    area.room = in.u16();
    return area;
}
inline bool is_valid(const PageArea& area) { return size_t{area.brought} + area.room <= kCallPagesMax; }

// One byte that is 0 or 1; anything else makes `valid` false.
inline bool read_bool(Reader& in, bool& valid) {
    const uint8_t value = in.u8();
    valid = valid && value <= 1;
    return value == 1;
}

inline PageAnswer read_page_answer(Reader& in, bool& valid) {
    PageAnswer m;
    m.outcome = static_cast<CallOutcome>(in.u8());
    m.generation = in.u64();
    m.written = in.u16();
    m.need_count = in.u8();
    valid = valid && m.outcome <= CallOutcome::need_room && m.written <= kCallPagesMax && m.need_count <= kNeedsMax;
    if (!valid) return m;
    for (size_t i = 0; i < m.need_count; ++i) {
        m.needs[i].page = in.u32();
        m.needs[i].mismatch = read_bool(in, valid);
    }
    return m;
}

inline void write(const StoreMetadata& m, Writer& out) {
    out.u8(m.flags);
    out.u8(m.inlined ? 1 : 0);
    out.u64(m.version);
    out.i64(m.created);
    out.i64(m.modified);
    out.u64(m.size);
    out.bytes(m.payload);
    out.u32(m.segment_bytes);
    out.u32(m.segments);
}
inline StoreMetadata read_metadata(Reader& in, bool& valid) {
    StoreMetadata m;
    m.flags = in.u8();
    m.inlined = read_bool(in, valid);
    m.version = in.u64();
    m.created = in.i64();
    m.modified = in.i64();
    m.size = in.u64();
    in.read_into(m.payload);
    m.segment_bytes = in.u32();
    m.segments = in.u32();
    return m;
}

inline bool only(uint8_t flags, unsigned known) { return (flags & ~known) == 0; }
inline bool is_name(Bytes name) { return check_name(name) == NameFault::none; }

template <class M>
Result<M> finish(const Reader& in, const M& m, bool valid) {
    if (!in.done() || !valid) return fail(Code::bad_format);
    return m;
}

// The last field of a request: left out for the default store.
inline void write_store_name(Bytes name, Writer& out) {
    if (!name.empty()) write_name(name, out);
}
inline Bytes read_store_name(Reader& in, bool& valid) {
    if (!in.ok() || in.done()) return {};
    const Bytes name = read_name(in);
    valid = valid && is_store_name(text_of(name)) && text_of(name) != kDefaultStoreName;
    return name;
}

// Left out where it says nothing.
inline void write(const StoreClaim& m, Writer& out) {
    if (m.name.empty() && m.directory.empty()) return;
    write_name(m.name, out);
    write_name(m.directory, out);
}
inline StoreClaim read_claim(Reader& in, bool& valid) {
    StoreClaim m;
    if (!in.ok() || in.done()) return m;
    m.name = read_name(in);
    m.directory = read_name(in);
    const bool has_name = is_store_name(text_of(m.name)) && text_of(m.name) != kDefaultStoreName;
    valid = valid && (m.name.empty() || has_name) && !(m.name.empty() && m.directory.empty());
    return m;
}

inline bool is_anchor(uint8_t anchor) { return anchor == 1 || anchor == 2; }

}  // namespace festore::protocol
