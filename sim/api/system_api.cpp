// SPDX-License-Identifier: BSD-2-Clause
// Memory, panics, time, random, trace and OP-TEE's system pseudo-TA: TEE Internal Core API 1.3, chapters 4 and 7.
#include "sim/include/pta_system.h"
#include "sim/state.h"
#include "sim/tee_uuid.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <climits>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <thread>

using namespace festore;
using namespace festore::sim;

namespace {

constexpr int kUnfilled = 0xA5;  // content of uninitialised memory: not zeroes, which a TA might rely on

TEE_Time time_of(std::chrono::nanoseconds since) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
    return {static_cast<uint32_t>(ms / 1000), static_cast<uint32_t>(ms % 1000)};
}

// The time of the machine's clock, or of a repeatable one.
template <class Clock>
TEE_Time now() {
    Tee::State& tee = *current_call().tee;
    if (!tee.config.repeatable_clocks) return time_of(Clock::now().time_since_epoch());
    constexpr std::chrono::seconds kStartOf2020{1577836800};
    return time_of(kStartOf2020 + std::chrono::milliseconds(++tee.clock_questions));
}

// Random numbers that are the same in each TEE.
void fill_repeatably(std::span<unsigned char> out) {
    uint64_t& block = current_call().tee->random_blocks;
    while (!out.empty()) {
        ++block;
        unsigned char digest[32];
        HMAC(EVP_sha256(), "", 0, reinterpret_cast<const unsigned char*>(&block), sizeof block, digest, nullptr);
        const size_t some = std::min(out.size(), sizeof digest);
        std::memcpy(out.data(), digest, some);
        out = out.subspan(some);
    }
}

bool same(const TEE_UUID& a, const TEE_UUID& b) { return std::memcmp(&a, &b, sizeof a) == 0; }

TEE_Result derive_ta_unique_key(uint32_t types, const TEE_Param* params) {
    const uint32_t expected = TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT, TEE_PARAM_TYPE_MEMREF_OUTPUT,
                                              TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_NONE);
    if (types != expected) return TEE_ERROR_BAD_PARAMETERS;
    const auto& extra = params[0].memref;
    const auto& key = params[1].memref;
    if (key.size < TA_DERIVED_KEY_MIN_SIZE || key.size > TA_DERIVED_KEY_MAX_SIZE ||
        extra.size > TA_DERIVED_EXTRA_DATA_MAX_SIZE)
        return TEE_ERROR_BAD_PARAMETERS;
    if (key.buffer == nullptr || (extra.buffer == nullptr && extra.size > 0))
        panic(TEE_ERROR_ACCESS_DENIED, "a parameter without an address");
    if (current_call().is_shared(key.buffer, key.size)) return TEE_ERROR_SECURITY;
    // OP-TEE's huk_subkey_derive(): the number of this usage (3), the TA's UUID, the TA's extra data.
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

void* TEE_Malloc(size_t size, uint32_t hint) {
    Instance& instance = *current_call().instance;
    const bool zero = hint == TEE_MALLOC_FILL_ZERO;
    if (!zero && hint != TEE_MALLOC_NO_FILL && hint != TEE_USER_MEM_HINT_NO_FILL_ZERO) return nullptr;
    if (allocation_fails() || size > instance.image->heap_bytes - instance.heap_used) return nullptr;
    void* memory = std::malloc(size > 0 ? size : 1);
    std::memset(memory, zero ? 0 : kUnfilled, size);
    instance.heap[memory] = size;
    instance.heap_used += size;
    instance.heap_peak = std::max(instance.heap_peak, instance.heap_used);
    return memory;
}

void* TEE_Realloc(void* buffer, size_t size) {
    if (buffer == nullptr) return TEE_Malloc(size, TEE_MALLOC_NO_FILL);
    Instance& instance = *current_call().instance;
    const auto found = instance.heap.find(buffer);
    if (found == instance.heap.end()) panic(TEE_ERROR_BAD_PARAMETERS, "reallocating what was not allocated");
    const size_t before = found->second;
    void* moved = TEE_Malloc(size, TEE_MALLOC_NO_FILL);
    if (moved == nullptr) return nullptr;
    std::memcpy(moved, buffer, std::min(size, before));
    TEE_Free(buffer);
    return moved;
}

void TEE_Free(void* buffer) {
    if (buffer == nullptr) return;
    Instance& instance = *current_call().instance;
    const auto found = instance.heap.find(buffer);
    if (found == instance.heap.end()) panic(TEE_ERROR_BAD_PARAMETERS, "freeing what was not allocated");
    const Bytes freed = bytes_of(buffer, found->second);
    const bool unwiped = std::any_of(freed.begin(), freed.end(), [](std::byte b) { return b != std::byte{0}; });
    if (unwiped) ++instance.frees_unwiped;
    if (current_call().tee->config.keeps_memory) instance.freed.insert(instance.freed.end(), freed.begin(), freed.end());
    instance.heap_used -= found->second;
    instance.heap.erase(found);
    std::free(buffer);
}

void TEE_MemMove(void* dest, const void* src, size_t size) {
    if (size > 0) std::memmove(dest, src, size);
    scribble_over_inputs();
}
int32_t TEE_MemCompare(const void* a, const void* b, size_t size) { return size > 0 ? std::memcmp(a, b, size) : 0; }
void TEE_MemFill(void* buffer, uint32_t x, size_t size) {
    if (size > 0) std::memset(buffer, static_cast<int>(x & 0xFF), size);
}

TEE_Result TEE_CheckMemoryAccessRights(uint32_t flags, void* buffer, size_t size) {
    if (size == 0) return TEE_SUCCESS;
    if (buffer == nullptr) return TEE_ERROR_ACCESS_DENIED;
    const bool shared = current_call().is_shared(buffer, size);
    return shared && (flags & TEE_MEMORY_ACCESS_ANY_OWNER) == 0 ? TEE_ERROR_ACCESS_DENIED : TEE_SUCCESS;
}

void TEE_GetSystemTime(TEE_Time* time) { required(time) = now<std::chrono::steady_clock>(); }

void TEE_GetREETime(TEE_Time* time) { required(time) = now<std::chrono::system_clock>(); }

TEE_Result TEE_Wait(uint32_t milliseconds) {
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    return TEE_SUCCESS;
}

void TEE_GenerateRandom(void* buffer, size_t size) {
    current_call().require_own(buffer, size, "random numbers into memory that is not the TA's own");
    if (size > INT_MAX) refuse("2 GiB of random numbers");
    if (current_call().tee->config.repeatable_random) return fill_repeatably({static_cast<unsigned char*>(buffer), size});
    if (size > 0 && RAND_bytes(static_cast<unsigned char*>(buffer), static_cast<int>(size)) != 1)
        panic(TEE_ERROR_GENERIC, "no random numbers");
}

TEE_Result TEE_OpenTASession(const TEE_UUID* ta, uint32_t, uint32_t types, TEE_Param*, TEE_TASessionHandle* session,
                             uint32_t* origin) {
    constexpr TEE_UUID system_pta = PTA_SYSTEM_UUID;
    if (origin != nullptr) *origin = TEE_ORIGIN_TEE;
    required(session) = TEE_HANDLE_NULL;
    if (!same(required(ta), system_pta)) refuse("a TA that opens a session with another TA than the system pseudo-TA");
    if (types != 0) refuse("a session with parameters");
    if (!current_call().tee->config.has_system_pta) return TEE_ERROR_ITEM_NOT_FOUND;
    *session = new __TEE_TASessionHandle;
    current_call().instance->pta_sessions.insert(*session);
    return TEE_SUCCESS;
}

void TEE_CloseTASession(TEE_TASessionHandle session) {
    if (session == TEE_HANDLE_NULL) return;
    if (current_call().instance->pta_sessions.erase(session) == 0)
        panic(TEE_ERROR_ITEM_NOT_FOUND, "no handle of a session");
    delete session;
}

TEE_Result TEE_InvokeTACommand(TEE_TASessionHandle session, uint32_t, uint32_t command, uint32_t types,
                               TEE_Param* params, uint32_t* origin) {
    if (origin != nullptr) *origin = TEE_ORIGIN_TRUSTED_APP;
    if (!current_call().instance->pta_sessions.contains(session))
        panic(TEE_ERROR_ITEM_NOT_FOUND, "no handle of a session");
    if (command != PTA_SYSTEM_DERIVE_TA_UNIQUE_KEY) refuse("a command of the system pseudo-TA but the key derivation");
    return derive_ta_unique_key(types, params);
}

void festore_sim_trace(char level, const char* function, int line, const char* format, ...) {
    static const bool wanted = std::getenv("FESTORE_SIM_TRACE") != nullptr;
    if (!wanted) return;
    std::array<char, 256> text{};
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(text.data(), text.size(), format, arguments);
    va_end(arguments);
    std::fprintf(stderr, "%c/TA: %s:%d %s\n", level, function, line, text.data());
}

}  // extern "C"
