// SPDX-License-Identifier: BSD-2-Clause
// Names of stores: an owner can have several stores, each with another name; the store without a name is called "default".
#pragma once
#include "base/bytes.h"

#include <algorithm>

namespace festore {

inline constexpr std::string_view kDefaultStoreName = "default";
inline constexpr size_t kStoreNameBytesMax = 63;

// 1 to 63 bytes of A-Z, a-z, 0-9, '.', '_' and '-': it is part of a folder's name.
[[nodiscard]] inline bool is_store_name(std::string_view name) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    };
    return !name.empty() && name.size() <= kStoreNameBytesMax && std::ranges::all_of(name, fits);
}

// The form used in messages and headers: empty for the default store.
[[nodiscard]] inline std::string_view wire_form_of_store_name(std::string_view name) { return name == kDefaultStoreName ? "" : name; }

// The inverse.
[[nodiscard]] inline std::string_view shown_store_name(std::string_view name) { return name.empty() ? kDefaultStoreName : name; }

}  // namespace festore
