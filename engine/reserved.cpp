// SPDX-License-Identifier: BSD-2-Clause
#include "engine/reserved.h"

#include "base/reader.h"
#include "base/writer.h"

#include <algorithm>

namespace festore::engine {
namespace {

constexpr std::array<std::byte, 2> kRangePrefix{std::byte{0}, std::byte{'L'}};
constexpr std::byte kBehindAllNames{0xFF};  // no UTF-8 text has this byte

}  // namespace

bool LostBound::round_down(Bytes name) {
    size_ = std::min(name.size(), kBytesMax);
    copy_bytes(name.first(size_), memory_);
    return size_ == name.size();
}

bool LostBound::round_up(Bytes name) {
    if (round_down(name)) return true;
    while (size_ > 0 && memory_[size_ - 1] == std::byte{0xFF}) --size_;
    if (size_ > 0) memory_[size_ - 1] = static_cast<std::byte>(std::to_integer<unsigned>(memory_[size_ - 1]) + 1);
    return false;
}

bool LostBound::set_behind(Bytes name) {
    if (!round_down(name) || size_ == kBytesMax) return false;
    memory_[size_++] = std::byte{0};
    return true;
}

bool LostRange::contains(Bytes name) const {
    return compare_keys(name, from) >= 0 && (before.empty() || compare_keys(name, before) < 0);
}

LostRangeKey::LostRangeKey(const LostRange& range) {
    Writer out(key_);
    if (range.is_all) {
        out.bytes(kAllNamesKey);
    } else {
        out.bytes(kRangePrefix);
        if (range.before.empty()) out.u8(std::to_integer<uint8_t>(kBehindAllNames));
        out.bytes(range.before);
    }
    key_bytes_ = out.size();
}

LostRangeEntry::LostRangeEntry(const LostRange& range) {
    Writer out(content_);
    out.u8(range.acknowledged ? 1 : 0);
    out.u64(range.epoch);
    for (const Bytes& name : {range.from, range.before}) {
        out.u8(static_cast<uint8_t>(name.size()));
        out.bytes(name);
    }
    content_bytes_ = out.size();
}

Entry LostRangeEntry::entry() const {
    Entry entry;
    entry.version = 1;
    entry.content = Bytes(content_).first(content_bytes_);
    entry.size = content_bytes_;
    return entry;
}

bool is_lost_range(Bytes key) {
    return text_of(key).starts_with(text_of(kRangePrefix)) || compare_keys(key, kAllNamesKey) == 0;
}

Outcome<LostRange> decode_lost_range(const Entry& entry) {
    if (entry.kind != EntryKind::inlined) return fail(Code::corrupt_object);
    Reader in(entry.content);
    LostRange range;
    const uint8_t acknowledged = in.u8();
    range.acknowledged = acknowledged == 1;
    range.epoch = in.u64();
    const size_t from_bytes = in.u8();
    range.from = in.bytes(from_bytes);
    const size_t before_bytes = in.u8();
    range.before = in.bytes(before_bytes);
    const bool ascends = range.before.empty() || compare_keys(range.from, range.before) < 0;
    const bool fits = from_bytes <= LostBound::kBytesMax && before_bytes <= LostBound::kBytesMax;
    if (!in.ok() || !in.rest().empty() || acknowledged > 1 || !ascends || !fits) return fail(Code::corrupt_object);
    return range;
}

bool NextLostRange::take(Bytes key, const Entry& entry) {
    (void)key;
    const Outcome<LostRange> range = decode_lost_range(entry);
    if (!range) {
        status_ = fail(range.error());
        return false;
    }
    from_.round_down(range->from);
    before_.round_down(range->before);
    range_ = {range->acknowledged, range->epoch, from_.bytes(), before_.bytes()};
    found_ = true;
    return false;
}

Outcome<ChangeProgress> NextLostRange::run(IndexReader& reader) {
    LostRange ends_here;
    LostBound end;
    end.round_down(name_);  // a range that ends at the shortened name, or before, ends before the name, too
    ends_here.before = end.bytes();
    const LostRangeKey behind(ends_here);
    IndexReader::Range range;
    range.after = name_.empty() ? Bytes(kRangePrefix) : behind.bytes();
    range.prefix = kRangePrefix;
    range.with_reserved = true;
    const auto listed = FESTORE_TRY(reader.list(range, *this));
    FESTORE_CHECK(status_);
    return found_ ? ChangeProgress::done : listed.progress;
}

Outcome<ChangeProgress> LostRangeSearch::run(IndexReader& reader) {
    if (FESTORE_TRY(next_.run(reader)) == ChangeProgress::need_pages) return ChangeProgress::need_pages;
    if (next_.found() && next_.range().contains(name_)) range_ = next_.range();
    if (range_ && !range_->acknowledged) return ChangeProgress::done;
    const Outcome<ChangeProgress> all = reader.find(kAllNamesKey);
    if (!all && all.error().code == Code::item_not_found) return ChangeProgress::done;
    if (!all || *all == ChangeProgress::need_pages) return all;
    const LostRange found = FESTORE_TRY(decode_lost_range(reader.entry()));
    if (!found.acknowledged || !range_) range_ = {found.acknowledged, found.epoch, {}, {}, true};
    return ChangeProgress::done;
}

bool OtherLostRanges::take(Bytes key, const Entry&) {
    any_ = is_lost_range(key) && compare_keys(key, key_) != 0;
    return !any_;
}

Outcome<ChangeProgress> OtherLostRanges::run(IndexReader& reader) {
    IndexReader::Range range;
    range.prefix = kReservedPrefix;
    range.with_reserved = true;
    const auto listed = FESTORE_TRY(reader.list(range, *this));
    return any_ ? ChangeProgress::done : listed.progress;
}

}  // namespace festore::engine
