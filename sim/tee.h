// SPDX-License-Identifier: BSD-2-Clause
// The simulated TEE, in this process: trusted applications, their instances and sessions, and what the GlobalPlatform TEE
// Internal Core API (sim/include/tee_internal_api.h) needs to serve them. It protects nothing: its "hardware key" is a
// constant and its secure world is this process.
//
// Thread safety: all members may be called from several threads. Calls into one TA instance run one after another, as in
// OP-TEE. A TA that panics (TEE_Panic, or misuse that panics a TA in OP-TEE) loses its instance: memory, handles and
// sessions are reclaimed, and the caller and every other session get target_dead from then on. A TEE whose core has crashed
// (Config::crashes_on_failed_handle) answers everything with communication error.
#pragma once
#include "base/bytes.h"
#include "base/result.h"
#include "base/uuid.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace festore::ree_fs {
class Supplicant;
}

namespace festore::sim {

struct Identity {
    uint32_t login = 0;  // TEE_LOGIN_*
    Uuid uuid{};
};

// One parameter as it crosses between the worlds. A memref points to memory that the normal world can really change.
struct Param {
    void* buffer = nullptr;
    size_t size = 0;  // in: of the buffer; out: bytes that the TA wrote or needs
    uint32_t a = 0;
    uint32_t b = 0;
};
struct Params {
    uint32_t types = 0;  // TEE_PARAM_TYPES
    std::array<Param, 4> values{};
};

// What the loader knows of a trusted application: its header (user_ta_header_defines.h) and its entry points, with the
// C ABI of the Internal Core API (TEE_Param[4] is passed as void*, because this header does not include that API).
struct TaImage {
    Uuid uuid{};
    uint32_t flags = 0;  // TA_FLAG_*: single instance is required; modelled are multi session, keep-alive and whether the
                         // handle of a corrupt object is closed
    bool api_1_1 = false;  // compiled for API 1.1: its parameters have uint32_t sizes
    size_t stack_bytes = 0;
    size_t heap_bytes = 0;  // TEE_Malloc gives no more than this per instance
    const char* version = "";
    uint32_t (*create)() = nullptr;
    void (*destroy)() = nullptr;
    uint32_t (*open_session)(uint32_t types, void* params, void** session) = nullptr;
    void (*close_session)(void* session) = nullptr;
    uint32_t (*invoke_command)(void* session, uint32_t command, uint32_t types, void* params) = nullptr;
};

// Numbers of calls of TAs into TEE storage, and of calls into TAs, since the TEE was made. Tests compare two readings.
struct Counters {
    uint64_t ta_open_session = 0;
    uint64_t ta_invoke = 0;
    uint64_t storage_open = 0;
    uint64_t storage_create = 0;
    uint64_t storage_read = 0;
    uint64_t storage_write = 0;
    uint64_t storage_seek = 0;
    uint64_t storage_truncate = 0;
    uint64_t storage_rename = 0;
    uint64_t storage_delete = 0;
    uint64_t storage_enumerate = 0;  // TEE_StartPersistentObjectEnumerator and each step
    uint64_t round_trips = 0;        // to the supplicant, for the REE storage. For reads and writes of open objects the same number as
                                     // in OP-TEE, for the rest about the same (docs/format-ree-fs.md)
    // Ended instances whose TA kept memory or handles after TA_DestroyEntryPoint. The TEE reclaims these, so nothing else would
    // show the leak.
    uint64_t instances_ended_with_leaks = 0;
    [[nodiscard]] uint64_t storage_calls() const {
        return storage_open + storage_create + storage_read + storage_write + storage_truncate + storage_rename +
               storage_delete + storage_enumerate;  // without seeks, which cost OP-TEE nothing
    }
};

struct Config {
    std::filesystem::path directory;  // of the trusted storages; empty: in memory, gone with the TEE
    std::shared_ptr<ree_fs::Supplicant> ree_disk;  // instead of the directory, for tests that cut its power
    std::array<std::byte, 16> huk{};  // hardware unique key; zeroes, as on an unfused board
    bool has_rpmb = true;
    bool has_system_pta = true;
    std::string version = "simulated";  // gpd.tee.trustedos.implementation.version
    uint64_t storage_bytes_max = 64ULL << 20;  // per storage; if exceeded, storage_no_space
    // What happens if a handle is used on which an operation has failed (rule 2). True: the whole TEE crashes, like OP-TEE before 4.10.
    // False: the object, which may be intact, is deleted, like in OP-TEE since 4.10.
    bool crashes_on_failed_handle = false;
    // Both clocks begin at the start of 2020 and advance by a millisecond each time they are read: then the behaviour of a TA depends
    // only on its calls.
    bool repeatable_clocks = false;
    // Random numbers are the same for each TEE that is made, as in a port of OP-TEE that seeds its generator with a constant.
    bool repeatable_random = false;
    // The content of memory that a TA frees is kept until its instance ends; so is what it left on the stack. For ta_memory().
    bool keeps_memory = false;
};

// Faults for tests: the n-th call of a kind, counted from now on, fails with `code`; 0 = none.
struct Faults {
    uint64_t allocation = 0;     // the n-th TEE_Malloc, or internal allocation visible to the TA, fails
    // The n-th storage call (as counted by storage_calls()) that can return `storage_code` returns it. Calls whose
    // specification does not list that code are not counted: they would not return it, but panic the TA.
    uint64_t storage = 0;
    uint32_t storage_code = 0;
    bool panic_on_storage = false;  // the n-th of all storage calls panics the TA instead
    // Opening or making an object in the RPMB gets no answer: OP-TEE says that the storage is not available, or, if GlobalPlatform has
    // no code for the reason, ends the TA. In effect as long as it is set.
    enum class Rpmb : uint8_t { answers, not_available, ends_ta } rpmb = Rpmb::answers;
    // The normal world overwrites all memory references that the TA sees as input, each time the TA calls into the TEE:
    // before the call does anything, but for TEE_MemMove after it has moved the bytes. In effect as long as it is set.
    bool scribbles_over_inputs = false;
    // A session that is opened while an instance ends enters the ended instance, as in OP-TEE 4.5 to 4.10 (the core takes an instance
    // off its list only after TA_DestroyEntryPoint has run in it: core/kernel/tee_ta_manager.c). Memory and globals are as
    // TA_DestroyEntryPoint, or a failed TA_CreateEntryPoint, left them, and TA_CreateEntryPoint is not called again
    // (lib/libutee/user_ta_entry.c: init_done). As long as this is set, it happens to every next session.
    bool enters_ended_instances = false;
};

class Tee {
public:
    explicit Tee(Config config);
    ~Tee();
    Tee(const Tee&) = delete;
    Tee& operator=(const Tee&) = delete;

    void install(const TaImage& image);  // before the first session of that TA

    // As TEEC_OpenSession and friends, seen from the TEE. `origin` gets a TEEC_ORIGIN_* value.
    uint32_t open_session(const Uuid& ta, const Identity& client, Params& params, uint32_t* session, uint32_t* origin);
    uint32_t invoke(uint32_t session, uint32_t command, Params& params, uint32_t* origin);
    void close_session(uint32_t session);

    [[nodiscard]] Counters counters() const;
    [[nodiscard]] size_t ta_heap_bytes_in_use(const Uuid& ta) const;
    [[nodiscard]] size_t ta_heap_bytes_peak(const Uuid& ta) const;
    // Number of objects, operations, enumerators, and sessions with pseudo-TAs.
    [[nodiscard]] size_t ta_handles_open(const Uuid& ta) const;
    // How often TEE_Free got memory that was not all zeroes.
    [[nodiscard]] size_t ta_frees_unwiped(const Uuid& ta) const;
    // With Config::keeps_memory, everything that may still hold data of the instance's callers, for tests that search it: memory from
    // TEE_Malloc, including freed memory; the keys of its operations and transient objects; the stack as its last call left it.
    [[nodiscard]] std::vector<std::byte> ta_memory(const Uuid& ta) const;
    void set_faults(const Faults& faults);
    [[nodiscard]] Faults faults() const;  // the faults that are still to come

    // Access to trusted storage without the TA (sim/storage/stored_objects.cpp). The object must not be open.
    using StoredBytes = std::vector<std::byte>;
    [[nodiscard]] std::vector<StoredBytes> stored_ids(uint32_t storage, const Uuid& ta) const;
    [[nodiscard]] std::optional<StoredBytes> stored_object(uint32_t storage, const Uuid& ta, Bytes id) const;
    bool store_object(uint32_t storage, const Uuid& ta, Bytes id, Bytes content);  // false: no room
    // Removes the object, as if the storage was lost or replaced.
    void lose_object(uint32_t storage, const Uuid& ta, Bytes id);
    // Damages the object, as somebody with access to the disk could: opening it finds it corrupt.
    void damage_object(uint32_t storage, const Uuid& ta, Bytes id);

    struct State;  // sim/state.h: for the simulator's own files

private:
    std::unique_ptr<State> state_;
};

// The file in which a TEE of that configuration keeps one object, for tests that damage it. Empty if there is none.
std::filesystem::path object_file(const Config& config, uint32_t storage_id, const Uuid& ta, Bytes object_id);

}  // namespace festore::sim
