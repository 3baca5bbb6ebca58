// SPDX-License-Identifier: BSD-2-Clause
// A client's memory references: shared memory that can change at any time. It is copied once, then only the copy is read.
#pragma once
#include "ta/objects/persistent_objects.h"

#include <algorithm>

namespace festore::ta {

// A memref's bytes, copied out of shared memory once; only the copy is read. bad_parameters: there are more than `size_max`.
template <size_t N>
class CopiedIn {
public:
    static Outcome<CopiedIn> from(const TEE_Param& param, size_t size_max = N) {
        CopiedIn copy;
        copy.size_ = param.memref.size;
        if (copy.size_ > std::min(size_max, N)) return fail(Code::bad_parameters);
        if (copy.size_ > 0 && param.memref.buffer == nullptr) return fail(Code::bad_parameters);
        if (copy.size_ > 0)
            TEE_MemMove(copy.bytes_.data(), param.memref.buffer, static_cast<gp::Size>(copy.size_));
        return copy;
    }
    [[nodiscard]] Bytes view() const { return Bytes(bytes_).first(size_); }

private:
    std::array<std::byte, N> bytes_{};
    size_t size_ = 0;
};

inline SharedInput input_of(const TEE_Param& param) {
    return {param.memref.buffer, param.memref.buffer == nullptr ? 0 : size_t{param.memref.size}};
}
inline SharedOutput output_of(const TEE_Param& param) {
    return {param.memref.buffer, param.memref.buffer == nullptr ? 0 : size_t{param.memref.size}, 0};
}

}  // namespace festore::ta
