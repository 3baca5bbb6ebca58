// SPDX-License-Identifier: BSD-2-Clause
// Memory, panics, time, random, properties and OP-TEE's system pseudo-TA: TEE Internal Core API 1.3, chapters 4 and 7.
#include "sim/include/pta_system.h"
#include "sim/state.h"

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <string_view>
#include <thread>

using namespace festore;
using namespace festore::sim;

namespace {

// As OP-TEE keeps it in memory on a little-endian machine.
TEE_UUID to_tee(const Uuid& u) {
    const auto at = [&](size_t i) { return static_cast<uint32_t>(u.bytes[i]); };
    TEE_UUID t{at(0) << 24 | at(1) << 16 | at(2) << 8 | at(3), static_cast<uint16_t>(at(4) << 8 | at(5)),
               static_cast<uint16_t>(at(6) << 8 | at(7)), {}};
    for (size_t i = 0; i < 8; ++i) t.clockSeqAndNode[i] = static_cast<uint8_t>(at(8 + i));
    return t;
}

bool same(const TEE_UUID& a, const TEE_UUID& b) { return std::memcmp(&a, &b, sizeof a) == 0; }

TEE_TASessionHandle system_pta_session() {
    static __TEE_TASessionHandle session;
    return &session;
}

TEE_Result derive_ta_unique_key(uint32_t types, const TEE_Param* params) {
    const uint32_t expected = TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT, TEE_PARAM_TYPE_MEMREF_OUTPUT,
                                              TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_NONE);
    if (types != expected) return TEE_ERROR_BAD_PARAMETERS;
    const auto& extra = params[0].memref;
    const auto& key = params[1].memref;
    if (key.size < 16 || key.size > 32 || extra.size > 1024) return TEE_ERROR_BAD_PARAMETERS;
    if (current_call().is_shared(key.buffer, key.size)) return TEE_ERROR_SECURITY;
    // OP-TEE's huk_subkey_derive(): the number of this use (3), the TA's UUID, what the TA adds.
    std::vector<unsigned char> input = {3, 0, 0, 0};
    const TEE_UUID ta = to_tee(current_call().instance->image->uuid);
    const auto* ta_bytes = reinterpret_cast<const unsigned char*>(&ta);
    input.insert(input.end(), ta_bytes, ta_bytes + sizeof ta);
    if (extra.size > 0) {
        const auto* extra_bytes = static_cast<const unsigned char*>(extra.buffer);
        input.insert(input.end(), extra_bytes, extra_bytes + extra.size);
    }
    const auto& huk = current_call().tee->config.huk;
    unsigned char mac[32];
    HMAC(EVP_sha256(), huk.data(), static_cast<int>(huk.size()), input.data(), input.size(), mac, nullptr);
    std::memcpy(key.buffer, mac, key.size);
    return TEE_SUCCESS;
}

}  // namespace

extern "C" {

void TEE_Panic(TEE_Result code) { panic(code, "TEE_Panic"); }

void* TEE_Malloc(size_t size, uint32_t) {
    Instance& instance = *current_call().instance;
    if (allocation_fails() || size > instance.image->heap_bytes - instance.heap_used) return nullptr;
    void* memory = std::calloc(1, size > 0 ? size : 1);
    instance.heap[memory] = size;
    instance.heap_used += size;
    instance.heap_peak = std::max(instance.heap_peak, instance.heap_used);
    return memory;
}

void* TEE_Realloc(void* buffer, size_t size) {
    if (buffer == nullptr) return TEE_Malloc(size, TEE_MALLOC_FILL_ZERO);
    Instance& instance = *current_call().instance;
    const auto found = instance.heap.find(buffer);
    if (found == instance.heap.end()) panic(TEE_ERROR_BAD_PARAMETERS, "reallocating what was not allocated");
    void* bigger = TEE_Malloc(size, TEE_MALLOC_FILL_ZERO);
    if (bigger == nullptr) return nullptr;
    std::memcpy(bigger, buffer, std::min(size, found->second));
    TEE_Free(buffer);
    return bigger;
}

void TEE_Free(void* buffer) {
    if (buffer == nullptr) return;
    Instance& instance = *current_call().instance;
    const auto found = instance.heap.find(buffer);
    if (found == instance.heap.end()) panic(TEE_ERROR_BAD_PARAMETERS, "freeing what was not allocated");
    instance.heap_used -= found->second;
    instance.heap.erase(found);
    std::free(buffer);
}

void TEE_MemMove(void* dest, const void* src, size_t size) { std::memmove(dest, src, size); }
int32_t TEE_MemCompare(const void* a, const void* b, size_t size) { return std::memcmp(a, b, size); }
void TEE_MemFill(void* buffer, uint32_t x, size_t size) { std::memset(buffer, static_cast<int>(x & 0xFF), size); }

TEE_Result TEE_CheckMemoryAccessRights(uint32_t flags, void* buffer, size_t size) {
    const bool shared = current_call().is_shared(buffer, size);
    return shared && (flags & TEE_MEMORY_ACCESS_ANY_OWNER) == 0 ? TEE_ERROR_ACCESS_DENIED : TEE_SUCCESS;
}

void TEE_GetSystemTime(TEE_Time* time) {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
    *time = {static_cast<uint32_t>(ms / 1000), static_cast<uint32_t>(ms % 1000)};
}

void TEE_GetREETime(TEE_Time* time) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
    *time = {static_cast<uint32_t>(ms / 1000), static_cast<uint32_t>(ms % 1000)};
}

TEE_Result TEE_Wait(uint32_t milliseconds) {
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    return TEE_SUCCESS;
}

void TEE_GenerateRandom(void* buffer, size_t size) {
    if (RAND_bytes(static_cast<unsigned char*>(buffer), static_cast<int>(size)) != 1)
        panic(TEE_ERROR_GENERIC, "no random numbers");
}

TEE_Result TEE_GetPropertyAsString(TEE_PropSetHandle set, const char* name, char* value, size_t* size) {
    const std::string_view wanted = name;
    std::string_view text;
    if (set == TEE_PROPSET_TEE_IMPLEMENTATION && wanted == "gpd.tee.description") text = "festore simulated TEE";
    else if (set == TEE_PROPSET_TEE_IMPLEMENTATION && wanted == "gpd.tee.apiversion") text = "GPD-1.1-dev";
    else return TEE_ERROR_ITEM_NOT_FOUND;
    const size_t room = *size;
    *size = text.size() + 1;
    if (room < *size) return TEE_ERROR_SHORT_BUFFER;
    std::memcpy(value, text.data(), text.size());
    value[text.size()] = '\0';
    return TEE_SUCCESS;
}

TEE_Result TEE_GetPropertyAsU32(TEE_PropSetHandle set, const char* name, uint32_t* value) {
    if (set != TEE_PROPSET_TEE_IMPLEMENTATION) return TEE_ERROR_ITEM_NOT_FOUND;
    const std::string_view wanted = name;
    const bool rpmb = current_call().tee->config.has_rpmb;
    if (wanted == "gpd.tee.trustedStorage.antiRollback.protectionLevel" ||
        wanted == "gpd.tee.trustedStorage.rollbackDetection.protectionLevel") {
        *value = rpmb ? 1000 : 0;  // what OP-TEE says, whether or not it is so
        return TEE_SUCCESS;
    }
    return TEE_ERROR_ITEM_NOT_FOUND;
}

TEE_Result TEE_GetPropertyAsUUID(TEE_PropSetHandle set, const char* name, TEE_UUID* value) {
    if (set != TEE_PROPSET_CURRENT_TA || std::string_view(name) != "gpd.ta.appID") return TEE_ERROR_ITEM_NOT_FOUND;
    *value = to_tee(current_call().instance->image->uuid);
    return TEE_SUCCESS;
}

TEE_Result TEE_GetPropertyAsIdentity(TEE_PropSetHandle set, const char* name, TEE_Identity* value) {
    if (set != TEE_PROPSET_CURRENT_CLIENT || std::string_view(name) != "gpd.client.identity")
        return TEE_ERROR_ITEM_NOT_FOUND;
    const Identity& client = current_call().session->client;
    value->login = client.login;
    value->uuid = to_tee(client.uuid);
    return TEE_SUCCESS;
}

TEE_Result TEE_OpenTASession(const TEE_UUID* ta, uint32_t, uint32_t, TEE_Param*, TEE_TASessionHandle* session,
                             uint32_t* origin) {
    constexpr TEE_UUID system_pta = PTA_SYSTEM_UUID;
    if (origin != nullptr) *origin = TEE_ORIGIN_TEE;
    *session = TEE_HANDLE_NULL;
    if (!same(*ta, system_pta)) refuse("a TA that opens a session with another TA than the system pseudo-TA");
    if (!current_call().tee->config.has_system_pta) return TEE_ERROR_ITEM_NOT_FOUND;
    *session = system_pta_session();
    return TEE_SUCCESS;
}

void TEE_CloseTASession(TEE_TASessionHandle) {}

TEE_Result TEE_InvokeTACommand(TEE_TASessionHandle session, uint32_t, uint32_t command, uint32_t types,
                               TEE_Param* params, uint32_t* origin) {
    if (origin != nullptr) *origin = TEE_ORIGIN_TRUSTED_APP;
    if (session != system_pta_session()) panic(TEE_ERROR_BAD_PARAMETERS, "no handle of a session");
    if (command != PTA_SYSTEM_DERIVE_TA_UNIQUE_KEY) refuse("a command of the system pseudo-TA but the key derivation");
    return derive_ta_unique_key(types, params);
}

}  // extern "C"
