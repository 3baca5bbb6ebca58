// SPDX-License-Identifier: BSD-2-Clause
// Root's allow list: who may store what. It is ONE TEE object, always written whole. docs/format-store.md describes the bytes.
//
//   header (64 bytes)   "FSA1", version, flags, number of entries, limits of identities without an entry, totals
//   entries (36 each)   login, identity and limits; ascending by their first 20 bytes, so that no identity occurs twice
//
// decode_allow_list() accepts hostile bytes. A decoded list is a view into them.
#pragma once
#include "base/allow_limits.h"
#include "base/limits.h"
#include "base/result.h"
#include "base/uuid.h"
#include "base/writer.h"

#include <optional>

namespace festore::engine {

// Id of the TEE's object.
inline constexpr std::string_view kAllowListId = "FSO\x01" "allowed";

inline constexpr uint8_t kAllowMajor = 1;
inline constexpr uint8_t kAllowMinor = 0;

// Bits of AllowHeader::flags. The lower 24 are required: a reader that does not know one of them that is set refuses the list.
enum AllowFlag : uint32_t {
    kAllowClosed = 1 << 0,   // identities without an entry may store nothing new. Never together with kAllowOthers
    kAllowOthers = 1 << 1,   // `others` applies to identities without an entry. With neither flag they have no limits of their own
    kAllowDamaged = 1 << 2,  // replaces a list that was found damaged: only root may store anything new until it sets the list again
};
inline constexpr uint32_t kAllowFlagsKnown = kAllowClosed | kAllowOthers | kAllowDamaged;

struct AllowHeader {
    uint32_t flags = 0;
    uint32_t count = 0;
    AllowLimits others;
    std::array<AllowTotal, 2> totals{};  // of ree, of rpmb
};

struct AllowEntry {
    uint32_t login = 0;  // 0 public (everybody's objects), 1 user, 2 group
    Uuid identity{};     // nil for public
    AllowLimits limits;
};

inline constexpr size_t kAllowHeaderBytes = 64;
inline constexpr size_t kAllowKeyBytes = 4 + 16;
inline constexpr size_t kAllowEntryBytes = kAllowKeyBytes + 16;
static_assert(sizeof(AllowLimits) == 16 && kAllowHeaderBytes == 4 + 4 + 4 + 4 + 16 + 2 * 16);

[[nodiscard]] constexpr size_t allow_list_bytes(size_t entries) { return kAllowHeaderBytes + entries * kAllowEntryBytes; }
inline constexpr size_t kAllowListBytesMax = allow_list_bytes(limits::kAllowEntriesMax);

// A list that is known to be well-formed.
class AllowListView {
public:
    AllowListView(const AllowHeader& header, Bytes entries) : header_(header), entries_(entries) {}
    [[nodiscard]] const AllowHeader& header() const { return header_; }
    [[nodiscard]] AllowEntry at(size_t n) const;  // n < header().count
    [[nodiscard]] std::optional<AllowLimits> find(uint32_t login, const Uuid& identity) const;

private:
    AllowHeader header_;
    Bytes entries_;
};

// Errors: corrupt_object; not_supported (of a newer version, or with an unknown required flag).
Outcome<AllowListView> decode_allow_list(Bytes content);

// A list that is being changed, in memory of kAllowListBytesMax bytes. It starts as a copy of `from`, or empty if `from` is null.
class AllowListDraft {
public:
    AllowListDraft(MutableBytes memory, const AllowListView* from);
    AllowHeader header;  // the draft maintains its count

    // Replaces the entry of that identity, or adds one. limit_exceeded: the list is full.
    Status set(const AllowEntry& entry);
    Status drop(uint32_t login, const Uuid& identity);  // item_not_found
    // The encoded list: a view into the memory.
    Bytes finish();

private:
    [[nodiscard]] MutableBytes slot(size_t n) { return memory_.subspan(allow_list_bytes(n), kAllowEntryBytes); }
    // The index of the entry with that key, or the index where it belongs.
    size_t place_of(Bytes key);
    [[nodiscard]] bool is_at(size_t place, Bytes key);

    MutableBytes memory_;
};

}  // namespace festore::engine
