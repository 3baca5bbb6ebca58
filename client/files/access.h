// SPDX-License-Identifier: BSD-2-Clause
// Lets tests connect a Client to a given table of Client API functions instead of a libteec found at run time.
#pragma once
#include "base/teec_functions.h"
#include "client/files/files.h"
#include "client/tee/supplicant.h"
#include "festore/client.hpp"

namespace festore {

struct ClientAccess {
    // `functions` and `files` must outlive the client. `claimed_id`: the uid or gid that rule 22 compares, instead of the caller's own.
    // `files`: the store's file system; null: the system's. `look_for_supplicant`: for a TEE that needs a supplicant.
    static Result<Client> connect(const TeecFunctions& functions, const ClientOptions& options,
                                  std::optional<uint32_t> claimed_id = std::nullopt, Files* files = nullptr,
                                  const std::function<SupplicantSeen()>& look_for_supplicant = nullptr);
};

}  // namespace festore
