// SPDX-License-Identifier: BSD-2-Clause
// What this process spends in the system, for the profile beside a measured time: its own definitions of a few functions of
// the C library count and time each call, those of libfestore (linked into the program) and of libteec (loaded) alike.
#pragma once
#include <cstdint>

namespace festore::bench {

struct Spent {
    uint64_t count = 0;
    uint64_t ns = 0;
};

struct SystemCalls {
    Spent tee;    // calls of a trusted application
    Spent share;  // making memory known to the TEE; and closing files, which is how it is taken back
    Spent sync;   // fsync, fdatasync
    Spent write;  // of files
    Spent read;

    SystemCalls& operator+=(const SystemCalls& other);
};

// Since the program began; of all threads.
SystemCalls system_calls();
SystemCalls operator-(const SystemCalls& after, const SystemCalls& before);

// Reads and writes of tee-supplicant since it began: what the TEE's storage asks of the file system. 0: not known.
uint64_t supplicant_accesses();

}  // namespace festore::bench
