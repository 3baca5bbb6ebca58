// SPDX-License-Identifier: BSD-2-Clause
// The second phase of a change: from the leaf upwards, with at most three pages pinned.
#include "engine/tree_change.h"

#include <algorithm>

namespace festore::engine {

// A changed page, and the changes that its parent needs.
struct TreeChange::Step {
    uint8_t level = 0;
    Pinned node;
    bool was_dirty = false;  // then all pages above it are dirty, too, and refer to its number already
    Pinned right;            // its new right neighbour, from separator_ on; or none
    bool shrunk = false;
};

Status TreeChange::put(Bytes key, const Entry& entry) {
    Step step;
    Writer out(FESTORE_TRY(place(key, encoded_size(entry), step)));
    encode(entry, out);
    if (!out.ok()) return fail(Code::bad_state);
    return climb(std::move(step));
}

Status TreeChange::put_value(Bytes key, Bytes value) {
    Step step;
    copy_bytes(value, FESTORE_TRY(place(key, value.size(), step)));
    return climb(std::move(step));
}

// Makes room for a value in the leaf, which may be split for it.
Outcome<MutableBytes> TreeChange::place(Bytes key, size_t value_bytes, Step& step) {
    Tree& tree = change_.tree;
    if (tree.height == 0) {
        step.node = FESTORE_TRY(pages_.create(0));
        tree.root = PageRef::pending(step.node.page());
        tree.height = 1;
        step.was_dirty = true;
        return step.node.node().insert(0, key, value_bytes);
    }
    const size_t index = change_.path.index[0];
    step.node = FESTORE_TRY(pages_.take_node(change_.path.ref[0], 0));
    step.was_dirty = FESTORE_TRY(pages_.make_dirty(step.node.frame()));
    if (found_) {
        const size_t old_bytes = step.node.node().entry_bytes(index);
        step.shrunk = Node::entry_bytes(key.size(), value_bytes) < old_bytes;
        step.node.node().erase(index);
    }
    const bool append = change_.path.rightmost && index == step.node.node().count();
    return insert_split(step, index, key, value_bytes, append);
}

Status TreeChange::remove() {
    Step step;
    step.node = FESTORE_TRY(pages_.take_node(change_.path.ref[0], 0));
    step.was_dirty = FESTORE_TRY(pages_.make_dirty(step.node.frame()));
    step.node.node().erase(change_.path.index[0]);
    step.shrunk = true;
    return climb(std::move(step));
}

// Inserts an entry into step.node. If there is no room, splits step.node first: the entry may then be in step.right.
Outcome<MutableBytes> TreeChange::insert_split(Step& step, size_t index, Bytes key, size_t value_bytes, bool append) {
    Node node = step.node.node();
    const size_t bytes = Node::entry_bytes(key.size(), value_bytes);
    if (node.used() + bytes <= Node::kRoom) return node.insert(index, key, value_bytes);
    step.right = FESTORE_TRY(pages_.create(step.level));
    Node right = step.right.node();
    const size_t stay = node.split_point(index, bytes, append);
    const bool goes_left = index < stay;
    node.move_tail(goes_left ? stay - 1 : stay, right);
    const MutableBytes place =
        goes_left ? node.insert(index, key, value_bytes) : right.insert(index - stay, key, value_bytes);
    set_separator(node, right);
    return place;
}

// Sets separator_ to the shortest key that is greater than all keys of `left` and not greater than the first of
// `right`. Between inner pages it is the whole first key of `right`, which is also that page's key in the parent.
void TreeChange::set_separator(Node left, Node right) {
    const Bytes first = right.key(0);
    separator_bytes_ = first.size();
    if (left.level() == 0) {
        const Bytes last = left.key(left.count() - 1);
        size_t common = 0;
        while (common < last.size() && common < first.size() && last[common] == first[common]) ++common;
        separator_bytes_ = std::min(common + 1, first.size());
    }
    copy_bytes(first.first(separator_bytes_), separator_);
}

Status TreeChange::climb(Step step) {
    Path& path = change_.path;
    while (step.level + 1 < change_.tree.height) {
        const bool underfull = step.shrunk && step.node.node().used() < Node::kUnderfull;
        if (step.was_dirty && !step.right && !underfull) return {};
        Step above;
        above.level = static_cast<uint8_t>(step.level + 1);
        const size_t index = path.index[above.level];
        above.node = FESTORE_TRY(pages_.take_node(path.ref[above.level], above.level));
        above.was_dirty = FESTORE_TRY(pages_.make_dirty(above.node.frame()));
        above.node.node().set_child(index, PageRef::pending(step.node.page()));
        if (step.right) {
            step.node.release();
            const bool append = path.rightmost && index + 1 == above.node.node().count();
            Writer out(FESTORE_TRY(
                insert_split(above, index + 1, Bytes(separator_).first(separator_bytes_), kPageRefBytes, append)));
            encode(PageRef::pending(step.right.page()), out);
        } else if (underfull) {
            above.shrunk = FESTORE_TRY(join(above.node, index, step.node, step.level));
        }
        step = std::move(above);
    }
    return finish_at_root(step);
}

// Joins `node`, child `index` of `parent`, with a neighbour if both fit into one page.
Outcome<bool> TreeChange::join(Pinned& parent, size_t index, Pinned& node, uint8_t level) {
    Node above = parent.node();
    if (index > 0) {
        Pinned left = FESTORE_TRY(pages_.take_node(above.child(index - 1), level));
        if (left.node().used() + node.node().used() <= Node::kRoom) {
            FESTORE_TRY(pages_.make_dirty(left.frame()));
            above.set_child(index - 1, PageRef::pending(left.page()));
            node.node().move_tail(0, left.node());
            above.erase(index);
            FESTORE_CHECK(pages_.discard(std::move(node)));
            return true;
        }
    }
    if (index + 1 < above.count()) {
        Pinned right = FESTORE_TRY(pages_.take_node(above.child(index + 1), level));
        if (right.node().used() + node.node().used() <= Node::kRoom) {
            // Its frame is emptied at once, so it need not become the transaction's own first.
            right.node().move_tail(0, node.node());
            above.erase(index + 1);
            FESTORE_CHECK(pages_.discard(std::move(right)));
            return true;
        }
    }
    return false;
}

Status TreeChange::finish_at_root(Step& step) {
    Tree& tree = change_.tree;
    tree.root = PageRef::pending(step.node.page());
    if (step.right) {
        if (tree.height == limits::kIndexHeightMax) return fail(Code::limit_exceeded);
        const uint32_t left_page = step.node.page();
        const uint32_t right_page = step.right.page();
        Pinned root = FESTORE_TRY(pages_.create(tree.height));
        Writer left(root.node().insert(0, {}, kPageRefBytes));
        encode(PageRef::pending(left_page), left);
        Writer right(root.node().insert(1, Bytes(separator_).first(separator_bytes_), kPageRefBytes));
        encode(PageRef::pending(right_page), right);
        tree.root = PageRef::pending(root.page());
        ++tree.height;
        return {};
    }
    const Node node = step.node.node();
    if (step.level == 0 && node.count() == 0) {
        tree.root = {};
        tree.height = 0;
        return pages_.discard(std::move(step.node));
    }
    if (step.level > 0 && node.count() == 1) {  // its only child has just been joined with another, so it is not empty
        tree.root = node.child(0);
        --tree.height;
        return pages_.discard(std::move(step.node));
    }
    return {};
}

}  // namespace festore::engine
