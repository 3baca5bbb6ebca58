// SPDX-License-Identifier: BSD-2-Clause
// What a page of the store's page file is, and how one page refers to another. docs/format-store.md describes the bytes.
//
// A page on disk is 4096 bytes of ciphertext and nothing else. Its nonce and its tag are in the page (or root record)
// that refers to it. So an authentic root authenticates each page, and an older version of a page is not accepted as
// the current one.
#pragma once
#include "base/limits.h"
#include "base/reader.h"
#include "base/writer.h"

#include <array>

namespace festore::engine {

inline constexpr size_t kPageBytes = limits::kPageBytes;
using PageBytes = std::array<std::byte, kPageBytes>;

// Page n lies at offset n × 4096 of the page file. Pages 0 and 1 are the two recovery copies (engine/records/recovery.h).
inline constexpr uint32_t kFirstPage = 2;

// In the associated data of a sealed page. Do not renumber.
enum class PageKind : uint8_t { leaf = 1, inner = 2, free_list = 3 };

inline constexpr size_t kNonceBytes = 12;
inline constexpr size_t kTagBytes = 16;
using Nonce = std::array<std::byte, kNonceBytes>;
using Tag = std::array<std::byte, kTagBytes>;

struct PageRef {
    uint32_t page = 0;  // 0: refers to nothing
    Nonce nonce{};
    Tag tag{};

    [[nodiscard]] bool is_none() const { return page == 0; }
    // The page was changed by the running transaction and is not sealed yet. Never on disk.
    [[nodiscard]] bool is_pending() const { return page != 0 && nonce == Nonce{} && tag == Tag{}; }
    static PageRef pending(uint32_t page) { return {page, {}, {}}; }
    friend bool operator==(const PageRef&, const PageRef&) = default;
};
inline constexpr size_t kPageRefBytes = 32;
static_assert(4 + kNonceBytes + kTagBytes == kPageRefBytes);

inline void encode(const PageRef& ref, Writer& out) {
    out.u32(ref.page);
    out.bytes(ref.nonce);
    out.bytes(ref.tag);
}
inline PageRef read_page_ref(Reader& in) {
    PageRef ref;
    ref.page = in.u32();
    in.read_into(ref.nonce);
    in.read_into(ref.tag);
    return ref;
}

}  // namespace festore::engine
