// SPDX-License-Identifier: BSD-2-Clause
// Reading the index: one entry by its name, and entries in the order of their names. Works on a committed root
// record and on a running transaction's tree. Nothing is changed and nothing is kept between calls.
#pragma once
#include "engine/entry.h"
#include "engine/tree_change.h"

namespace festore::engine {

class IndexReader {
public:
    // `pages` must have begun the call with the same tree.
    IndexReader(Pages& pages, const Tree& tree) : pages_(pages), tree_(tree) {}

    // done: entry() is the name's; item_not_found: authentically not there. Missing pages: at most one more for each
    // level and call.
    Result<Progress> find(Bytes name);
    // A view into a page: valid until this reader goes or looks for another name.
    [[nodiscard]] const Entry& entry() const { return entry_; }

    struct Range {
        Bytes after;   // names behind this one; empty: from the first
        Bytes prefix;  // names that begin with this; empty: all
        bool inclusive = false;    // `after` itself, too
        uint32_t passed_page = 0;  // is damaged: the listing ends where it would be read; 0: none
        bool with_reserved = false;  // what is no object, too (engine/reserved.h)
    };
    // Takes what is listed, in order. The views are valid during the call.
    class Sink {
    public:
        // False: no room, and the entry is not taken; the listing ends here.
        virtual bool take(Bytes name, const Entry& entry) = 0;

    protected:
        ~Sink() = default;
    };
    struct Listed {
        Progress progress = Progress::done;  // need_pages: what came before the gap has been taken all the same
        bool more = false;                   // done, and the sink had no room for the next
        bool passed_over = false;            // done, and came to passed_page: gap_end() tells where to go on
    };
    Result<Listed> list(const Range& range, Sink& sink);
    // The first key that the page which was passed over may hold; empty: it was the leftmost.
    [[nodiscard]] Bytes gap_begin() const { return Bytes(begin_).first(begin_bytes_); }
    // The first key behind the page that was passed over; empty: nothing is behind it.
    [[nodiscard]] Bytes gap_end() const { return has_next_ ? Bytes(next_).first(next_bytes_) : Bytes(); }

    // Pages that a listing asks for in advance, when it runs into one that is missing.
    static constexpr size_t kReadAhead = 8;

private:
    Result<Pinned> leaf_of(Bytes key, const Bytes* listed);
    void read_ahead(const Node& parent, size_t index, Bytes prefix);

    Pages& pages_;
    const Tree& tree_;
    Pinned leaf_;
    Entry entry_{};
    // Where the leaf that leaf_of() found ends: the first key that belongs to the next one.
    bool has_next_ = false;
    uint32_t passed_page_ = 0;
    bool passed_over_ = false;
    size_t next_bytes_ = 0;
    std::array<std::byte, limits::kNameBytesMax> next_{};
    // And where it begins.
    size_t begin_bytes_ = 0;
    std::array<std::byte, limits::kNameBytesMax> begin_{};
};

}  // namespace festore::engine
