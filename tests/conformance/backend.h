// SPDX-License-Identifier: BSD-2-Clause
// What the conformance suite runs against: a TEE and a storage, chosen by the environment, so that the very same tests
// run on the simulated TEE in process, behind its socket, and on a real OP-TEE.
//   CONFORMANCE_TEE       in-process | sim | optee   (default: in-process where it is built in, else optee)
//   CONFORMANCE_STORAGES  some of ree, rpmb and store, separated by commas (default: ree)
//   CONFORMANCE_STORES    the folder of the stores: the same for all runs on one TEE (default: a new one; on a real OP-TEE,
//                         /var/lib/festore-conformance)
//   CONFORMANCE_ANSWERS   a file to which each case's answer is appended, for comparing two TEEs
//   CONFORMANCE_TIMEOUT   seconds that one call may take, where a TEE is slow (default: 60)
#pragma once
#include "base/teec_functions.h"
#include "festore/client.hpp"

#include <functional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace festore::conformance {

struct User {
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;
};

class Backend {
public:
    virtual ~Backend() = default;
    virtual Expected<Client> connect(const ClientOptions& options) = 0;
    // Runs `body` as another user: in this process where the TEE is, else in a child. Its failures fail the test.
    virtual void as_user(const User& user, const std::function<void()>& body) = 0;
    // The Client API itself, for a client that does not use the library.
    virtual const TeecFunctions& functions() = 0;
    // Why as_user() cannot work here, or nothing.
    virtual std::string why_no_other_users() const = 0;
    // Of whom this process is, or as_user() makes it.
    virtual uint32_t uid() const = 0;
};

Backend& backend();
std::vector<Storage> storages();
std::string name_of(Storage storage);
// Where the owner's store is; for everybody, who has none, nothing.
std::string store_directory(const Owner& owner);

// One line "CASE: code N, TEE result 0x…, origin N" to CONFORMANCE_ANSWERS, if that is set. Without a message: messages
// name the machine's own paths and devices.
void note_answer(const std::string& where, const Error* error);

}  // namespace festore::conformance
