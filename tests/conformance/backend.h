// SPDX-License-Identifier: BSD-2-Clause
// The TEE and the storage under test, chosen by the environment: the same tests run on the simulated TEE in process, on its
// server through a socket, and on a real OP-TEE.
//   CONFORMANCE_TEE       in-process | sim | optee   (default: in-process if built in, else optee)
//   CONFORMANCE_STORAGES  some of ree, rpmb and store, separated by commas (default: ree)
//   CONFORMANCE_STORES    the folder of the stores: the same for all runs on one TEE (default: a new one; on a real OP-TEE,
//                         /var/lib/festore-conformance)
//   CONFORMANCE_ANSWERS   a file to which each case's answer is appended, to compare two TEEs
//   CONFORMANCE_TIMEOUT   time limit of one call in seconds, for a slow TEE (default: 60)
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
    virtual Result<Client> connect(const ClientOptions& options) = 0;
    // Runs `body` as another user: in this process if the TEE is in it, else in a child. Its failures fail the test.
    virtual void as_user(const User& user, const std::function<void()>& body) = 0;
    // The Client API itself, for a client that does not use the library.
    virtual const TeecFunctions& functions() = 0;
    // Why as_user() cannot work here; empty if it can.
    virtual std::string why_no_other_users() const = 0;
    // The user of this process, or of the body that as_user() runs.
    virtual uint32_t uid() const = 0;
};

Backend& backend();
std::vector<Storage> storages();
std::string name_of(Storage storage);
// The owner's store directory; empty for the public, which has no store.
std::string store_directory(const Owner& owner);

// Appends a line "CASE: code N, TEE result 0x…, origin N" to CONFORMANCE_ANSWERS, if that is set. No message, since messages
// contain the machine's paths and devices.
void note_answer(const std::string& where, const Error* error);

}  // namespace festore::conformance
