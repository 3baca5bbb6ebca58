// SPDX-License-Identifier: BSD-2-Clause
// Properties: TEE Internal Core API 1.3, section 4.4. Each has one type; reading it as another type gives bad_format, except that every
// property can be read as a string.
#include "sim/state.h"
#include "sim/tee_uuid.h"

#include <array>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string_view>
#include <variant>

using namespace festore::sim;

namespace {

using Value = std::variant<bool, uint32_t, std::string, TEE_UUID, TEE_Identity>;

std::optional<Value> of_implementation(std::string_view name) {
    const Config& config = current_call().tee->config;
    if (name == "gpd.tee.description") return "festore simulated TEE";
    if (name == "gpd.tee.apiversion") return "GPD-1.1-dev";  // as OP-TEE says
    if (name == "gpd.tee.systemTime.protectionLevel") return 100U;
    if (name == "gpd.tee.TAPersistentTime.protectionLevel") return 100U;
    if (name == "gpd.tee.cryptography.ecc") return false;
    // As OP-TEE says, whether or not the REE file system is tied to the RPMB.
    if (name == "gpd.tee.trustedStorage.antiRollback.protectionLevel") return config.has_rpmb ? 1000U : 100U;
    if (name == "gpd.tee.trustedos.manufacturer") return "festore";
    if (name == "gpd.tee.trustedos.implementation.version") return config.version;
    return std::nullopt;
}

std::optional<Value> of_ta(std::string_view name) {
    const TaImage& image = *current_call().instance->image;
    if (name == "gpd.ta.appID") return to_tee(image.uuid);
    if (name == "gpd.ta.singleInstance") return (image.flags & TA_FLAG_SINGLE_INSTANCE) != 0;
    if (name == "gpd.ta.multiSession") return (image.flags & TA_FLAG_MULTI_SESSION) != 0;
    if (name == "gpd.ta.instanceKeepAlive") return (image.flags & TA_FLAG_INSTANCE_KEEP_ALIVE) != 0;
    if (name == "gpd.ta.doesNotCloseHandleOnCorruptObject")
        return (image.flags & TA_FLAG_DONT_CLOSE_HANDLE_ON_CORRUPT_OBJECT) != 0;
    if (name == "gpd.ta.dataSize") return static_cast<uint32_t>(image.heap_bytes);
    if (name == "gpd.ta.stackSize") return static_cast<uint32_t>(image.stack_bytes);
    if (name == "gpd.ta.version") return image.version;
    return std::nullopt;
}

std::optional<Value> find(TEE_PropSetHandle set, const char* name) {
    const std::string_view wanted = &required(name);
    if (set == TEE_PROPSET_TEE_IMPLEMENTATION) return of_implementation(wanted);
    if (set == TEE_PROPSET_CURRENT_TA) return of_ta(wanted);
    if (set != TEE_PROPSET_CURRENT_CLIENT) refuse("an enumerator of properties");
    if (wanted != "gpd.client.identity") return std::nullopt;
    const Identity& client = current_call().session->client;
    return TEE_Identity{client.login, to_tee(client.uuid)};
}

template <class T>
TEE_Result get(TEE_PropSetHandle set, const char* name, T* value) {
    required(value);
    const std::optional<Value> found = find(set, name);
    if (!found) return TEE_ERROR_ITEM_NOT_FOUND;
    const T* typed = std::get_if<T>(&*found);
    if (typed == nullptr) return TEE_ERROR_BAD_FORMAT;
    *value = *typed;
    return TEE_SUCCESS;
}

std::string text_of(const TEE_UUID& u) {
    std::array<char, 40> text{};
    const uint8_t* r = u.clockSeqAndNode;
    std::snprintf(text.data(), text.size(), "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", u.timeLow,
                  unsigned{u.timeMid}, unsigned{u.timeHiAndVersion}, r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7]);
    return text.data();
}

struct ToText {
    std::string operator()(bool b) const { return b ? "true" : "false"; }
    std::string operator()(uint32_t n) const { return std::to_string(n); }
    std::string operator()(const std::string& s) const { return s; }
    std::string operator()(const TEE_UUID& u) const { return text_of(u); }
    std::string operator()(const TEE_Identity& i) const { return std::to_string(i.login) + ":" + text_of(i.uuid); }
};

}  // namespace

extern "C" {

TEE_Result TEE_GetPropertyAsString(TEE_PropSetHandle set, const char* name, char* value, size_t* size) {
    if (value == nullptr || size == nullptr) panic(TEE_ERROR_BAD_PARAMETERS, "a null pointer for a result");
    const std::optional<Value> found = find(set, name);
    if (!found) return TEE_ERROR_ITEM_NOT_FOUND;
    const std::string text = std::visit(ToText{}, *found);
    const size_t room = *size;
    *size = text.size() + 1;
    if (room < *size) return TEE_ERROR_SHORT_BUFFER;
    std::memcpy(value, text.c_str(), *size);
    return TEE_SUCCESS;
}

TEE_Result TEE_GetPropertyAsBool(TEE_PropSetHandle set, const char* name, bool* value) { return get(set, name, value); }
TEE_Result TEE_GetPropertyAsU32(TEE_PropSetHandle set, const char* name, uint32_t* value) {
    return get(set, name, value);
}
TEE_Result TEE_GetPropertyAsUUID(TEE_PropSetHandle set, const char* name, TEE_UUID* value) {
    return get(set, name, value);
}
TEE_Result TEE_GetPropertyAsIdentity(TEE_PropSetHandle set, const char* name, TEE_Identity* value) {
    return get(set, name, value);
}

}  // extern "C"
