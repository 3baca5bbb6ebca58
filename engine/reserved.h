// SPDX-License-Identifier: BSD-2-Clause
// Reserved entries of the index, which are not objects: their keys begin with the byte 0, which no name has (base/name.h). They are
// neither counted nor listed; repair and rebuild copy them. docs/format-store.md describes the bytes.
//
//   00 'L' before   a lost range that ends before the name `before`; 00 'L' FF: the one without an end
//   00 'A'          all names, as one lost range: damage hid the lost ranges that existed before
//   00 'O'          the root record from which the last drop of damage started
//
// A lost range: names that could not be read when damage was dropped. Until it is acknowledged, it is unknown which of them exist, so
// nothing in it is answered or stored. If the store had objects that are kept for good, nothing is stored there after the
// acknowledgement either. No two lost ranges overlap: the first one that ends after a name is the only one that can contain it. Their
// bounds have at most 253 bytes, so that a key has room for one. Not thread safe.
#pragma once
#include "engine/index_reader.h"
#include "engine/records/root_record.h"

#include <optional>

namespace festore::engine {

[[nodiscard]] inline bool is_reserved(Bytes key) { return !key.empty() && key[0] == std::byte{0}; }
inline constexpr std::array<std::byte, 1> kReservedPrefix{std::byte{0}};
inline constexpr std::array<std::byte, 2> kOldRecordKey{std::byte{0}, std::byte{'O'}};

inline constexpr std::array<std::byte, 2> kAllNamesKey{std::byte{0}, std::byte{'A'}};

// A bound of a range, in its own memory. A longer name is rounded: the range then contains more than was lost. The functions return
// whether the bound is exact.
class LostBound {
public:
    static constexpr size_t kBytesMax = limits::kNameBytesMax - 2;
    bool round_down(Bytes name);
    bool round_up(Bytes name);    // sets an empty bound if no rounded name is greater
    bool set_behind(Bytes name);  // sets the first greater name, rounded down
    [[nodiscard]] Bytes bytes() const { return Bytes(memory_).first(size_); }

private:
    std::array<std::byte, kBytesMax> memory_{};
    size_t size_ = 0;
};

struct LostRange {
    bool acknowledged = false;
    uint64_t epoch = 0;  // of the pages that held it; 0: the loss cannot be undone
    Bytes from;          // the first name that may be lost; empty: the first of all
    Bytes before;        // the first name after the range; empty: no end
    bool is_all = false; // the entry of all names

    [[nodiscard]] bool contains(Bytes name) const;
};

// The key of a range's entry, in its own memory.
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
// The views point into the entry's content. Error: corrupt_object.
Outcome<LostRange> decode_lost_range(const Entry& entry);

// The first lost range that ends after a name: the only one that can contain it. Finding it takes one path through the index.
class NextLostRange final : public IndexReader::Sink {
public:
    explicit NextLostRange(Bytes name) : name_(name) {}
    // need_pages: call it again, with the pages. Error: corrupt_object.
    Outcome<ChangeProgress> run(IndexReader& reader);
    [[nodiscard]] bool found() const { return found_; }
    // Its views point into this object.
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

// The lost range that contains a name; one that is not acknowledged, if there is one.
class LostRangeSearch {
public:
    explicit LostRangeSearch(Bytes name) : name_(name), next_(name) {}
    Outcome<ChangeProgress> run(IndexReader& reader);
    [[nodiscard]] bool found() const { return range_.has_value(); }
    [[nodiscard]] bool is_acknowledged() const { return range_->acknowledged; }
    [[nodiscard]] const LostRange& range() const { return *range_; }

private:
    Bytes name_;
    NextLostRange next_;
    std::optional<LostRange> range_;
};

// Whether there is any lost range other than the one with this key.
class OtherLostRanges final : public IndexReader::Sink {
public:
    explicit OtherLostRanges(Bytes key) : key_(key) {}
    Outcome<ChangeProgress> run(IndexReader& reader);
    [[nodiscard]] bool any() const { return any_; }
    bool take(Bytes key, const Entry& entry) override;

private:
    Bytes key_;
    bool any_ = false;
};

}  // namespace festore::engine
