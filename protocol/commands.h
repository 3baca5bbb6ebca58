// SPDX-License-Identifier: BSD-2-Clause
// The contract between client and TA: commands, their parameters, the versions. docs/protocol.md explains it.
//
// Every command but write_object has the same shape, which the TA checks before it looks at any parameter:
//   0  memref input   the request
//   1  memref output  the answer
//   2  by command: none | memref input (content to put) | memref output (content, or a page of a listing) | memref inout (segments)
//   3  of store commands: memref inout, the page area (protocol/store_messages.h), where the request has a PageArea; else none
// The result is a GlobalPlatform code or one of festore's own (base/result.h). With short_buffer the sizes of the output memrefs say
// how much is needed.
#pragma once
#include "base/uuid.h"

namespace festore::protocol {

// b7e89fc1-5044-431e-b4c5-9fb6ae256423: the UUID of the first demo's TA, kept so that its clients still work.
inline constexpr uint32_t kTaTimeLow = 0xb7e89fc1;
inline constexpr uint16_t kTaTimeMid = 0x5044;
inline constexpr uint16_t kTaTimeHighAndVersion = 0x431e;
inline constexpr std::array<uint8_t, 8> kTaClockSeqAndNode = {0xb4, 0xc5, 0x9f, 0xb6, 0xae, 0x25, 0x64, 0x23};
inline constexpr Uuid kTaUuid =
    Uuid::from_fields(kTaTimeLow, kTaTimeMid, kTaTimeHighAndVersion, kTaClockSeqAndNode);

// A client speaks one major version and refuses a TA with another; a newer minor only adds commands and fields.
inline constexpr uint16_t kVersionMajor = 1;
inline constexpr uint16_t kVersionMinor = 7;

// Numbers are never reused. Requests and answers of store commands: protocol/store_messages.h and the headers named below.
enum class Command : uint32_t {
    write_object = 0,  // the demo's: memref input: id, memref input: data; in the caller's own space, replacing
    hello = 1,         // versions, limits, and the check that the TEE knows who is calling (rule 22)
    put = 2,
    get = 3,
    list = 4,
    stat = 5,
    remove = 6,

    // Since 1.5:
    count_damaged = 16,  // objects whose names, and so owners, the TEE cannot read

    // Since 1.6:
    list_of = 17,    // as list and remove, of another identity: for uid 0 only
    remove_of = 18,
    rpmb_here = 20,  // whether the RPMB is asked; root's declaration that this device has none

    // Since 1.7, protocol/allow.h:
    allow = 24,    // AllowRequest → empty answer: root's list of who may store. For uid 0 only
    allowed = 25,  // AllowedRequest, 2: AllowedEntry after AllowedEntry → AllowedAnswer: all of it for uid 0, else the caller's own

    // protocol/store_messages.h
    store_make = 32,          // MakeRequest, 2: StoreHeader (store_files.h) → empty answer: keys exist, the record does not yet
    store_create = 33,        // TransactionRequest: writes its root record. The directory must be durable (rule 7)
    store_open = 34,          // OpenRequest → StoreStatus
    store_get = 35,           // StoreNameRequest, 2: content of an inlined object → GetAnswer. A payload stays open for read_segments
    store_stat = 36,          // StoreNameRequest → GetAnswer
    store_list = 37,          // StoreListRequest, 2: StoreListItem after StoreListItem → StoreListAnswer
    store_begin = 38,         // BeginRequest → BeginAnswer
    store_put = 39,           // StorePutRequest, 2: content, when it is inlined → ChangeAnswer
    store_remove = 40,        // StoreNameRequest → ChangeAnswer
    store_rename = 41,        // StoreRenameRequest → ChangeAnswer
    store_prepare = 42,       // PrepareRequest → PageAnswer; done: the recovery copy is among the written pages
    store_commit = 43,        // TransactionRequest → StoreStatus: writes the root record. Everything must be durable
    store_abort = 44,         // TransactionRequest
    store_outcome = 45,       // TransactionRequest → OutcomeAnswer (rule 4)
    store_begin_upload = 46,  // BeginUploadRequest → BeginUploadAnswer
    // 47 and 48 were for single segments, up to protocol 1.3. Since 1.4:
    store_seal_segments = 49,  // SegmentsRequest, 2: content in, sealed segments out
    store_read_segments = 50,  // SegmentsRequest, 2: sealed segments in, content out
    // protocol/store_care.h
    store_scan = 64,           // ScanRequest, 2: StoreListItem after StoreListItem, or a key → ScanAnswer
    store_free_list = 65,      // FreeListRequest → FreeListAnswer
    store_find = 66,           // FindRequest → StoreStatus. Needs no opened store, like the next one
    store_destroy = 67,        // DestroyRequest: removes its root record. The client removes the directory afterwards
    store_repair_begin = 68,   // RepairRequest → RepairAnswer
    store_repair_step = 69,    // PrepareRequest → RepairStepAnswer: again until it is complete. `abort` ends it
    store_repair_commit = 70,  // TransactionRequest → StoreStatus: writes the root record. The new page file must be durable
    store_acknowledge = 71,    // PrepareRequest → ChangeAnswer, as of a single change
    store_record_at = 72,      // RecordAtRequest → RecordAtAnswer. For uid 0 only; needs no opened store
    // protocol/store_rebuild.h
    store_rebuild_begin = 73,     // RebuildRequest → RepairAnswer
    store_rebuild_step = 74,      // RebuildStepRequest → RebuildStepAnswer: again until it is complete. `abort` ends it
    store_rebuild_commit = 75,    // TransactionRequest → StoreStatus: writes the root record. The page file must be durable
    store_lost_ranges = 76,       // LostRangesRequest, 2: LostRangeItem after LostRangeItem → StoreListAnswer
    store_acknowledge_lost = 77,  // StoreNameRequest → ChangeAnswer: the lost range in which the name lies
    store_finish_move = 78,       // TransactionRequest (the store's id): buries what an interrupted move has left under ree. Needs no
                                  // opened store. item_not_found: the store has not moved
    // protocol/store_reseal.h
    store_recipher_begin = 79,   // RecipherRequest → RepairAnswer: then rebuild_step and rebuild_commit
    store_reseal_segments = 80,  // ResealSegmentsRequest, 2: sealed segments in, the same ones sealed with new keys out
    store_reseal = 81,           // ResealRequest → ChangeAnswer, as of a single change
};
inline constexpr uint32_t kBasicCommandCount = 7;  // write_object to remove: every client needs these

// TEE_LOGIN_* values: who the kernel says is calling.
enum class Login : uint32_t { public_ = 0, user = 1, group = 2 };
constexpr bool is_known(Login login) { return login <= Login::group; }

// Where a persistent object lives. (A store has commands of its own.)
enum class Storage : uint8_t { ree = 1, rpmb = 2 };
constexpr bool is_known(Storage storage) { return storage == Storage::ree || storage == Storage::rpmb; }

}  // namespace festore::protocol
