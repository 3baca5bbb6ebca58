// SPDX-License-Identifier: BSD-2-Clause
// What the cryptographic operations need to know about keys.
#pragma once
#include "sim/state.h"

namespace festore::sim {

// Whether OP-TEE accepts keys of that type in that size.
bool is_key_size(uint32_t type, size_t bits);
// Panics unless it is a handle of a transient object of this instance.
TEE_ObjectHandle known_transient(TEE_ObjectHandle object);

}  // namespace festore::sim
