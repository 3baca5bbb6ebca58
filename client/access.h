// SPDX-License-Identifier: BSD-2-Clause
// How tests reach a Client over a given table of Client API functions, instead of a libteec found at run time.
#pragma once
#include "base/teec_functions.h"
#include "client/files.h"
#include "client/supplicant.h"
#include "festore/client.hpp"

namespace festore {

struct ClientAccess {
    // `functions` must outlive the client. The uid or gid that rule 22 compares is `claimed_id` when given. A store lies
    // on `files`, which must outlive the client, too; else on the system's. `look_for_supplicant`: of a TEE that needs one.
    static Expected<Client> connect(const TeecFunctions& functions, const ClientOptions& options,
                                    std::optional<uint32_t> claimed_id = std::nullopt, Files* files = nullptr,
                                    const std::function<SupplicantSeen()>& look_for_supplicant = nullptr);
};

}  // namespace festore
