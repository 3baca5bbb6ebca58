// SPDX-License-Identifier: BSD-2-Clause
// The wire encoding of a message or of an entry of an answer, for tests and fuzzers.
#pragma once
#include "base/writer.h"

#include <cstdlib>
#include <vector>

namespace festore {

// Ends the process if the message is larger than any valid one: a test must not use half of it.
template <class M>
std::vector<std::byte> encoded(const M& message) {
    std::vector<std::byte> bytes(1024);
    Writer out(bytes);
    encode(message, out);
    if (!out.ok()) std::abort();
    bytes.resize(out.size());
    return bytes;
}

}  // namespace festore
