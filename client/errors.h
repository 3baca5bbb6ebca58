// SPDX-License-Identifier: BSD-2-Clause
// Turns answers of the TEE into errors with a message for a person.
#pragma once
#include "base/bytes.h"
#include "base/host/error.h"
#include "base/host/text.h"
#include "base/name.h"
#include "base/result.h"
#include "festore/client.hpp"

#include <string>

namespace festore {

// The operation, for the message: "cannot VERB 'NAME': …".
struct Operation {
    std::string_view verb;
    std::string_view name;
    Storage storage = Storage::ree;
};

// For a command's answer, which the TA gave (or the TEE, if the TA could not).
Error error_of_command(uint32_t result, uint32_t origin, const Operation& operation);
// Which conflict such an answer means; Reason::none if it means none.
Reason reason_of(Code code);
// Whether this result of a call that asks the RPMB means that the RPMB gives no answer: its device is absent, or has no key or a foreign
// one. OP-TEE then ends the trusted application, or reports the storage as not available.
bool rpmb_gave_no_answer(uint32_t tee_result);
// For the answer to opening a session.
Error error_of_session(uint32_t result, uint32_t origin, const Owner& owner);
// The kernel does not let this process log in as the group.
Error not_a_member(uint32_t gid);
Error public_has_no_store();
// The TEE could not be reached at all.
Error error_of_context(uint32_t result, TeeKind kind);

Error usage_of_name(std::string_view name, NameFault fault);
// usage: it cannot be an object's name.
Result<void> require_name(std::string_view name);
Result<void> require_prefix(std::string_view prefix);

// For a store whose repair gave up freshness, as long as nobody has acknowledged it.
std::string freshness_lost_text(const StoreInfo& info);
// How often repairs have given up freshness, as the end of a sentence (rule 26). There must have been at least one.
std::string freshness_given_up_text(const StoreInfo& info);

// For a put whose if_version differs from the object's version: the message names the version that the object has according to `now`.
Error with_version(Error error, uint64_t wanted, const Result<ObjectInfo>& now);

}  // namespace festore
