// SPDX-License-Identifier: BSD-2-Clause
#include "base/host/text.h"

#include "base/host/hex.h"
#include "base/name.h"

#include <algorithm>
#include <array>
#include <ctime>

namespace festore {
namespace {

// `shown_escaped`: characters that are escaped though they are harmless. `twice`: a character that is doubled.
std::string made_harmless(std::string_view text, std::string_view shown_escaped, char twice) {
    std::string shown;
    while (!text.empty()) {
        const size_t size = shown_escaped.find(text[0]) != std::string_view::npos ? 0 : harmless_bytes(text);
        if (size == 0) shown += "\\x" + hex(bytes_of(text.substr(0, 1)));
        else if (text[0] == twice) shown += std::string(2, twice);
        else shown += text.substr(0, size);
        text.remove_prefix(std::max<size_t>(size, 1));
    }
    return shown;
}

}  // namespace

size_t harmless_bytes(std::string_view rest) {
    for (size_t size = 1; size <= std::min<size_t>(4, rest.size()); ++size) {
        const std::string_view one = rest.substr(0, size);
        if (check_prefix(bytes_of(one)) != NameFault::none) continue;
        // U+2028 to U+202E, U+2066 to U+2069: line ends, and controls that change the direction of the following text.
        const bool turns = (one >= "\xE2\x80\xA8" && one <= "\xE2\x80\xAE") || (one >= "\xE2\x81\xA6" && one <= "\xE2\x81\xA9");
        return turns ? 0 : size;
    }
    return 0;
}

std::string escaped(std::string_view name) { return made_harmless(name, "", '\\'); }
std::string harmless(std::string_view message) { return made_harmless(message, "", '\0'); }
std::string quote(std::string_view name) { return "'" + made_harmless(name, "'\\", '\0') + "'"; }

std::string time_text(int64_t seconds) {
    const time_t time = static_cast<time_t>(seconds);
    std::tm parts{};
    std::array<char, 64> text{};
    if (seconds == 0 || gmtime_r(&time, &parts) == nullptr) return "-";
    const size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return {text.data(), size};
}

std::string uuid_text(const Uuid& uuid) {
    const std::string digits = hex(uuid.bytes);
    return digits.substr(0, 8) + "-" + digits.substr(8, 4) + "-" + digits.substr(12, 4) + "-" + digits.substr(16, 4) + "-" +
           digits.substr(20);
}

}  // namespace festore
