// SPDX-License-Identifier: BSD-2-Clause
// The space of the simulated disk.
#include "tests/store/harness/simulated_files.h"

#include <algorithm>
#include <cerrno>

namespace festore::store_test {

uint64_t SimulatedFiles::held() const {
    std::set<const Node*> counted;  // a file may have two names
    uint64_t bytes = 0;
    for (const auto& [name, node] : names_)
        if (counted.insert(node.get()).second) bytes += node->held;
    return bytes;
}

std::optional<uint64_t> SimulatedFiles::free_bytes(Handle) {
    if (!capacity_) return std::nullopt;
    return *capacity_ - std::min(*capacity_, held());
}

// There are no holes: a file holds its space from its beginning on.
int SimulatedFiles::hold(Node& node, uint64_t end) {
    if (end <= node.held) return 0;
    if (capacity_ && held() + (end - node.held) > *capacity_) return ENOSPC;
    node.held = end;
    return 0;
}

int SimulatedFiles::reserve(Handle handle, uint64_t begin, uint64_t end) {
    if (const int fault = this->begin(true); fault != 0) return fault;
    ++reservations_;
    if (fails_now()) return fail_with_;
    Opened* const file = opened(handle);
    if (file == nullptr || !file->writable) return EBADF;
    if (begin >= end) return EINVAL;
    if (!reserves_) return EOPNOTSUPP;
    return end > kFileBytesMax ? EFBIG : hold(*file->node, end);
}

}  // namespace festore::store_test
