// SPDX-License-Identifier: BSD-2-Clause
#include "ta/objects/object_format.h"

#include "base/name.h"
#include "base/reader.h"
#include "protocol/messages.h"

namespace festore::ta {
namespace {
constexpr std::string_view kMagic = "FSO1";
}

void encode(const ObjectHeader& header, Writer& out) {
    out.bytes(bytes_of(kMagic));
    out.u8(kObjectFormatMajor);
    out.u8(kObjectFormatMinor);
    out.u8(header.flags);
    out.u8(static_cast<uint8_t>(header.name.size()));
    out.u32(header.content_size);
    out.u32(static_cast<uint32_t>(header.owner.login));
    out.bytes(header.owner.uuid.bytes);
    out.u64(header.version);
    out.i64(header.created);
    out.i64(header.modified);
    out.u64(0);
    out.bytes(header.name);
}

Outcome<ObjectHeader> decode_object_header(Bytes start, size_t object_size) {
    Reader in(start);
    ObjectHeader header;
    const Bytes magic = in.bytes(kMagic.size());
    const uint8_t major = in.u8();
    in.u8();  // the minor version: older readers may ignore what it adds
    header.flags = in.u8();
    const size_t name_size = in.u8();
    header.content_size = in.u32();
    header.owner.login = static_cast<protocol::Login>(in.u32());
    in.read_into(header.owner.uuid.bytes);
    header.version = in.u64();
    header.created = in.i64();
    header.modified = in.i64();
    in.u64();
    if (!in.ok() || text_of(magic) != kMagic) return fail(Code::corrupt_object);
    if (major != kObjectFormatMajor) return fail(Code::not_supported);
    header.name = in.bytes(name_size);
    const bool sizes_agree = header.content_offset() + uint64_t{header.content_size} == object_size;
    if (!in.ok() || !sizes_agree || check_name(header.name) != NameFault::none) return fail(Code::corrupt_object);
    return header;
}

}  // namespace festore::ta
