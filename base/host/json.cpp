// SPDX-License-Identifier: BSD-2-Clause
#include "base/host/json.h"

#include "base/host/hex.h"
#include "base/host/text.h"

namespace festore {

Json time_json(int64_t seconds) { return seconds == 0 ? Json(nullptr) : Json(seconds); }

void set_name(Json& object, std::string_view name) {
    try {
        (void)Json(name).dump();
        object["name"] = name;
        return;
    } catch (const Json::type_error&) {  // not UTF-8
    }
    object["name_hex"] = hex(bytes_of(name));
}

Json name_json(const std::string& name) {
    Json object = Json::object();
    if (!name.empty()) set_name(object, name);
    return object;
}

Json text_json(const std::string& text) {
    if (text.empty()) return nullptr;
    try {
        (void)Json(text).dump();
        return text;
    } catch (const Json::type_error&) {
        return escaped(text);
    }
}

}  // namespace festore
