// SPDX-License-Identifier: BSD-2-Clause
// Views of bytes, and the few operations on them that both worlds need. Views own nothing.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace festore {

using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

inline Bytes bytes_of(std::string_view s) {
    return {reinterpret_cast<const std::byte*>(s.data()), s.size()};
}
inline Bytes bytes_of(const void* data, size_t size) {
    return {static_cast<const std::byte*>(data), size};
}
inline std::string_view text_of(Bytes b) {
    return {reinterpret_cast<const char*>(b.data()), b.size()};
}

// Copies `from` to the start of `to`; `to` must be at least as large.
inline void copy_bytes(Bytes from, MutableBytes to) {
    if (!from.empty()) __builtin_memcpy(to.data(), from.data(), from.size());
}

// Time depends on the sizes only, never on the contents. Different sizes are never equal.
[[nodiscard]] inline bool equal_constant_time(Bytes a, Bytes b) {
    if (a.size() != b.size()) return false;
    unsigned difference = 0;
    for (size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]);
    return difference == 0;
}

// Overwrites with zeroes in a way that the compiler may not remove.
inline void wipe(MutableBytes b) {
    if (b.empty()) return;
    __builtin_memset(b.data(), 0, b.size());
    __asm__ __volatile__("" : : "r"(b.data()) : "memory");
}

}  // namespace festore
