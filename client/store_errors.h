// SPDX-License-Identifier: BSD-2-Clause
// From what the TEE answers about a store to what a person is told.
#pragma once
#include "client/errors.h"

namespace festore {

// An answer of one of the store's commands.
Error error_of_store_command(uint32_t result, uint32_t origin, const Doing& doing);
// What a page or payload that does not authenticate means.
Error store_damaged(const Doing& doing, const std::string& directory, const std::string& what);
// The TEE's answer contradicts itself or the request.
Error store_nonsense(const Doing& doing);
// "from 'a' to before 'b'"
std::string text_of(const MissingRange& range);
// The same of names that were lost with damage; and whether that is acknowledged.
std::string text_of(const LostRange& range);
// A store of which there is the record only, by name, and where it was: "'web', last at '/srv/web'".
std::string text_of(const StoreRecord& record);
// What a listing says is missing of it.
MissingRange missing_of(const LostRange& range);
// What a listing that has such a range says of it.
Error names_missing(const MissingRange& range);
// Of what is not done within a transaction.
Error transaction_is_running(const Doing& doing);
// "cannot VERB 'NAME': "
std::string cannot(const Doing& doing);

}  // namespace festore
