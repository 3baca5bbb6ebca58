// SPDX-License-Identifier: BSD-2-Clause
// What the TEE knows about itself and the caller: properties (TEE Internal Core API 1.3, section 4.4 and 4.7) and OP-TEE's
// system pseudo-TA (lib/libutee/include/pta_system.h).
#pragma once
#include "base/secret_bytes.h"
#include "base/uuid.h"
#include "gp/tee.h"

namespace festore::gp {

struct ClientIdentity {
    uint32_t login = 0;  // TEE_LOGIN_*
    Uuid uuid{};
};

// Who opened the session that is being served now.
Outcome<ClientIdentity> client_identity();

// A numeric property of the TEE implementation; 0 if it does not exist.
uint32_t tee_property_u32(const char* name);
// The version in a string property (base/version.h); 0 if the property does not exist or has no version in it.
uint32_t tee_property_version(const char* name);
// Whether this is the simulated TEE, according to its property gpd.tee.description.
bool tee_is_simulated();

// A key of this TA on this device, different for each `label`, the same after upgrades of the TA.
// not_supported or item_not_found: an OP-TEE built without the system pseudo-TA.
Outcome<SecretBytes<32>> derive_ta_unique_key(Bytes label);

}  // namespace festore::gp
