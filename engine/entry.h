// SPDX-License-Identifier: BSD-2-Clause
// What the index keeps for a name: metadata, and either the content itself or where and how it is sealed.
// docs/format-store.md describes the bytes. decode_entry() accepts bytes that are authentic but may still be malformed.
#pragma once
#include "base/result.h"
#include "engine/crypto.h"
#include "engine/page.h"

namespace festore::engine {

// Do not renumber.
enum class EntryKind : uint8_t {
    inlined = 1,  // the content follows
    payload = 2,  // the content is a file of its own
};

// Bits of Entry::flags.
enum EntryFlag : uint8_t {
    kEntryWriteOnce = 1 << 0,  // never replaced
    kEntryKept = 1 << 1,       // never removed or renamed while the store exists; only with kEntryWriteOnce
    // Only of a payload: it is sealed with the other one of the two ciphers, not the store's. Only in a store with kRootTwoCiphers.
    kEntryOtherCipher = 1 << 2,
};
inline constexpr uint8_t kEntryFlagsKnown = kEntryWriteOnce | kEntryKept | kEntryOtherCipher;

inline constexpr size_t kPayloadIdBytes = 16;
inline constexpr size_t kPayloadKeyBytes = 32;

// Where the content of one version of an object is if it is not inlined. The index fixes all of these fields (rule
// 14).
struct PayloadRef {
    Bytes id;   // 16 bytes
    Bytes key;  // 32 bytes, secret
    uint32_t segment_bytes = 0;  // a power of two
    uint32_t segments = 0;       // at least one, even if the content is empty
};

// Views point into the bytes that the entry was decoded from, or to the bytes that it will be encoded from.
struct Entry {
    EntryKind kind = EntryKind::inlined;
    uint8_t flags = 0;
    uint64_t version = 0;   // the store's change counter (RootRecord::changes) at its last put or rename; never used twice
    int64_t created = 0;    // seconds since 1970, claims of the normal world (rule 23)
    int64_t modified = 0;
    uint64_t size = 0;      // of the content
    Bytes content;          // inlined: `size` bytes
    PayloadRef payload;     // payload
};

inline constexpr size_t kEntryFixedBytes = 34;
inline constexpr size_t kEntryFlagsOffset = 1;  // in an encoded entry
inline constexpr size_t kEntryVersionOffset = 2;
inline constexpr size_t kPayloadRefBytes = kPayloadIdBytes + kPayloadKeyBytes + 8;

// How much content fits into the index under a name of this length: rule 12.
[[nodiscard]] size_t inline_bytes_max(size_t name_bytes);
// The number of segments of `size` bytes of content; at least one.
[[nodiscard]] uint64_t segments_of(uint64_t size, uint32_t segment_bytes);

// The cipher that the entry's payload is sealed with, in a store whose cipher is `of_store`.
[[nodiscard]] Cipher content_cipher(Cipher of_store, const Entry& entry);

// Whether all fields agree with each other and with the limits; decode_entry() returns only such entries.
[[nodiscard]] bool is_valid(const Entry& entry);
[[nodiscard]] size_t encoded_size(const Entry& entry);
void encode(const Entry& entry, Writer& out);
// Bytes after the known fields belong to a newer minor version: they are ignored, and a rename keeps them.
// corrupt_object: the entry contradicts itself or a limit.
Outcome<Entry> decode_entry(Bytes input);

}  // namespace festore::engine
