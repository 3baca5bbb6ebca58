// SPDX-License-Identifier: BSD-2-Clause
// `festore inspect`, apart from the command line's frame: looks at OP-TEE's storage directory and says what is there.
// Talks to no TEE, changes nothing but the folder that it extracts to. docs/inspect.md is the contract of its output.
#pragma once
#include "festore/error.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace festore::cli {

struct InspectRequest {
    std::string directory;
    std::string huk_file;  // empty: no key; "-": standard input
    std::string extract;   // empty: nothing is extracted
};

// The exit code is that of the first error.
struct InspectAnswer {
    std::string text;
    nlohmann::ordered_json document = nlohmann::ordered_json::object();
    std::vector<Error> errors;
};

InspectAnswer inspect(const InspectRequest& request);

}  // namespace festore::cli
