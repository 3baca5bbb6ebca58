// SPDX-License-Identifier: BSD-2-Clause
// Turns answers of the TEE about a store into errors with a message for a person.
#pragma once
#include "base/store_types.h"
#include "client/errors.h"

namespace festore {

// The next step where an RPMB that is built in does not answer.
inline constexpr std::string_view kNoRpmbHint =
    "Start tee-supplicant, or whatever reaches the RPMB; if this device has none, root can say so: "
    "'festore rpmb --none --without-asking'";

// Whether this result of a call for a record under the anchor means that the RPMB gives no answer.
inline bool is_silent_rpmb(stored::Anchor anchor, uint32_t tee_result) {
    return anchor == stored::Anchor::rpmb && rpmb_gave_no_answer(tee_result);
}

// For the answer to one of the store's commands.
Error error_of_store_command(uint32_t result, uint32_t origin, const Operation& operation);
// For a page or payload that does not authenticate.
Error store_damaged(const Operation& operation, const std::string& directory, const std::string& what);
// The TEE's answer contradicts itself or the request.
Error store_nonsense(const Operation& operation);
// "from 'a' to before 'b'"
std::string text_of(const MissingRange& range);
// The same for names that were lost with damage, and whether the loss is acknowledged.
std::string text_of(const LostRange& range);
// The name and the last directory of a store, from its record alone: "'web', last at '/srv/web'".
std::string text_of(const StoreRecord& record);
// A lost range as a listing's missing range.
MissingRange missing_of(const LostRange& range);
// The error for a listing with such a range.
Error names_missing(const MissingRange& range);
// For what is not done while a transaction is running.
Error transaction_is_running(const Operation& operation);
// "cannot VERB 'NAME': "
std::string cannot(const Operation& operation);

}  // namespace festore
