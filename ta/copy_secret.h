// SPDX-License-Identifier: BSD-2-Clause
// With the anchor rpmb, the key of a store's recovery copies includes a secret that the RPMB alone keeps (rule 25). Destroying the
// store erases it, and no copy can be opened any more, wherever it lies. With the RPMB itself it is lost: then only a backup helps.
//
//   object id   "FSO" 0x01 ‖ "copies " ‖ store id     (27 bytes; no other id of festore's has this length), in the RPMB
//   content     32 bytes; zeroes: it is being erased
#pragma once
#include "engine/recovery.h"

namespace festore::ta {

struct Call;

// item_not_found: there is none, or what is there is none; any other error: nobody can tell now.
Status read_copy_secret(const engine::StoreId& store_id, engine::CopySecret& out);
Status draw_copy_secret(engine::Crypto& crypto, const engine::RootRecord& record, engine::CopySecret& out);
// One write into TEE storage.
Status store_copy_secret(const engine::StoreId& store_id, const engine::CopySecret& secret);
// Overwrites it, then removes it. None is as good.
Status erase_copy_secret(const engine::StoreId& store_id);

// What the session's store needs to seal its copies: read, or made, at the first use, and kept until it closes. Null with the
// anchor ree.
Result<const engine::CopySecret*> copy_secret(Call& call, const engine::RootRecord& record);

}  // namespace festore::ta
