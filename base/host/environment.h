// SPDX-License-Identifier: BSD-2-Clause
// Environment variables, as far as this process may believe them. Thread safety: any thread, as long as nobody changes the environment.
#pragma once
#include <cstdlib>
#include <string>

namespace festore {

// "" if the variable is not set, or if the program runs with more rights than its caller (secure_getenv).
inline std::string environment(const char* name) {
    const char* value = secure_getenv(name);
    return value == nullptr ? "" : value;
}

}  // namespace festore
