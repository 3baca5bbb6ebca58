// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include "base/uuid.h"

#include <string>

namespace festore {

// In the form of RFC 9562, in lower case.
std::string uuid_text(const Uuid& uuid);

}  // namespace festore
