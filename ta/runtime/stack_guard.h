// SPDX-License-Identifier: BSD-2-Clause
// The value that the compiler's stack protector puts between a function's locals and its return address.
#pragma once
#include "gp/tee.h"

namespace festore::ta {

// Random, except for one zero byte, which stops a string that overruns into it.
[[gnu::noinline]] inline uintptr_t random_stack_guard() {
    uintptr_t guard = 0;
    TEE_GenerateRandom(&guard, sizeof guard);
    return guard & ~uintptr_t{0xFF};
}

}  // namespace festore::ta
