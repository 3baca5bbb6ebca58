// SPDX-License-Identifier: BSD-2-Clause
// Encryption of what the simulated TEE keeps on disk: AES-256-GCM (NIST SP 800-38D) under a key from the simulated hardware
// key. Sealed: nonce (12), ciphertext, tag (16). The place is the associated data, to prevent that files are swapped.
#pragma once
#include "base/bytes.h"

#include <array>
#include <string>
#include <vector>

namespace festore::sim {

using Blob = std::vector<std::byte>;

class Sealer {
public:
    explicit Sealer(Bytes hardware_key);
    ~Sealer();
    Sealer(const Sealer&) = delete;
    Sealer& operator=(const Sealer&) = delete;

    [[nodiscard]] Blob seal(const std::string& place, Bytes content) const;
    // False if any bit differs from what was sealed for that place; `content` is then meaningless.
    [[nodiscard]] bool open(const std::string& place, Bytes sealed, Blob& content) const;

private:
    std::array<unsigned char, 32> key_{};
};

}  // namespace festore::sim
