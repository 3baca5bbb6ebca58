// SPDX-License-Identifier: BSD-2-Clause
#include "protocol/store_rebuild.h"

#include "protocol/store_fields.h"

namespace festore::protocol {

void encode(const RebuildRequest& m, Writer& out) {
    write(m.area, out);
    out.u8(static_cast<uint8_t>(m.kind));
    out.u8(m.anchor);
    write(m.claim, out);
}
template <>
Result<RebuildRequest> decode_store(Bytes input) {
    Reader in(input);
    bool valid = true;
    RebuildRequest m;
    m.area = read_area(in);
    m.kind = static_cast<RebuildKind>(in.u8());
    m.anchor = in.u8();
    m.claim = read_claim(in, valid);
    const bool moves = m.anchor == 2 && m.kind == RebuildKind::whole;
    return finish(in, m, valid && is_valid(m.area) && m.kind <= RebuildKind::undo && (m.anchor == 0 || moves));
}

void encode(const RebuildStepRequest& m, Writer& out) {
    write(m.area, out);
    out.u32(m.passed_page);
    write_name(m.left_out, out);
}
template <>
Result<RebuildStepRequest> decode_store(Bytes input) {
    Reader in(input);
    RebuildStepRequest m;
    m.area = read_area(in);
    m.passed_page = in.u32();
    m.left_out = read_name(in);
    return finish(in, m, is_valid(m.area) && (m.left_out.empty() || is_name(m.left_out)));
}

void encode(const RebuildStepAnswer& m, Writer& out) {
    encode(m.step, out);
    out.u8(m.left_out ? 1 : 0);
}
template <>
Result<RebuildStepAnswer> decode_store(Bytes input) {
    if (input.empty()) return fail(Code::bad_format);
    Reader in(input.last(1));
    bool valid = true;
    RebuildStepAnswer m;
    m.left_out = read_bool(in, valid);
    m.step = FESTORE_TRY(decode_store<RepairStepAnswer>(input.first(input.size() - 1)));
    return finish(in, m, valid);
}

void encode(const LostRangesRequest& m, Writer& out) {
    write(m.area, out);
    write_name(m.after, out);
}
template <>
Result<LostRangesRequest> decode_store(Bytes input) {
    Reader in(input);
    LostRangesRequest m;
    m.area = read_area(in);
    m.after = read_name(in);
    return finish(in, m, is_valid(m.area));
}

void encode(const LostRangeItem& m, Writer& out) {
    out.u8(m.acknowledged ? 1 : 0);
    for (const Bytes& text : {m.key, m.from, m.before}) write_name(text, out);
}
Result<LostRangeItem> decode_lost_range_item(Bytes& items) {
    Reader in(items);
    bool valid = true;
    LostRangeItem m;
    m.acknowledged = read_bool(in, valid);
    m.key = read_name(in);
    m.from = read_name(in);
    m.before = read_name(in);
    if (!in.ok() || !valid || m.key.empty()) return fail(Code::bad_format);
    items = in.rest();
    return m;
}

}  // namespace festore::protocol
