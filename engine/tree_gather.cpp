// SPDX-License-Identifier: BSD-2-Clause
// The first phase of a change.
#include "engine/tree_change.h"

namespace festore::engine {

Outcome<ChangeProgress> TreeChange::locate(Bytes key) {
    Tree& tree = change_.tree;
    Path& path = change_.path;
    found_ = false;
    path.rightmost = true;
    // A new page is taken for each page of the path and for each split.
    if (change_.numbers.wants_list_page(takes_max(tree.height))) {
        Pinned list = FESTORE_TRY(pages_.fetch(change_.numbers.rest(), PageKind::free_list, 0, Use::once));
        if (list) FESTORE_CHECK(change_.numbers.take_over(list.frame().bytes));
    }
    PageRef ref = tree.root;
    for (uint8_t level = tree.height; level-- > 0;) {
        const Pinned page = FESTORE_TRY(pages_.fetch_node(ref, level, Use::hold));
        if (!page) return ChangeProgress::need_pages;
        const Node node = page.node();
        path.ref[level] = ref;
        if (level == 0) {
            const Node::Position position = node.find(key);
            path.index[0] = static_cast<uint16_t>(position.index);
            found_ = position.found;
            break;
        }
        const size_t index = node.child_of(key);
        path.index[level] = static_cast<uint16_t>(index);
        path.rightmost = path.rightmost && index + 1 == node.count();
        ref = node.child(index);
    }
    return pages_.needs().empty() ? ChangeProgress::done : ChangeProgress::need_pages;
}

Outcome<Bytes> TreeChange::raw_value() {
    const Pinned leaf = FESTORE_TRY(pages_.take_node(change_.path.ref[0], 0));
    return leaf.node().value(change_.path.index[0]);
}

Outcome<Entry> TreeChange::entry() { return decode_entry(FESTORE_TRY(raw_value())); }

// Goes up like the second phase, as long as a page will join a neighbour, so that its parent loses an entry.
Outcome<ChangeProgress> TreeChange::gather(size_t new_entry_bytes) {
    if (!found_) return ChangeProgress::done;
    const Path& path = change_.path;
    size_t lost = 0;
    size_t used = 0;
    {
        const Pinned leaf = FESTORE_TRY(pages_.take_node(path.ref[0], 0));
        const size_t old_bytes = leaf.node().entry_bytes(path.index[0]);
        if (new_entry_bytes >= old_bytes) return ChangeProgress::done;
        used = leaf.node().used();
        lost = old_bytes - new_entry_bytes;
    }
    for (uint8_t level = 0; level + 1 < change_.tree.height; ++level) {
        const size_t left_over = used - lost;
        if (left_over >= Node::kUnderfull) return ChangeProgress::done;
        const size_t index = path.index[level + 1];
        // The parent stays pinned: fetching one neighbour may seal the other, and then only the parent has its right reference.
        const Pinned parent = FESTORE_TRY(pages_.take_node(path.ref[level + 1], static_cast<uint8_t>(level + 1)));
        const Node above = parent.node();
        used = above.used();
        lost = 0;
        for (const bool is_left : {true, false}) {
            if (is_left ? index == 0 : index + 1 >= above.count()) continue;
            const Pinned page = FESTORE_TRY(pages_.fetch_node(above.child(is_left ? index - 1 : index + 1), level, Use::hold));
            const bool joins = page && lost == 0 && page.node().used() + left_over <= Node::kRoom;
            if (joins) lost = above.entry_bytes(is_left ? index : index + 1);
        }
        if (!pages_.needs().empty()) return ChangeProgress::need_pages;
        if (lost == 0) return ChangeProgress::done;
    }
    return ChangeProgress::done;
}

}  // namespace festore::engine
