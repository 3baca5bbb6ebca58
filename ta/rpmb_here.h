// SPDX-License-Identifier: BSD-2-Clause
// Root's declaration that this device has no RPMB, kept in the header of ree's root table. On some boards OP-TEE is built with RPMB but
// there is no device, and OP-TEE ends a TA that asks: without the declaration every opening of a store under `ree` would ask.
#pragma once
#include "protocol/messages.h"
#include "ta/session.h"

namespace festore::ta {

// Sets, revokes or only reads the declaration. access_denied, access_conflict (protocol/messages.h); else errors as of RootTable::load().
Outcome<protocol::RpmbAnswer> rpmb_here(Instance& instance, const Identity& caller, const protocol::RpmbRequest& request);

}  // namespace festore::ta
