// SPDX-License-Identifier: BSD-2-Clause
// Reads bytes that may be hostile: little-endian, bounded, never past the end. The first read that does not fit
// makes the reader bad; from then on every read returns zero or nothing. Check ok() (or done()) before using a value.
#pragma once
#include "base/bytes.h"

namespace festore {

class Reader {
public:
    explicit Reader(Bytes input) : rest_(input) {}

    uint8_t u8() { return static_cast<uint8_t>(number(1)); }
    uint16_t u16() { return static_cast<uint16_t>(number(2)); }
    uint32_t u32() { return static_cast<uint32_t>(number(4)); }
    uint64_t u64() { return number(8); }
    int64_t i64() { return static_cast<int64_t>(number(8)); }
    // Of `size` bytes, 8 at most.
    uint64_t number(size_t size) {
        const Bytes taken = bytes(size);
        uint64_t value = 0;
        for (size_t i = taken.size(); i > 0; --i) value = value << 8 | static_cast<uint64_t>(taken[i - 1]);
        return value;
    }
    Bytes bytes(size_t size) {
        if (!ok_ || size > rest_.size()) {
            ok_ = false;
            return {};
        }
        const Bytes taken = rest_.first(size);
        rest_ = rest_.subspan(size);
        return taken;
    }
    // Fills all of `out`, or leaves it unchanged and makes the reader bad.
    void read_into(MutableBytes out) {
        const Bytes taken = bytes(out.size());
        if (ok_) copy_bytes(taken, out);
    }

    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] bool done() const { return ok_ && rest_.empty(); }
    [[nodiscard]] Bytes rest() const { return ok_ ? rest_ : Bytes{}; }

private:
    Bytes rest_;
    bool ok_ = true;
};

}  // namespace festore
