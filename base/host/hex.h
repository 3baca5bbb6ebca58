// SPDX-License-Identifier: BSD-2-Clause
// Bytes as people read them: two lower-case hexadecimal digits for each. Not for a TA, which has no std::string.
#pragma once
#include "base/bytes.h"

#include <string>

namespace festore {

inline std::string hex(Bytes bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * bytes.size());
    for (const std::byte b : bytes) {
        text += kDigits[std::to_integer<unsigned>(b) >> 4];
        text += kDigits[std::to_integer<unsigned>(b) & 15U];
    }
    return text;
}

}  // namespace festore
