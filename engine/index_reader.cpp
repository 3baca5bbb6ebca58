// SPDX-License-Identifier: BSD-2-Clause
#include "engine/index_reader.h"

#include <algorithm>

namespace festore::engine {
namespace {

bool begins_with(Bytes name, Bytes prefix) { return text_of(name).starts_with(text_of(prefix)); }

}  // namespace

// Also asks for the next leaves after child `index` that may hold names with the prefix.
void IndexReader::read_ahead(const Node& parent, size_t index, Bytes prefix) {
    for (size_t i = index + 1; i < std::min(parent.count(), index + kReadAhead); ++i) {
        const Bytes first = parent.key(i);
        if (compare_keys(first, prefix) > 0 && !begins_with(first, prefix)) return;
        pages_.prefetch(parent.child(i));
    }
}

// The leaf whose range contains the key, or nothing if a page is missing. `listed`: the prefix of a listing; null for
// find().
Outcome<Pinned> IndexReader::leaf_of(Bytes key, const Bytes* listed) {
    has_next_ = false;
    begin_bytes_ = 0;
    PageRef ref = tree_.root;
    Pinned parent;
    size_t taken = 0;
    for (uint8_t level = tree_.height; level-- > 0;) {
        passed_over_ = passed_page_ != 0 && ref.page == passed_page_;
        if (passed_over_) return Pinned();
        Pinned page = FESTORE_TRY(pages_.fetch_node(ref, level, Use::once));
        if (!page && level == 0 && parent && listed != nullptr) read_ahead(parent.node(), taken, *listed);
        if (!page || level == 0) return page;
        const Node node = page.node();
        const size_t index = node.child_of(key);
        if (index + 1 < node.count()) {
            const Bytes next = node.key(index + 1);
            copy_bytes(next, next_);
            next_bytes_ = next.size();
            has_next_ = true;
        }
        const Bytes begin = node.key(index);
        copy_bytes(begin, begin_);
        begin_bytes_ = begin.size();
        ref = node.child(index);
        taken = index;
        parent = std::move(page);
    }
    return Pinned();
}

Outcome<ChangeProgress> IndexReader::find(Bytes name) {
    leaf_.release();
    if (tree_.height == 0) return fail(Code::item_not_found);
    leaf_ = FESTORE_TRY(leaf_of(name, nullptr));
    if (!leaf_) return ChangeProgress::need_pages;
    const Node::Position position = leaf_.node().find(name);
    if (!position.found) return fail(Code::item_not_found);
    entry_ = FESTORE_TRY(decode_entry(leaf_.node().value(position.index)));
    return ChangeProgress::done;
}

Outcome<IndexReader::Listed> IndexReader::list(const Range& range, Sink& sink) {
    leaf_.release();
    if (tree_.height == 0) return Listed{};
    passed_page_ = range.passed_page;
    // Keys that begin with 0 come before all names.
    constexpr std::array<std::byte, 1> kFirstName{std::byte{1}};
    const bool from_first = !range.with_reserved && range.prefix.empty() && compare_keys(range.after, kFirstName) < 0;
    const bool from_cursor = compare_keys(range.after, range.prefix) >= 0 && !range.after.empty();
    std::array<std::byte, limits::kNameBytesMax> start{};
    Bytes from = from_first ? Bytes(kFirstName) : from_cursor ? range.after : range.prefix;
    // Each round reads one leaf, in ascending order.
    while (true) {
        const Pinned leaf = FESTORE_TRY(leaf_of(from, &range.prefix));
        if (!leaf && passed_over_) return Listed{ChangeProgress::done, false, true};
        if (!leaf) return Listed{ChangeProgress::need_pages};
        const Node node = leaf.node();
        for (size_t i = node.find(from).index; i < node.count(); ++i) {
            const Bytes name = node.key(i);
            if (from_cursor && !range.inclusive && compare_keys(name, range.after) <= 0) continue;
            if (!begins_with(name, range.prefix)) return Listed{};
            const Entry entry = FESTORE_TRY(decode_entry(node.value(i)));
            if (!sink.take(name, entry)) return Listed{ChangeProgress::done, true};
        }
        if (!has_next_) return Listed{};
        copy_bytes(Bytes(next_).first(next_bytes_), start);
        from = Bytes(start).first(next_bytes_);
        if (compare_keys(from, range.prefix) > 0 && !begins_with(from, range.prefix)) return Listed{};
    }
}

}  // namespace festore::engine
