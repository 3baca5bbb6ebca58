// SPDX-License-Identifier: BSD-2-Clause
// The time that this process spends in system calls, for the profile of a measured time: its own definitions of a few functions
// of the C library count and time each call, both from libfestore (linked into the program) and from libteec (loaded).
#pragma once
#include <cstdint>

namespace festore::bench {

struct Spent {
    uint64_t count = 0;
    uint64_t ns = 0;
};

struct SystemCalls {
    Spent tee;    // calls of a trusted application
    Spent share;  // sharing memory with the TEE; and closing files, which ends the sharing
    Spent sync;   // fsync, fdatasync
    Spent write;  // of files
    Spent read;

    SystemCalls& operator+=(const SystemCalls& other);
};

// Of all threads, since the program began.
SystemCalls system_calls();
SystemCalls operator-(const SystemCalls& after, const SystemCalls& before);

// Reads and writes of tee-supplicant since it began, that is, file accesses for the TEE's storage. 0: unknown.
uint64_t supplicant_accesses();

}  // namespace festore::bench
