// SPDX-License-Identifier: BSD-2-Clause
// What can be checked of a hash tree without any key. Node hashes are plain SHA-256, so the shape of the tree follows
// from which hashes fit; only the root's hash takes something secret in: the length of the content, and few lengths
// are possible, so the right one is found by trying. (REE-FS does not hide lengths; this makes it visible.)
#pragma once
#include "ree_fs/reader.h"

namespace festore::ree_fs {

struct Survey {
    uint8_t version = 0;             // of the root, as asked for
    uint32_t nodes = 0;              // nodes that hang together, the root included
    std::optional<uint64_t> length;  // of the content; nothing when no length fits the root's hash
    bool truncated = false;          // the file has no such root; the finding says so
    bool given_up = false;           // no length was found, but not all were tried
    Findings findings;               // severity damage: the tree of this version does not fit its hashes
};

// `lengths_left`: what may still be tried, of a budget that several surveys share.
Survey survey_tree(FileSource& file, const FileView& view, uint8_t version, uint64_t& lengths_left);
Survey survey_tree(FileSource& file, const FileView& view, uint8_t version);

}  // namespace festore::ree_fs
