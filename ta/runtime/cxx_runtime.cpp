// SPDX-License-Identifier: BSD-2-Clause
// The functions of a C++ runtime that the compiler may still call, in a TA that has no such runtime. The TA neither allocates nor throws
// through it, so a call of one of these means that an invariant is broken.
#include "gp/tee.h"

#include <cstdlib>

extern "C" [[noreturn]] void __cxa_pure_virtual() {
    TEE_Panic(TEE_ERROR_BAD_STATE);
    abort();
}

// Called by std::string_view::substr if the compiler cannot see that the start is in range: when optimizing for size, as the kits do.
namespace std {
[[noreturn]] void __throw_out_of_range_fmt(const char*, ...) {
    TEE_Panic(TEE_ERROR_BAD_STATE);
    abort();
}
}  // namespace std
