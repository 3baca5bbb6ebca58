// SPDX-License-Identifier: BSD-2-Clause
// Entries of the index that are no objects: keys whose first byte is 0, which no name has (base/name.h). They are not counted, not
// listed, and copied by repair and rebuild. docs/format-store.md has the bytes.
//
//   00 'L' before   a lost range that ends before a name
//   00 'M'          the one that has no end
//   00 'O'          the root record that the last drop of damage began with
//
// A lost range: names that nobody could read when damage was dropped. Until it is acknowledged nobody can tell whether one of them
// is there, so that nothing inside it is answered or stored; and where the store had objects that are kept for good, nothing is stored
// there afterwards, either. (format-1.1, "Lost ranges")
// Thread safety: none.
#pragma once
#include "engine/index_reader.h"
#include "engine/root_record.h"

namespace festore::engine {

[[nodiscard]] inline bool is_reserved(Bytes key) { return !key.empty() && key[0] == std::byte{0}; }
inline constexpr std::array<std::byte, 1> kReservedPrefix{std::byte{0}};
inline constexpr std::array<std::byte, 2> kOldRecordKey{std::byte{0}, std::byte{'O'}};

struct LostRange {
    bool acknowledged = false;
    uint64_t epoch = 0;  // of the pages that it lay in
    Bytes from;          // the first name that may be lost; empty: from the first of all
    Bytes before;        // the first behind them; empty: there is none

    [[nodiscard]] bool contains(Bytes name) const;
};

// The key of a range that ends before this name; in its own memory.
class LostRangeKey {
public:
    explicit LostRangeKey(Bytes before);
    [[nodiscard]] Bytes bytes() const { return Bytes(key_).first(key_bytes_); }

private:
    std::array<std::byte, limits::kNameBytesMax> key_{};
    size_t key_bytes_ = 0;
};

// A range's entry; copies what the views point to.
class LostRangeEntry {
public:
    explicit LostRangeEntry(const LostRange& range);
    [[nodiscard]] Entry entry() const;

private:
    std::array<std::byte, 1 + 8 + 2 * (1 + limits::kNameBytesMax)> content_{};
    size_t content_bytes_ = 0;
};

[[nodiscard]] bool is_lost_range(Bytes key);
// The views are into the entry's content. corrupt_object.
Result<LostRange> decode_lost_range(const Entry& entry);

// Which lost range a name lies in.
class LostRangeSearch final : public IndexReader::Sink {
public:
    explicit LostRangeSearch(Bytes name) : name_(name) {}
    // done, or need_pages: again, with the pages. corrupt_object.
    Result<Progress> run(IndexReader& reader);
    [[nodiscard]] bool found() const { return found_; }
    [[nodiscard]] bool is_acknowledged() const { return range_.acknowledged; }
    // What was found; views into this.
    [[nodiscard]] const LostRange& range() const { return range_; }
    bool take(Bytes key, const Entry& entry) override;

private:
    Bytes name_;
    bool found_ = false;
    Status status_;
    LostRange range_;
    std::array<std::byte, 2 * limits::kNameBytesMax> memory_{};
};

}  // namespace festore::engine
