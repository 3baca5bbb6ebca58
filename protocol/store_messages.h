// SPDX-License-Identifier: BSD-2-Clause
// Requests and answers of a store's commands, and the page area. Each message describes its fields once (base/fields.h says how they
// go over the wire); encode() and decode() are in protocol/wire.h.
//
// Parameters of all store commands:
//   0  memref input   the request
//   1  memref output  the answer, kStoreAnswerBytesMax or more
//   2  by command: none | memref input (content) | memref output (content, listing) | memref inout (segments)
//   3  memref inout   the page area, or none where the request has no PageArea
//
// The page area is 4096 bytes of page numbers (u32 each, the first `brought + room` count), then as many slots of 4096 bytes. The
// first `brought` slots are sealed pages that the client brings. The TA fills the others with sealed pages and their numbers; the
// client must store these before the transaction is committed. The TA copies what it reads once.
//
// The TA remembers nothing between calls about the pages of a request: after need_pages the client sends the same request again, with
// all pages that it had sent and those that the TA asks for. `written` pages count whatever the outcome and the result code.
#pragma once
#include "base/limits.h"
#include "base/store_name.h"
#include "base/store_types.h"
#include "protocol/commands.h"
#include "protocol/wire.h"

#include <span>

namespace festore::protocol {

using stored::Anchor;
using stored::Cipher;

inline constexpr size_t kCallPagesMax = 128;  // brought and room together
inline constexpr size_t kNeedsMax = 16;
// Content of the segments of one call (rule 14): so much that sealing dominates the cost of a call, and so little that the TA soon
// serves other clients.
inline constexpr uint32_t kCallContentBytesMax = 256 * 1024;
static_assert(kCallContentBytesMax % limits::kSegmentBytesMax == 0);

using Id = std::array<std::byte, 16>;  // of stores, transactions, payloads

struct PageArea {  // begins each request that has one
    uint16_t brought = 0;
    uint16_t room = 0;
    static constexpr void fields(auto& m, auto& wire) { wire(m.brought, m.room); }
    [[nodiscard]] bool is_valid() const { return size_t{brought} + room <= kCallPagesMax; }
};

enum class CallOutcome : uint8_t {
    done = 0,
    need_pages = 1,  // send the request again, with these pages, too
    need_room = 2,   // send the request again, with an empty area: the written pages have no room
};
constexpr bool is_known(CallOutcome outcome) { return outcome <= CallOutcome::need_room; }
struct PageNeed {
    uint32_t page = 0;
    bool mismatch = false;  // the client brought it, but it is not the version that the index refers to: read it again (rule 9)
    static constexpr void fields(auto& m, auto& wire) { wire(m.page, m.mismatch); }
};
struct PageAnswer {  // begins each answer to a request with a PageArea
    CallOutcome outcome = CallOutcome::done;
    uint64_t generation = 0;  // of the root record that the call worked on
    uint16_t written = 0;     // slots that the TA filled, from slot `brought` on
    uint8_t need_count = 0;
    std::array<PageNeed, kNeedsMax> needs{};
    static constexpr void fields(auto& m, auto& wire) {
        wire(m.outcome, m.generation, m.written);
        wire.counted(m.need_count, m.needs);
    }
    [[nodiscard]] bool is_valid() const { return written <= kCallPagesMax; }
};

// The form of store names in messages: empty for the default store.
inline bool is_wire_store_name(Bytes name) {
    return name.empty() || (is_store_name(text_of(name)) && text_of(name) != kDefaultStoreName);
}

// Which of the owner's stores, and where its directory is, as the caller claims. Missing where both are empty, since a TA before 1.7
// refuses a request that has it.
struct StoreClaim {
    Bytes name;       // as is_store_name() allows (base/store_name.h); empty: the default store
    Bytes directory;  // up to 255 bytes; empty: unknown. Kept for messages only
    static constexpr void fields(auto& m, auto& wire) {
        wire.optional([&] { return !m.name.empty() || !m.directory.empty(); }, [&] { wire(m.name, m.directory); });
    }
    [[nodiscard]] bool is_valid() const { return is_wire_store_name(name); }
};

// A store's name as the last field of a request. Missing for the default store, since a TA before 1.7 refuses a request that has it.
constexpr void optional_store_name(auto& name, auto& wire) {
    wire.optional([&] { return !name.empty(); }, [&] { wire(name); });
}
// These two as the last fields: both are missing where they have their defaults. A TA before 1.6 knows neither.
constexpr void optional_unasked_and_name(auto& without_asking_rpmb, auto& name, auto& wire) {
    const auto write_or_read = [&] {
        wire(without_asking_rpmb);
        optional_store_name(name, wire);
    };
    wire.optional([&] { return without_asking_rpmb || !name.empty(); }, write_or_read);
}

enum class CipherChoice : uint8_t {
    faster = 0,  // of those that this TEE has; with kFeatureChaCha20 only
    aes_256_gcm = 1,
    chacha20_poly1305 = 2,
};
constexpr bool is_known(CipherChoice choice) { return choice <= CipherChoice::chacha20_poly1305; }

struct MakeRequest {
    Anchor anchor = Anchor::ree;
    CipherChoice cipher = CipherChoice::aes_256_gcm;
    // Anchor ree: the TA does not ask the RPMB whether it holds a record of this owner. For devices whose RPMB is built in but does not
    // answer: asking ends the TA there.
    bool without_asking_rpmb = false;
    int64_t created = 0;
    StoreClaim claim{};  // since 1.7
    static constexpr void fields(auto& m, auto& wire) { wire(m.anchor, m.cipher, m.without_asking_rpmb, m.created, m.claim); }
    [[nodiscard]] bool is_valid() const { return !without_asking_rpmb || anchor == Anchor::ree; }
};
// Most of it comes from the directory's header. item_not_found: the TEE has no record of this owner under this anchor. security:
// another device, or its hardware key changed (the key-check value shows it). bad_parameters: the record of that name belongs to
// another store. Since 1.6, under ree, the TA asks the RPMB, too: store_in_rpmb: it has a record of this owner. rpmb_no_answer: it did
// not answer, and it did when the store was made.
struct OpenRequest {
    Id store_id{};
    Anchor anchor = Anchor::ree;
    std::array<std::byte, 12> key_check{};
    // Since 1.6, anchor ree: asking the RPMB has ended the TA. The TA obeys only for records that were made without an answer of the
    // RPMB, and for those of format 1.0.
    bool without_asking_rpmb = false;
    Bytes name{};  // since 1.7: as of StoreClaim
    static constexpr void fields(auto& m, auto& wire) {
        wire(m.store_id, m.anchor, m.key_check);
        optional_unasked_and_name(m.without_asking_rpmb, m.name, wire);
    }
    [[nodiscard]] bool is_valid() const { return (!without_asking_rpmb || anchor == Anchor::ree) && is_wire_store_name(name); }
};
struct StoreStatus {
    Id store_id{};
    Anchor anchor = Anchor::ree;
    Cipher cipher = Cipher::aes_256_gcm;
    uint8_t height = 0;
    uint64_t epoch = 0;
    uint64_t generation = 0;
    uint64_t objects = 0;
    uint64_t content_bytes = 0;
    uint32_t page_count = 0;
    uint32_t free_pages = 0;
    uint64_t pages_sealed = 0;
    uint32_t index_page = 0;      // the index's root, to prefetch; 0: no objects
    uint32_t free_list_page = 0;  // the first page that a change needs; 0: none
    uint32_t flags = 0;           // the record's: stored::RootFlag
    uint32_t freshness_lost_count = 0;
    uint64_t freshness_lost_generation = 0;
    int64_t created = 0;
    static constexpr void fields(auto& m, auto& wire) {
        wire(m.store_id, m.anchor, m.cipher, m.height, m.epoch, m.generation, m.objects, m.content_bytes, m.page_count, m.free_pages);
        wire(m.pages_sealed, m.index_page, m.free_list_page, m.flags, m.freshness_lost_count, m.freshness_lost_generation, m.created);
    }
};

// Bits of the flags of requests.
enum StoreFlag : uint8_t {
    kStoreIfAbsent = 1 << 0,   // put
    kStoreIfVersion = 1 << 1,  // put
    kStoreWriteOnce = 1 << 2,  // put
    kStoreReplace = 1 << 3,    // rename
    kStoreSingle = 1 << 4,     // put, remove, rename: with `begin` before it and `prepare` after it, in the same call
    kStorePending = 1 << 5,    // get, stat: including the changes of the running transaction
    kStoreKept = 1 << 6,       // put, since protocol 1.5, only with kStoreWriteOnce: can be neither removed nor renamed
};

struct StoreNameRequest {
    PageArea area;
    uint8_t flags = 0;
    Bytes name;
    static constexpr void fields(auto& m, auto& wire) { wire(m.area, m.flags, m.name); }
    [[nodiscard]] bool is_valid() const { return has_only(flags, kStoreSingle | kStorePending) && is_name(name); }
};
struct StorePutRequest {
    PageArea area;
    uint8_t flags = 0;
    uint64_t if_version = 0;
    int64_t modified = 0;
    bool inlined = true;  // the content is in the third parameter; else it is the completed upload `payload`
    Id payload{};
    uint64_t size = 0;  // of the content
    Bytes name;
    static constexpr void fields(auto& m, auto& wire) {
        wire(m.area, m.flags, m.if_version, m.modified, m.inlined, m.payload, m.size, m.name);
    }
    [[nodiscard]] bool is_valid() const {
        constexpr unsigned kBothConditions = kStoreIfAbsent | kStoreIfVersion;
        constexpr unsigned kKnown = kBothConditions | kStoreWriteOnce | kStoreKept | kStoreSingle;
        const bool keeps_write_once = (flags & kStoreKept) == 0 || (flags & kStoreWriteOnce) != 0;
        const uint64_t size_max = inlined ? limits::kIndexEntryBytesMax : limits::kObjectBytesMax;
        return has_only(flags, kKnown) && (flags & kBothConditions) != kBothConditions && keeps_write_once && size <= size_max &&
               is_name(name);
    }
};
struct StoreRenameRequest {
    PageArea area;
    uint8_t flags = 0;
    Bytes from;
    Bytes to;
    static constexpr void fields(auto& m, auto& wire) { wire(m.area, m.flags, m.from, m.to); }
    [[nodiscard]] bool is_valid() const { return has_only(flags, kStoreReplace | kStoreSingle) && is_name(from) && is_name(to); }
};
struct StoreListRequest {
    PageArea area;
    Bytes after;  // empty at first, then the last name that was listed
    Bytes prefix;
    static constexpr void fields(auto& m, auto& wire) { wire(m.area, m.after, m.prefix); }
    [[nodiscard]] bool is_valid() const { return (after.empty() || is_name(after)) && check_prefix(prefix) == NameFault::none; }
};
struct PrepareRequest {
    PageArea area;
    static constexpr void fields(auto& m, auto& wire) { wire(m.area); }
};
struct BeginRequest {
    uint64_t generation = 0;  // that the client has seen under its lock; bad_state if it has changed: open the store again
    static constexpr void fields(auto& m, auto& wire) { wire(m.generation); }
};
struct BeginAnswer {
    Id transaction{};
    uint64_t generation = 0;  // that its commit will make
    static constexpr void fields(auto& m, auto& wire) { wire(m.transaction, m.generation); }
};
struct TransactionRequest {
    Id transaction{};         // of `create`: the store's id
    uint64_t generation = 0;  // that its commit makes
    static constexpr void fields(auto& m, auto& wire) { wire(m.transaction, m.generation); }
};
enum class TransactionOutcome : uint8_t { not_committed = 0, committed = 1 };
constexpr bool is_known(TransactionOutcome outcome) { return outcome <= TransactionOutcome::committed; }
struct OutcomeAnswer {
    TransactionOutcome outcome = TransactionOutcome::not_committed;
    uint64_t generation = 0;  // of the root record now
    static constexpr void fields(auto& m, auto& wire) { wire(m.outcome, m.generation); }
};

struct BeginUploadRequest {
    uint32_t segment_bytes = 0;  // a power of two
    static constexpr void fields(auto& m, auto& wire) { wire(m.segment_bytes); }
    [[nodiscard]] bool is_valid() const {
        return segment_bytes >= limits::kSegmentBytesMin && segment_bytes <= limits::kSegmentBytesMax &&
               (segment_bytes & (segment_bytes - 1)) == 0;
    }
};
struct BeginUploadAnswer {
    Id payload{};
    static constexpr void fields(auto& m, auto& wire) { wire(m.payload); }
};
// Consecutive segments. The memory has exactly as much room as all of them take when they are sealed. Sealed segments lie at its start,
// and the TA replaces them by their content, also from the start. Content to be sealed lies at its end: then the TA, which writes from
// the start, never overwrites content that it has not sealed yet.
// read_segments ends before a segment that does not open, and succeeds unless that is the first one.
struct SegmentsRequest {
    Id payload{};
    uint32_t number = 0;  // of the first
    bool last = false;    // the last of these is the payload's last
    uint32_t content_bytes = 0;
    static constexpr void fields(auto& m, auto& wire) { wire(m.payload, m.number, m.last, m.content_bytes); }
    [[nodiscard]] bool is_valid() const { return content_bytes <= kCallContentBytesMax; }
};

// Bits of StoreMetadata::flags.
enum StoredFlag : uint8_t {
    kStoredWriteOnce = 1 << 0,
    kStoredKept = 1 << 1,         // since protocol 1.5: can be neither removed nor renamed
    kStoredOtherCipher = 1 << 2,  // since protocol 1.7: the content is sealed with the cipher that is not the store's
};
struct StoreMetadata {
    uint8_t flags = 0;
    bool inlined = true;  // else the last four fields have a meaning
    uint64_t version = 0;
    int64_t created = 0;
    int64_t modified = 0;
    uint64_t size = 0;
    Id payload{};
    uint32_t segment_bytes = 0;
    uint32_t segments = 0;
    static constexpr void fields(auto& m, auto& wire) {
        wire(m.flags, m.inlined, m.version, m.created, m.modified, m.size, m.payload, m.segment_bytes, m.segments);
    }
};
struct GetAnswer {
    PageAnswer pages;
    StoreMetadata metadata;
    static constexpr void fields(auto& m, auto& wire) { wire(m.pages, m.metadata); }
};
struct StoreListAnswer {
    PageAnswer pages;  // the listed items count with need_pages, too
    bool more = false;
    uint32_t items = 0;
    static constexpr void fields(auto& m, auto& wire) { wire(m.pages, m.more, m.items); }
};
struct StoreListItem {
    StoreMetadata metadata;
    Bytes name;
    static constexpr void fields(auto& m, auto& wire) { wire(m.metadata, m.name); }
    [[nodiscard]] bool is_valid() const { return is_name(name); }
};
struct ChangeAnswer {
    PageAnswer pages;
    uint64_t version = 0;
    bool dropped_payload = false;
    Id payload{};             // the dropped one: remove its file after the commit
    Id transaction{};         // of kStoreSingle: begun and prepared, to be committed; else zeroes
    uint64_t generation = 0;  // that the transaction's commit makes
    static constexpr void fields(auto& m, auto& wire) {
        wire(m.pages, m.version, m.dropped_payload, m.payload, m.transaction, m.generation);
    }
};

inline constexpr size_t kStoreRequestBytesMax = 48 + 2 * (1 + limits::kNameBytesMax);
static_assert(limits::kStoreDirectoryBytesMax <= limits::kNameBytesMax);
static_assert(encoded_bytes(StorePutRequest{}) + limits::kNameBytesMax <= kStoreRequestBytesMax);
inline constexpr size_t kPageAnswerBytesMax = encoded_bytes(PageAnswer{}) + kNeedsMax * encoded_bytes(PageNeed{});
inline constexpr size_t kStoreAnswerBytesMax = 192;
static_assert(kPageAnswerBytesMax + encoded_bytes(StoreMetadata{}) <= kStoreAnswerBytesMax);

// The page area, for both sides. Slots are counted from 0.
[[nodiscard]] constexpr size_t area_bytes(size_t slots) { return (slots + 1) * limits::kPageBytes; }
[[nodiscard]] constexpr size_t slot_offset(size_t slot) { return (slot + 1) * limits::kPageBytes; }
[[nodiscard]] constexpr size_t number_offset(size_t slot) { return slot * 4; }
static_assert(kCallPagesMax * 4 <= limits::kPageBytes);

}  // namespace festore::protocol
