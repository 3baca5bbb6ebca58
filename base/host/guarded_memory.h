// SPDX-License-Identifier: BSD-2-Clause
// Memory for plaintext and keys. It is kept out of core dumps, and out of swap within RLIMIT_MEMLOCK; beyond that limit nothing fails.
// Memory allocated here is wiped when it is freed. Some freed blocks are kept for reuse, since mapping and locking memory for each part
// of a content would be slow. Thread safety: any thread; a forked child may go on.
#pragma once
#include "base/bytes.h"

#include <new>
#include <vector>

namespace festore {

// Guards memory that was allocated elsewhere, in all pages that it touches. Best effort: device memory refuses.
void guard(MutableBytes memory);
// Undoes guard() in the pages that lie wholly in `memory`. To be called before the memory is given back.
void unguard(MutableBytes memory);

// Zeroed memory that begins on a page boundary. Throws bad_alloc.
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
