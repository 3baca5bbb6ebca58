// SPDX-License-Identifier: BSD-2-Clause
// The stack protector's guard, drawn once in the life of an instance. The kits' libutils sets it to a constant (0xaff). The
// kits' own entry function can draw it since OP-TEE 3.20, but up to 4.5 that is compiled out, because the kit does not export
// _CFG_TA_STACK_PROTECTOR. If the kit draws the guard too, drawing it twice does no harm.
//
// TA_CreateEntryPoint would be too late: the kit's functions that call it check the guard when they return. Here the
// kit's entry function enters libutee (--wrap=__utee_entry, ta/Makefile), and no function that checks the guard has begun yet. So this
// file is compiled without the protector (ta/sub.mk).
#include "ta/runtime/stack_guard.h"

extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier): the compiler's, libutee's and the linker's names
extern void* __stack_chk_guard;
struct utee_params;
TEE_Result __real___utee_entry(unsigned long function, unsigned long session, utee_params* params, unsigned long command);
TEE_Result __wrap___utee_entry(unsigned long function, unsigned long session, utee_params* params, unsigned long command);

TEE_Result __wrap___utee_entry(unsigned long function, unsigned long session, utee_params* params, unsigned long command) {
    static bool is_drawn = false;
    if (!is_drawn) __stack_chk_guard = reinterpret_cast<void*>(festore::ta::random_stack_guard());
    is_drawn = true;
    return __real___utee_entry(function, session, params, command);
}
// NOLINTEND(bugprone-reserved-identifier)
}
