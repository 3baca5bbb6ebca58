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
Result<ClientIdentity> client_identity();

// A number among the properties of the TEE implementation; 0 where it is not there.
uint32_t tee_property_u32(const char* name);
// A version among them (base/version.h); 0 where it is not there or no version.
uint32_t tee_property_version(const char* name);
// Whether this is the simulated TEE, by its own description.
bool tee_is_simulated();

// A key of this TA on this device, different for each `label`, the same after upgrades of the TA.
// not_supported or item_not_found: an OP-TEE built without the system pseudo-TA.
Result<SecretBytes<32>> derive_ta_unique_key(Bytes label);

}  // namespace festore::gp
