// SPDX-License-Identifier: BSD-2-Clause
// What the client has said about a store: its name, and where its directory was then. One TEE object for each place of a root table, in
// the same trusted storage; written when a store is made, repaired or rebuilt, and replaced when another store gets the place. Used only
// in messages and listings: the root record decides who owns the store and which name it has. docs/format-store.md describes the bytes.
#pragma once
#include "base/store_name.h"
#include "engine/records/root_record.h"

namespace festore::engine {

// Beginning of the TEE object's id; the place follows in one byte.
inline constexpr std::string_view kStoreClaimId = "FSO\x01" "claim ";

// In its own memory.
struct StoreClaim {
    StoreId store_id{};
    std::array<std::byte, kStoreNameBytesMax> name_memory{};
    uint8_t name_bytes = 0;  // 0: the default one
    std::array<std::byte, limits::kStoreDirectoryBytesMax> directory_memory{};
    uint8_t directory_bytes = 0;  // 0: unknown

    [[nodiscard]] Bytes name() const { return Bytes(name_memory).first(name_bytes); }
    [[nodiscard]] Bytes directory() const { return Bytes(directory_memory).first(directory_bytes); }
    // bad_parameters: the name or the directory is too long.
    static Outcome<StoreClaim> of(const StoreId& store_id, Bytes name, Bytes directory);
    [[nodiscard]] bool says_nothing() const { return name_bytes == 0 && directory_bytes == 0; }
};

inline constexpr size_t kStoreClaimBytesMax = 4 + 4 + sizeof(StoreId) + 1 + kStoreNameBytesMax + 1 + limits::kStoreDirectoryBytesMax;

void encode(const StoreClaim& claim, Writer& out);
// corrupt_object; not_supported: of a newer version.
Outcome<StoreClaim> decode_store_claim(Bytes input);

}  // namespace festore::engine
