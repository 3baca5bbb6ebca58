// SPDX-License-Identifier: BSD-2-Clause
#include "protocol/store_care.h"

#include "protocol/store_fields.h"

namespace festore::protocol {
namespace {

void write(const OwnerClaim& m, Writer& out) {
    out.u8(m.of_other ? 1 : 0);
    out.u32(m.login);
    out.u32(m.id);
}
OwnerClaim read_owner(Reader& in, bool& valid) {
    OwnerClaim m;
    m.of_other = read_bool(in, valid);
    m.login = in.u32();
    m.id = in.u32();
    const bool fits = m.of_other ? m.login == 1 || m.login == 2 : m.login == 0 && m.id == 0;
    valid = valid && fits;
    return m;
}

}  // namespace

void encode(const StoreClaim& m, Writer& out) { write(m, out); }
template <>
Result<StoreClaim> decode_store(Bytes input) {
    Reader in(input);
    bool valid = true;
    const StoreClaim m = read_claim(in, valid);
    return finish(in, m, valid);
}

void encode(const SurveyRequest& m, Writer& out) {
    write(m.area, out);
    out.u32(m.passed_page);
    out.u8(static_cast<uint8_t>((m.inclusive ? 1 : 0) | (m.afresh ? 2 : 0)));
    write_name(m.from, out);
}
template <>
Result<SurveyRequest> decode_store(Bytes input) {
    Reader in(input);
    SurveyRequest m;
    m.area = read_area(in);
    m.passed_page = in.u32();
    const uint8_t flags = in.u8();
    m.inclusive = (flags & 1) != 0;
    m.afresh = (flags & 2) != 0;
    m.from = read_name(in);
    return finish(in, m, is_valid(m.area) && only(flags, 3));
}

void encode(const SurveyAnswer& m, Writer& out) {
    encode(m.pages, out);
    out.u8(m.more ? 1 : 0);
    out.u8(m.passed_over ? 1 : 0);
    out.u32(m.items);
}
template <>
Result<SurveyAnswer> decode_store(Bytes input) {
    Reader in(input);
    bool valid = true;
    SurveyAnswer m;
    m.pages = read_page_answer(in, valid);
    m.more = read_bool(in, valid);
    m.passed_over = read_bool(in, valid);
    m.items = in.u32();
    return finish(in, m, valid);
}

void encode(const FreeListRequest& m, Writer& out) {
    write(m.area, out);
    out.u8(m.from_start ? 1 : 0);
}
template <>
Result<FreeListRequest> decode_store(Bytes input) {
    Reader in(input);
    bool valid = true;
    FreeListRequest m;
    m.area = read_area(in);
    m.from_start = read_bool(in, valid);
    return finish(in, m, valid && is_valid(m.area));
}

void encode(const FreeListAnswer& m, Writer& out) {
    encode(m.pages, out);
    out.u32(m.next_page);
}
template <>
Result<FreeListAnswer> decode_store(Bytes input) {
    Reader in(input);
    bool valid = true;
    FreeListAnswer m;
    m.pages = read_page_answer(in, valid);
    m.next_page = in.u32();
    return finish(in, m, valid);
}

void encode(const FindRequest& m, Writer& out) {
    out.u8(m.anchor);
    write(m.owner, out);
    write_store_name(m.name, out);
}
template <>
Result<FindRequest> decode_store(Bytes input) {
    Reader in(input);
    bool valid = true;
    FindRequest m;
    m.anchor = in.u8();
    m.owner = read_owner(in, valid);
    m.name = read_store_name(in, valid);
    return finish(in, m, valid && is_anchor(m.anchor));
}

void encode(const RecordAtRequest& m, Writer& out) {
    out.u8(m.anchor);
    out.u32(m.place);
    if (m.own) out.u8(1);
}
template <>
Result<RecordAtRequest> decode_store(Bytes input) {
    Reader in(input);
    RecordAtRequest m;
    m.anchor = in.u8();
    m.place = in.u32();
    if (in.ok() && !in.done()) m.own = in.u8() == 1;
    const bool is_canonical = input.size() == (m.own ? 6 : 5);
    return finish(in, m, is_canonical && is_anchor(m.anchor));
}

void encode(const RecordAtAnswer& m, Writer& out) {
    out.u8(static_cast<uint8_t>(m.state));
    out.u32(m.login);
    out.bytes(m.identity.bytes);
    if (m.state == RecordAtAnswer::State::readable) encode(m.status, out);
}
template <>
Result<RecordAtAnswer> decode_store(Bytes input) {
    constexpr size_t kHeadBytes = 21;
    const Bytes head = input.first(std::min(input.size(), kHeadBytes));
    Reader in(head);
    RecordAtAnswer m;
    const uint8_t state = in.u8();
    m.login = in.u32();
    in.read_into(m.identity.bytes);
    m.state = static_cast<RecordAtAnswer::State>(state);
    const bool readable = m.state == RecordAtAnswer::State::readable;
    if (!readable) return finish(in, m, state <= 2 && input.size() == head.size());
    m.status = FESTORE_TRY(decode_store<StoreStatus>(input.subspan(head.size())));
    return finish(in, m, true);
}

void encode(const DestroyRequest& m, Writer& out) {
    out.u8(m.anchor);
    write(m.owner, out);
    out.bytes(m.store_id);
    if (m.without_asking_rpmb || !m.name.empty()) out.u8(m.without_asking_rpmb ? 1 : 0);
    write_store_name(m.name, out);
}
template <>
Result<DestroyRequest> decode_store(Bytes input) {
    Reader in(input);
    bool valid = true;
    DestroyRequest m;
    m.anchor = in.u8();
    m.owner = read_owner(in, valid);
    in.read_into(m.store_id);
    if (in.ok() && !in.done()) {
        m.without_asking_rpmb = read_bool(in, valid);
        m.name = read_store_name(in, valid);
        valid = valid && (m.without_asking_rpmb ? m.anchor == 1 : !m.name.empty());
    }
    return finish(in, m, valid && is_anchor(m.anchor));
}

void encode(const DestroyAnswer& m, Writer& out) { out.u8(m.may_be_in_rpmb ? 1 : 0); }
template <>
Result<DestroyAnswer> decode_store(Bytes input) {
    Reader in(input);
    bool valid = true;
    DestroyAnswer m;
    m.may_be_in_rpmb = read_bool(in, valid);
    return finish(in, m, valid);
}

void encode(const RepairRequest& m, Writer& out) {
    write(m.area, out);
    out.bytes(m.store_id);
    out.u8(m.anchor);
    out.bytes(m.key_check);
    out.u8(m.older ? 1 : 0);
    write(m.claim, out);
}
template <>
Result<RepairRequest> decode_store(Bytes input) {
    Reader in(input);
    bool valid = true;
    RepairRequest m;
    m.area = read_area(in);
    in.read_into(m.store_id);
    m.anchor = in.u8();
    in.read_into(m.key_check);
    m.older = read_bool(in, valid);
    m.claim = read_claim(in, valid);
    return finish(in, m, valid && is_valid(m.area) && is_anchor(m.anchor));
}

void encode(const RepairAnswer& m, Writer& out) {
    encode(m.pages, out);
    out.u64(m.objects);
}
template <>
Result<RepairAnswer> decode_store(Bytes input) {
    Reader in(input);
    bool valid = true;
    RepairAnswer m;
    m.pages = read_page_answer(in, valid);
    m.objects = in.u64();
    return finish(in, m, valid);
}

void encode(const RepairStepAnswer& m, Writer& out) {
    encode(m.pages, out);
    out.u8(m.complete ? 1 : 0);
    out.bytes(m.transaction);
    out.u64(m.generation);
    out.u64(m.copied);
}
template <>
Result<RepairStepAnswer> decode_store(Bytes input) {
    Reader in(input);
    bool valid = true;
    RepairStepAnswer m;
    m.pages = read_page_answer(in, valid);
    m.complete = read_bool(in, valid);
    in.read_into(m.transaction);
    m.generation = in.u64();
    m.copied = in.u64();
    return finish(in, m, valid);
}

}  // namespace festore::protocol
