// SPDX-License-Identifier: BSD-2-Clause
#include "ree_fs/scan.h"

#include "ree_fs/limits.h"
#include "ree_fs/tree.h"

#include <algorithm>

namespace festore::ree_fs {
namespace {

// How many children (0, 1 or 2) the node's hash was made with; nothing if no number fits.
std::optional<unsigned> children_hashed(Sha256& sha, const Tree& tree, uint32_t id, const uint64_t* length) {
    const TreeNode* const first = tree.find(2 * id);
    const TreeNode* const second = tree.find(2 * id + 1);
    const unsigned most = first == nullptr ? 0 : (second == nullptr ? 1 : 2);
    for (unsigned count = 0; count <= most; ++count) {
        if (node_hash(sha, tree.nodes[id - 1].image, length, count > 0 ? &first->image.hash : nullptr,
                      count > 1 ? &second->image.hash : nullptr) == tree.nodes[id - 1].image.hash) {
            return count;
        }
    }
    return std::nullopt;
}

struct Shape {
    uint32_t highest = 1;           // node
    std::vector<uint32_t> misfits;  // nodes whose hash does not fit; the nodes below them are a guess
};

// Follows the tree down from a root with `root_children` children. It leaves out nodes left over from a longer content.
Shape shape_of(const Tree& tree, const std::vector<std::optional<unsigned>>& counts, unsigned root_children) {
    Shape shape;
    std::vector<bool> within(tree.nodes.size() + 1, false);
    within[1] = true;
    for (uint32_t id = 1; id <= tree.nodes.size(); ++id) {
        if (!within[id]) continue;
        shape.highest = id;
        const std::optional<unsigned> count = id == 1 ? root_children : counts[id];
        if (!count) shape.misfits.push_back(id);
        const size_t end = std::min<size_t>(size_t{2} * id + count.value_or(2), tree.nodes.size() + 1);
        for (size_t child = size_t{2} * id; child < end; ++child) within[child] = true;
    }
    return shape;
}

// The length of the content that the root was hashed with. Sets `shape.highest` to the number of nodes of that length:
// if nodes are damaged, the given number is only an upper bound, and smaller ones are tried, too.
std::optional<uint64_t> find_length(Sha256& sha, const Tree& tree, unsigned children, Shape& shape,
                                    uint64_t& tries_left) {
    const Hash* const child0 = children > 0 ? &tree.nodes[1].image.hash : nullptr;
    const Hash* const child1 = children > 1 ? &tree.nodes[2].image.hash : nullptr;
    const uint32_t lowest = shape.misfits.empty() ? shape.highest : 1;
    for (uint32_t highest = shape.highest; highest >= lowest; --highest) {
        const uint64_t from = uint64_t{highest - 1} * kBlockBytes;
        for (uint64_t length = from; length <= from + kBlockBytes; ++length) {
            if (tries_left == 0) return std::nullopt;
            --tries_left;
            if (node_hash(sha, tree.nodes[0].image, &length, child0, child1) != tree.nodes[0].image.hash) continue;
            shape.highest = highest;
            std::erase_if(shape.misfits, [highest](uint32_t id) { return id > highest; });
            return length;
        }
    }
    return std::nullopt;
}

}  // namespace

Scan scan_tree(FileSource& file, const FileView& view, uint8_t version) {
    uint64_t lengths_left = kLengthsTriedMax;
    return scan_tree(file, view, version, lengths_left);
}

Scan scan_tree(FileSource& file, const FileView& view, uint8_t version, uint64_t& lengths_left) {
    Scan scan;
    scan.version = version;
    if (!view.roots[version]) {
        scan.truncated = true;
        scan.findings.damage(place_of_node(1, version),
                               "the file ends at " + std::to_string(view.size) + ", before this node");
        return scan;
    }
    Tree tree;
    tree.version = version;
    tree.meta.node_id_max = nodes_that_fit(view.size);
    Findings beyond;  // ignored: the number of nodes is only a guess, so a missing one is not damage
    load_nodes(file, *view.roots[version], tree, beyond);
    // The first node that was never written ends the list.
    const auto unwritten = std::ranges::find(tree.nodes.begin() + 1, tree.nodes.end(), Hash{},
                                             [](const TreeNode& node) { return node.image.hash; });
    tree.nodes.erase(unwritten, tree.nodes.end());
    Sha256 sha;
    std::vector<std::optional<unsigned>> counts(tree.nodes.size() + 1);
    for (uint32_t id = 2; id <= tree.nodes.size(); ++id) counts[id] = children_hashed(sha, tree, id, nullptr);

    const unsigned most = static_cast<unsigned>(std::min<size_t>(tree.nodes.size() - 1, 2));
    Shape likely;
    const uint64_t budget = std::min(lengths_left, kLengthsTriedMax);
    uint64_t tries_left = budget;
    for (unsigned children = most + 1; children-- > 0;) {
        Shape shape = shape_of(tree, counts, children);
        scan.length = find_length(sha, tree, children, shape, tries_left);
        if (scan.length || children == most) likely = std::move(shape);
        if (scan.length) break;
    }
    lengths_left -= budget - tries_left;
    scan.nodes = likely.highest;
    scan.given_up = !scan.length && budget < kLengthsTriedMax && tries_left == 0;
    if (scan.given_up) {
        scan.findings.note(place_of_node(1, version),
                             "not all lengths of the content were tried: this directory takes too much work");
    } else if (!scan.length) {
        scan.findings.damage(place_of_node(1, version),
                               "the root does not fit its hash, whatever the length of the content");
    }
    for (const uint32_t id : likely.misfits) {
        scan.findings.damage(place_of_node(id, tree.nodes[id - 1].version),
                               "the node, or the hash of a child, does not fit its hash");
    }
    return scan;
}

}  // namespace festore::ree_fs
