// SPDX-License-Identifier: BSD-2-Clause
// A plaintext page of the index: a header, then entries in ascending order of their keys, packed without gaps; the
// rest is zero. A leaf (level 0) maps names to entries (engine/entry.h). An inner page maps the smallest key that a
// child may hold to the child; the first key of the leftmost page of a level is empty.
//
//   header   u8 level, u8 zero, u16 count, u16 used, u16 zero, u64 generation      16 bytes
//   entry    u16 size of the whole entry, u8 length of the key, key, value
//
// Node is a view of the bytes of a page and owns nothing. The keys and values that it returns are views too, valid
// until the page changes. All functions except check() require a page that check() has accepted or that this class
// has made.
#pragma once
#include "base/result.h"
#include "engine/page.h"

namespace festore::engine {

// Compares bytes by value, like memcmp; if one key is the beginning of the other, the shorter one comes first.
[[nodiscard]] int compare_keys(Bytes a, Bytes b);

class Node {
public:
    static constexpr size_t kHeaderBytes = 16;
    static constexpr size_t kRoom = kPageBytes - kHeaderBytes;
    static constexpr size_t kEntryOverhead = 3;
    // A page that uses less than this tries to join a neighbour.
    static constexpr size_t kUnderfull = kRoom / 4;
    static_assert(limits::kIndexEntryBytesMax == kRoom / 4);

    struct Position {
        size_t index = 0;  // of the key, or of where it would go
        bool found = false;
    };

    explicit Node(PageBytes& bytes) : bytes_(bytes) {}

    // Checks that an authentic page is well-formed: every bound, the order, every value. Else corrupt_object.
    static Status check(const PageBytes& bytes, uint8_t level);

    void start(uint8_t level, uint64_t generation);
    [[nodiscard]] uint8_t level() const { return static_cast<uint8_t>(bytes_[0]); }
    [[nodiscard]] size_t count() const { return static_cast<size_t>(number(2, 2)); }
    [[nodiscard]] size_t used() const { return static_cast<size_t>(number(4, 2)); }  // of kRoom
    [[nodiscard]] uint64_t generation() const { return number(8, 8); }
    void set_generation(uint64_t generation);

    // i < count()
    [[nodiscard]] Bytes key(size_t i) const;
    [[nodiscard]] Bytes value(size_t i) const;
    [[nodiscard]] size_t entry_bytes(size_t i) const;
    [[nodiscard]] static size_t entry_bytes(size_t key_bytes, size_t value_bytes) {
        return kEntryOverhead + key_bytes + value_bytes;
    }
    [[nodiscard]] Position find(Bytes key) const;

    // Of inner pages. child_of: the child whose range contains the key; a key below all ranges belongs to the first.
    [[nodiscard]] size_t child_of(Bytes key) const;
    [[nodiscard]] PageRef child(size_t i) const;
    void set_child(size_t i, const PageRef& ref);
    // The index of the child whose page number is `page`, or count().
    [[nodiscard]] size_t index_of_page(uint32_t page) const;

    // Makes room for an entry at index i and writes its key. Returns the place of the value, which is zero, for the caller
    // to fill. There must be room: used() + entry_bytes(...) <= kRoom. `key` and the page must not overlap.
    MutableBytes insert(size_t i, Bytes key, size_t value_bytes);
    void erase(size_t i);
    // Moves all entries from index i onwards to the end of `to`, which must have room for them.
    void move_tail(size_t i, Node to);

    // How many entries, counting the new one, stay in this page when an entry of `bytes` bytes is inserted at `index` and
    // half of the page moves elsewhere. `append`: all present entries stay; for entries that come in ascending order.
    [[nodiscard]] size_t split_point(size_t index, size_t bytes, bool append) const;

private:
    [[nodiscard]] uint64_t number(size_t offset, size_t size) const {
        Reader in(Bytes(bytes_).subspan(offset, size));
        return size == 2 ? in.u16() : in.u64();
    }
    void set_counts(size_t count, size_t used);
    [[nodiscard]] size_t offset_of(size_t i) const;  // of entry i in the page; i <= count()
    [[nodiscard]] size_t size_at(size_t offset) const { return static_cast<size_t>(number(offset, 2)); }
    [[nodiscard]] Bytes key_at(size_t offset) const {
        return Bytes(bytes_).subspan(offset + kEntryOverhead, static_cast<size_t>(bytes_[offset + 2]));
    }

    PageBytes& bytes_;
};

}  // namespace festore::engine
