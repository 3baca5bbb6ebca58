// SPDX-License-Identifier: BSD-2-Clause
// What a refusal by root's list means to the caller.
#pragma once
#include "client/access.h"
#include "client/errors.h"
#include "client/store.h"

namespace festore {

// What was to be stored: an object of that many bytes, name included, or a store.
struct Refused {
    Storage storage = Storage::store;
    uint64_t bytes = 0;
    bool may_ask_rpmb = true;  // of a store: those there are counted for the message; asking ends the TA on some boards
};

// An error that is none of the list's comes back as it is. Else the TEE is asked which limit it is, and what is used of it; where it gives
// no answer, the error stays as general as it was.
Error explain_refusal(SessionSource& sessions, const Error& error, const Doing& doing, const Refused& refused);

}  // namespace festore
