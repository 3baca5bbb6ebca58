// SPDX-License-Identifier: BSD-2-Clause
// The state of the TA: one Instance from TA_CreateEntryPoint to TA_DestroyEntryPoint, and a Session for each client. The TEE
// calls into an instance one call at a time, so nothing here locks.
#pragma once
#include "ta/object_id.h"

#include <new>

namespace festore::ta {

struct Session {
    Identity identity;
    bool identity_checked = false;  // by hello; public sessions need none
    Session* next = nullptr;
};

enum class HukStrength : uint8_t {
    zero,
    predictable,  // another one of ta/known_keys.h
    not_known,    // none of those
};

class Instance {
public:
    // Counts against limits::kSessions…: busy when one is reached.
    Result<Session*> open_session();
    void close_session(Session* session);

    // Derived from the device at the first use. not_supported: this OP-TEE has no system pseudo-TA.
    Result<const ObjectIds*> object_ids();
    // Whether the device's hardware unique key is a well-known one, so that its secrets are public knowledge.
    // An error: nobody can tell.
    Result<HukStrength> huk_strength();

private:
    std::optional<ObjectIds> ids_;
    std::optional<HukStrength> huk_strength_;
    Session* sessions_ = nullptr;
};

}  // namespace festore::ta
