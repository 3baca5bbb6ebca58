// SPDX-License-Identifier: BSD-2-Clause
// A store's root record before its index is made anew: the same store under a new epoch, so under new page keys, with an empty index
// into which all entries are to be copied. Payloads keep their keys.
#pragma once
#include "engine/keys.h"

namespace festore::engine {

// `old`: as the TEE has it, intact. Nothing is given up.
Result<RootRecord> rekey_store(Crypto& crypto, Bytes device_key, const RootRecord& old);

// After freshness was given up (rule 19). `old`: out of a recovery copy. The generation goes on from it, and the record says for
// good what was given up. The change counter jumps by a random multiple of kChangesOfRepair, 1 to 256: of two repairs that begin with
// the same copy, one in 256 has the other's numbers. limit_exceeded: the change counter has no room (kChangesMax).
Result<RootRecord> renew_store(Crypto& crypto, Bytes device_key, const RootRecord& old);

}  // namespace festore::engine
