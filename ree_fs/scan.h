// SPDX-License-Identifier: BSD-2-Clause
// Checks a hash tree without any key. Node hashes are plain SHA-256, so the matching hashes show the shape of the tree.
// Only the root's hash covers something secret, the length of the content; few lengths are possible, so the right one is
// found by trying. (REE-FS does not hide lengths; this makes it visible.)
#pragma once
#include "ree_fs/reader.h"

namespace festore::ree_fs {

struct Scan {
    uint8_t version = 0;             // of the root, as requested
    uint32_t nodes = 0;              // connected nodes, including the root
    std::optional<uint64_t> length;  // of the content; nothing if no length fits the root's hash
    bool truncated = false;          // the file has no such root; the finding says so
    bool given_up = false;           // no length was found, but not all were tried
    Findings findings;               // severity damage: the tree of this version does not fit its hashes
};

// `lengths_left`: how many lengths may still be tried; several scans can share this budget.
Scan scan_tree(FileSource& file, const FileView& view, uint8_t version, uint64_t& lengths_left);
Scan scan_tree(FileSource& file, const FileView& view, uint8_t version);

}  // namespace festore::ree_fs
