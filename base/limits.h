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
// The TA's memory, declared in its header: enough for all of these limits together (tests/store/memory_test.cpp measures it). The
// largest put needs one content, its header and its name.
inline constexpr size_t kTaHeapBytes = size_t{1536} * 1024;
inline constexpr size_t kTaStackBytes = size_t{16} * 1024;
// One page of a listing: the TA sorts this many candidates in its memory and returns as many as fit into the buffer.
inline constexpr size_t kListPageEntriesMax = 512;
inline constexpr size_t kListBufferBytesMin = 512;
inline constexpr size_t kListBufferBytesMax = size_t{64} * 1024;
// What the TA reads from a TEE object in one call.
inline constexpr size_t kReadChunkBytes = size_t{64} * 1024;
// Sessions of one TA instance (rules 21 and 28). One user can have several identities (its own, its groups', the public one), or
// thousands (subordinate ids), so the last places are reserved: kSessionsKeptForNew for identities without a session; of these,
// kSessionsKeptForOwners for identities that have a store, and the last kSessionsKeptForRoot for uid 0. When only reserved places are
// left, an owner gets another session only if it has fewer than kSessionsPerOwner: one owner cannot take them all.
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
// Levels of the index. Three hold 100 000 objects with short names; at the limit, a change that would add a level is refused.
inline constexpr size_t kIndexHeightMax = 12;
// Page numbers that one transaction may take, and pages of the last commit that it may free (rule 11).
inline constexpr size_t kTransactionPagesMax = 4096;
// Free page numbers that a transaction keeps in memory.
inline constexpr size_t kTransactionStockMax = 2048;
// Pages of a page file: 4 TiB of index.
inline constexpr uint32_t kPageCountMax = 1U << 30;
// Pages sealed under the keys of one epoch; after that many the store is read-only until it is rekeyed (rule 13).
inline constexpr uint64_t kPagesSealedMax = uint64_t{1} << 31;
// Content of one object. If it is not kept in the index, it is sealed in segments; their size is a power of two.
inline constexpr uint64_t kObjectBytesMax = uint64_t{1} << 40;
inline constexpr uint32_t kSegmentBytesMin = 4096;
inline constexpr uint32_t kSegmentBytesMax = 256 * 1024;

// Root's allow list (engine/records/allow_list.h): its entries, and the names in one call.
inline constexpr size_t kAllowEntriesMax = 128;
inline constexpr size_t kAllowNamesMax = 32;

// What the TA serves (rule 21). Stores on one device; the last ones are reserved for uid 0.
inline constexpr size_t kStoresMax = 64;
inline constexpr size_t kStoresKeptForRoot = 16;
// Stores of one identity, under both anchors together.
inline constexpr size_t kStoresPerOwnerMax = 8;
// Stores in the RPMB of an OP-TEE before 4.10, which can zero everything after the first 4096 bytes of an object (docs/rpmb.md).
inline constexpr size_t kStoresMaxInOldRpmb = 15;
inline constexpr size_t kStoresKeptForRootInOldRpmb = 3;
// Longest path of a store's directory that the TEE keeps; the client does not send a longer one.
inline constexpr size_t kStoreDirectoryBytesMax = 255;
// Transactions over several calls, including repairs: one per identity, and this many for all identities except uid 0, which can
// always begin its own. Each has its own memory (ta/store/workspace.h).
inline constexpr size_t kBatchesMax = 4;
// Plaintext pages that the TA keeps in memory: one set for all reads and single changes, and one for each transaction over several
// calls. Enough for an index of three levels (Pages::is_roomy).
inline constexpr size_t kStoreFrames = 20;
// The largest segment that one call seals or opens.
inline constexpr uint32_t kSegmentBytesServed = 32 * 1024;

}  // namespace festore::limits
