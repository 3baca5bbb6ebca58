// SPDX-License-Identifier: BSD-2-Clause
// A UUID as 16 bytes in the order of its text (RFC 9562). TEE_UUID in memory has its first three fields in the
// machine's byte order: convert with from_fields().
#pragma once
#include "base/bytes.h"

#include <array>
#include <compare>

namespace festore {

struct Uuid {
    std::array<std::byte, 16> bytes{};

    static constexpr Uuid from_fields(uint32_t time_low, uint16_t time_mid, uint16_t time_high_and_version,
                                      const std::array<uint8_t, 8>& rest) {
        Uuid u;
        for (size_t i = 0; i < 4; ++i) u.bytes[i] = static_cast<std::byte>(time_low >> (24 - 8 * i));
        for (size_t i = 0; i < 2; ++i) u.bytes[4 + i] = static_cast<std::byte>(time_mid >> (8 - 8 * i));
        for (size_t i = 0; i < 2; ++i) u.bytes[6 + i] = static_cast<std::byte>(time_high_and_version >> (8 - 8 * i));
        for (size_t i = 0; i < 8; ++i) u.bytes[8 + i] = static_cast<std::byte>(rest[i]);
        return u;
    }
    [[nodiscard]] constexpr bool is_nil() const { return *this == Uuid{}; }
    friend constexpr auto operator<=>(const Uuid&, const Uuid&) = default;
};
static_assert(sizeof(Uuid) == 16);

}  // namespace festore
