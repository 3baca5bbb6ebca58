// SPDX-License-Identifier: BSD-2-Clause
#include "protocol/store_messages.h"

#include "protocol/store_fields.h"

namespace festore::protocol {

void encode(const PageAnswer& m, Writer& out) {
    out.u8(static_cast<uint8_t>(m.outcome));
    out.u64(m.generation);
    out.u16(m.written);
    out.u8(m.need_count);
    for (size_t i = 0; i < m.need_count && i < kNeedsMax; ++i) {
        out.u32(m.needs[i].page);
        out.u8(m.needs[i].mismatch ? 1 : 0);
    }
}
template <>
Result<PageAnswer> decode_store(Bytes input) {
    Reader in(input);
    bool valid = true;
    const PageAnswer m = read_page_answer(in, valid);
    return finish(in, m, valid);
}

void encode(const MakeRequest& m, Writer& out) {
    out.u8(m.anchor);
    out.u8(m.cipher);
    out.u8(m.without_asking_rpmb ? 1 : 0);
    out.i64(m.created);
    write(m.claim, out);
}
template <>
Result<MakeRequest> decode_store(Bytes input) {
    Reader in(input);
    bool valid = true;
    MakeRequest m;
    m.anchor = in.u8();
    m.cipher = in.u8();
    const uint8_t without_asking_rpmb = in.u8();
    m.without_asking_rpmb = without_asking_rpmb != 0;
    m.created = in.i64();
    m.claim = read_claim(in, valid);
    const bool known = is_anchor(m.anchor) && m.cipher <= 2;
    return finish(in, m, valid && known && without_asking_rpmb <= (m.anchor == 1 ? 1 : 0));
}

void encode(const OpenRequest& m, Writer& out) {
    out.bytes(m.store_id);
    out.u8(m.anchor);
    out.bytes(m.key_check);
    // A TA before 1.6 takes it without this only, and one before 1.7 without a name.
    if (m.without_asking_rpmb || !m.name.empty()) out.u8(m.without_asking_rpmb ? 1 : 0);
    write_store_name(m.name, out);
}
template <>
Result<OpenRequest> decode_store(Bytes input) {
    Reader in(input);
    bool valid = true;
    OpenRequest m;
    in.read_into(m.store_id);
    m.anchor = in.u8();
    in.read_into(m.key_check);
    if (in.ok() && !in.done()) {
        m.without_asking_rpmb = read_bool(in, valid);
        m.name = read_store_name(in, valid);
        valid = valid && (m.without_asking_rpmb ? m.anchor == 1 : !m.name.empty());
    }
    return finish(in, m, valid && is_anchor(m.anchor));
}

void encode(const StoreStatus& m, Writer& out) {
    out.bytes(m.store_id);
    out.u8(m.anchor);
    out.u8(m.cipher);
    out.u8(m.height);
    for (const uint64_t v : {m.epoch, m.generation, m.objects, m.content_bytes}) out.u64(v);
    out.u32(m.page_count);
    out.u32(m.free_pages);
    out.u64(m.pages_sealed);
    for (const uint32_t v : {m.index_page, m.free_list_page, m.flags, m.freshness_lost_count}) out.u32(v);
    out.u64(m.freshness_lost_generation);
    out.i64(m.created);
}
template <>
Result<StoreStatus> decode_store(Bytes input) {
    Reader in(input);
    StoreStatus m;
    in.read_into(m.store_id);
    m.anchor = in.u8();
    m.cipher = in.u8();
    m.height = in.u8();
    for (uint64_t* v : {&m.epoch, &m.generation, &m.objects, &m.content_bytes}) *v = in.u64();
    m.page_count = in.u32();
    m.free_pages = in.u32();
    m.pages_sealed = in.u64();
    for (uint32_t* v : {&m.index_page, &m.free_list_page, &m.flags, &m.freshness_lost_count}) *v = in.u32();
    m.freshness_lost_generation = in.u64();
    m.created = in.i64();
    return finish(in, m, true);
}

void encode(const StoreNameRequest& m, Writer& out) {
    write(m.area, out);
    out.u8(m.flags);
    write_name(m.name, out);
}
template <>
Result<StoreNameRequest> decode_store(Bytes input) {
    Reader in(input);
    StoreNameRequest m;
    m.area = read_area(in);
    m.flags = in.u8();
    m.name = read_name(in);
    return finish(in, m, is_valid(m.area) && only(m.flags, kStoreSingle | kStorePending) && is_name(m.name));
}

void encode(const StorePutRequest& m, Writer& out) {
    write(m.area, out);
    out.u8(m.flags);
    out.u64(m.if_version);
    out.i64(m.modified);
    out.u8(m.inlined ? 1 : 0);
    out.bytes(m.payload);
    out.u64(m.size);
    write_name(m.name, out);
}
template <>
Result<StorePutRequest> decode_store(Bytes input) {
    Reader in(input);
    bool valid = true;
    StorePutRequest m;
    m.area = read_area(in);
    m.flags = in.u8();
    m.if_version = in.u64();
    m.modified = in.i64();
    m.inlined = read_bool(in, valid);
    in.read_into(m.payload);
    m.size = in.u64();
    m.name = read_name(in);
    const bool both_conditions = (m.flags & kStoreIfAbsent) != 0 && (m.flags & kStoreIfVersion) != 0;
    const unsigned known = kStoreIfAbsent | kStoreIfVersion | kStoreWriteOnce | kStoreKept | kStoreSingle;
    valid = valid && ((m.flags & kStoreKept) == 0 || (m.flags & kStoreWriteOnce) != 0);
    valid = valid && only(m.flags, known) && !both_conditions &&
            m.size <= (m.inlined ? limits::kIndexEntryBytesMax : limits::kObjectBytesMax);
    return finish(in, m, valid && is_valid(m.area) && is_name(m.name));
}

void encode(const StoreRenameRequest& m, Writer& out) {
    write(m.area, out);
    out.u8(m.flags);
    write_name(m.from, out);
    write_name(m.to, out);
}
template <>
Result<StoreRenameRequest> decode_store(Bytes input) {
    Reader in(input);
    StoreRenameRequest m;
    m.area = read_area(in);
    m.flags = in.u8();
    m.from = read_name(in);
    m.to = read_name(in);
    const bool names = is_name(m.from) && is_name(m.to);
    return finish(in, m, is_valid(m.area) && only(m.flags, kStoreReplace | kStoreSingle) && names);
}

void encode(const StoreListRequest& m, Writer& out) {
    write(m.area, out);
    write_name(m.after, out);
    write_name(m.prefix, out);
}
template <>
Result<StoreListRequest> decode_store(Bytes input) {
    Reader in(input);
    StoreListRequest m;
    m.area = read_area(in);
    m.after = read_name(in);
    m.prefix = read_name(in);
    const bool names = (m.after.empty() || is_name(m.after)) && check_prefix(m.prefix) == NameFault::none;
    return finish(in, m, is_valid(m.area) && names);
}

void encode(const PrepareRequest& m, Writer& out) { write(m.area, out); }
template <>
Result<PrepareRequest> decode_store(Bytes input) {
    Reader in(input);
    const PrepareRequest m{read_area(in)};
    return finish(in, m, is_valid(m.area));
}

void encode(const BeginRequest& m, Writer& out) { out.u64(m.generation); }
template <>
Result<BeginRequest> decode_store(Bytes input) {
    Reader in(input);
    const BeginRequest m{in.u64()};
    return finish(in, m, true);
}

namespace {
template <class M>
void write_transaction(const M& m, Writer& out) {
    out.bytes(m.transaction);
    out.u64(m.generation);
}
template <class M>
Result<M> read_transaction(Bytes input) {
    Reader in(input);
    M m;
    in.read_into(m.transaction);
    m.generation = in.u64();
    return finish(in, m, true);
}
}  // namespace

void encode(const BeginAnswer& m, Writer& out) { write_transaction(m, out); }
template <>
Result<BeginAnswer> decode_store(Bytes input) {
    return read_transaction<BeginAnswer>(input);
}
void encode(const TransactionRequest& m, Writer& out) { write_transaction(m, out); }
template <>
Result<TransactionRequest> decode_store(Bytes input) {
    return read_transaction<TransactionRequest>(input);
}

void encode(const OutcomeAnswer& m, Writer& out) {
    out.u8(static_cast<uint8_t>(m.outcome));
    out.u64(m.generation);
}
template <>
Result<OutcomeAnswer> decode_store(Bytes input) {
    Reader in(input);
    OutcomeAnswer m;
    m.outcome = static_cast<TransactionOutcome>(in.u8());
    m.generation = in.u64();
    return finish(in, m, m.outcome <= TransactionOutcome::committed);
}

void encode(const BeginUploadRequest& m, Writer& out) { out.u32(m.segment_bytes); }
template <>
Result<BeginUploadRequest> decode_store(Bytes input) {
    Reader in(input);
    const BeginUploadRequest m{in.u32()};
    const bool fits = m.segment_bytes >= limits::kSegmentBytesMin && m.segment_bytes <= limits::kSegmentBytesMax &&
                      (m.segment_bytes & (m.segment_bytes - 1)) == 0;
    return finish(in, m, fits);
}

void encode(const BeginUploadAnswer& m, Writer& out) { out.bytes(m.payload); }
template <>
Result<BeginUploadAnswer> decode_store(Bytes input) {
    Reader in(input);
    BeginUploadAnswer m;
    in.read_into(m.payload);
    return finish(in, m, true);
}

void encode(const SegmentsRequest& m, Writer& out) {
    out.bytes(m.payload);
    out.u32(m.number);
    out.u8(m.last ? 1 : 0);
    out.u32(m.content_bytes);
}
template <>
Result<SegmentsRequest> decode_store(Bytes input) {
    Reader in(input);
    bool valid = true;
    SegmentsRequest m;
    in.read_into(m.payload);
    m.number = in.u32();
    m.last = read_bool(in, valid);
    m.content_bytes = in.u32();
    return finish(in, m, valid && m.content_bytes <= kCallContentBytesMax);
}

void encode(const GetAnswer& m, Writer& out) {
    encode(m.pages, out);
    write(m.metadata, out);
}
template <>
Result<GetAnswer> decode_store(Bytes input) {
    Reader in(input);
    bool valid = true;
    GetAnswer m;
    m.pages = read_page_answer(in, valid);
    m.metadata = read_metadata(in, valid);
    return finish(in, m, valid);
}

void encode(const StoreListAnswer& m, Writer& out) {
    encode(m.pages, out);
    out.u8(m.more ? 1 : 0);
    out.u32(m.items);
}
template <>
Result<StoreListAnswer> decode_store(Bytes input) {
    Reader in(input);
    bool valid = true;
    StoreListAnswer m;
    m.pages = read_page_answer(in, valid);
    m.more = read_bool(in, valid);
    m.items = in.u32();
    return finish(in, m, valid);
}

void encode(const StoreListItem& m, Writer& out) {
    write(m.metadata, out);
    write_name(m.name, out);
}
Result<StoreListItem> decode_item(Bytes& page) {
    Reader in(page);
    bool valid = true;
    StoreListItem m;
    m.metadata = read_metadata(in, valid);
    m.name = read_name(in);
    if (!in.ok() || !valid || !is_name(m.name)) return fail(Code::bad_format);
    page = in.rest();
    return m;
}

void encode(const ChangeAnswer& m, Writer& out) {
    encode(m.pages, out);
    out.u64(m.version);
    out.u8(m.dropped_payload ? 1 : 0);
    out.bytes(m.payload);
    out.bytes(m.transaction);
    out.u64(m.generation);
}
template <>
Result<ChangeAnswer> decode_store(Bytes input) {
    Reader in(input);
    bool valid = true;
    ChangeAnswer m;
    m.pages = read_page_answer(in, valid);
    m.version = in.u64();
    m.dropped_payload = read_bool(in, valid);
    in.read_into(m.payload);
    in.read_into(m.transaction);
    m.generation = in.u64();
    return finish(in, m, valid);
}

}  // namespace festore::protocol
