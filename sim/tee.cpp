// SPDX-License-Identifier: BSD-2-Clause
#include "sim/state.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace festore::sim {
namespace {

thread_local CurrentCall* serving = nullptr;

// Sets the call that this thread serves, as long as it lives.
class Serving {
public:
    explicit Serving(CurrentCall& call) : before_(serving) { serving = &call; }
    ~Serving() { serving = before_; }
    Serving(const Serving&) = delete;
    Serving& operator=(const Serving&) = delete;

private:
    CurrentCall* before_;
};

constexpr uint32_t kMemrefBit = 4;  // set in the types of memory references, clear in the types of values and of no parameter

// The parameters as the TA sees them, with the sizes of the API that it was compiled for. The caller's types, not the TA, decide which
// of the values and sizes that it writes go back.
class TaParams {
public:
    TaParams(const Params& params, bool api_1_1) : api_1_1_(api_1_1) {
        if (api_1_1_) fill(params, old_);
        else fill(params, new_);
    }
    void* get() { return api_1_1_ ? static_cast<void*>(old_.data()) : new_.data(); }
    void put_back(Params& params) const {
        if (api_1_1_) put_back(old_, params);
        else put_back(new_, params);
    }

private:
    template <class P>
    static void fill(const Params& params, std::array<P, 4>& out) {
        using Size = decltype(P{}.memref.size);
        for (uint32_t i = 0; i < 4; ++i) {
            const Param& p = params.values[i];
            const uint32_t type = TEE_PARAM_TYPE_GET(params.types, i);
            if ((type & kMemrefBit) != 0) out[i].memref = {p.buffer, static_cast<Size>(p.size)};
            else if (type == TEE_PARAM_TYPE_VALUE_INPUT || type == TEE_PARAM_TYPE_VALUE_INOUT) out[i].value = {p.a, p.b};
        }
    }
    template <class P>
    static void put_back(const std::array<P, 4>& in, Params& params) {
        for (uint32_t i = 0; i < 4; ++i) {
            Param& p = params.values[i];
            switch (TEE_PARAM_TYPE_GET(params.types, i)) {
            case TEE_PARAM_TYPE_MEMREF_OUTPUT:
            case TEE_PARAM_TYPE_MEMREF_INOUT: p.size = in[i].memref.size; break;
            case TEE_PARAM_TYPE_VALUE_OUTPUT:
            case TEE_PARAM_TYPE_VALUE_INOUT:
                p.a = in[i].value.a;
                p.b = in[i].value.b;
                break;
            default: break;
            }
        }
    }

    bool api_1_1_;
    std::array<TEE_Param, 4> new_{};
    std::array<__GP11_TEE_Param, 4> old_{};
};

// Copies what TA code may have left on the stack: the part below the caller's frame, which the simulator no longer needs.
constexpr size_t kStackBytesSeen = size_t{12} * 1024;
[[gnu::noinline, gnu::no_sanitize_address]] void copy_stack(std::byte* out) {
    const auto* const frame = static_cast<const volatile std::byte*>(__builtin_frame_address(0));
    for (size_t i = 1; i <= kStackBytesSeen; ++i) out[kStackBytesSeen - i] = *(frame - i);
}

bool types_are_valid(uint32_t types) {
    for (uint32_t i = 0; i < 4; ++i)
        if (const uint32_t t = TEE_PARAM_TYPE_GET(types, i); t == 4 || t > 7) return false;
    return types <= 0xFFFF;
}

}  // namespace

CurrentCall& current_call() {
    if (serving == nullptr) {
        std::fputs("simulated TEE: a function of the Internal Core API was called outside of a TA\n", stderr);
        std::abort();
    }
    scribble_over_inputs();
    return *serving;
}

void scribble_over_inputs() {
    if (serving == nullptr || serving->params == nullptr || !serving->tee->faults.scribbles_over_inputs) return;
    for (uint32_t i = 0; i < 4; ++i) {
        const uint32_t type = TEE_PARAM_TYPE_GET(serving->params->types, i);
        const Param& p = serving->params->values[i];
        const bool input = type == TEE_PARAM_TYPE_MEMREF_INPUT || type == TEE_PARAM_TYPE_MEMREF_INOUT;
        if (input && p.buffer != nullptr) std::memset(p.buffer, ++serving->tee->scribble, p.size);
    }
}

bool CurrentCall::is_shared(const void* buffer, size_t size) const {
    if (params == nullptr || size == 0) return false;
    const auto begin = reinterpret_cast<uintptr_t>(buffer);
    for (uint32_t i = 0; i < 4; ++i) {
        if ((TEE_PARAM_TYPE_GET(params->types, i) & kMemrefBit) == 0) continue;
        const auto other = reinterpret_cast<uintptr_t>(params->values[i].buffer);
        if (begin < other + params->values[i].size && other < begin + size) return true;
    }
    return false;
}

void CurrentCall::require_own(const void* buffer, size_t size, const char* what) const {
    if (buffer == nullptr && size > 0) panic(TEE_ERROR_ACCESS_DENIED, what);
    if (is_shared(buffer, size)) panic(TEE_ERROR_ACCESS_DENIED, what);
}

void panic(uint32_t code, const char* why) {
    std::fprintf(stderr, "simulated TEE: the TA panicked, code 0x%08x: %s\n", code, why);
    throw Panic{code};
}

void refuse(const char* what) {
    std::fprintf(stderr, "simulated TEE: %s is not modelled\n", what);
    throw Panic{TEE_ERROR_NOT_IMPLEMENTED};
}

bool contains(Listed listed, uint32_t result) {
    return std::find(listed.begin(), listed.end(), result) != listed.end();
}

uint32_t count_storage_call(uint64_t Counters::*which, Listed listed) {
    Tee::State& tee = *current_call().tee;
    ++(tee.counters.*which);
    Faults& faults = tee.faults;
    if (!faults.panic_on_storage && !contains(listed, faults.storage_code)) return TEE_SUCCESS;
    if (faults.storage == 0 || --faults.storage > 0) return TEE_SUCCESS;
    if (faults.panic_on_storage) throw Panic{faults.storage_code};  // injected on purpose: no message
    return faults.storage_code;
}

bool allocation_fails() {
    uint64_t& left = current_call().tee->faults.allocation;
    return left != 0 && --left == 0;
}

Instance::~Instance() {
    for (const TEE_OperationHandle operation : operations) destroy(operation);
    for (const TEE_ObjectHandle object : objects) delete object;
    for (const TEE_ObjectEnumHandle enumerator : enumerators) delete enumerator;
    for (const TEE_TASessionHandle session : pta_sessions) delete session;
    for (const auto& [memory, size] : heap) std::free(memory);
}

Tee::State::State(Config c) : config(std::move(c)), store(make_object_store(config)) {}

uint32_t Tee::State::enter(const std::shared_ptr<Instance>& instance, const Session& session, Params* params,
                           const std::function<uint32_t()>& call, bool* panicked) {
    CurrentCall current{this, instance.get(), &session, params};
    const Serving serve(current);
    *panicked = false;
    if (config.keeps_memory) instance->stack.resize(kStackBytesSeen);
    try {
        const uint32_t result = call();
        if (config.keeps_memory) copy_stack(instance->stack.data());
        return result;
    } catch (const Panic&) {
        lose(*instance);
        *panicked = true;
        return TEE_ERROR_TARGET_DEAD;
    } catch (const Crash&) {
        std::fputs("simulated TEE: the TEE core crashed: an operation on a handle on which one had failed (rule 2)\n", stderr);
        crashed = true;
        instances.clear();
        *panicked = true;
        return TEE_ERROR_COMMUNICATION;
    }
}

void Tee::State::lose(const Instance& instance) { instances.erase(instance.image->uuid); }

void Tee::State::end_if_idle(const std::shared_ptr<Instance>& instance) {
    if (!instance->sessions.empty() || (instance->image->flags & TA_FLAG_INSTANCE_KEEP_ALIVE) != 0) return;
    bool panicked = false;
    enter(instance, Session{}, nullptr, [&] { return instance->image->destroy(), 0U; }, &panicked);
    if (!panicked && (instance->heap_used > 0 || instance->handles() > 0)) ++counters.instances_ended_with_leaks;
    if (panicked || !faults.enters_ended_instances) lose(*instance);
}

std::shared_ptr<Instance> Tee::State::instance_of(const Uuid& ta, uint32_t* result) {
    if (const auto found = instances.find(ta); found != instances.end()) return found->second;
    auto instance = std::make_shared<Instance>();
    instance->image = &images.at(ta);
    bool panicked = false;
    *result = enter(instance, Session{}, nullptr, instance->image->create, &panicked);
    const bool made = *result == TEE_SUCCESS;
    if (made || (!panicked && faults.enters_ended_instances)) instances[ta] = instance;
    return made ? instance : nullptr;
}

Tee::Tee(Config config) : state_(std::make_unique<State>(std::move(config))) {}

Tee::~Tee() {
    std::vector<uint32_t> numbers;
    for (const auto& [number, session] : state_->sessions) numbers.push_back(number);
    for (const uint32_t number : numbers) close_session(number);
    const auto kept_alive = state_->instances;
    for (const auto& kept : kept_alive) {
        const std::shared_ptr<Instance>& instance = kept.second;
        if ((instance->image->flags & TA_FLAG_INSTANCE_KEEP_ALIVE) == 0) continue;  // already ended
        bool panicked = false;
        state_->enter(instance, Session{}, nullptr, [&] { return instance->image->destroy(), 0U; }, &panicked);
    }
}

void Tee::install(const TaImage& image) {
    const std::lock_guard guard(state_->lock);
    const uint32_t modelled = TA_FLAG_SINGLE_INSTANCE | TA_FLAG_MULTI_SESSION | TA_FLAG_INSTANCE_KEEP_ALIVE |
                              TA_FLAG_DONT_CLOSE_HANDLE_ON_CORRUPT_OBJECT;
    if ((image.flags & TA_FLAG_SINGLE_INSTANCE) == 0 || (image.flags & ~modelled) != 0) {
        std::fputs("simulated TEE: a TA with several instances, or with unknown flags, is not modelled\n", stderr);
        std::abort();
    }
    state_->images[image.uuid] = image;
}

uint32_t Tee::open_session(const Uuid& ta, const Identity& client, Params& params, uint32_t* session,
                           uint32_t* origin) {
    const std::lock_guard guard(state_->lock);
    *origin = TEE_ORIGIN_COMMS;
    if (state_->crashed) return TEE_ERROR_COMMUNICATION;
    *origin = TEE_ORIGIN_TEE;
    if (!types_are_valid(params.types)) return TEE_ERROR_BAD_PARAMETERS;
    if (!state_->images.contains(ta)) return TEE_ERROR_ITEM_NOT_FOUND;
    uint32_t result = TEE_SUCCESS;
    const std::shared_ptr<Instance> instance = state_->instance_of(ta, &result);
    if (instance == nullptr) return result;
    const TaImage& image = *instance->image;
    if ((image.flags & TA_FLAG_MULTI_SESSION) == 0 && !instance->sessions.empty()) return TEE_ERROR_BUSY;
    ++state_->counters.ta_open_session;
    const uint32_t number = state_->next_session++;
    const Session opened{client, ta, instance};
    TaParams ta_params(params, image.api_1_1);
    void* context = nullptr;
    bool panicked = false;
    result = state_->enter(
        instance, opened, &params, [&] { return image.open_session(params.types, ta_params.get(), &context); },
        &panicked);
    if (panicked) return result;
    *origin = TEE_ORIGIN_TRUSTED_APP;
    ta_params.put_back(params);
    if (result != TEE_SUCCESS) {
        state_->end_if_idle(instance);
        return result;
    }
    state_->sessions[number] = opened;
    instance->sessions[number] = context;
    *session = number;
    return TEE_SUCCESS;
}

uint32_t Tee::invoke(uint32_t session, uint32_t command, Params& params, uint32_t* origin) {
    const std::lock_guard guard(state_->lock);
    *origin = TEE_ORIGIN_COMMS;
    if (state_->crashed) return TEE_ERROR_COMMUNICATION;
    *origin = TEE_ORIGIN_TEE;
    const auto found = state_->sessions.find(session);
    if (found == state_->sessions.end() || !types_are_valid(params.types)) return TEE_ERROR_BAD_PARAMETERS;
    const std::shared_ptr<Instance> instance = found->second.instance.lock();
    if (instance == nullptr) return TEE_ERROR_TARGET_DEAD;
    ++state_->counters.ta_invoke;
    TaParams ta_params(params, instance->image->api_1_1);
    void* context = instance->sessions.at(session);
    bool panicked = false;
    const uint32_t result = state_->enter(
        instance, found->second, &params,
        [&] { return instance->image->invoke_command(context, command, params.types, ta_params.get()); }, &panicked);
    if (panicked) return result;
    *origin = TEE_ORIGIN_TRUSTED_APP;
    ta_params.put_back(params);
    return result;
}

void Tee::close_session(uint32_t session) {
    const std::lock_guard guard(state_->lock);
    const auto found = state_->sessions.find(session);
    if (found == state_->sessions.end()) return;
    const Session closing = found->second;
    state_->sessions.erase(found);
    const std::shared_ptr<Instance> instance = closing.instance.lock();
    if (instance == nullptr) return;
    void* context = instance->sessions.at(session);
    instance->sessions.erase(session);
    bool panicked = false;
    state_->enter(instance, closing, nullptr, [&] { return instance->image->close_session(context), 0U; }, &panicked);
    if (!panicked) state_->end_if_idle(instance);
}

Counters Tee::counters() const {
    const std::lock_guard guard(state_->lock);
    Counters counters = state_->counters;
    counters.round_trips = state_->store->round_trips();
    return counters;
}

size_t Tee::ta_heap_bytes_in_use(const Uuid& ta) const {
    const std::lock_guard guard(state_->lock);
    const auto found = state_->instances.find(ta);
    return found == state_->instances.end() ? 0 : found->second->heap_used;
}

size_t Tee::ta_heap_bytes_peak(const Uuid& ta) const {
    const std::lock_guard guard(state_->lock);
    const auto found = state_->instances.find(ta);
    return found == state_->instances.end() ? 0 : found->second->heap_peak;
}

size_t Tee::ta_handles_open(const Uuid& ta) const {
    const std::lock_guard guard(state_->lock);
    const auto found = state_->instances.find(ta);
    return found == state_->instances.end() ? 0 : found->second->handles();
}

size_t Tee::ta_frees_unwiped(const Uuid& ta) const {
    const std::lock_guard guard(state_->lock);
    const auto found = state_->instances.find(ta);
    return found == state_->instances.end() ? 0 : found->second->frees_unwiped;
}

std::vector<std::byte> Tee::ta_memory(const Uuid& ta) const {
    const std::lock_guard guard(state_->lock);
    std::vector<std::byte> all;
    const auto found = state_->instances.find(ta);
    if (found == state_->instances.end()) return all;
    const auto add = [&](Bytes bytes) { all.insert(all.end(), bytes.begin(), bytes.end()); };
    const Instance& instance = *found->second;
    for (const auto& [memory, size] : instance.heap) add(bytes_of(memory, size));
    for (const TEE_OperationHandle operation : instance.operations) add(key_of(*operation));
    for (const TEE_ObjectHandle object : instance.objects) add(bytes_of(object->secret.data(), object->secret.size()));
    add(instance.freed);
    add(instance.stack);
    return all;
}

void Tee::set_faults(const Faults& faults) {
    const std::lock_guard guard(state_->lock);
    state_->faults = faults;
}

Faults Tee::faults() const {
    const std::lock_guard guard(state_->lock);
    return state_->faults;
}

}  // namespace festore::sim
