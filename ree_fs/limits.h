// SPDX-License-Identifier: BSD-2-Clause
// How much of a storage directory the reader examines at most. OP-TEE's own limits are far lower: a few MiB of core heap
// hold the tree of every open file.
#pragma once
#include <cstddef>
#include <cstdint>

namespace festore::ree_fs {

// Nodes of one file: 1 GiB of content. More is refused before anything is allocated.
inline constexpr uint32_t kNodesMax = 262144;
// Entries of dirf.db, and names in the storage directory.
inline constexpr size_t kDirEntriesMax = 65536;
inline constexpr size_t kDirectoryNamesMax = 65536;
// Lengths of content to try, without keys, to find the one that the root hash was made with.
inline constexpr uint64_t kLengthsTriedMax = 65536;
// The same for all files of a directory, and reads of files without an entry: limits the cost of a hostile directory.
inline constexpr uint64_t kLengthsTriedPerDirectoryMax = 4194304;
inline constexpr uint64_t kReadsPerDirectoryMax = 4194304;
// Findings kept for one file, and for all files of a directory besides the first ones of each; the rest are only counted.
inline constexpr size_t kFindingsPerFileMax = 64;
inline constexpr size_t kFindingsPerDirectoryMax = 8192;
// A hardware unique key: OP-TEE's is 16 bytes unless the platform says otherwise.
inline constexpr size_t kHukBytesMin = 16;
inline constexpr size_t kHukBytesMax = 64;

}  // namespace festore::ree_fs
