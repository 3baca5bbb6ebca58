// SPDX-License-Identifier: BSD-2-Clause
// Kinds of errors: only as many as a caller handles differently. The values are the exit codes of the command `festore`: an
// interface, never reused.
#pragma once
#include <cstdint>
#include <string>

namespace festore {

enum class ErrorCode : int {
    failure = 1,        // anything else
    usage = 2,          // a bad name, option or argument; nothing was done
    not_found = 3,      // no such object
    conflict = 4,       // the present state does not allow it: Error::reason says why
    not_permitted = 5,  // by the system or the TEE; or this client belongs to another caller
    damaged = 6,        // damaged or tampered with
    no_tee = 7,         // no TEE, no TA, a TA that the TEE refuses, no supplicant, or the TA or TEE died
    no_space = 8,       // no space, or a limit exceeded
    busy = 9,           // busy for too long
};

// The reason of a conflict, and of one kind of damage. The values are an interface, never reused.
enum class Reason : int {
    none = 0,
    exists = 1,               // an object of that name exists (ree, rpmb: or another program is using it)
    other_version = 2,        // the object has another version
    write_once = 3,           // the object was stored as write-once
    store_exists = 4,         // there is already a store, in the directory or as the TEE's record
    record_intact = 5,        // nothing to repair
    store_destroyed = 6,      // nothing to repair: the store was destroyed, not lost
    not_lost = 7,             // destroy with lost_directory, but the directory exists, or may exist
    not_acknowledged = 8,     // a repair must be acknowledged first
    nothing_to_acknowledge = 9,
    in_use = 10,              // by a transaction or a stream of the same client
    much_lost = 11,           // more than 1 % of the objects, or the root of the index, would be dropped
    nothing_damaged = 12,     // nothing to drop
    nothing_to_undo = 13,     // nothing that was dropped can be read again
    rpmb_answers = 16,        // there is an RPMB, so it cannot be declared absent
    store_in_rpmb = 17,       // with damaged: the owner has a store under rpmb, but the directory is of one under ree
};

// One failure. The message is one line for a person: what failed, on what, why, and the next step if there is one.
struct Error {
    ErrorCode code = ErrorCode::failure;
    std::string message;
    uint32_t tee_result = 0;  // TEEC_Result, 0 if the TEE was not asked
    uint32_t tee_origin = 0;  // TEEC_ORIGIN_*, 0 if the TEE was not asked
    Reason reason = Reason::none;  // of a conflict; of damage: store_in_rpmb
};

}  // namespace festore
