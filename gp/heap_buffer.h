// SPDX-License-Identifier: BSD-2-Clause
// Memory from TEE_Malloc with one owner; wiped before it is freed, since most of it has held a caller's plaintext.
#pragma once
#include "base/bytes.h"
#include "gp/tee.h"

namespace festore::gp {

class HeapBuffer {
public:
    // Zeroed memory of `size` bytes (at least one), or out_of_memory.
    static Outcome<HeapBuffer> allocate(size_t size) {
        if (size > UINT32_MAX) return fail(Code::out_of_memory);
        void* memory = TEE_Malloc(static_cast<Size>(std::max<size_t>(size, 1)), TEE_MALLOC_FILL_ZERO);
        if (memory == nullptr) return fail(Code::out_of_memory);
        return HeapBuffer(memory, size);
    }
    HeapBuffer(HeapBuffer&& other) noexcept
        : memory_(std::exchange(other.memory_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    HeapBuffer& operator=(HeapBuffer&& other) noexcept {
        std::swap(memory_, other.memory_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~HeapBuffer() {
        wipe(bytes());
        TEE_Free(memory_);
    }

    [[nodiscard]] MutableBytes bytes() { return {static_cast<std::byte*>(memory_), size_}; }
    [[nodiscard]] Bytes view() const { return {static_cast<const std::byte*>(memory_), size_}; }

private:
    HeapBuffer(void* memory, size_t size) : memory_(memory), size_(size) {}
    void* memory_;
    size_t size_;
};

}  // namespace festore::gp
