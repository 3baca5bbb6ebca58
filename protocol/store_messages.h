// SPDX-License-Identifier: BSD-2-Clause
// The store's part of the contract between client and TA: commands, requests, answers, and the page area. Encoding
// as in protocol/messages.h: little-endian, no padding, fields in the order written here; decode() takes hostile
// bytes and gives bad_format for anything that is not exactly one message.
//
// Parameters of all store commands:
//   0  memref input   the request
//   1  memref output  the answer, kStoreAnswerBytesMax or more
//   2  by command: none | memref input (content) | memref output (content, listing) | memref inout (a segment)
//   3  memref inout   the page area, or none where the request has no PageArea
//
// The page area is 4096 bytes of page numbers (u32 each, the first `brought + room` count), then as many slots of
// 4096 bytes. The first `brought` slots are sealed pages that the client brings; into the others the TA puts sealed
// pages, with their numbers, that must be stored before the transaction is committed. The TA copies what it reads
// once.
//
// A request is stateless as far as pages go: with need_pages the client sends the same request again, with the pages
// that are asked for besides those it had sent. `written` pages count whatever the outcome and whatever the result
// code.
#pragma once
#include "base/limits.h"
#include "base/result.h"
#include "base/uuid.h"
#include "base/writer.h"

#include <span>

namespace festore::protocol {

// Numbers go on where protocol/commands.h has left room. Do not renumber.
enum class StoreCommand : uint32_t {
    make = 32,            // MakeRequest, 2: StoreHeader (store_files.h) → empty answer: minted, not yet there
    create = 33,          // TransactionRequest: its root record is written. The directory must be durable (rule 7)
    open = 34,            // OpenRequest → StoreStatus
    get = 35,             // NameRequest, 2: content of an inlined object → GetAnswer. A payload stays open for read_segments
    stat = 36,            // NameRequest → GetAnswer
    list = 37,            // ListRequest, 2: ListItem after ListItem → ListAnswer
    begin = 38,           // BeginRequest → BeginAnswer
    put = 39,             // PutRequest, 2: content, when it is inlined → ChangeAnswer
    remove = 40,          // NameRequest → ChangeAnswer
    rename = 41,          // RenameRequest → ChangeAnswer
    prepare = 42,         // PrepareRequest → PageAnswer; done: the recovery copy is among the written pages
    commit = 43,          // TransactionRequest → StoreStatus: the root record is written. Everything must be durable
    abort = 44,           // TransactionRequest
    outcome = 45,         // TransactionRequest → OutcomeAnswer (rule 4)
    begin_upload = 46,    // BeginUploadRequest → BeginUploadAnswer
    // 47 and 48 were of single segments, up to protocol 1.3. Since 1.4:
    seal_segments = 49,   // SegmentsRequest, 2: content in, sealed segments out
    read_segments = 50,   // SegmentsRequest, 2: sealed segments in, content out
    // protocol/store_care.h
    survey = 64,          // SurveyRequest, 2: StoreListItem after StoreListItem, or a key → SurveyAnswer
    free_list = 65,       // FreeListRequest → FreeListAnswer
    find = 66,            // FindRequest → StoreStatus. Needs no opened store, like the next
    destroy = 67,         // DestroyRequest: its root record is gone. The directory comes after it
    repair_begin = 68,    // RepairRequest → RepairAnswer
    repair_step = 69,     // PrepareRequest → RepairStepAnswer: again until it is complete. `abort` ends it
    repair_commit = 70,   // TransactionRequest → StoreStatus: the root record is written. The new page file must be durable
    acknowledge = 71,     // PrepareRequest → ChangeAnswer, as of a single change
    record_at = 72,       // RecordAtRequest → RecordAtAnswer. For uid 0 only; needs no opened store
    // protocol/store_rebuild.h
    rebuild_begin = 73,     // RebuildRequest → RepairAnswer
    rebuild_step = 74,      // RebuildStepRequest → RebuildStepAnswer: again until it is complete. `abort` ends it
    rebuild_commit = 75,    // TransactionRequest → StoreStatus: the root record is written. The page file must be durable
    lost_ranges = 76,       // LostRangesRequest, 2: LostRangeItem after LostRangeItem → StoreListAnswer
    acknowledge_lost = 77,  // StoreNameRequest → ChangeAnswer: the lost range in which the name lies
    finish_move = 78,       // TransactionRequest (the store's id): buries under ree what a move that was cut has left there. Needs no
                            // opened store. item_not_found: it has not moved
    // protocol/store_reseal.h
    recipher_begin = 79,    // RecipherRequest → RepairAnswer: then rebuild_step and rebuild_commit
    reseal_segments = 80,   // ResealSegmentsRequest, 2: sealed segments in, the same ones sealed anew out
    reseal = 81,            // ResealRequest → ChangeAnswer, as of a single change
};

inline constexpr size_t kCallPagesMax = 128;  // brought and room together
inline constexpr size_t kNeedsMax = 16;
// Content of the segments of one call (rule 14): so much that what a call costs beside sealing hardly counts, and so little that
// the TA is soon free for others.
inline constexpr uint32_t kCallContentBytesMax = 256 * 1024;
static_assert(kCallContentBytesMax % limits::kSegmentBytesMax == 0);

using Id = std::array<std::byte, 16>;  // of stores, transactions, payloads

struct PageArea {  // 4 bytes; the start of each request that has one
    uint16_t brought = 0;
    uint16_t room = 0;
};

enum class CallOutcome : uint8_t {
    done = 0,
    need_pages = 1,  // again, with the pages that are asked for
    need_room = 2,   // again, with an empty area: what was written has to be taken away first
};
struct PageNeed {  // 5 bytes
    uint32_t page = 0;
    bool mismatch = false;  // it came, and is not what the index means: read it again (rule 9)
};
struct PageAnswer {  // 12 + 5 a need; the start of each answer to a request with a PageArea
    CallOutcome outcome = CallOutcome::done;
    uint64_t generation = 0;  // of the root record that the call worked on
    uint16_t written = 0;     // slots that were filled, from slot `brought` on
    uint8_t need_count = 0;
    std::array<PageNeed, kNeedsMax> needs{};
};

// Which of the owner's stores, and where its directory is: the caller's word. A TA before 1.7 takes no request with it.
struct StoreClaim {  // 2 + texts; none where both are empty
    Bytes name;       // as is_store_name() allows (base/store_name.h); empty: the default one
    Bytes directory;  // up to 255 bytes; empty: not told. Kept for messages
};

struct MakeRequest {  // 11 bytes, StoreClaim
    uint8_t anchor = 1;   // 1 ree, 2 rpmb
    uint8_t cipher = 1;   // 1 AES-256-GCM, 2 ChaCha20-Poly1305; 0, with kFeatureChaCha20: the faster one
    // Anchor ree, and the RPMB is not asked whether it holds a record of this owner: for a device whose RPMB is built
    // in and does not answer, which ends the TA.
    bool without_asking_rpmb = false;
    int64_t created = 0;
    StoreClaim claim{};  // since 1.7
};
// Out of the directory's header. item_not_found: the TEE has no record of this owner there. security: another device, or
// its hardware key changed (the key-check value tells). bad_parameters: the record of that name is of another store. Since 1.6,
// under ree, the TA asks the RPMB, too: store_in_rpmb: that has a record of this owner. rpmb_no_answer: it gave none, and did when the
// store was made.
struct OpenRequest {  // 29 bytes; 30, the last one 1, with the next to last field; 31 + name with the last one
    Id store_id{};
    uint8_t anchor = 1;
    std::array<std::byte, 12> key_check{};
    // Since 1.6, anchor ree: asking has ended the TA. It counts only for records that were made without an answer, and for those
    // of format 1.0; for all others the RPMB is asked.
    bool without_asking_rpmb = false;
    Bytes name{};  // since 1.7: as of StoreClaim
};
struct StoreStatus {  // 99 bytes
    Id store_id{};
    uint8_t anchor = 0;
    uint8_t cipher = 0;
    uint8_t height = 0;
    uint64_t epoch = 0;
    uint64_t generation = 0;
    uint64_t objects = 0;
    uint64_t content_bytes = 0;
    uint32_t page_count = 0;
    uint32_t free_pages = 0;
    uint64_t pages_sealed = 0;
    uint32_t index_page = 0;      // where to begin guessing; 0: no objects
    uint32_t free_list_page = 0;  // what a change needs first; 0: none
    uint32_t flags = 0;           // the record's (engine/root_record.h); clients look at those below
    uint32_t freshness_lost_count = 0;
    uint64_t freshness_lost_generation = 0;
    int64_t created = 0;
};

// Bits of StoreStatus::flags that clients look at.
inline constexpr uint32_t kStatusFreshnessLost = 1;         // and not acknowledged
inline constexpr uint32_t kStatusLostRanges = 1 << 3;       // since 1.6: there are lost ranges, or were
inline constexpr uint32_t kStatusNamed = 1 << 6;            // since 1.7: it is not the owner's default store
inline constexpr uint32_t kStatusTwoCiphers = 1 << 7;       // since 1.7: there are contents of the other cipher, or were
inline constexpr uint32_t kStatusMadeUnasked = 1 << 24;     // since 1.6: made under ree without an answer of the RPMB

// Bits of the flags of requests.
enum StoreFlag : uint8_t {
    kStoreIfAbsent = 1 << 0,   // put
    kStoreIfVersion = 1 << 1,  // put
    kStoreWriteOnce = 1 << 2,  // put
    kStoreReplace = 1 << 3,    // rename
    kStoreSingle = 1 << 4,     // put, remove, rename: begin before, and prepare behind it, in the same call
    kStorePending = 1 << 5,    // get, stat: what the running transaction has done so far
    kStoreKept = 1 << 6,       // put, since protocol 1.5, only with kStoreWriteOnce: neither removed nor renamed, either
};

struct StoreNameRequest {  // 6 + name
    PageArea area;
    uint8_t flags = 0;
    Bytes name;
};
struct StorePutRequest {  // 47 + name
    PageArea area;
    uint8_t flags = 0;
    uint64_t if_version = 0;
    int64_t modified = 0;
    bool inlined = true;     // content in the third parameter; else the completed upload `payload`
    Id payload{};
    uint64_t size = 0;       // of the content
    Bytes name;
};
struct StoreRenameRequest {  // 7 + names
    PageArea area;
    uint8_t flags = 0;
    Bytes from;
    Bytes to;
};
struct StoreListRequest {  // 6 + names
    PageArea area;
    Bytes after;   // empty at first, then the last name that was listed
    Bytes prefix;
};
struct PrepareRequest {
    PageArea area;
};
struct BeginRequest {  // 8 bytes
    uint64_t generation = 0;  // that the client has seen under its lock; another one: bad_state, open again
};
struct BeginAnswer {  // 24 bytes
    Id transaction{};
    uint64_t generation = 0;  // that it will make
};
struct TransactionRequest {  // 24 bytes
    Id transaction{};         // create: the store's id
    uint64_t generation = 0;  // that it makes
};
enum class TransactionOutcome : uint8_t { not_committed = 0, committed = 1 };
struct OutcomeAnswer {  // 9 bytes
    TransactionOutcome outcome = TransactionOutcome::not_committed;
    uint64_t generation = 0;  // of the root record now
};

struct BeginUploadRequest {  // 4 bytes
    uint32_t segment_bytes = 0;
};
struct BeginUploadAnswer {  // 16 bytes
    Id payload{};
};
// Segments in a row. The memory has room for all of them sealed, and no more: sealed ones from its start, to be replaced by
// their content from its start; content that is to be sealed at its end, so that what is sealed never overtakes what is not.
// read_segments ends early, and successfully, before a segment that does not open, unless that is the first one.
struct SegmentsRequest {  // 25 bytes
    Id payload{};
    uint32_t number = 0;  // of the first
    bool last = false;    // the last one of these is the payload's
    uint32_t content_bytes = 0;
};

// Bits of StoreMetadata::flags.
enum StoredFlag : uint8_t {
    kStoredWriteOnce = 1 << 0,
    kStoredKept = 1 << 1,  // since protocol 1.5: neither removed nor renamed, either
    kStoredOtherCipher = 1 << 2,  // since protocol 1.7: the content is sealed with that cipher which is not the store's
};
struct StoreMetadata {  // 58 bytes
    uint8_t flags = 0;
    bool inlined = true;  // else the four last
    uint64_t version = 0;
    int64_t created = 0;
    int64_t modified = 0;
    uint64_t size = 0;
    Id payload{};
    uint32_t segment_bytes = 0;
    uint32_t segments = 0;
};
struct GetAnswer {  // PageAnswer, 58
    PageAnswer pages;
    StoreMetadata metadata;
};
struct StoreListAnswer {  // PageAnswer, 5
    PageAnswer pages;  // need_pages: what was listed counts all the same
    bool more = false;
    uint32_t items = 0;
};
struct StoreListItem {  // 58, 1 + name
    StoreMetadata metadata;
    Bytes name;
};
struct ChangeAnswer {  // PageAnswer, 49
    PageAnswer pages;
    uint64_t version = 0;
    bool dropped_payload = false;
    Id payload{};             // dropped: to be removed after the commit
    Id transaction{};         // of kStoreSingle: begun and prepared, to be committed; else zeroes
    uint64_t generation = 0;  // that the transaction makes
};

inline constexpr size_t kStoreRequestBytesMax = 48 + 2 * (1 + limits::kNameBytesMax);
static_assert(limits::kStoreDirectoryBytesMax <= limits::kNameBytesMax);
inline constexpr size_t kPageAnswerBytesMax = 12 + 5 * kNeedsMax;
inline constexpr size_t kStoreAnswerBytesMax = 192;
inline constexpr size_t kStoreMetadataBytes = 58;
static_assert(kPageAnswerBytesMax + kStoreMetadataBytes <= kStoreAnswerBytesMax);

void encode(const PageAnswer& m, Writer& out);
void encode(const MakeRequest& m, Writer& out);
void encode(const OpenRequest& m, Writer& out);
void encode(const StoreStatus& m, Writer& out);
void encode(const StoreNameRequest& m, Writer& out);
void encode(const StorePutRequest& m, Writer& out);
void encode(const StoreRenameRequest& m, Writer& out);
void encode(const StoreListRequest& m, Writer& out);
void encode(const PrepareRequest& m, Writer& out);
void encode(const BeginRequest& m, Writer& out);
void encode(const BeginAnswer& m, Writer& out);
void encode(const TransactionRequest& m, Writer& out);
void encode(const OutcomeAnswer& m, Writer& out);
void encode(const BeginUploadRequest& m, Writer& out);
void encode(const BeginUploadAnswer& m, Writer& out);
void encode(const SegmentsRequest& m, Writer& out);
void encode(const GetAnswer& m, Writer& out);
void encode(const StoreListAnswer& m, Writer& out);
void encode(const StoreListItem& m, Writer& out);
void encode(const ChangeAnswer& m, Writer& out);

// decode_store<M>(bytes): exactly one message. Names are well-formed, flags known, areas within kCallPagesMax.
template <class M>
Result<M> decode_store(Bytes input);
template <>
Result<PageAnswer> decode_store(Bytes input);
template <>
Result<MakeRequest> decode_store(Bytes input);
template <>
Result<OpenRequest> decode_store(Bytes input);
template <>
Result<StoreStatus> decode_store(Bytes input);
template <>
Result<StoreNameRequest> decode_store(Bytes input);
template <>
Result<StorePutRequest> decode_store(Bytes input);
template <>
Result<StoreRenameRequest> decode_store(Bytes input);
template <>
Result<StoreListRequest> decode_store(Bytes input);
template <>
Result<PrepareRequest> decode_store(Bytes input);
template <>
Result<BeginRequest> decode_store(Bytes input);
template <>
Result<BeginAnswer> decode_store(Bytes input);
template <>
Result<TransactionRequest> decode_store(Bytes input);
template <>
Result<OutcomeAnswer> decode_store(Bytes input);
template <>
Result<BeginUploadRequest> decode_store(Bytes input);
template <>
Result<BeginUploadAnswer> decode_store(Bytes input);
template <>
Result<SegmentsRequest> decode_store(Bytes input);
template <>
Result<GetAnswer> decode_store(Bytes input);
template <>
Result<StoreListAnswer> decode_store(Bytes input);
template <>
Result<ChangeAnswer> decode_store(Bytes input);

// The next item of a listing; `page` moves behind it.
Result<StoreListItem> decode_item(Bytes& page);

// The page area, for both sides. Slots are counted from 0.
[[nodiscard]] constexpr size_t area_bytes(size_t slots) { return (slots + 1) * limits::kPageBytes; }
[[nodiscard]] constexpr size_t slot_offset(size_t slot) { return (slot + 1) * limits::kPageBytes; }
[[nodiscard]] constexpr size_t number_offset(size_t slot) { return slot * 4; }
static_assert(kCallPagesMax * 4 <= limits::kPageBytes);

}  // namespace festore::protocol
