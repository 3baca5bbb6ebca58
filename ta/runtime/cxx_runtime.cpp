// SPDX-License-Identifier: BSD-2-Clause
// What the compiler may still call of a C++ runtime, in a TA that has none: nothing here allocates or throws, so whoever
// gets here has broken an invariant.
#include "gp/tee.h"

#include <cstdlib>

extern "C" [[noreturn]] void __cxa_pure_virtual() {
    TEE_Panic(TEE_ERROR_BAD_STATE);
    abort();
}

// std::string_view::substr, where the compiler does not see that its start is inside: optimized for size, as the kits do.
namespace std {
[[noreturn]] void __throw_out_of_range_fmt(const char*, ...) {
    TEE_Panic(TEE_ERROR_BAD_STATE);
    abort();
}
}  // namespace std
