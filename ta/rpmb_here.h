// SPDX-License-Identifier: BSD-2-Clause
// Root's word that this device has no RPMB, kept in the header of ree's root table. Some boards have one built into OP-TEE and none
// behind it, and OP-TEE ends the TA that asks: without that word each opening of a store under `ree` would ask.
#pragma once
#include "protocol/messages.h"
#include "ta/session.h"

namespace festore::ta {

// Says it, takes it back, or only looks. access_denied, access_conflict (protocol/messages.h); else errors as of RootTable::load().
Result<protocol::RpmbAnswer> rpmb_here(Instance& instance, const Identity& caller, const protocol::RpmbRequest& request);

}  // namespace festore::ta
