// SPDX-License-Identifier: BSD-2-Clause
#include "engine/reserved.h"

#include "base/reader.h"
#include "base/writer.h"

#include <algorithm>

namespace festore::engine {
namespace {

constexpr std::byte kWithEnd{'L'};
constexpr std::byte kWithoutEnd{'M'};
constexpr size_t kKeyPrefixBytes = 2;
constexpr size_t kEndBytesMax = limits::kNameBytesMax - kKeyPrefixBytes;

// The end, as far as a key has room for it; of a longer one, the next greater that has. False: there is none.
bool put_end(Bytes before, std::array<std::byte, limits::kNameBytesMax>& key, size_t& bytes) {
    const Bytes end = before.first(std::min(before.size(), kEndBytesMax));
    copy_bytes(end, MutableBytes(key).subspan(kKeyPrefixBytes));
    bytes = kKeyPrefixBytes + end.size();
    if (end.size() == before.size()) return !before.empty();
    while (bytes > kKeyPrefixBytes && key[bytes - 1] == std::byte{0xFF}) --bytes;
    if (bytes == kKeyPrefixBytes) return false;
    key[bytes - 1] = static_cast<std::byte>(static_cast<unsigned>(key[bytes - 1]) + 1);
    return true;
}

}  // namespace

bool LostRange::contains(Bytes name) const {
    return compare_keys(name, from) >= 0 && (before.empty() || compare_keys(name, before) < 0);
}

LostRangeKey::LostRangeKey(Bytes before) {
    key_[1] = put_end(before, key_, key_bytes_) ? kWithEnd : kWithoutEnd;
    if (key_[1] == kWithoutEnd) key_bytes_ = kKeyPrefixBytes;
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
    return key.size() >= kKeyPrefixBytes && is_reserved(key) && (key[1] == kWithEnd || key[1] == kWithoutEnd);
}

Result<LostRange> decode_lost_range(const Entry& entry) {
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
    if (!in.ok() || !in.rest().empty() || acknowledged > 1 || !ascends) return fail(Code::corrupt_object);
    return range;
}

bool LostRangeSearch::take(Bytes key, const Entry& entry) {
    if (!is_lost_range(key)) return true;
    const Result<LostRange> range = decode_lost_range(entry);
    if (!range) {
        status_ = tl::make_unexpected(range.error());
        return false;
    }
    if (!range->contains(name_)) return true;
    const MutableBytes from = MutableBytes(memory_).first(range->from.size());
    const MutableBytes before = MutableBytes(memory_).subspan(limits::kNameBytesMax, range->before.size());
    copy_bytes(range->from, from);
    copy_bytes(range->before, before);
    range_ = {range->acknowledged, range->epoch, from, before};
    found_ = true;
    return range_.acknowledged;  // one that is not acknowledged counts for more
}

// All that end behind the name: ranges may overlap where one hides what others there had been.
Result<Progress> LostRangeSearch::run(IndexReader& reader) {
    std::array<std::byte, limits::kNameBytesMax> behind{std::byte{0}, kWithEnd};
    const Bytes begin = name_.first(std::min(name_.size(), kEndBytesMax));
    copy_bytes(begin, MutableBytes(behind).subspan(kKeyPrefixBytes));
    IndexReader::Range range;
    range.after = Bytes(behind).first(kKeyPrefixBytes + begin.size());
    range.prefix = kReservedPrefix;
    range.with_reserved = true;
    const auto listed = FESTORE_TRY(reader.list(range, *this));
    FESTORE_CHECK(status_);
    return listed.progress;
}

}  // namespace festore::engine
