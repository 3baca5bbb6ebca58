// SPDX-License-Identifier: BSD-2-Clause
// The layout of a file of OP-TEE's REE-FS secure storage (docs/format-ree-fs.md): offsets, sizes and the decoding of
// each structure, by explicit offsets, never by casting. Pure functions over bytes, safe on any input.
// All numbers are little-endian. Sizes and offsets are in bytes, block and node numbers as OP-TEE counts them: blocks
// from 0, nodes from 1; node n describes block n - 1.
//
// A file is a row of 4096-byte physical blocks:
//   0            head version 0, head version 1, rest unused
//   1            31 pairs of nodes: node 1 version 0, node 1 version 1, node 2 version 0, …; 4 bytes unused
//   2 … 62       block 0 version 0, block 0 version 1, block 1 version 0, …, block 30 version 0
//   63           the next 31 pairs of nodes: node 32 version 0, …; and so on, every 62 physical blocks
//   64 …         block 30 version 1, block 31 version 0, …
// (61 physical blocks of data fit between two node blocks, so the two versions of block 30 are on either side of one.
// The drawing in OP-TEE's own source is off by one here; its formulas, and the files, are as above.)
#pragma once
#include "base/bytes.h"

#include <array>
#include <cstdint>
#include <optional>

namespace festore::ree_fs {

inline constexpr uint32_t kBlockBytes = 4096;
inline constexpr uint32_t kHashBytes = 32;
inline constexpr uint32_t kIvBytes = 16;
inline constexpr uint32_t kTagBytes = 16;
inline constexpr uint32_t kFekBytes = 16;

using Hash = std::array<std::byte, kHashBytes>;
using Iv = std::array<std::byte, kIvBytes>;
using Tag = std::array<std::byte, kTagBytes>;
using SealedFek = std::array<std::byte, kFekBytes>;

// The sealed part of the head is a C structure of a 64-bit and a 32-bit number. Compilers that align 64-bit numbers to
// 8 bytes (every Arm ABI that OP-TEE is built for, 32-bit and 64-bit) pad it to 16; those that align them to 4 do not.
enum class HeadLayout : uint8_t { padded, packed };
inline constexpr uint32_t kMetaBytesPadded = 16;
inline constexpr uint32_t kMetaBytesPacked = 12;

constexpr uint32_t meta_bytes(HeadLayout layout) {
    return layout == HeadLayout::padded ? kMetaBytesPadded : kMetaBytesPacked;
}

// Head image: offset 0 iv, 16 tag, 32 sealed file key, 48 sealed metadata, then the counter.
inline constexpr uint32_t kHeadIvOffset = 0;
inline constexpr uint32_t kHeadTagOffset = 16;
inline constexpr uint32_t kHeadSealedFekOffset = 32;
inline constexpr uint32_t kHeadMetaOffset = 48;
constexpr uint32_t head_counter_offset(HeadLayout layout) { return kHeadMetaOffset + meta_bytes(layout); }
constexpr uint32_t head_bytes(HeadLayout layout) { return head_counter_offset(layout) + 4; }
static_assert(head_bytes(HeadLayout::padded) == 68);
static_assert(head_bytes(HeadLayout::packed) == 64);

struct Head {
    Iv iv{};
    Tag tag{};
    SealedFek sealed_fek{};
    std::array<std::byte, kMetaBytesPadded> sealed_meta{};  // the first meta_bytes() count
    uint32_t counter = 0;  // commits so far; its lowest bit is the number of the version that it is written to

    // Only a counter: OP-TEE writes this to version 0 of a file that has not been changed since its creation.
    [[nodiscard]] bool is_blank() const;
};

// The metadata inside the seal: offset 0 length (8), 8 highest node number (4), then padding.
struct Meta {
    uint64_t length = 0;
    uint32_t node_id_max = 0;
};

// Node image: offset 0 hash, 32 iv, 48 tag, 64 flags (2).
inline constexpr uint32_t kNodeHashOffset = 0;
inline constexpr uint32_t kNodeIvOffset = 32;
inline constexpr uint32_t kNodeTagOffset = 48;
inline constexpr uint32_t kNodeFlagsOffset = 64;
inline constexpr uint32_t kNodeBytes = 66;
static_assert(kNodeFlagsOffset + 2 == kNodeBytes);
// The part of the node that its hash covers: everything after the hash.
inline constexpr uint32_t kNodeFieldsBytes = kNodeBytes - kHashBytes;
static_assert(kNodeFieldsBytes == 34);

struct Node {
    Hash hash{};
    std::array<std::byte, kNodeFieldsBytes> fields{};  // iv, tag, flags as in the file

    [[nodiscard]] Bytes iv() const { return Bytes(fields).first(kIvBytes); }
    [[nodiscard]] Bytes tag() const { return Bytes(fields).subspan(kIvBytes, kTagBytes); }
    [[nodiscard]] uint16_t flags() const;
    // The committed version of the node's own block, and of its child 2n or 2n + 1.
    [[nodiscard]] uint8_t block_version() const { return flags() & 1U; }
    [[nodiscard]] uint8_t child_version(uint32_t child_id) const {
        return uint32_t{flags()} >> (1U + (child_id & 1U)) & 1U;
    }
};

inline constexpr uint32_t kNodePairsPerBlock = kBlockBytes / (2 * kNodeBytes);
static_assert(kNodePairsPerBlock == 31);

constexpr uint64_t head_offset(HeadLayout layout, uint8_t version) { return uint64_t{version} * head_bytes(layout); }
constexpr uint64_t node_offset(uint32_t node_id, uint8_t version) {
    const uint64_t index = uint64_t{node_id} - 1;
    const uint64_t physical = 1 + index / kNodePairsPerBlock * kNodePairsPerBlock * 2;
    return physical * kBlockBytes + (2 * (index % kNodePairsPerBlock) + version) * kNodeBytes;
}
constexpr uint64_t block_offset(uint32_t block, uint8_t version) {
    const uint64_t index = 2 * uint64_t{block} + version;
    return (2 + index + index / (kNodePairsPerBlock * 2 - 1)) * kBlockBytes;
}

// One entry of dirf.db: offset 0 owner (TEE_UUID as in memory), 16 object id, 80 its length, 84 root hash of the file,
// 116 number of the file. An entry is free if the length and the first byte of its id are 0; in an entry with an empty
// id that is in use, that byte is 1 (OP-TEE 3.17 and later).
inline constexpr uint32_t kDirEntryBytes = 120;
inline constexpr uint32_t kDirEntryIdBytesMax = 64;
static_assert(16 + kDirEntryIdBytesMax + 4 + kHashBytes + 4 == kDirEntryBytes);

// Header of an object made by a TA, in front of its attributes and data: six 32-bit numbers.
inline constexpr uint32_t kObjectHeadBytes = 24;

// Nothing unless `image` has the right size.
std::optional<Head> decode_head(Bytes image, HeadLayout layout);
std::optional<Node> decode_node(Bytes image);
std::optional<Meta> decode_meta(Bytes opened);

// The inverse. `out` has head_bytes(layout) bytes, kMetaBytesPadded (the padding after the numbers is zeroed) and
// kNodeBytes.
void encode_head(const Head& head, HeadLayout layout, MutableBytes out);
void encode_meta(const Meta& meta, MutableBytes out);
void encode_node(const Node& node, MutableBytes out);

}  // namespace festore::ree_fs
