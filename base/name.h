// SPDX-License-Identifier: BSD-2-Clause
// Valid names of objects: 1 to 255 bytes of well-formed UTF-8 (RFC 3629: shortest form, no surrogates)
// without NUL and without control characters (U+0000–U+001F, U+007F–U+009F).
#pragma once
#include "base/bytes.h"

namespace festore {

enum class NameFault : uint8_t { none, empty, too_long, not_utf8, control_character };

[[nodiscard]] NameFault check_name(Bytes name);
// The same for the start of a name, as in `ls PREFIX`: it may be empty and must not end inside a character.
[[nodiscard]] NameFault check_prefix(Bytes prefix);

}  // namespace festore
