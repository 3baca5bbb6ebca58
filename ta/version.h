// SPDX-License-Identifier: BSD-2-Clause
// The TA's version, as hello and the TA's header give it. The number that OP-TEE checks against rollback is
// CFG_TA_VERSION in ta/Makefile: raise that with each security fix.
#pragma once
#include <cstdint>

namespace festore::ta {
inline constexpr uint32_t kVersionMajor = 0;
inline constexpr uint32_t kVersionMinor = 1;
inline constexpr uint32_t kVersionPatch = 0;
inline constexpr uint32_t kVersionNumber = kVersionMajor << 16 | kVersionMinor << 8 | kVersionPatch;
}  // namespace festore::ta
