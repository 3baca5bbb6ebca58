// SPDX-License-Identifier: BSD-2-Clause
#include "protocol/store_reseal.h"

#include "protocol/store_fields.h"

namespace festore::protocol {

void encode(const RecipherRequest& m, Writer& out) {
    write(m.area, out);
    out.u8(m.cipher);
}
template <>
Result<RecipherRequest> decode_store(Bytes input) {
    Reader in(input);
    RecipherRequest m;
    m.area = read_area(in);
    m.cipher = in.u8();
    return finish(in, m, is_valid(m.area) && (m.cipher == 1 || m.cipher == 2));
}

void encode(const ResealSegmentsRequest& m, Writer& out) {
    out.bytes(m.from);
    out.bytes(m.to);
    out.u32(m.number);
    out.u32(m.content_bytes);
}
template <>
Result<ResealSegmentsRequest> decode_store(Bytes input) {
    Reader in(input);
    ResealSegmentsRequest m;
    in.read_into(m.from);
    in.read_into(m.to);
    m.number = in.u32();
    m.content_bytes = in.u32();
    return finish(in, m, m.content_bytes <= kResealBytesMax);
}

void encode(const ResealRequest& m, Writer& out) {
    write(m.area, out);
    out.bytes(m.payload);
    write_name(m.name, out);
}
template <>
Result<ResealRequest> decode_store(Bytes input) {
    Reader in(input);
    ResealRequest m;
    m.area = read_area(in);
    in.read_into(m.payload);
    m.name = read_name(in);
    return finish(in, m, is_valid(m.area) && is_name(m.name));
}

}  // namespace festore::protocol
