// SPDX-License-Identifier: BSD-2-Clause
// What the TEE was told of a store: its name, and where its directory was then. One TEE object for each place of a root table, in the
// same trusted storage; written when a store is made, repaired or rebuilt, and replaced by the next store of that place. For messages and
// listings only: whose a store is, and which of its owner's, the root record says. docs/format-store.md has the bytes.
#pragma once
#include "base/store_name.h"
#include "engine/root_record.h"

namespace festore::engine {

// Id of the TEE's object: this, and the place in one byte.
inline constexpr std::string_view kStoreClaimId = "FSO\x01" "claim ";

// In its own memory.
struct StoreClaim {
    StoreId store_id{};
    std::array<std::byte, kStoreNameBytesMax> name_memory{};
    uint8_t name_bytes = 0;  // 0: the default one
    std::array<std::byte, limits::kStoreDirectoryBytesMax> directory_memory{};
    uint8_t directory_bytes = 0;  // 0: not told

    [[nodiscard]] Bytes name() const { return Bytes(name_memory).first(name_bytes); }
    [[nodiscard]] Bytes directory() const { return Bytes(directory_memory).first(directory_bytes); }
    // bad_parameters: longer than there is room for.
    static Result<StoreClaim> of(const StoreId& store_id, Bytes name, Bytes directory);
    [[nodiscard]] bool says_nothing() const { return name_bytes == 0 && directory_bytes == 0; }
};

inline constexpr size_t kStoreClaimBytesMax = 4 + 4 + sizeof(StoreId) + 1 + kStoreNameBytesMax + 1 + limits::kStoreDirectoryBytesMax;

void encode(const StoreClaim& claim, Writer& out);
// corrupt_object; not_supported: of a newer version.
Result<StoreClaim> decode_store_claim(Bytes input);

}  // namespace festore::engine
