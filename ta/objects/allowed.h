// SPDX-License-Identifier: BSD-2-Clause
// Root's list of who may store: the commands that set and read it, and the limits of stores.
#pragma once
#include "protocol/allow.h"
#include "ta/call_memory.h"
#include "ta/session.h"

namespace festore::ta {

// access_denied: not root; else as of AllowList::change().
Status allow(Instance& instance, const Identity& caller, const protocol::AllowRequest& request);

// Root gets the whole list, others get what applies to them. short_buffer: the page has no room for the entries.
Outcome<protocol::AllowedAnswer> allowed(Instance& instance, const Identity& caller, const protocol::AllowedRequest& request,
                                         SharedOutput& page);

// Whether the identity may make one more store. many_stores, not_allowed, over_limit; rpmb_no_answer: stores in the RPMB would have to be
// counted; else errors of the TEE's storage. `asks_rpmb`: stores in the RPMB are counted, too.
Status may_make_store(Instance& instance, const Identity& identity, bool asks_rpmb);

// Whether a store of the identity may move to the RPMB. `made_unasked`: the store may have been made without asking the RPMB, so without
// counting the stores there. many_stores, over_limit; else errors of the TEE's storage.
Status may_move_store(Instance& instance, const Identity& identity, bool made_unasked);

// How many stores the identity has, under both anchors; a store whose move to the RPMB was interrupted counts once. Errors as of
// RootTable::load().
Outcome<uint32_t> stores_of(Instance& instance, const Identity& identity, bool asks_rpmb);

}  // namespace festore::ta
