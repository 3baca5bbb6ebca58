// SPDX-License-Identifier: BSD-2-Clause
// A secret of fixed size: wiped when it ends, not copyable, not printable, compared in constant time.
// Every use of the content goes through expose() or fill(), so that uses can be found by searching.
#pragma once
#include "base/bytes.h"

#include <array>

namespace festore {

template <size_t N>
class SecretBytes {
public:
    SecretBytes() = default;
    SecretBytes(const SecretBytes&) = delete;
    SecretBytes& operator=(const SecretBytes&) = delete;
    SecretBytes(SecretBytes&& other) noexcept : bytes_(other.bytes_) { wipe(other.bytes_); }
    SecretBytes& operator=(SecretBytes&& other) noexcept {
        if (this != &other) {
            bytes_ = other.bytes_;
            wipe(other.bytes_);
        }
        return *this;
    }
    ~SecretBytes() { wipe(bytes_); }

    [[nodiscard]] Bytes expose() const { return bytes_; }
    [[nodiscard]] MutableBytes fill() { return bytes_; }
    [[nodiscard]] bool equals(Bytes other) const { return equal_constant_time(bytes_, other); }
    static constexpr size_t size() { return N; }

private:
    std::array<std::byte, N> bytes_{};
};

}  // namespace festore
