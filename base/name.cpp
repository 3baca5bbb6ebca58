// SPDX-License-Identifier: BSD-2-Clause
#include "base/name.h"

#include "base/limits.h"

namespace festore {
namespace {

struct Decoded {
    uint32_t code_point = 0;
    size_t size = 0;  // 0: not UTF-8
};

bool is_continuation(std::byte b) { return (b & std::byte{0xC0}) == std::byte{0x80}; }

Decoded decode_one(Bytes b) {
    const auto lead = static_cast<uint32_t>(b[0]);
    if (lead < 0x80) return {lead, 1};
    const size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || b.size() < size) return {};
    uint32_t value = lead & (0xFFU >> (size + 1));
    for (size_t i = 1; i < size; ++i) {
        if (!is_continuation(b[i])) return {};
        value = value << 6 | (static_cast<uint32_t>(b[i]) & 0x3F);
    }
    const uint32_t smallest = size == 4 ? 0x10000 : size == 3 ? 0x800 : 0x80;
    const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (value < smallest || value > 0x10FFFF || surrogate) return {};
    return {value, size};
}

bool is_control(uint32_t code_point) {
    return code_point < 0x20 || (code_point >= 0x7F && code_point <= 0x9F);
}

}  // namespace

NameFault check_prefix(Bytes prefix) {
    if (prefix.size() > limits::kNameBytesMax) return NameFault::too_long;
    while (!prefix.empty()) {
        const Decoded d = decode_one(prefix);
        if (d.size == 0) return NameFault::not_utf8;
        if (is_control(d.code_point)) return NameFault::control_character;
        prefix = prefix.subspan(d.size);
    }
    return NameFault::none;
}

NameFault check_name(Bytes name) {
    return name.empty() ? NameFault::empty : check_prefix(name);
}

}  // namespace festore
