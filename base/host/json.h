// SPDX-License-Identifier: BSD-2-Clause
// Names, times and texts in JSON (docs/json.md).
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace festore {

using Json = nlohmann::ordered_json;

Json time_json(int64_t seconds);  // the number; null for 0, which means unknown

// Adds "name", or "name_hex" if the name is not UTF-8.
void set_name(Json& object, std::string_view name);
// The same as an object; empty if there is no name.
Json name_json(const std::string& name);
// Null if the text is empty. Escaped (base/host/text.h) if it is not UTF-8.
Json text_json(const std::string& text);

}  // namespace festore
