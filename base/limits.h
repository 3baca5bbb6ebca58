// SPDX-License-Identifier: BSD-2-Clause
// Every limit of festore that a caller or the other world can meet. Sizes in bytes.
#pragma once
#include <cstddef>
#include <cstdint>

namespace festore::limits {

inline constexpr size_t kNameBytesMax = 255;
// A persistent object is created with its content in one call, from one buffer in the TA's memory.
inline constexpr size_t kPersistentObjectBytesMax = size_t{512} * 1024;
// GlobalPlatform: TEE_OBJECT_ID_MAX_LEN. It is also the longest name that the first demo could store.
inline constexpr size_t kObjectIdBytesMax = 64;
// The TA's memory, as its header declares it: what all of these limits together need (tests/store/memory_test.cpp measures it). The
// largest put needs one content, its header and its name.
inline constexpr size_t kTaHeapBytes = size_t{1536} * 1024;
inline constexpr size_t kTaStackBytes = size_t{16} * 1024;
// One page of a listing: this many candidates are sorted in TA memory, and answered as far as the buffer goes.
inline constexpr size_t kListPageEntriesMax = 512;
inline constexpr size_t kListBufferBytesMin = 512;
inline constexpr size_t kListBufferBytesMax = size_t{64} * 1024;
// What the TA reads from a TEE object at once.
inline constexpr size_t kReadChunkBytes = size_t{64} * 1024;
// Sessions of one TA instance (rules 21 and 28). One user can have several identities (its own, its groups', everybody's), or
// thousands (subordinate ids), so the last places are kept: kSessionsKeptForNew for identities that hold none; of these,
// kSessionsKeptForOwners for identities that have a store, and the very last ones for uid 0. Where places are kept, an owner, too,
// has kSessionsPerOwner at most, so that one does not take them all.
inline constexpr size_t kSessionsMax = 64;
inline constexpr size_t kSessionsPerIdentityMax = 16;
inline constexpr size_t kSessionsKeptForNew = 32;
inline constexpr size_t kSessionsKeptForOwners = 16;
inline constexpr size_t kSessionsPerOwner = 2;
inline constexpr size_t kSessionsKeptForRoot = 4;
static_assert(kSessionsKeptForOwners + kSessionsKeptForRoot < kSessionsKeptForNew && kSessionsKeptForNew < kSessionsMax);

// The store. Its page file is made of pages of this size.
inline constexpr size_t kPageBytes = 4096;
// An entry of the index (name, metadata, content kept in the index): a quarter of a page's room (rule 12).
inline constexpr size_t kIndexEntryBytesMax = 1020;
// Levels of the index. Three hold 100 000 objects with short names; at the limit, what would add a level is refused.
inline constexpr size_t kIndexHeightMax = 12;
// Pages that one transaction may write anew, and pages of the last commit that it may give up (rule 11).
inline constexpr size_t kTransactionPagesMax = 4096;
// Free page numbers that a transaction holds ready.
inline constexpr size_t kTransactionStockMax = 2048;
// Pages of a page file: 4 TiB of index.
inline constexpr uint32_t kPageCountMax = 1U << 30;
// Pages sealed under the keys of one epoch; beyond it the store is read-only until it is rekeyed (rule 13).
inline constexpr uint64_t kPagesSealedMax = uint64_t{1} << 31;
// Content of one object, and the segments that it is sealed in when it is not kept in the index: a power of two.
inline constexpr uint64_t kObjectBytesMax = uint64_t{1} << 40;
inline constexpr uint32_t kSegmentBytesMin = 4096;
inline constexpr uint32_t kSegmentBytesMax = 256 * 1024;

// Root's list of who may store (engine/allow_list.h): its entries, and the names of one call.
inline constexpr size_t kAllowEntriesMax = 128;
inline constexpr size_t kAllowNamesMax = 32;

// What the TA serves (rule 21). Stores of one device, the last ones kept for uid 0.
inline constexpr size_t kStoresMax = 64;
inline constexpr size_t kStoresKeptForRoot = 16;
// Of one identity, under both anchors together.
inline constexpr size_t kStoresPerOwnerMax = 8;
// In the RPMB of an OP-TEE before 4.10, which can zero what lies behind the first 4096 bytes of an object (docs/rpmb.md).
inline constexpr size_t kStoresMaxInOldRpmb = 15;
inline constexpr size_t kStoresKeptForRootInOldRpmb = 3;
// What the TEE keeps of the path of a store's directory: a longer one is not told.
inline constexpr size_t kStoreDirectoryBytesMax = 255;
// Transactions over several calls, repairs among them: one of an identity, and so many of all but uid 0, which always has its own.
// Each has memory of its own (ta/workspace.h).
inline constexpr size_t kBatchesMax = 4;
// Pages in plain that the TA keeps for all reading and single changes, and for each transaction over several calls:
// enough for an index of three levels (Pages::is_roomy).
inline constexpr size_t kStoreFrames = 20;
// The largest segment that one call seals or opens.
inline constexpr uint32_t kSegmentBytesServed = 32 * 1024;

}  // namespace festore::limits
