// SPDX-License-Identifier: BSD-2-Clause
// How often a test repeats: FESTORE_TEST_ROUNDS multiplies it (make check-full); sanitizers run a third of it.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdlib>

namespace festore::engine {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr size_t kSlow = 3;
#else
inline constexpr size_t kSlow = 1;
#endif

inline size_t rounds(size_t usual) {
    const char* factor = std::getenv("FESTORE_TEST_ROUNDS");
    const size_t times = factor != nullptr ? std::max(1UL, std::strtoul(factor, nullptr, 10)) : 1;
    return std::max<size_t>(1, usual * times / kSlow);
}

}  // namespace festore::engine
