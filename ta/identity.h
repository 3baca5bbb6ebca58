// SPDX-License-Identifier: BSD-2-Clause
// The caller's identity, as the kernel tells the TEE; each identity has its own space of objects.
#pragma once
#include "gp/system.h"
#include "protocol/commands.h"

namespace festore::ta {

struct Identity {
    protocol::Login login = protocol::Login::public_;
    Uuid uuid{};  // nil for the public, which all callers share
    friend bool operator==(const Identity&, const Identity&) = default;
};

// The identity of the session that is being opened. access_denied for logins that festore does not serve;
// no_identity when the kernel gives a user or group no UUID.
Outcome<Identity> identity_of_caller();

// The identity that Linux gives to a user or a group.
Outcome<Identity> identity_of(protocol::Login login, uint32_t id);

// Rule 22: checks that the kernel's UUID is that of the uid or gid that the caller claims to have. With a kernel that computes no
// identities, all users would share one identity; a caller that lies only shuts itself out. no_identity: they differ.
Status check_claim(const Identity& identity, protocol::Login claimed_login, uint32_t claimed_id);

}  // namespace festore::ta
