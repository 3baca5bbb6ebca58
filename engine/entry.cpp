// SPDX-License-Identifier: BSD-2-Clause
#include "engine/entry.h"

#include "engine/node.h"

#include <algorithm>
#include <bit>

namespace festore::engine {
namespace {

bool is_segment_size(uint32_t bytes) {
    return std::has_single_bit(bytes) && bytes >= limits::kSegmentBytesMin && bytes <= limits::kSegmentBytesMax;
}

}  // namespace

size_t inline_bytes_max(size_t name_bytes) {
    return limits::kIndexEntryBytesMax - Node::kEntryOverhead - name_bytes - kEntryFixedBytes;
}

uint64_t segments_of(uint64_t size, uint32_t segment_bytes) {
    return std::max<uint64_t>(1, size / segment_bytes + (size % segment_bytes != 0 ? 1 : 0));
}

Cipher content_cipher(Cipher of_store, const Entry& entry) {
    if ((entry.flags & kEntryOtherCipher) == 0) return of_store;
    return of_store == Cipher::aes_256_gcm ? Cipher::chacha20_poly1305 : Cipher::aes_256_gcm;
}

bool is_valid(const Entry& entry) {
    if ((entry.flags & ~kEntryFlagsKnown) != 0 || entry.version == 0) return false;
    if ((entry.flags & kEntryKept) != 0 && (entry.flags & kEntryWriteOnce) == 0) return false;
    if ((entry.flags & kEntryOtherCipher) != 0 && entry.kind != EntryKind::payload) return false;
    if (entry.kind == EntryKind::inlined) return entry.size == entry.content.size();
    const PayloadRef& p = entry.payload;
    return entry.kind == EntryKind::payload && p.id.size() == kPayloadIdBytes && p.key.size() == kPayloadKeyBytes &&
           is_segment_size(p.segment_bytes) && entry.size <= limits::kObjectBytesMax &&
           segments_of(entry.size, p.segment_bytes) == p.segments;
}

size_t encoded_size(const Entry& entry) {
    return kEntryFixedBytes + (entry.kind == EntryKind::inlined ? entry.content.size() : kPayloadRefBytes);
}

void encode(const Entry& entry, Writer& out) {
    out.u8(static_cast<uint8_t>(entry.kind));
    out.u8(entry.flags);
    out.u64(entry.version);
    out.i64(entry.created);
    out.i64(entry.modified);
    out.u64(entry.size);
    if (entry.kind == EntryKind::inlined) {
        out.bytes(entry.content);
        return;
    }
    out.bytes(entry.payload.id);
    out.bytes(entry.payload.key);
    out.u32(entry.payload.segment_bytes);
    out.u32(entry.payload.segments);
}

Outcome<Entry> decode_entry(Bytes input) {
    Reader in(input);
    Entry entry;
    entry.kind = static_cast<EntryKind>(in.u8());
    entry.flags = in.u8();
    entry.version = in.u64();
    entry.created = in.i64();
    entry.modified = in.i64();
    entry.size = in.u64();
    if (entry.kind == EntryKind::inlined) {
        if (entry.size > input.size()) return fail(Code::corrupt_object);
        entry.content = in.bytes(static_cast<size_t>(entry.size));
    } else {
        entry.payload.id = in.bytes(kPayloadIdBytes);
        entry.payload.key = in.bytes(kPayloadKeyBytes);
        entry.payload.segment_bytes = in.u32();
        entry.payload.segments = in.u32();
    }
    if (!in.ok() || !is_valid(entry)) return fail(Code::corrupt_object);
    return entry;
}

}  // namespace festore::engine
