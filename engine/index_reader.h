// SPDX-License-Identifier: BSD-2-Clause
// Reads the index: one entry by its name, and entries in the order of their names. Works on a committed root
// record and on a running transaction's tree. Changes nothing and keeps nothing between calls.
#pragma once
#include "engine/entry.h"
#include "engine/tree_change.h"

namespace festore::engine {

class IndexReader {
public:
    // Call pages.begin_call() with the same tree before.
    IndexReader(Pages& pages, const Tree& tree) : pages_(pages), tree_(tree) {}

    // done: entry() is the name's entry; item_not_found: the authentic index does not have the name. need_pages: at most
    // one more page for each level and call.
    Outcome<ChangeProgress> find(Bytes name);
    // A view into a page: valid until this reader is used again or destroyed.
    [[nodiscard]] const Entry& entry() const { return entry_; }

    struct Range {
        Bytes after;   // names after this one; empty: from the first
        Bytes prefix;  // names that begin with this; empty: all
        bool inclusive = false;    // `after` itself, too
        uint32_t passed_page = 0;  // a damaged page: the listing ends where it would be read; 0: none
        bool with_reserved = false;  // reserved entries, too (engine/reserved.h)
    };
    // Takes the listed entries, in order. The views are valid during the call.
    class Sink {
    public:
        // False: no room; the entry was not taken, and the listing ends here.
        virtual bool take(Bytes name, const Entry& entry) = 0;

    protected:
        ~Sink() = default;
    };
    struct Listed {
        ChangeProgress progress = ChangeProgress::done;  // need_pages: the sink has already taken the entries before the missing page
        bool more = false;                   // done, and the sink had no room for the next
        bool passed_over = false;            // done, and reached passed_page: continue at gap_end()
    };
    Outcome<Listed> list(const Range& range, Sink& sink);
    // The first key that passed_page may hold; empty: it was the leftmost page.
    [[nodiscard]] Bytes gap_begin() const { return Bytes(begin_).first(begin_bytes_); }
    // The first key after passed_page; empty: there is nothing after it.
    [[nodiscard]] Bytes gap_end() const { return has_next_ ? Bytes(next_).first(next_bytes_) : Bytes(); }

    // Leaves that a listing asks for at once when one is missing, including that one.
    static constexpr size_t kReadAhead = 8;

private:
    Outcome<Pinned> leaf_of(Bytes key, const Bytes* listed);
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
    // Where that leaf begins.
    size_t begin_bytes_ = 0;
    std::array<std::byte, limits::kNameBytesMax> begin_{};
};

}  // namespace festore::engine
