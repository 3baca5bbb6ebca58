// SPDX-License-Identifier: BSD-2-Clause
// Makes the root record from which a store's index is rebuilt: the same store under a new epoch, so with new page keys, and with an
// empty index, into which all entries are then copied. Payloads keep their keys.
#pragma once
#include "engine/keys.h"

namespace festore::engine {

// `old`: the intact record from the TEE. No freshness is given up.
Outcome<RootRecord> rekey_store(Crypto& crypto, Bytes device_key, const RootRecord& old);

// For a repair that gives up freshness (rule 19). `old`: from a recovery copy. The generation continues from it, and the record says
// for good what was given up. The change counter jumps by kChangesOfRepair times a random number from 1 to 256: two repairs that start
// from the same copy give the same numbers in one of 256 cases. limit_exceeded: the change counter has no room (kChangesMax).
Outcome<RootRecord> new_epoch(Crypto& crypto, Bytes device_key, const RootRecord& old);

}  // namespace festore::engine
