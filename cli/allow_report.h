// SPDX-License-Identifier: BSD-2-Clause
// What is said of root's list of who may store: by `allow` and `status`, as text and as JSON (docs/json.md). Thread safety: one thread.
#pragma once
#include "cli/owner_names.h"
#include "cli/verbs.h"

namespace festore::cli {

// Root is shown all of it.
Json allow_json(const AllowReport& report, const OwnerNames& names);
std::string allow_text(const AllowReport& report, const OwnerNames& names);

// What holds for the caller.
Json own_allow_json(const AllowReport& report);
std::string own_allow_text(const AllowReport& report);

// A list that lets nobody but root store anything new, since it cannot be read.
std::optional<Error> allow_fault(const AllowReport& report);

}  // namespace festore::cli
