// SPDX-License-Identifier: BSD-2-Clause
#include "ree_fs/verifier.h"

#include "ree_fs/diagnosis.h"

#include <algorithm>

namespace festore::ree_fs {
namespace {

std::optional<uint8_t> version_to_open(const FileView& view, const Expected& expected) {
    if (!expected.root_hash) return view.chosen;
    for (uint8_t version = 0; version < 2; ++version) {
        if (view.roots[version] && view.roots[version]->hash == *expected.root_hash) return version;
    }
    return std::nullopt;
}

std::optional<OpenedHead> open_head(FileSource& file, const Tsk& tsk, const Expected& expected) {
    for (const HeadLayout layout : kLayouts) {
        const FileView view = view_file(file, layout);
        const std::optional<uint8_t> version = version_to_open(view, expected);
        if (!version || !view.heads[*version] || !view.roots[*version]) continue;
        const Hash& root_hash = view.roots[*version]->hash;
        HeadOpener opener(tsk, *view.heads[*version]);
        for (const HeadRule rule : kRules) {
            if (const auto meta = opener.open(layout, rule, root_hash)) {
                return OpenedHead{layout, rule, *version, opener.head(), root_hash, *meta};
            }
        }
    }
    return std::nullopt;
}

// What the root's hash must be. If dirf.db records it, it is known. Else the head's seal may cover only its first half; if
// that half matches the computed hash, the second half of the stored hash was damaged.
Hash believed_root_hash(const OpenedHead& head, const Tree& tree, const Expected& expected) {
    if (expected.root_hash || head.rule == HeadRule::whole) return head.root_hash;
    Sha256 sha;
    const Hash computed = computed_hash(sha, tree, 1);
    const bool half_fits = std::equal(computed.begin(), computed.begin() + kHashBytes / 2, head.root_hash.begin());
    return half_fits ? computed : head.root_hash;
}

void note_uncommitted(FileSource& file, const OpenedHead& opened, Findings& findings) {
    const FileView view = view_file(file, opened.layout);
    const uint8_t other = opened.version ^ 1U;
    if (view.chosen == other && view.heads[other] && view.heads[other]->counter == opened.head.counter + 1) {
        findings.note(place_of_head(opened.layout, other),
                      "a newer version that dirf.db does not record: left behind by an interrupted change");
    }
}

void check_meta(const OpenedFile& opened, Findings& findings) {
    const Meta& meta = opened.tree().meta;
    if (blocks_of(meta.length) <= std::max(meta.node_id_max, meta.length == 0 ? 0U : 1U) &&
        meta.node_id_max <= kNodesMax)
        return;
    findings.damage(place_of_head(opened.layout(), opened.version()),
                    "the metadata contradict each other: " + std::to_string(meta.length) + " bytes of content in " +
                        std::to_string(meta.node_id_max) + " nodes");
}

}  // namespace

const char* name_of(HeadRule rule) { return rule == HeadRule::first_half ? "first-half" : "whole"; }

std::vector<Place> OpenedFile::in_use() const {
    std::vector<Place> places{place_of_head(layout_, tree_.version)};
    for (uint32_t id = 1; id <= tree_.nodes.size(); ++id) {
        const TreeNode& node = tree_.nodes[id - 1];
        places.push_back(place_of_node(id, node.version));
        if (id - 1 < blocks_of(tree_.meta.length)) places.push_back(place_of_block(id - 1, node.image.block_version()));
    }
    return places;
}

bool OpenedFile::read_block(FileSource& file, uint32_t block, MutableBytes out, Findings& findings) {
    const TreeNode* const node = tree_.find(block + 1);
    if (node == nullptr || node->trust != Trust::verified) return false;  // reported when the tree was checked
    const Place place = place_of_block(block, node->image.block_version());
    std::array<std::byte, kBlockBytes> sealed{};
    if (!file.read(place.offset, sealed)) {
        findings.damage(place, "the file ends at " + std::to_string(file.size()) + ", before the end of this block");
        return false;
    }
    if (!opener_.open(node->image.iv(), {sealed_fek_, node->image.iv()}, sealed, node->image.tag(), out)) {
        findings.damage(place, "the block does not fit its tag");
        return false;
    }
    return true;
}

OpenOutcome open_file(FileSource& file, const Tsk& tsk, const Expected& expected) {
    OpenOutcome outcome;
    std::optional<OpenedHead> head = open_head(file, tsk, expected);
    outcome.key_fits = head.has_value();
    const bool as_expected = head.has_value();
    if (!head) head = explain(file, tsk, expected, outcome.findings, outcome.key_fits);
    if (!head) return outcome;
    const std::optional<Node> root = read_node(file, 1, head->version);
    if (!root) return outcome;

    Tree tree;
    tree.version = head->version;
    tree.meta = head->meta;
    load_nodes(file, *root, tree, outcome.findings);
    const Hash root_hash = believed_root_hash(*head, tree, expected);
    check_nodes(tree, root_hash, outcome.findings);
    const Fek fek = open_fek(tsk, head->head.sealed_fek);
    outcome.file.emplace(std::move(tree), head->layout, head->rule, head->head, fek);
    check_meta(*outcome.file, outcome.findings);
    if (as_expected && expected.root_hash) note_uncommitted(file, *head, outcome.findings);
    if (as_expected && !expected.owner) check_other_counter(file, tsk, *head, outcome.findings);
    return outcome;
}

bool read_content(FileSource& file, OpenedFile& opened, ContentSink* sink, Findings& findings) {
    std::array<std::byte, kBlockBytes> block{};
    const uint64_t blocks = std::min<uint64_t>(blocks_of(opened.length()), opened.tree().nodes.size());
    bool whole = blocks == blocks_of(opened.length());
    for (uint32_t n = 0; n < blocks; ++n) {
        if (!opened.read_block(file, n, block, findings)) {
            whole = false;
            continue;
        }
        const uint64_t rest = opened.length() - uint64_t{n} * kBlockBytes;
        if (sink != nullptr && whole) sink->take(Bytes(block).first(static_cast<size_t>(std::min<uint64_t>(rest, kBlockBytes))));
    }
    wipe(block);
    return whole;
}

}  // namespace festore::ree_fs
