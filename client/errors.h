// SPDX-License-Identifier: BSD-2-Clause
// From what the TEE answers to what a person is told.
#pragma once
#include "base/bytes.h"
#include "base/name.h"
#include "base/result.h"
#include "festore/client.hpp"

#include <string>

namespace festore {

// What was being done, for the message: "cannot VERB 'NAME': …".
struct Doing {
    std::string_view verb;
    std::string_view name;
    Storage storage = Storage::ree;
};

// An answer of a command that the TA served (or the TEE, when the TA could not).
Error error_of_command(uint32_t result, uint32_t origin, const Doing& doing);
// Which conflict such an answer is; none of them: none.
Reason reason_of(Code code);
// Whether a call that asks the RPMB ended so because it gives no answer: its device is absent or has no key, or a foreign one. OP-TEE
// ends the trusted application then, or says that the storage is not available.
bool rpmb_gave_no_answer(uint32_t tee_result);
// An answer to opening a session.
Error error_of_session(uint32_t result, uint32_t origin, const Owner& owner);
// The kernel does not let this process log in as the group.
Error not_a_member(uint32_t gid);
// The TEE could not be reached at all.
Error error_of_context(uint32_t result, TeeKind kind);

Error usage_of_name(std::string_view name, NameFault fault);
// usage, unless it can be an object's name.
Expected<void> require_name(std::string_view name);

// How many bytes from the start of `rest` are one character that a line can show as it is; 0 when the first byte can't.
size_t harmless_bytes(std::string_view rest);
// The name in quotes, with what a terminal would obey made harmless.
std::string quote(std::string_view name);

// Of a store whose repair gave up freshness, and nobody has acknowledged it.
std::string freshness_lost_text(const StoreInfo& info);
// How often repairs have given up freshness, as the end of a sentence (rule 26). There must have been one.
std::string freshness_given_up_text(const StoreInfo& info);

// Of a put that wants another version than the object has: says which one it has, as `now` tells.
Error with_version(Error error, uint64_t wanted, const Expected<ObjectInfo>& now);

inline tl::unexpected<Error> unexpected(Error error) { return tl::unexpected<Error>(std::move(error)); }

}  // namespace festore
