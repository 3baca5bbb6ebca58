// SPDX-License-Identifier: BSD-2-Clause
// Writes little-endian into a buffer of fixed size. The first write that does not fit makes the writer bad and
// writes nothing; written() is what was written before that.
#pragma once
#include "base/bytes.h"

namespace festore {

class Writer {
public:
    explicit Writer(MutableBytes output) : output_(output) {}

    void u8(uint8_t v) { number(v, 1); }
    void u16(uint16_t v) { number(v, 2); }
    void u32(uint32_t v) { number(v, 4); }
    void u64(uint64_t v) { number(v, 8); }
    void i64(int64_t v) { number(static_cast<uint64_t>(v), 8); }
    // The lower `size` bytes of `v`, 8 at most.
    void number(uint64_t v, size_t size) {
        const MutableBytes place = reserve(size);
        for (std::byte& b : place) {
            b = static_cast<std::byte>(v);
            v >>= 8;
        }
    }
    void bytes(Bytes b) {
        if (const MutableBytes place = reserve(b.size()); ok_) copy_bytes(b, place);
    }

    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] size_t size() const { return used_; }
    [[nodiscard]] size_t room() const { return output_.size() - used_; }
    [[nodiscard]] Bytes written() const { return output_.first(used_); }

private:
    MutableBytes reserve(size_t size) {
        if (!ok_ || size > room()) {
            ok_ = false;
            return {};
        }
        const MutableBytes place = output_.subspan(used_, size);
        used_ += size;
        return place;
    }

    MutableBytes output_;
    size_t used_ = 0;
    bool ok_ = true;
};

}  // namespace festore
