// SPDX-License-Identifier: BSD-2-Clause
#include "ree_fs/tree.h"

#include "base/writer.h"
#include "ree_fs/limits.h"

#include <algorithm>

namespace festore::ree_fs {
namespace {

struct Children {
    const TreeNode* first = nullptr;
    const TreeNode* second = nullptr;
};

Children children_of(const Tree& tree, uint32_t id) { return {tree.find(2 * id), tree.find(2 * id + 1)}; }

Hash hash_with(Sha256& sha, const Tree& tree, uint32_t id, const Hash* child0, const Hash* child1) {
    return node_hash(sha, tree.nodes[id - 1].image, id == 1 ? &tree.meta.length : nullptr, child0, child1);
}

// Checks one node whose right hash is known, and determines the right hashes of its children.
void check_node(Sha256& sha, Tree& tree, uint32_t id, std::vector<Hash>& known, Findings& findings) {
    TreeNode& node = tree.nodes[id - 1];
    const Children children = children_of(tree, id);
    const uint64_t wanted = std::min<uint64_t>(2 * uint64_t{id} + 1, tree.meta.node_id_max);
    if (wanted >= 2 * uint64_t{id} && wanted > tree.nodes.size()) {
        node.trust =
            Trust::unknown;  // a child is missing, which is a finding already; without its hash the node cannot be checked
        return;
    }
    const Hash stored0 = children.first != nullptr ? children.first->image.hash : Hash{};
    const Hash stored1 = children.second != nullptr ? children.second->image.hash : Hash{};
    // Try the stored hashes; else recompute the hash of one child, or of both: if that fits, the stored hash is wrong.
    for (unsigned repaired = 0; repaired < 4; ++repaired) {
        if (((repaired & 1U) != 0 && children.first == nullptr) || ((repaired & 2U) != 0 && children.second == nullptr))
            continue;
        const Hash hash0 = (repaired & 1U) != 0 ? computed_hash(sha, tree, 2 * id) : stored0;
        const Hash hash1 = (repaired & 2U) != 0 ? computed_hash(sha, tree, 2 * id + 1) : stored1;
        if (hash_with(sha, tree, id, children.first != nullptr ? &hash0 : nullptr,
                      children.second != nullptr ? &hash1 : nullptr) != known[id - 1]) {
            continue;
        }
        node.trust = Trust::verified;
        for (unsigned i = 0; i < 2; ++i) {
            const TreeNode* child = i == 0 ? children.first : children.second;
            if (child == nullptr) continue;
            known[2 * id + i - 1] = i == 0 ? hash0 : hash1;
            if ((repaired >> i & 1U) != 0 && child->image.hash != known[2 * id + i - 1]) {
                findings.damage(place_of_node_hash(2 * id + i, child->version),
                                "the stored hash is not the hash of the node, which itself is intact");
            }
            tree.nodes[2 * id + i - 1].trust = Trust::damaged;  // until the child itself is checked
        }
        return;
    }
    node.trust = Trust::damaged;
    findings.damage(place_of_node_fields(id, node.version), "the node does not fit its hash");
}

}  // namespace

Hash node_hash(Sha256& sha, const Node& node, const uint64_t* length, const Hash* child0, const Hash* child1) {
    sha.add(node.fields);
    if (length != nullptr) {
        std::array<std::byte, 8> encoded{};
        Writer(encoded).u64(*length);
        sha.add(encoded);
    }
    if (child0 != nullptr) sha.add(*child0);
    if (child1 != nullptr) sha.add(*child1);
    return sha.finish();
}

Hash computed_hash(Sha256& sha, const Tree& tree, uint32_t id) {
    const Children children = children_of(tree, id);
    return hash_with(sha, tree, id, children.first != nullptr ? &children.first->image.hash : nullptr,
                     children.second != nullptr ? &children.second->image.hash : nullptr);
}

void load_nodes(FileSource& file, const Node& root, Tree& tree, Findings& findings) {
    tree.nodes.clear();
    tree.nodes.push_back({root, tree.version, Trust::unknown});
    const uint32_t wanted = std::min({tree.meta.node_id_max, nodes_that_fit(file.size()) + 1, kNodesMax});
    tree.nodes.reserve(std::max(wanted, 1U));
    for (uint32_t id = 2; id <= wanted; ++id) {
        const uint8_t version = tree.nodes[id / 2 - 1].image.child_version(id);
        const std::optional<Node> node = read_node(file, id, version);
        if (!node) break;
        tree.nodes.push_back({*node, version, Trust::unknown});
    }
    if (tree.nodes.size() >= std::max(tree.meta.node_id_max, 1U)) return;
    const uint32_t missing = static_cast<uint32_t>(tree.nodes.size()) + 1;
    findings.damage(place_of_node(missing, tree.nodes[missing / 2 - 1].image.child_version(missing)),
                    missing > kNodesMax ? "more nodes than this reader accepts"
                                        : "the file ends at " + std::to_string(file.size()) + ", before this node");
}

void check_nodes(Tree& tree, const Hash& root_hash, Findings& findings) {
    if (tree.nodes.empty()) return;
    Sha256 sha;
    std::vector<Hash> known(tree.nodes.size());
    known[0] = root_hash;
    if (tree.nodes[0].image.hash != root_hash) {
        findings.damage(place_of_node_hash(1, tree.version),
                        "the stored hash of the root is not the one that is vouched for");
    }
    tree.nodes[0].trust = Trust::damaged;
    for (uint32_t id = 1; id <= tree.nodes.size(); ++id) {
        // A node's hash is known only if its parent was verified; that has set the node's trust.
        if (tree.nodes[id - 1].trust != Trust::unknown) check_node(sha, tree, id, known, findings);
    }
}

}  // namespace festore::ree_fs
