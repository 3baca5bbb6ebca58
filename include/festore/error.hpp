// SPDX-License-Identifier: BSD-2-Clause
// What can go wrong, as few kinds as a caller acts on. The values are the exit codes of the command `festore`: an
// interface, never reused.
#pragma once
#include <cstdint>
#include <string>
#include <tl/expected.hpp>

namespace festore {

enum class ErrorCode : int {
    failure = 1,        // anything else
    usage = 2,          // a bad name, option or argument; nothing was done
    not_found = 3,      // no such object
    conflict = 4,       // it exists, has another version, or is write-once
    not_permitted = 5,  // by the system or the TEE; or this client is another caller's
    damaged = 6,        // damaged or tampered with
    no_tee = 7,         // no TEE, no TA, one that the TEE refuses, no supplicant, or it died
    no_space = 8,       // no space, or a limit
    busy = 9,           // busy too long
};

// One failure. The message is one line for a person: what failed, on what, why, and the next step where there is one.
struct Error {
    ErrorCode code = ErrorCode::failure;
    std::string message;
    uint32_t tee_result = 0;  // TEEC_Result, 0 when the TEE was not asked
    uint32_t tee_origin = 0;  // TEEC_ORIGIN_*, 0 likewise
};

template <class T>
using Expected = tl::expected<T, Error>;

}  // namespace festore
