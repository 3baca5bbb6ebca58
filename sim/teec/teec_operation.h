// SPDX-License-Identifier: BSD-2-Clause
// The part of the Client API that does not depend on how the simulated TEE is reached: converts a TEEC_Operation's parameters
// for the TEE, and the results for the caller. Owns nothing.
#pragma once
#include "base/tee_client_api.h"
#include "base/uuid.h"
#include "sim/tee.h"

#include <optional>

namespace festore::sim {

Uuid uuid_of(const TEEC_UUID& uuid);

// The group that the connection data of a group login names, if there is connection data.
std::optional<uint32_t> group_in(const void* connection_data);

// Whether these are flags that shared memory can have: input, output or both.
bool flags_are_known(uint32_t flags);

// The shared memory that parameter `i` is a part of; nullptr if it is not a registered memory reference.
const TEEC_SharedMemory* parent_of(const TEEC_Operation& operation, uint32_t i);

// The operation's parameters, with the caller's own addresses, and types as the TEE knows them (a whole or partial reference
// becomes a memory reference in the directions that it has). A null operation has no parameters. False if they break the Client
// API's rules: an unknown type, no parent, outside of the parent, a direction that the parent does not have, null with a size.
bool params_of(const TEEC_Operation* operation, Params& params);

// Writes values and sizes that the TA changed back into the operation.
void give_back(const Params& params, TEEC_Operation* operation);

}  // namespace festore::sim
