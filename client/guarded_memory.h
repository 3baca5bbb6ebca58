// SPDX-License-Identifier: BSD-2-Clause
// Memory for plaintext and keys: in no core dump, and in no swap as far as RLIMIT_MEMLOCK allows, which makes nothing fail. What is
// allocated here is wiped when it is given back. Some blocks are kept for the next time, so that a content that is moved in parts
// does not map and lock memory for each. Thread safety: any thread; a forked child may go on.
#pragma once
#include "base/bytes.h"

#include <new>
#include <vector>

namespace festore {

// Memory of somebody else's, in all pages that it touches. Best effort: memory of a device refuses.
void guard(MutableBytes memory);
// Before it goes back to whom it belongs to: the pages that it has for itself are as they were.
void unguard(MutableBytes memory);

// Zeroes, at the beginning of a page. Throws bad_alloc.
void* allocate_guarded(size_t bytes);
void free_guarded(void* memory, size_t bytes) noexcept;

template <class T>
struct GuardedAllocator {
    using value_type = T;
    GuardedAllocator() = default;
    template <class U>
    GuardedAllocator(const GuardedAllocator<U>&) noexcept {}
    T* allocate(size_t count) {
        if (count > SIZE_MAX / 2 / sizeof(T)) throw std::bad_alloc();
        return static_cast<T*>(allocate_guarded(count * sizeof(T)));
    }
    void deallocate(T* memory, size_t count) noexcept { free_guarded(memory, count * sizeof(T)); }
    bool operator==(const GuardedAllocator&) const = default;
};

using GuardedBytes = std::vector<std::byte, GuardedAllocator<std::byte>>;

}  // namespace festore
