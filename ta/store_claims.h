// SPDX-License-Identifier: BSD-2-Clause
// What clients say of their stores (engine/store_claim.h), kept in the trusted storage that has the record. A claim is believed only
// with the store id of the record beside it, and its name only with the record's. Not at hand, or damaged, it costs a message its detail.
#pragma once
#include "engine/store_claim.h"
#include "ta/call.h"

namespace festore::ta {

// What the record of a store with that name has. bad_parameters.
Result<engine::StoreNameTag> name_tag(const Call& call, Bytes name);

// What a request says of the store that the record is of. bad_parameters: another name than the record's.
Result<engine::StoreClaim> claim_of(const Call& call, const engine::RootRecord& record, const protocol::StoreClaim& claim);

// One write into TEE storage; none where the claim says nothing. `place`: of the record.
Status keep_claim(engine::Anchor anchor, size_t place, const engine::StoreClaim& claim);
// item_not_found: none is kept, or it is of another store.
Result<engine::StoreClaim> read_claim(const Call& call, engine::Anchor anchor, size_t place, const engine::RootRecord& record);
// What cannot be removed is replaced by the place's next store.
void drop_claim(engine::Anchor anchor, size_t place);

}  // namespace festore::ta
