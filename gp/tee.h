// SPDX-License-Identifier: BSD-2-Clause
// The GlobalPlatform TEE Internal Core API as festore uses it, whichever kit it comes from: OP-TEE's TA dev kit (API 1.1
// sizes up to 3.x, 1.3 since 4.0, or 1.1 again with CFG_TA_OPTEE_CORE_API_COMPAT_1_1) or the simulated TEE.
// Include this instead of the kit's headers: they define macros (__unused, __data) that break standard headers, so the
// standard headers come first.
#pragma once
#include "base/result.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

extern "C" {
#include <tee_internal_api.h>
#include <tee_internal_api_extensions.h>
}

namespace festore::gp {

// The API's type of sizes: uint32_t in version 1.1, size_t since 1.2.
using Size = decltype(std::declval<TEE_Param>().memref.size);

// Every TEE_Result has a Code; the ones that festore acts on have names there.
inline Code code_of(TEE_Result result) { return static_cast<Code>(result); }
inline tl::unexpected<Failure> fail_with(TEE_Result result) { return fail(code_of(result)); }

}  // namespace festore::gp
