// SPDX-License-Identifier: BSD-2-Clause
#include "engine/records/table_format.h"

#include "base/secret_bytes.h"

#include <algorithm>

namespace festore::engine {
namespace {

constexpr std::string_view kHeaderMagic = "FST1";
constexpr std::string_view kTombstoneMagic = "FSRX";
constexpr std::string_view kTableIdLabel = "festore table id 1";
constexpr size_t kHeaderBytesUsed = 4 + 4 + sizeof(TableId) + 4 + 4 + kRetiredMax * sizeof(RetiredId);
constexpr size_t kTombstoneBytesUsed = 4 + 4 + 4 + 16 + sizeof(StoreId);
static_assert(kHeaderBytesUsed <= kTableHeaderBytes);

constexpr uint8_t kTombstoneFlagsKnown = kTombstoneOfAnotherTable | kTombstoneHasCopySecret;

RetiredId retired_form(Bytes whole) {
    RetiredId id{};
    copy_bytes(whole.first(id.size()), id);
    return id;
}

bool has(const TableHeader& header, const RetiredId& id) {
    const auto end = header.retired.begin() + header.retired_count;
    return std::find(header.retired.begin(), end, id) != end;
}

bool is_zero(Bytes bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

}  // namespace

bool TableHeader::is_retired(const StoreId& store_id) const { return has(*this, retired_form(store_id)); }

bool TableHeader::is_retired(const Uuid& owner) const { return has(*this, retired_form(owner.bytes)); }

void TableHeader::retire(const Uuid& owner) {
    if (is_retired(owner)) return;
    if (retired_count < kRetiredMax) retired[retired_count++] = retired_form(owner.bytes);
    else flags |= kTableRetiredListFull;
}

void encode(const TableHeader& header, TableHeaderBytes& bytes) {
    bytes.fill(std::byte{0});
    Writer out(bytes);
    out.bytes(bytes_of(kHeaderMagic));
    out.u8(kFormatMajor);
    out.u8(kFormatMinor);
    out.u8(static_cast<uint8_t>(header.anchor));
    out.u8(0);
    out.bytes(header.table_id);
    out.u32(header.flags);
    out.u32(header.retired_count);
    for (const RetiredId& id : header.retired) out.bytes(id);
}

Outcome<TableHeader> decode_table_header(Bytes input) {
    Reader in(input);
    TableHeader header;
    const Bytes magic = in.bytes(kHeaderMagic.size());
    const uint8_t major = in.u8();
    const uint8_t minor = in.u8();
    if (input.size() != kTableHeaderBytes || text_of(magic) != kHeaderMagic) return fail(Code::corrupt_object);
    if (major != kFormatMajor || minor > kFormatMinor) return fail(Code::not_supported);
    header.anchor = static_cast<Anchor>(in.u8());
    bool valid = in.u8() == 0;
    in.read_into(header.table_id);
    header.flags = in.u32();
    header.retired_count = in.u32();
    for (RetiredId& id : header.retired) in.read_into(id);
    if ((header.flags & kRequiredFlags & ~kTableFlagsKnown) != 0) return fail(Code::not_supported);
    valid = valid && (header.anchor == Anchor::ree || header.anchor == Anchor::rpmb) && header.retired_count <= kRetiredMax;
    if (!in.ok() || !valid || !is_zero(in.rest())) return fail(Code::corrupt_object);
    return header;
}

Outcome<Bytes> places_of_table(Bytes content) {
    const size_t header_bytes = content.size() % kRootRecordBytes;
    if (header_bytes == 0) return content;
    if (header_bytes != kTableHeaderBytes) return fail(Code::corrupt_object);
    FESTORE_CHECK(decode_table_header(content.first(kTableHeaderBytes)));
    return content.subspan(kTableHeaderBytes);
}

Outcome<TableId> make_table_id(Crypto& crypto, Bytes device_key, Bytes salt) {
    SecretBytes<32> random;
    FESTORE_CHECK(crypto.random(random.fill()));
    Mac mac{};
    FESTORE_CHECK(crypto.hmac(device_key, {bytes_of(kTableIdLabel), random.expose(), salt}, mac));
    TableId id{};
    copy_bytes(Bytes(mac).first(id.size()), id);
    return id;
}

void encode(const Tombstone& tombstone, RootRecordBytes& bytes) {
    bytes.fill(std::byte{0});
    Writer out(bytes);
    out.bytes(bytes_of(kTombstoneMagic));
    out.u8(kFormatMajor);
    out.u8(kFormatMinor);
    out.u8(tombstone.flags);
    out.u8(0);
    out.u32(tombstone.login);
    out.bytes(tombstone.identity.bytes);
    out.bytes(tombstone.store_id);
    static_assert(kTombstoneBytesUsed == 44);
}

bool looks_like_tombstone(Bytes input) {
    return input.size() == kRootRecordBytes && text_of(input.first(kTombstoneMagic.size())) == kTombstoneMagic;
}

Outcome<Tombstone> decode_tombstone(Bytes input) {
    Reader in(input);
    Tombstone tombstone;
    in.bytes(kTombstoneMagic.size());
    const uint8_t major = in.u8();
    const uint8_t minor = in.u8();
    if (!looks_like_tombstone(input)) return fail(Code::corrupt_object);
    if (major != kFormatMajor || minor > kFormatMinor) return fail(Code::not_supported);
    tombstone.flags = in.u8();
    if ((tombstone.flags & ~kTombstoneFlagsKnown) != 0) return fail(Code::not_supported);
    const bool valid = in.u8() == 0;
    tombstone.login = in.u32();
    in.read_into(tombstone.identity.bytes);
    in.read_into(tombstone.store_id);
    if (!in.ok() || !valid || !is_zero(in.rest())) return fail(Code::corrupt_object);
    return tombstone;
}

}  // namespace festore::engine
