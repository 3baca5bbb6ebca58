// SPDX-License-Identifier: BSD-2-Clause
// The format of festore's persistent objects in the TEE's trusted storage: docs/format-object.md. Little-endian:
//
//   offset size
//        0    4  magic "FSO1"
//        4    1  major version of the format: a reader refuses a version that it does not know
//        5    1  minor version: the oldest that can write this object
//        6    1  flags: bit 0 write-once
//        7    1  length of the name, 1 to 255
//        8    4  size of the content
//       12    4  login of the owner (protocol::Login)
//       16   16  UUID of the owner
//       32    8  version: 1 at first, one more with each replacement
//       40    8  time of creation, seconds since 1970, the normal world's claim
//       48    8  time of the last replacement, also the normal world's claim
//       56    8  zero
//       64       the name, then the content, then nothing
//
// The TEE encrypts and authenticates the object as a whole. The owner and the name are inside to let a listing show
// them, and to detect an object that lies under a wrong id.
#pragma once
#include "base/limits.h"
#include "base/result.h"
#include "base/writer.h"
#include "ta/identity.h"

namespace festore::ta {

inline constexpr size_t kObjectHeaderBytes = 64;
inline constexpr size_t kObjectPreludeBytesMax = kObjectHeaderBytes + limits::kNameBytesMax;
inline constexpr uint8_t kObjectFormatMajor = 1;
inline constexpr uint8_t kObjectFormatMinor = 0;

struct ObjectHeader {
    uint8_t flags = 0;  // protocol::kObjectWriteOnce
    uint32_t content_size = 0;
    Identity owner;
    uint64_t version = 0;
    int64_t created = 0;
    int64_t modified = 0;
    Bytes name;

    [[nodiscard]] size_t content_offset() const { return kObjectHeaderBytes + name.size(); }
};

// Header and name.
void encode(const ObjectHeader& header, Writer& out);
// `start`: the object's first bytes, at least header and name; `object_size`: the size of the whole object. corrupt_object: the header
// is damaged, or disagrees with the size; not_supported: another major version. The name is a view into `start`.
Outcome<ObjectHeader> decode_object_header(Bytes start, size_t object_size);

}  // namespace festore::ta
