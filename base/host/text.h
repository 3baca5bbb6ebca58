// SPDX-License-Identifier: BSD-2-Clause
// Names, messages, times and UUIDs as text that a terminal cannot be made to obey. Thread safety: any thread.
#pragma once
#include "base/uuid.h"

#include <string>
#include <string_view>

namespace festore {

// Size of the first character of `rest` if a line can show that character as it is; otherwise 0.
size_t harmless_bytes(std::string_view rest);

// A name as listings show it. Bytes that are not UTF-8, control characters, and characters that reorder a line become \xHH; a backslash
// becomes two. No two names are shown alike.
std::string escaped(std::string_view name);
// The same for a message, in which a single backslash stays as it is.
std::string harmless(std::string_view message);
// A name in single quotes, for messages: what escaped() escapes, quotes and backslashes become \xHH.
std::string quote(std::string_view name);

// Seconds since 1970 as "2026-11-24T10:49:04Z"; "-" for 0, which means unknown.
std::string time_text(int64_t seconds);

// In the form of RFC 9562, in lower case.
std::string uuid_text(const Uuid& uuid);

}  // namespace festore
