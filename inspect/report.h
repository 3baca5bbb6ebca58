// SPDX-License-Identifier: BSD-2-Clause
// What `festore inspect` found, as a tree for people and as JSON for programs (docs/inspect.md).
#pragma once
#include "base/host/text.h"
#include "festore/error.hpp"
#include "ree_fs/inspection.h"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace festore::inspect {

// The TA of this project, whose objects are recognised in any storage directory.
inline constexpr Uuid kFestoreTa =
    Uuid::from_fields(0xb7e89fc1, 0x5044, 0x431e, {0xb4, 0xc5, 0x9f, 0xb6, 0xae, 0x25, 0x64, 0x23});

// "festore", "OP-TEE", or "" for a TA that is not known.
std::string owner_name(const Uuid& owner);

std::string inspection_text(const std::string& directory, const ree_fs::Inspection& inspection);
nlohmann::ordered_json inspection_json(const std::string& directory, const ree_fs::Inspection& inspection);
// One error of code `damaged` for each damage, up to a limit, each saying where.
std::vector<Error> inspection_errors(const std::string& directory, const ree_fs::Inspection& inspection);

}  // namespace festore::inspect
