// SPDX-License-Identifier: BSD-2-Clause
// Explains a refusal by root's list to the caller.
#pragma once
#include "client/files/access.h"
#include "client/errors.h"
#include "client/store/store.h"

namespace festore {

// What the caller tried to store: an object of `bytes` bytes, name included, or a store.
struct Refused {
    Storage storage = Storage::store;
    uint64_t bytes = 0;
    bool may_ask_rpmb = true;  // for a store: count those in the RPMB for the message; on some boards asking it ends the TA
};

// Returns an error that does not come from the list unchanged. Otherwise asks the TEE which limit was exceeded, and how much of it is
// used; if the TEE gives no answer, the general error is returned.
Error explain_refusal(SessionSource& sessions, const Error& error, const Operation& operation, const Refused& refused);

}  // namespace festore
