// SPDX-License-Identifier: BSD-2-Clause
// A store's directory, as the client library and the TA see it: which files, and what is where in them. The sealed
// contents are the engine's (engine/page.h, engine/segments.h); docs/format-store.md has all of it.
//
//   DIR/festore.store    the header: 64 bytes, or 128 with a name, in clear, written once
//   DIR/pages            the page file: pages of 4096 bytes; 0 and 1 are the recovery copies
//   DIR/lock             empty: locked by the writer (rule 6)
//   DIR/payloads/ID      a payload: 32 hexadecimal digits, lower case
//
// Nothing in clear is believed: it chooses messages, never keys. What must be true is inside a seal.
#pragma once
#include "base/limits.h"
#include "base/result.h"
#include "base/store_name.h"
#include "base/store_types.h"
#include "base/uuid.h"
#include "base/writer.h"

namespace festore::protocol {

inline constexpr std::string_view kHeaderFile = "festore.store";
inline constexpr std::string_view kNewHeaderFile = ".festore.store.new";  // until it is renamed to kHeaderFile
inline constexpr std::string_view kPageFile = "pages";
// The page that has the recovery copy of that generation (docs/format-store.md).
constexpr uint32_t recovery_page(uint64_t generation) { return static_cast<uint32_t>(generation % 2); }
inline constexpr std::string_view kLockFile = "lock";
inline constexpr std::string_view kNewPageFile = "pages.new";  // of a repair or rebuild that is under way
inline constexpr std::string_view kNextPageFile = "pages.next";  // of a rebuild that is whole: the record means it, or is about to
// What repairs and drops of damage replaced, the last one first, until all of them are acknowledged.
inline constexpr std::array<std::string_view, 9> kOldPageFiles{"pages.old",   "pages.older", "pages.old.3", "pages.old.4", "pages.old.5",
                                                               "pages.old.6", "pages.old.7", "pages.old.8", "pages.old.9"};
inline constexpr std::string_view kOldPageFile = kOldPageFiles[0];
[[nodiscard]] constexpr bool is_old_page_file(std::string_view name) {
    for (const std::string_view old : kOldPageFiles)
        if (name == old) return true;
    return false;
}
inline constexpr std::string_view kPayloadFolder = "payloads";

[[nodiscard]] constexpr uint64_t page_offset(uint32_t page) { return uint64_t{page} * limits::kPageBytes; }

inline constexpr uint8_t kStoreFormatMajor = 1;
inline constexpr uint8_t kStoreFormatMinor = 0;         // of the default store
inline constexpr uint8_t kStoreFormatMinorOfNamed = 1;  // of one that has a name

// What kind of TEE made the store: other kinds refuse it. Do not renumber.
enum class TeeKind : uint8_t { optee = 1, simulated = 2 };
constexpr bool is_known(TeeKind tee) { return tee == TeeKind::optee || tee == TeeKind::simulated; }

struct StoreHeader {
    TeeKind tee = TeeKind::optee;
    stored::Anchor anchor = stored::Anchor::ree;
    stored::Cipher cipher = stored::Cipher::aes_256_gcm;
    uint32_t login = 0;   // of the owner: 1 user, 2 group
    Uuid identity{};
    std::array<std::byte, 16> store_id{};
    std::array<std::byte, 12> key_check{};  // tells another device, or a changed hardware key, from damage (rule 18)
    // Of a store with a name; the default one has none. In memory of its own, since a header is kept longer than the file's bytes.
    std::array<char, kStoreNameBytesMax> name_memory{};
    uint8_t name_bytes = 0;
    [[nodiscard]] std::string_view name() const { return {name_memory.data(), name_bytes}; }
    void set_name(std::string_view name);  // as is_store_name() allows; empty, or "default": none
};
inline constexpr size_t kStoreHeaderBytes = 64;
inline constexpr size_t kNamedStoreHeaderBytes = 128;
[[nodiscard]] inline size_t header_bytes(const StoreHeader& header) {
    return header.name_bytes == 0 ? kStoreHeaderBytes : kNamedStoreHeaderBytes;
}

void encode(const StoreHeader& header, Writer& out);
// bad_format: not a header. not_supported: of another major, or a newer minor version: leave it alone.
Outcome<StoreHeader> decode_store_header(Bytes input);

// How much content the index itself keeps under a name of this length; more goes into a payload. (A quarter of a page's
// room, less the length fields, the name, and the metadata: engine/entry.h.)
[[nodiscard]] constexpr size_t inline_content_max(size_t name_bytes) { return limits::kIndexEntryBytesMax - 3 - name_bytes - 34; }

using PayloadName = std::array<char, 32>;
[[nodiscard]] PayloadName payload_name(const std::array<std::byte, 16>& id);
[[nodiscard]] bool is_payload_name(std::string_view name);
// Behind a payload's name until the commit that refers to it: without a lock on it, such a file is an interrupted upload's.
inline constexpr std::string_view kUploadSuffix = ".new";
[[nodiscard]] bool is_upload_name(std::string_view name);

}  // namespace festore::protocol
