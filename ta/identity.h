// SPDX-License-Identifier: BSD-2-Clause
// Who calls, as the kernel tells the TEE; each identity has a space of objects of its own.
#pragma once
#include "gp/system.h"
#include "protocol/commands.h"

namespace festore::ta {

struct Identity {
    protocol::Login login = protocol::Login::public_;
    Uuid uuid{};  // nil for public: everybody is the same
    friend bool operator==(const Identity&, const Identity&) = default;
};

// The identity of the session that is being opened. access_denied for logins that festore does not serve;
// no_identity when the kernel gives a user or group no UUID.
Result<Identity> identity_of_caller();

// What Linux calls a user or a group.
Result<Identity> identity_of(protocol::Login login, uint32_t id);

// Rule 22: whether the kernel's UUID is the one of the uid or gid that the caller says it has. A kernel that computes no
// identities would make all users one; a caller that lies only shuts itself out. no_identity when they differ.
Status check_claim(const Identity& identity, protocol::Login claimed_login, uint32_t claimed_id);

}  // namespace festore::ta
