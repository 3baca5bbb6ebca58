// SPDX-License-Identifier: BSD-2-Clause
#include "engine/records/root_record.h"

namespace festore::engine {
namespace {

constexpr std::string_view kMagic = "FSR1";
constexpr uint32_t kFlagsKnown = kRootFreshnessLost | kRootOfAnotherTable | kRootCopySecret | kRootLostRanges | kRootKeptObjects |
                                 kRootMoving | kRootNamed | kRootTwoCiphers;
constexpr uint32_t kFlagsOf1_0 = kRootFreshnessLost;

bool is_valid_ref(const PageRef& ref, uint32_t page_count) {
    if (ref.is_none()) return ref == PageRef{};
    return ref.page >= kFirstPage && ref.page < page_count && !ref.is_pending();
}

bool is_consistent(const RootRecord& r) {
    const bool counts_fit = r.page_count >= kFirstPage && r.page_count <= limits::kPageCountMax &&
                            r.free_pages <= r.page_count && r.height <= limits::kIndexHeightMax &&
                            (r.height == 0) == r.index.is_none();
    const bool named = (r.flags & kRootNamed) != 0;
    return named == (r.name != StoreNameTag{}) && is_known(r.anchor) && is_known(r.cipher) && counts_fit && r.changes <= kChangesMax &&
           is_valid_ref(r.index, r.page_count) && is_valid_ref(r.free_list, r.page_count);
}

}  // namespace

bool looks_like_record(Bytes input) {
    return input.size() == kRootRecordBytes && text_of(input.first(kMagic.size())) == kMagic;
}

void encode(const RootRecord& r, RootRecordBytes& bytes) {
    bytes.fill(std::byte{0});
    Writer out(bytes);
    out.bytes(bytes_of(kMagic));
    out.u8(kFormatMajor);
    out.u8(kFormatMinor);
    out.u8(static_cast<uint8_t>(r.anchor));
    out.u8(static_cast<uint8_t>(r.cipher));
    out.u32(r.login);
    out.bytes(r.identity.bytes);
    out.bytes(r.store_id);
    out.u64(r.epoch);
    out.u64(r.generation);
    out.bytes(r.transaction_id);
    encode(r.index, out);
    encode(r.free_list, out);
    out.u32(r.page_count);
    out.u8(r.height);
    out.u8(0);
    out.u16(0);
    out.u32(r.freshness_lost_count);
    out.u64(r.freshness_lost_generation);
    out.u64(r.objects);
    out.u64(r.content_bytes);
    out.u64(r.pages_sealed);
    out.u32(r.flags);
    out.u32(r.free_pages);
    out.bytes(r.secret);
    out.i64(r.created);
    out.u64(r.changes);
    out.bytes(r.name);
    static_assert(4 + 4 + 4 + 16 + 16 + 8 + 8 + 16 + 2 * kPageRefBytes + 4 + 4 + 4 + 8 + 8 + 8 + 8 + 4 + 4 + 32 + 8 + 8 ==
                  kRootNameOffset);
    static_assert(kRootNameOffset + sizeof(StoreNameTag) == kRootRecordBytes);
}

Outcome<RootRecord> decode_root_record(Bytes input) {
    Reader in(input);
    RootRecord r;
    const Bytes magic = in.bytes(kMagic.size());
    const uint8_t major = in.u8();
    r.minor = in.u8();
    if (input.size() != kRootRecordBytes || text_of(magic) != kMagic) return fail(Code::corrupt_object);
    if (major != kFormatMajor || r.minor > kFormatMinor) return fail(Code::not_supported);
    r.anchor = static_cast<Anchor>(in.u8());
    r.cipher = static_cast<Cipher>(in.u8());
    r.login = in.u32();
    in.read_into(r.identity.bytes);
    in.read_into(r.store_id);
    r.epoch = in.u64();
    r.generation = in.u64();
    in.read_into(r.transaction_id);
    r.index = read_page_ref(in);
    r.free_list = read_page_ref(in);
    r.page_count = in.u32();
    r.height = in.u8();
    bool zero = in.u8() == 0;
    zero = in.u16() == 0 && zero;
    r.freshness_lost_count = in.u32();
    r.freshness_lost_generation = in.u64();
    r.objects = in.u64();
    r.content_bytes = in.u64();
    r.pages_sealed = in.u64();
    r.flags = in.u32();
    r.free_pages = in.u32();
    in.read_into(r.secret);
    r.created = in.i64();
    r.changes = r.minor == 0 ? kChangesOfUpgrade : in.u64();
    if (r.minor > 0) in.read_into(r.name);
    if (r.minor > 0 && (r.flags & kRequiredFlags & ~kFlagsKnown) != 0) return fail(Code::not_supported);
    if (r.minor == 0 && (r.flags & ~kFlagsOf1_0) != 0) return fail(Code::corrupt_object);
    for (const std::byte b : in.rest()) zero = b == std::byte{0} && zero;
    if (!in.ok() || !zero || !is_consistent(r)) return fail(Code::corrupt_object);
    return r;
}

}  // namespace festore::engine
