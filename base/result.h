// SPDX-License-Identifier: BSD-2-Clause
// Errors without exceptions, for the code that runs in both worlds (base, protocol, engine, gp, ta).
// A Failure is one GlobalPlatform result code (TEE_Result; the Client API's TEEC_Result has the same values):
// the few that callers act on are named here, so that no layer needs the TEE's headers for them.
#pragma once
#include <cstdint>
#include <tl/expected.hpp>
#include <utility>

namespace festore {

enum class Code : uint32_t {
    // GlobalPlatform TEE Internal Core API 1.3, table 3-1 ("Return code constants").
    success = 0x00000000,
    corrupt_object = 0xF0100001,
    storage_not_available = 0xF0100003,
    corrupt_object_2 = 0xF0100002,
    storage_not_available_2 = 0xF0100004,
    generic = 0xFFFF0000,
    access_denied = 0xFFFF0001,
    access_conflict = 0xFFFF0003,
    excess_data = 0xFFFF0004,
    bad_format = 0xFFFF0005,
    bad_parameters = 0xFFFF0006,
    bad_state = 0xFFFF0007,
    item_not_found = 0xFFFF0008,
    not_implemented = 0xFFFF0009,
    not_supported = 0xFFFF000A,
    out_of_memory = 0xFFFF000C,
    busy = 0xFFFF000D,
    communication = 0xFFFF000E,
    security = 0xFFFF000F,
    short_buffer = 0xFFFF0010,
    target_dead = 0xFFFF3024,
    storage_no_space = 0xFFFF3041,
    // festore's own, in the range that GlobalPlatform leaves to applications. Do not renumber.
    version_conflict = 0x80FE0001,  // --if-version: the object has another version
    write_once = 0x80FE0002,        // the object was stored as write-once
    no_identity = 0x80FE0003,       // the kernel did not tell the TEE who is calling (rule 22)
    limit_exceeded = 0x80FE0004,    // larger than a limit in base/limits.h
    store_destroyed = 0x80FE0005,   // the store was destroyed; the TEE has not lost its record (rule 25)
    copy_secret_lost = 0x80FE0006,  // the RPMB has lost the secret that the store's recovery copies are sealed with
    name_lost = 0x80FE0007,         // the name lies in a lost range that is not acknowledged: it may have had an object
    not_allowed = 0x80FE0008,       // root's allow list excludes this identity: no new store, no new or larger object
    over_limit = 0x80FE0009,        // exceeds a limit that root has set for this identity, or for all identities together
    many_stores = 0x80FE000A,       // the owner already has the maximum number of stores
    store_in_rpmb = 0x80FE0010,     // the owner has a store under rpmb, so the one under ree is not opened (rule 27)
    rpmb_no_answer = 0x80FE0011,    // the RPMB does not answer, but it did when the store under ree was made
};

struct Failure {
    Code code = Code::generic;
};

template <class T>
using Outcome = tl::expected<T, Failure>;
using Status = tl::expected<void, Failure>;

inline tl::unexpected<Failure> fail(Failure failure) { return tl::unexpected<Failure>(failure); }
inline tl::unexpected<Failure> fail(Code code) { return fail(Failure{code}); }
// What FESTORE_TRY and FESTORE_CHECK return for a failure. Code on Linux has the same for its Error (base/host/error.h).
inline tl::unexpected<Failure> propagated(Failure failure) { return fail(failure); }

}  // namespace festore

// FESTORE_TRY(x): yields the value of an Outcome or Result, or returns its error from the enclosing function.
#define FESTORE_TRY(expression)                                                                    \
    __extension__({                                                                                \
        auto festore_try_result = (expression);                                                    \
        if (!festore_try_result) return ::festore::propagated(std::move(festore_try_result).error()); \
        std::move(*festore_try_result);                                                            \
    })
// The same without a value.
#define FESTORE_CHECK(expression)                                         \
    do {                                                                  \
        if (auto festore_check_result = (expression); !festore_check_result) \
            return ::festore::propagated(std::move(festore_check_result).error()); \
    } while (false)
