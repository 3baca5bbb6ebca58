// SPDX-License-Identifier: BSD-2-Clause
// The limits that root sets for identities (docs/services.md), for the code of both worlds.
#pragma once
#include <cstddef>
#include <cstdint>

namespace festore {

// The largest value of a field means: no limit.
inline constexpr uint64_t kNoLimitOfBytes = UINT64_MAX;
inline constexpr uint32_t kNoLimit = UINT32_MAX;

// Limits of one identity. `bytes` and `objects` apply to each of the TEE's storages separately. 16 bytes in the list and on the wire.
struct AllowLimits {
    uint64_t bytes = kNoLimitOfBytes;
    uint32_t objects = kNoLimit;
    uint32_t stores = kNoLimit;
    [[nodiscard]] bool limits_objects() const { return bytes != kNoLimitOfBytes || objects != kNoLimit; }
    friend bool operator==(const AllowLimits&, const AllowLimits&) = default;
    static constexpr void fields(auto& m, auto& wire) { wire(m.bytes, m.objects, m.stores); }
};

// Limits of all identities except root together, in one of the TEE's storages.
struct AllowTotal {
    uint64_t bytes = kNoLimitOfBytes;
    uint32_t objects = kNoLimit;
    [[nodiscard]] bool is_set() const { return bytes != kNoLimitOfBytes || objects != kNoLimit; }
    friend bool operator==(const AllowTotal&, const AllowTotal&) = default;
    static constexpr void fields(auto& m, auto& wire) { wire(m.bytes, m.objects); }
};

}  // namespace festore
