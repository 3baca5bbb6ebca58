// SPDX-License-Identifier: BSD-2-Clause
// What root allows one identity (docs/services.md), for the code of both worlds.
#pragma once
#include "base/reader.h"
#include "base/writer.h"

#include <cstddef>
#include <cstdint>

namespace festore {

// The largest number a field can have says: no limit.
inline constexpr uint64_t kNoLimitOfBytes = UINT64_MAX;
inline constexpr uint32_t kNoLimit = UINT32_MAX;

// Of one identity. Bytes and objects are those in one of the TEE's storages, and hold for each of them.
struct AllowLimits {
    uint64_t bytes = kNoLimitOfBytes;
    uint32_t objects = kNoLimit;
    uint32_t stores = kNoLimit;
    [[nodiscard]] bool limits_objects() const { return bytes != kNoLimitOfBytes || objects != kNoLimit; }
    friend bool operator==(const AllowLimits&, const AllowLimits&) = default;
};

// Of all identities but root together, in one of the TEE's storages.
struct AllowTotal {
    uint64_t bytes = kNoLimitOfBytes;
    uint32_t objects = kNoLimit;
    [[nodiscard]] bool is_set() const { return bytes != kNoLimitOfBytes || objects != kNoLimit; }
    friend bool operator==(const AllowTotal&, const AllowTotal&) = default;
};

// As they lie in the list, and go over the wire: 16 bytes.
inline void write_limits(const AllowLimits& limits, Writer& out) {
    out.u64(limits.bytes);
    out.u32(limits.objects);
    out.u32(limits.stores);
}
inline AllowLimits read_limits(Reader& in) {
    AllowLimits limits;
    limits.bytes = in.u64();
    limits.objects = in.u32();
    limits.stores = in.u32();
    return limits;
}

}  // namespace festore
