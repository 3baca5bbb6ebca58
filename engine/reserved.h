// SPDX-License-Identifier: BSD-2-Clause
// Entries of the index that are no objects: keys whose first byte is 0, which no name has (base/name.h). They are not counted, not
// listed, and copied by repair and rebuild. docs/format-store.md has the bytes.
//
//   00 'L' before   a lost range that ends before a name; 00 'L' FF: the one that has no end
//   00 'A'          all names: damage hid the lost ranges that there were
//   00 'O'          the root record that the last drop of damage began with
//
// A lost range: names that nobody could read when damage was dropped. Until it is acknowledged nobody can tell whether one of them
// is there, so that nothing inside it is answered or stored; and where the store had objects that are kept for good, nothing is stored
// there afterwards, either. (format-1.1, "Lost ranges") No two of them have a name in common: the first that ends behind a name is the
// only one that can hold it. Their bounds have at most 253 bytes, so that a key has room for one.
// Thread safety: none.
#pragma once
#include "engine/index_reader.h"
#include "engine/root_record.h"

#include <optional>

namespace festore::engine {

[[nodiscard]] inline bool is_reserved(Bytes key) { return !key.empty() && key[0] == std::byte{0}; }
inline constexpr std::array<std::byte, 1> kReservedPrefix{std::byte{0}};
inline constexpr std::array<std::byte, 2> kOldRecordKey{std::byte{0}, std::byte{'O'}};

inline constexpr std::array<std::byte, 2> kAllNamesKey{std::byte{0}, std::byte{'A'}};

// A bound of a range, in its own memory. A longer name is rounded, which the functions say: the range holds more than was lost then.
class LostBound {
public:
    static constexpr size_t kBytesMax = limits::kNameBytesMax - 2;
    bool round_down(Bytes name);  // whether it is exact
    bool round_up(Bytes name);    // the same; empty where nothing is above
    bool set_behind(Bytes name);  // the first name that is greater, rounded down
    [[nodiscard]] Bytes bytes() const { return Bytes(memory_).first(size_); }

private:
    std::array<std::byte, kBytesMax> memory_{};
    size_t size_ = 0;
};

struct LostRange {
    bool acknowledged = false;
    uint64_t epoch = 0;  // of the pages that it lay in; 0: it cannot be undone
    Bytes from;          // the first name that may be lost; empty: from the first of all
    Bytes before;        // the first behind them; empty: there is none
    bool is_all = false; // the entry of all names

    [[nodiscard]] bool contains(Bytes name) const;
};

// In its own memory.
class LostRangeKey {
public:
    explicit LostRangeKey(const LostRange& range);
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
    std::array<std::byte, 1 + 8 + 2 * (1 + LostBound::kBytesMax)> content_{};
    size_t content_bytes_ = 0;
};

[[nodiscard]] bool is_lost_range(Bytes key);
// The views are into the entry's content. corrupt_object.
Result<LostRange> decode_lost_range(const Entry& entry);

// The first lost range that ends behind a name: the only one that can hold it. One way through the index.
class NextLostRange final : public IndexReader::Sink {
public:
    explicit NextLostRange(Bytes name) : name_(name) {}
    // done, or need_pages: again, with the pages. corrupt_object.
    Result<Progress> run(IndexReader& reader);
    [[nodiscard]] bool found() const { return found_; }
    // Views into this.
    [[nodiscard]] const LostRange& range() const { return range_; }
    bool take(Bytes key, const Entry& entry) override;

private:
    Bytes name_;
    bool found_ = false;
    Status status_;
    LostRange range_;
    LostBound from_;
    LostBound before_;
};

// In which lost range a name lies: one that is not acknowledged, if there is one.
class LostRangeSearch {
public:
    explicit LostRangeSearch(Bytes name) : name_(name), next_(name) {}
    Result<Progress> run(IndexReader& reader);
    [[nodiscard]] bool found() const { return range_.has_value(); }
    [[nodiscard]] bool is_acknowledged() const { return range_->acknowledged; }
    [[nodiscard]] const LostRange& range() const { return *range_; }

private:
    Bytes name_;
    NextLostRange next_;
    std::optional<LostRange> range_;
};

// Whether there is any lost range but this one.
class OtherLostRanges final : public IndexReader::Sink {
public:
    explicit OtherLostRanges(Bytes key) : key_(key) {}
    Result<Progress> run(IndexReader& reader);
    [[nodiscard]] bool any() const { return any_; }
    bool take(Bytes key, const Entry& entry) override;

private:
    Bytes key_;
    bool any_ = false;
};

}  // namespace festore::engine
