// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include "base/uuid.h"

#include <string>

namespace festore {

// As RFC 9562 writes it, in lower case.
std::string uuid_text(const Uuid& uuid);

}  // namespace festore
