// SPDX-License-Identifier: BSD-2-Clause
// With the anchor rpmb, the key of a store's recovery copies includes a secret that only the RPMB keeps (rule 25). Destroying the
// store erases the secret; then no copy can be opened any more, wherever it lies. If the RPMB itself is lost, so is the secret, and only
// a backup helps.
//
//   object id   "FSO" 0x01 ‖ "copies " ‖ store id     (27 bytes; no other object id of festore has this length), in the RPMB
//   content     32 bytes; zeroes: it is being erased
#pragma once
#include "engine/records/recovery.h"

namespace festore::ta {

struct Call;

// item_not_found: there is no secret, or the object does not hold one (erased or damaged); any other error: it is not known now.
Status read_copy_secret(const engine::StoreId& store_id, engine::CopySecret& out);
Status draw_copy_secret(engine::Crypto& crypto, const engine::RootRecord& record, engine::CopySecret& out);
// One write into TEE storage.
Status store_copy_secret(const engine::StoreId& store_id, const engine::CopySecret& secret);
// Overwrites the secret, then removes it. Success also if there is none.
Status erase_copy_secret(const engine::StoreId& store_id);

// The secret that the session's store needs to seal its copies: read, or made, at the first use, and kept until the store is closed.
// Null with the anchor ree.
Outcome<const engine::CopySecret*> copy_secret(Call& call, const engine::RootRecord& record);

}  // namespace festore::ta
