// SPDX-License-Identifier: BSD-2-Clause
// `festore inspect`, without its command line: reads OP-TEE's storage directory, or a store's, and reports what is there.
// Talks to no TEE, changes nothing but the folder that it extracts to. docs/inspect.md is the contract of its output.
#pragma once
#include "festore/error.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace festore::inspect {

struct InspectRequest {
    std::string directory;
    std::string huk_file;  // empty: no key; "-": standard input
    std::string extract;   // empty: nothing is extracted
    std::string tee_storage;  // with a store: a copy of the TEE's own storage directory; empty: none
};

// The exit code is that of the first error.
struct InspectAnswer {
    std::string text;
    nlohmann::ordered_json document = nlohmann::ordered_json::object();
    std::vector<Error> errors;
};

InspectAnswer inspect(const InspectRequest& request);
// The error of a key that does not open what is in `directory`.
Error wrong_key(const std::string& directory);

}  // namespace festore::inspect
