// SPDX-License-Identifier: BSD-2-Clause
// One program with all harnesses for libFuzzer; FESTORE_FUZZ_TARGET names the one to run (tools/fuzz does).
#include "fuzz/target.h"

#include <cstdio>
#include <cstdlib>

namespace {
const festore::fuzz::Target* target = nullptr;
}

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    const char* const name = std::getenv("FESTORE_FUZZ_TARGET");
    target = festore::fuzz::find_target(name != nullptr ? name : "");
    if (target != nullptr) return 0;
    std::fprintf(stderr, "FESTORE_FUZZ_TARGET must be one of:");
    for (const auto& t : festore::fuzz::targets()) std::fprintf(stderr, " %.*s", static_cast<int>(t.name.size()), t.name.data());
    std::fprintf(stderr, "\n");
    std::exit(2);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    festore::fuzz::run(*target, festore::bytes_of(data, size));
    return 0;
}
