// SPDX-License-Identifier: BSD-2-Clause
#include "client/uuid_text.h"

#include "base/host/hex.h"

namespace festore {

std::string uuid_text(const Uuid& uuid) {
    const std::string digits = hex(uuid.bytes);
    return digits.substr(0, 8) + "-" + digits.substr(8, 4) + "-" + digits.substr(12, 4) + "-" + digits.substr(16, 4) +
           "-" + digits.substr(20);
}

}  // namespace festore
