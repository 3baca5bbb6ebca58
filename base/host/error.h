// SPDX-License-Identifier: BSD-2-Clause
// Shorthand for the errors of code on Linux (festore/error.hpp).
#pragma once
#include "festore/error.hpp"

#include <utility>

namespace festore {

inline tl::unexpected<Error> unexpected(Error error) { return tl::unexpected<Error>(std::move(error)); }

}  // namespace festore
