// SPDX-License-Identifier: BSD-2-Clause
// What clients say of their stores (engine/records/store_claim.h), kept in the trusted storage that has the record. A claim is believed
// only if its store id and its name are those of the record. If a claim is missing or damaged, only a message loses a detail.
#pragma once
#include "engine/records/store_claim.h"
#include "ta/call.h"

namespace festore::ta {

// The tag that the record of a store with that name has. bad_parameters.
Outcome<engine::StoreNameTag> name_tag(const Call& call, Bytes name);

// The claim that a request makes about the record's store. bad_parameters: its name is not the record's.
Outcome<engine::StoreClaim> claim_of(const Call& call, const engine::RootRecord& record, const protocol::StoreClaim& claim);

// One write into TEE storage; none if the claim says nothing. `place`: of the record.
Status keep_claim(engine::Anchor anchor, size_t place, const engine::StoreClaim& claim);
// item_not_found: no claim is kept, or it is of another store.
Outcome<engine::StoreClaim> read_claim(const Call& call, engine::Anchor anchor, size_t place, const engine::RootRecord& record);
// Makes the record a tombstone (RootTable::bury), and removes its claim. A claim that cannot be removed stays until the next store in this
// place replaces it.
Status bury_with_claim(RootTable& table, size_t place);

}  // namespace festore::ta
