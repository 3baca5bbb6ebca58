// SPDX-License-Identifier: BSD-2-Clause
// The inside of the simulated TEE: what an instance of a TA owns, and the call that this thread is serving. Only for sim/.
#pragma once
#include "sim/include/tee_internal_api.h"
#include "sim/storage/object_store.h"
#include "sim/tee.h"

#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

// The API's opaque handles. One type for transient and persistent objects, as in the API.
struct __TEE_ObjectHandle {
    bool persistent = false;
    uint32_t flags = 0;
    // persistent
    uint32_t storage = 0;
    std::shared_ptr<festore::sim::OpenObject> object;
    size_t position = 0;
    bool poisoned = false;  // an operation on this handle has failed: rule 2
    // transient
    uint32_t type = 0;
    uint32_t max_bits = 0;
    std::vector<unsigned char> secret;
    ~__TEE_ObjectHandle();
};
struct __TEE_ObjectEnumHandle {
    bool started = false;
    std::vector<festore::sim::ObjectKey> keys;
    std::shared_ptr<const void> list;  // ObjectStore::hold_list()
    size_t next = 0;
};
struct __TEE_OperationHandle;  // sim/api/crypto_api.cpp
struct __TEE_TASessionHandle {};  // with the system pseudo-TA

namespace festore::sim {

// Thrown at a panic, and caught where the TEE called into the TA. The TA's frames have no cleanup to run (they have no
// exceptions), just as nothing runs in a TA that panics: its Instance releases what it owned. The simulator's own
// frames do clean up, which a longjmp would skip.
struct Panic {
    uint32_t code;
};
// Thrown if the core of the TEE crashes, which ends the whole TEE.
struct Crash {};

void destroy(__TEE_OperationHandle* operation);
Bytes key_of(const __TEE_OperationHandle& operation);

struct Instance {
    const TaImage* image = nullptr;
    std::unordered_map<void*, size_t> heap;
    size_t heap_used = 0;
    size_t heap_peak = 0;
    size_t frees_unwiped = 0;
    std::vector<std::byte> freed;  // with Config::keeps_memory: the content of freed memory
    std::vector<std::byte> stack;  // with Config::keeps_memory: the stack after the last call
    std::set<TEE_ObjectHandle> objects;
    std::set<TEE_ObjectEnumHandle> enumerators;
    std::set<TEE_OperationHandle> operations;
    std::set<TEE_TASessionHandle> pta_sessions;
    std::map<uint32_t, void*> sessions;  // session number to the TA's context

    [[nodiscard]] size_t handles() const { return objects.size() + enumerators.size() + operations.size() + pta_sessions.size(); }
    ~Instance();
};

struct Session {
    Identity client;
    Uuid ta;
    std::weak_ptr<Instance> instance;  // expired if the TA has panicked
};

struct Tee::State {
    explicit State(Config c);
    Config config;
    std::unique_ptr<ObjectStore> store;  // outlives the handles of the instances
    std::recursive_mutex lock;
    std::map<Uuid, TaImage> images;
    std::map<Uuid, std::shared_ptr<Instance>> instances;
    std::map<uint32_t, Session> sessions;
    uint32_t next_session = 1;
    Counters counters;
    Faults faults;
    unsigned char scribble = 0;  // the value scribbled last
    uint64_t clock_questions = 0;  // how often repeatable clocks were read
    uint64_t random_blocks = 0;    // number of blocks that the repeatable random source has given
    bool crashed = false;

    std::shared_ptr<Instance> instance_of(const Uuid& ta, uint32_t* result);
    // Runs TA code. When it panics, its instance is lost and the result is target_dead.
    uint32_t enter(const std::shared_ptr<Instance>& instance, const Session& session, Params* params,
                   const std::function<uint32_t()>& call, bool* panicked);
    // Ends an instance that has no sessions, unless it is to be kept alive.
    void end_if_idle(const std::shared_ptr<Instance>& instance);
    void lose(const Instance& instance);
};

// The call that this thread is serving; set while a TA runs.
struct CurrentCall {
    Tee::State* tee = nullptr;
    Instance* instance = nullptr;
    const Session* session = nullptr;
    const Params* params = nullptr;

    // Whether any of these bytes is memory that the normal world can write to.
    [[nodiscard]] bool is_shared(const void* buffer, size_t size) const;
    // Panics the TA unless all these bytes can be its own memory: not shared, and not a null pointer with a size.
    void require_own(const void* buffer, size_t size, const char* what) const;
};
// The call of this thread. A TEE function outside of a call ends the process, because no TA could have called it.
CurrentCall& current_call();
// Writes over the inputs if Faults::scribbles_over_inputs is set; current_call() does that by itself.
void scribble_over_inputs();

[[noreturn]] void panic(uint32_t code, const char* why);
// For what the simulator does not model: reports it and panics the TA.
[[noreturn]] void refuse(const char* what);

// A pointer through which the TA wants a result; a null pointer panics the TA.
template <class T>
T& required(T* result) {
    if (result == nullptr) panic(TEE_ERROR_BAD_PARAMETERS, "a null pointer for a result");
    return *result;
}

// The results other than success that a function's specification lists. OP-TEE panics the TA for all others.
using Listed = std::initializer_list<uint32_t>;
bool contains(Listed listed, uint32_t result);

// Counts a storage call and injects a fault if one is due: returns its code, or TEE_SUCCESS to continue.
uint32_t count_storage_call(uint64_t Counters::*which, Listed listed);
// The same for an allocation: true if this one must fail.
bool allocation_fails();

}  // namespace festore::sim
