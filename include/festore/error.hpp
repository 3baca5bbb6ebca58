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
    conflict = 4,       // what is there stands against it: Error::reason says how
    not_permitted = 5,  // by the system or the TEE; or this client is another caller's
    damaged = 6,        // damaged or tampered with
    no_tee = 7,         // no TEE, no TA, one that the TEE refuses, no supplicant, or it died
    no_space = 8,       // no space, or a limit
    busy = 9,           // busy too long
};

// What a conflict is, and one kind of damage. The values are an interface, never reused.
enum class Reason : int {
    none = 0,
    exists = 1,               // an object of that name exists (ree, rpmb: or another program is using it)
    other_version = 2,        // the object has another version
    write_once = 3,           // the object was stored as write-once
    store_exists = 4,         // there is a store already, in the directory or as the TEE's record
    record_intact = 5,        // nothing to repair
    store_destroyed = 6,      // nor to bring back: the store was destroyed, and not lost
    not_lost = 7,             // destroy of a lost directory, which is there, or may be
    not_acknowledged = 8,     // a repair is to be acknowledged first
    nothing_to_acknowledge = 9,
    in_use = 10,              // by a transaction or a stream of this very client
    much_lost = 11,           // more than one of a hundred objects would be dropped
    nothing_damaged = 12,     // nothing to drop
    nothing_to_undo = 13,     // nothing that was dropped can be read again
    rpmb_answers = 16,        // there is an RPMB, so it cannot be said that there is none
    store_in_rpmb = 17,       // with damaged: the owner has a store under rpmb, and the directory is that of one under ree
};

// One failure. The message is one line for a person: what failed, on what, why, and the next step where there is one.
struct Error {
    ErrorCode code = ErrorCode::failure;
    std::string message;
    uint32_t tee_result = 0;  // TEEC_Result, 0 when the TEE was not asked
    uint32_t tee_origin = 0;  // TEEC_ORIGIN_*, 0 likewise
    Reason reason = Reason::none;  // of a conflict; of damage: store_in_rpmb
};

template <class T>
using Expected = tl::expected<T, Error>;

}  // namespace festore
