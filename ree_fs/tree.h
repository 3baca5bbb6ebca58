// SPDX-License-Identifier: BSD-2-Clause
// One version of a file's hash tree in memory: nodes in the order of their numbers, each in the version that its parent
// names, and the hashes over them. Node n has the children 2n and 2n + 1; numbers have no gaps. A node's hash is SHA-256
// over: its iv, tag and flags; for the root the length of the content (64 bits); the hashes of its children. The code
// needs no recursion, since parents come before their children.
#pragma once
#include "ree_fs/crypto.h"
#include "ree_fs/reader.h"

#include <vector>

namespace festore::ree_fs {

enum class Trust : uint8_t {
    unknown,   // below a damaged node, so its right hash is unknown
    verified,  // the root's hash authenticates its fields and its children's hashes
    damaged,
};

struct TreeNode {
    Node image;
    uint8_t version = 0;
    Trust trust = Trust::unknown;
};

struct Tree {
    uint8_t version = 0;  // of head and root
    Meta meta;
    std::vector<TreeNode> nodes;  // [0] is node 1

    [[nodiscard]] const TreeNode* find(uint32_t id) const {
        return id >= 1 && id <= nodes.size() ? &nodes[id - 1] : nullptr;
    }
};

// Blocks that hold content of this length.
constexpr uint64_t blocks_of(uint64_t length) { return length / kBlockBytes + (length % kBlockBytes != 0 ? 1 : 0); }

// `length` for the root only. Absent children are null.
Hash node_hash(Sha256& sha, const Node& node, const uint64_t* length, const Hash* child0, const Hash* child1);
// The hash of a node in the tree, from the stored hashes of its children.
Hash computed_hash(Sha256& sha, const Tree& tree, uint32_t id);

// Loads the nodes below `root` up to meta.node_id_max. A node beyond the file's end is a finding and ends the list.
void load_nodes(FileSource& file, const Node& root, Tree& tree, Findings& findings);

// Goes from the root down: marks each node, and distinguishes a damaged hash field from other damaged fields. `root_hash`:
// what the root's hash must be; it is trusted, and the stored one is compared with it.
void check_nodes(Tree& tree, const Hash& root_hash, Findings& findings);

}  // namespace festore::ree_fs
