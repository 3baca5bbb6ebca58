// SPDX-License-Identifier: BSD-2-Clause
// Inputs of the harnesses ta_commands and client that do what chance would not come to: what takes several right requests in a row.
#pragma once
#include "fuzz/target.h"

#include <map>
#include <string>

namespace festore::fuzz {

// By the names of their files in fuzz/corpora/ta_commands and fuzz/corpora/client.
std::map<std::string, Content> ta_seeds();
std::map<std::string, Content> client_seeds();

}  // namespace festore::fuzz
