// SPDX-License-Identifier: BSD-2-Clause
// The content of dirf.db: the list of all objects of all TAs. Entries are in no particular order, with free ones between
// them.
#pragma once
#include "base/uuid.h"
#include "ree_fs/finding.h"

namespace festore::ree_fs {

struct DirEntry {
    uint32_t index = 0;  // place in dirf.db
    Uuid owner;
    std::string id;  // up to 64 bytes, any values
    Hash root_hash{};
    uint32_t file_number = 0;
};

inline constexpr std::byte kEmptyId{1};
// `field`: the whole field of the id.
inline bool is_free_entry(Bytes field, uint32_t id_size) { return id_size == 0 && field[0] == std::byte{}; }

struct DirFile {
    std::vector<DirEntry> entries;  // as OP-TEE uses them: of two with the same file number it keeps the first
    uint32_t free_entries = 0;
    Findings findings;  // places are offsets in the content
};

// Never fails; faults are findings. Reads at most kDirEntriesMax entries.
DirFile parse_dirfile(Bytes content);

}  // namespace festore::ree_fs
