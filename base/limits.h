// SPDX-License-Identifier: BSD-2-Clause
// Every limit of festore that a caller or the other world can meet. Sizes in bytes.
#pragma once
#include <cstddef>
#include <cstdint>

namespace festore::limits {

inline constexpr size_t kNameBytesMax = 255;
// A persistent object is created with its content in one call, from one buffer in the TA's memory.
inline constexpr size_t kPersistentObjectBytesMax = 512 * 1024;
// GlobalPlatform: TEE_OBJECT_ID_MAX_LEN. It is also the longest name that the first demo could store.
inline constexpr size_t kObjectIdBytesMax = 64;
// The TA's memory, as its header declares it. The largest put needs one content, its header and its name.
inline constexpr size_t kTaHeapBytes = 1024 * 1024;
inline constexpr size_t kTaStackBytes = 16 * 1024;
// One page of a listing: this many candidates are sorted in TA memory, and answered as far as the buffer goes.
inline constexpr size_t kListPageEntriesMax = 512;
inline constexpr size_t kListBufferBytesMin = 512;
inline constexpr size_t kListBufferBytesMax = 64 * 1024;
// What the TA reads from a TEE object at once.
inline constexpr size_t kReadChunkBytes = 64 * 1024;
// Sessions of one TA instance (rule 21). One user can have several identities (its own, its groups', everybody's), so the
// last places are kept: kSessionsKeptForNew for identities that hold none, the very last ones of them for uid 0.
inline constexpr size_t kSessionsMax = 64;
inline constexpr size_t kSessionsPerIdentityMax = 16;
inline constexpr size_t kSessionsKeptForNew = 24;
inline constexpr size_t kSessionsKeptForRoot = 4;

}  // namespace festore::limits
