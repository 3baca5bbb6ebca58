// SPDX-License-Identifier: BSD-2-Clause
#include "protocol/store_files.h"

#include "base/reader.h"

#include <algorithm>

namespace festore::protocol {
namespace {
constexpr std::string_view kMagic = "festore\n";
}

void StoreHeader::set_name(std::string_view name) {
    name_memory = {};
    name_bytes = 0;
    if (name == kDefaultStoreName || !is_store_name(name)) return;
    name.copy(name_memory.data(), name.size());
    name_bytes = static_cast<uint8_t>(name.size());
}

void encode(const StoreHeader& header, Writer& out) {
    const bool has_name = header.name_bytes != 0;
    out.bytes(bytes_of(kMagic));
    out.u8(kStoreFormatMajor);
    out.u8(has_name ? kStoreFormatMinorOfNamed : kStoreFormatMinor);
    out.u8(static_cast<uint8_t>(header.tee));
    out.u8(static_cast<uint8_t>(header.anchor));
    out.u8(static_cast<uint8_t>(header.cipher));
    out.u8(0);
    out.u16(0);
    out.u32(header.login);
    out.bytes(header.identity.bytes);
    out.bytes(header.store_id);
    out.bytes(header.key_check);
    static_assert(8 + 8 + 4 + 16 + 16 + 12 == kStoreHeaderBytes);
    if (!has_name) return;
    out.u8(header.name_bytes);
    for (const char c : header.name_memory) out.u8(static_cast<uint8_t>(c));
    static_assert(kStoreHeaderBytes + 1 + kStoreNameBytesMax == kNamedStoreHeaderBytes);
}

// The rest of a header: that there is a name, and nothing behind it.
static bool read_name(Reader& in, StoreHeader& header) {
    const size_t size = in.u8();
    std::array<char, kStoreNameBytesMax> text{};
    for (char& c : text) c = static_cast<char>(in.u8());
    if (!in.ok() || size > text.size()) return false;
    header.set_name({text.data(), size});
    return header.name_bytes == size && size > 0 && header.name_memory == text;
}

Outcome<StoreHeader> decode_store_header(Bytes input) {
    Reader in(input);
    StoreHeader header;
    const Bytes magic = in.bytes(kMagic.size());
    const uint8_t major = in.u8();
    const uint8_t minor = in.u8();
    if (!in.ok() || text_of(magic) != kMagic) return fail(Code::bad_format);
    if (major != kStoreFormatMajor || minor > kStoreFormatMinorOfNamed) return fail(Code::not_supported);
    header.tee = static_cast<TeeKind>(in.u8());
    header.anchor = static_cast<stored::Anchor>(in.u8());
    header.cipher = static_cast<stored::Cipher>(in.u8());
    const bool zero = in.u8() == 0 && in.u16() == 0;
    header.login = in.u32();
    in.read_into(header.identity.bytes);
    in.read_into(header.store_id);
    in.read_into(header.key_check);
    const bool known = is_known(header.tee) && is_known(header.anchor) && is_known(header.cipher);
    const bool has_right_name = minor != kStoreFormatMinorOfNamed || read_name(in, header);
    if (!in.done() || !zero || !known || !has_right_name) return fail(Code::bad_format);
    return header;
}

PayloadName payload_name(const std::array<std::byte, 16>& id) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    PayloadName name{};
    for (size_t i = 0; i < id.size(); ++i) {
        name[2 * i] = kDigits[static_cast<size_t>(id[i]) >> 4];
        name[2 * i + 1] = kDigits[static_cast<size_t>(id[i]) & 15];
    }
    return name;
}

bool is_payload_name(std::string_view name) {
    return name.size() == sizeof(PayloadName) && std::ranges::all_of(name, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

bool is_upload_name(std::string_view name) {
    return name.ends_with(kUploadSuffix) && is_payload_name(name.substr(0, name.size() - kUploadSuffix.size()));
}

}  // namespace festore::protocol
