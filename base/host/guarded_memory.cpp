// SPDX-License-Identifier: BSD-2-Clause
#include "base/host/guarded_memory.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <sys/mman.h>
#include <unistd.h>

namespace festore {
namespace {

constexpr size_t kKeptBytesMax = size_t{512} << 10;  // of one block: enough for one part of a content, sealed
constexpr size_t kKeptOfOneSize = 2;
constexpr size_t kSizes = std::bit_width(kKeptBytesMax);

// Indexed by the logarithm of the block size. Uses no lock, since a forked child could inherit it locked.
using Kept = std::array<std::array<std::atomic<void*>, kKeptOfOneSize>, kSizes>;
constinit Kept kept_blocks{};

size_t page_bytes() {
    static const auto bytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    return bytes;
}

// Size of the block that holds `bytes` bytes.
size_t block_bytes(size_t bytes) {
    const size_t least = std::max(bytes, page_bytes());
    return least <= kKeptBytesMax ? std::bit_ceil(least) : (least + page_bytes() - 1) / page_bytes() * page_bytes();
}

auto& kept(size_t block) { return kept_blocks.at(static_cast<size_t>(std::bit_width(block) - 1)); }

// Pages are locked when they are first used.
void guard_pages(void* memory, size_t bytes) {
    (void)madvise(memory, bytes, MADV_DONTDUMP);
    (void)mlock2(memory, bytes, MLOCK_ONFAULT);
}

}  // namespace

void guard(MutableBytes memory) {
    const auto begin = reinterpret_cast<uintptr_t>(memory.data()) / page_bytes() * page_bytes();
    const auto end = reinterpret_cast<uintptr_t>(memory.data()) + memory.size();
    if (!memory.empty()) guard_pages(reinterpret_cast<void*>(begin), end - begin);
}

void unguard(MutableBytes memory) {
    const auto begin = (reinterpret_cast<uintptr_t>(memory.data()) + page_bytes() - 1) / page_bytes() * page_bytes();
    const auto end = (reinterpret_cast<uintptr_t>(memory.data()) + memory.size()) / page_bytes() * page_bytes();
    if (begin >= end) return;
    (void)munlock(reinterpret_cast<void*>(begin), end - begin);
    (void)madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DODUMP);
}

void* allocate_guarded(size_t bytes) {
    const size_t block = block_bytes(bytes);
    if (block <= kKeptBytesMax)
        for (std::atomic<void*>& place : kept(block))
            if (void* const memory = place.exchange(nullptr)) return memory;
    void* const memory = mmap(nullptr, block, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    guard_pages(memory, block);
    return memory;
}

void free_guarded(void* memory, size_t bytes) noexcept {
    if (memory == nullptr) return;
    wipe({static_cast<std::byte*>(memory), bytes});
    const size_t block = block_bytes(bytes);
    if (block <= kKeptBytesMax)
        for (std::atomic<void*>& place : kept(block)) {
            void* nothing = nullptr;
            if (place.compare_exchange_strong(nothing, memory)) return;
        }
    (void)munmap(memory, block);
}

}  // namespace festore
