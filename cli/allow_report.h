// SPDX-License-Identifier: BSD-2-Clause
// How `allow` and `status` show root's list of who may store, as text and as JSON (docs/json.md). Thread safety: one thread.
#pragma once
#include "cli/owner_names.h"
#include "cli/verbs.h"

namespace festore::cli {

// The whole list, for root.
Json allow_json(const AllowReport& report, const OwnerNames& names);
std::string allow_text(const AllowReport& report, const OwnerNames& names);

// What applies to the caller.
Json own_allow_json(const AllowReport& report);
std::string own_allow_text(const AllowReport& report);

// The error if the list cannot be read; then only root can store anything new.
std::optional<Error> allow_fault(const AllowReport& report);

}  // namespace festore::cli
