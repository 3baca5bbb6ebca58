// SPDX-License-Identifier: BSD-2-Clause
// Shorthand for the errors of code on Linux (festore/result.hpp).
#pragma once
#include "festore/result.hpp"

#include <utility>

namespace festore {

// Marks the return of an error.
inline Error unexpected(Error error) { return error; }
inline Error propagated(Error error) { return error; }

}  // namespace festore
