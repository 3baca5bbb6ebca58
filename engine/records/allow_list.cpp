// SPDX-License-Identifier: BSD-2-Clause
#include "engine/records/allow_list.h"

#include "base/fields.h"
#include "base/reader.h"
#include "engine/records/root_record.h"

#include <algorithm>

namespace festore::engine {
namespace {

constexpr std::string_view kMagic = "FSA1";
using Key = std::array<std::byte, kAllowKeyBytes>;

Key key_of(uint32_t login, const Uuid& identity) {
    Key key{};
    Writer out(key);
    out.u32(login);
    out.bytes(identity.bytes);
    return key;
}

bool is_before(Bytes a, Bytes b) { return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end()); }

AllowEntry read_entry(Bytes bytes) {
    Reader in(bytes);
    AllowEntry entry;
    entry.login = in.u32();
    in.read_into(entry.identity.bytes);
    FieldReader{in}(entry.limits);
    return entry;
}

// Login 0 (public) has a nil identity; every other login has an identity.
bool is_somebody(const AllowEntry& entry) { return entry.login <= 2 && entry.identity.is_nil() == (entry.login == 0); }

}  // namespace

AllowEntry AllowListView::at(size_t n) const { return read_entry(entries_.subspan(n * kAllowEntryBytes, kAllowEntryBytes)); }

std::optional<AllowLimits> AllowListView::find(uint32_t login, const Uuid& identity) const {
    const Key key = key_of(login, identity);
    for (size_t n = 0; n < header_.count; ++n)
        if (text_of(entries_.subspan(n * kAllowEntryBytes, key.size())) == text_of(key)) return at(n).limits;
    return std::nullopt;
}

Outcome<AllowListView> decode_allow_list(Bytes content) {
    Reader in(content);
    AllowHeader header;
    const Bytes magic = in.bytes(kMagic.size());
    const uint8_t major = in.u8();
    const uint8_t minor = in.u8();
    if (!in.ok() || text_of(magic) != kMagic) return fail(Code::corrupt_object);
    if (major != kAllowMajor || minor > kAllowMinor) return fail(Code::not_supported);
    bool valid = in.u16() == 0;
    header.flags = in.u32();
    if ((header.flags & kRequiredFlags & ~kAllowFlagsKnown) != 0) return fail(Code::not_supported);
    header.count = in.u32();
    FieldReader{in}(header.others);
    for (AllowTotal& total : header.totals) {
        FieldReader{in}(total);
        valid = valid && in.u32() == 0;
    }
    constexpr uint32_t kContradiction = kAllowClosed | kAllowOthers;
    valid = valid && (header.flags & kContradiction) != kContradiction;
    valid = valid && ((header.flags & kAllowOthers) != 0 || header.others == AllowLimits{});
    valid = valid && header.count <= limits::kAllowEntriesMax && content.size() == allow_list_bytes(header.count);
    if (!in.ok() || !valid) return fail(Code::corrupt_object);
    const Bytes entries = in.rest();
    for (size_t n = 0; n < header.count; ++n) {
        const Bytes entry = entries.subspan(n * kAllowEntryBytes, kAllowEntryBytes);
        if (!is_somebody(read_entry(entry))) return fail(Code::corrupt_object);
        if (n == 0) continue;
        const Bytes before = entries.subspan((n - 1) * kAllowEntryBytes, kAllowKeyBytes);
        if (!is_before(before, entry.first(kAllowKeyBytes))) return fail(Code::corrupt_object);
    }
    return AllowListView(header, entries);
}

AllowListDraft::AllowListDraft(MutableBytes memory, const AllowListView* from) : memory_(memory) {
    if (from == nullptr) return;
    header = from->header();
    for (size_t n = 0; n < header.count; ++n) {
        const AllowEntry entry = from->at(n);
        Writer out(slot(n));
        out.bytes(key_of(entry.login, entry.identity));
        write_fields(entry.limits, out);
    }
}

size_t AllowListDraft::place_of(Bytes key) {
    size_t place = 0;
    while (place < header.count && is_before(slot(place).first(kAllowKeyBytes), key)) ++place;
    return place;
}

bool AllowListDraft::is_at(size_t place, Bytes key) {
    return place < header.count && text_of(slot(place).first(kAllowKeyBytes)) == text_of(key);
}

Status AllowListDraft::set(const AllowEntry& entry) {
    const Key key = key_of(entry.login, entry.identity);
    const size_t place = place_of(key);
    if (!is_at(place, key)) {
        if (header.count >= limits::kAllowEntriesMax) return fail(Code::limit_exceeded);
        for (size_t n = header.count++; n > place; --n) copy_bytes(slot(n - 1), slot(n));
    }
    Writer out(slot(place));
    out.bytes(key);
    write_fields(entry.limits, out);
    return {};
}

Status AllowListDraft::drop(uint32_t login, const Uuid& identity) {
    const Key key = key_of(login, identity);
    const size_t place = place_of(key);
    if (!is_at(place, key)) return fail(Code::item_not_found);
    for (size_t n = place + 1; n < header.count; ++n) copy_bytes(slot(n), slot(n - 1));
    --header.count;
    return {};
}

Bytes AllowListDraft::finish() {
    Writer out(memory_.first(kAllowHeaderBytes));
    out.bytes(bytes_of(kMagic));
    out.u8(kAllowMajor);
    out.u8(kAllowMinor);
    out.u16(0);
    out.u32(header.flags);
    out.u32(header.count);
    write_fields(header.others, out);
    for (const AllowTotal& total : header.totals) {
        write_fields(total, out);
        out.u32(0);
    }
    return Bytes(memory_).first(allow_list_bytes(header.count));
}

}  // namespace festore::engine
