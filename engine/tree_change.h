// SPDX-License-Identifier: BSD-2-Clause
// One change of one entry of the index, in two phases (rule 11): first the pages are gathered, and nothing changes;
// then the change is made from the leaf upwards, without a miss. Pages that overflow are split, pages that are
// underfull join a neighbour when both fit into one. No two neighbours under one parent are both underfull.
//
// A failure in the second phase leaves the change half done: the transaction must be given up.
#pragma once
#include "engine/entry.h"
#include "engine/pages.h"

namespace festore::engine {

enum class ChangeProgress : uint8_t {
    done,
    need_pages,  // Pages::needs() lists them: call again with these pages, too
};

class TreeChange {
public:
    TreeChange(Pages& pages, Change& change) : pages_(pages), change_(change) {}

    // First phase. Goes to the leaf where the key is or would be, and sets found(). If found, raw_value() and entry() can
    // be called until something else is fetched.
    Outcome<ChangeProgress> locate(Bytes key);
    [[nodiscard]] bool found() const { return found_; }
    // The value of the key that was found; a view, valid until the next call.
    Outcome<Bytes> raw_value();
    Outcome<Entry> entry();
    // First phase, continued: fetches all pages that replacing the entry by one of this many bytes (0: removing it) needs.
    Outcome<ChangeProgress> gather(size_t new_entry_bytes);

    // Second phase, for the key that was given to locate(). No page may be missing any more.
    Status put(Bytes key, const Entry& entry);
    Status put_value(Bytes key, Bytes value);
    Status remove();

    // The most pages that one change of a tree of this height writes. With many frames, each page that is fetched or made
    // may evict one: the path, two neighbours per level, a page of the free list, new pages. With few frames, earlier
    // dirty pages have been flushed, and this change makes fewer pages dirty than that.
    [[nodiscard]] static size_t writes_max(uint8_t height) { return size_t{4} * height + 2; }
    // The most page numbers that it takes, and that it gives up.
    [[nodiscard]] static size_t takes_max(uint8_t height) { return size_t{2} * height + 3; }
    [[nodiscard]] static size_t gifts_max(uint8_t height) { return size_t{3} * height + 2; }

private:
    struct Step;
    Outcome<MutableBytes> place(Bytes key, size_t value_bytes, Step& step);
    Outcome<MutableBytes> insert_split(Step& step, size_t index, Bytes key, size_t value_bytes, bool append);
    void set_separator(Node left, Node right);
    Status climb(Step step);
    Status finish_at_root(Step& step);
    Outcome<bool> join(Pinned& parent, size_t index, Pinned& node, uint8_t level);

    Pages& pages_;
    Change& change_;
    bool found_ = false;
    std::array<std::byte, limits::kNameBytesMax> separator_{};
    size_t separator_bytes_ = 0;
};

}  // namespace festore::engine
