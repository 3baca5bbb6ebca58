// SPDX-License-Identifier: BSD-2-Clause
// Versions as one number: major << 16 | minor << 8 | patch.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace festore {

namespace detail {
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes the number at the start of `text` off `text`. A result above 255 means: no number, or too large a one.
constexpr uint32_t take_number(std::string_view& text) {
    uint32_t number = 0;
    size_t digits = 0;
    while (digits < text.size() && digits < 4 && is_digit(text[digits]))
        number = number * 10 + static_cast<uint32_t>(text[digits++] - '0');
    text.remove_prefix(digits);
    return digits == 0 ? UINT32_MAX : number;
}
}  // namespace detail

// The version in a text such as "4.5.0", "3.19.0-12-g0a1b2c3" or "Unknown_4.5" (what OP-TEE calls itself when it was built
// outside of its repository): the first two or three numbers below 256 with dots between them. 0: none found.
constexpr uint32_t version_in(std::string_view text) {
    for (size_t i = 0; i < text.size(); ++i) {
        if (!detail::is_digit(text[i]) || (i > 0 && detail::is_digit(text[i - 1]))) continue;
        std::string_view rest = text;
        rest.remove_prefix(i);  // substr() throws, which a TA cannot link
        const uint32_t major = detail::take_number(rest);
        if (major > 255 || rest.empty() || rest[0] != '.') continue;
        rest.remove_prefix(1);
        const uint32_t minor = detail::take_number(rest);
        if (minor > 255) continue;
        uint32_t patch = 0;
        if (!rest.empty() && rest[0] == '.') {
            rest.remove_prefix(1);
            patch = detail::take_number(rest);
        }
        return major << 16 | minor << 8 | (patch > 255 ? 0 : patch);
    }
    return 0;
}

}  // namespace festore
