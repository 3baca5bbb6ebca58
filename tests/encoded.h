// SPDX-License-Identifier: BSD-2-Clause
// A message, or an entry of an answer, as it goes over the wire: for tests, and the fuzzers.
#pragma once
#include "base/writer.h"

#include <cstdlib>
#include <vector>

namespace festore {

// Ends the process when the message is larger than any: nothing may be tested with half of one.
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
