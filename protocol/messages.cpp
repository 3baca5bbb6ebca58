// SPDX-License-Identifier: BSD-2-Clause
#include "protocol/messages.h"

#include "base/name.h"
#include "base/reader.h"

namespace festore::protocol {
namespace {

bool known(Login login) {
    return login == Login::public_ || login == Login::user || login == Login::group;
}
bool known(Storage storage) { return storage == Storage::ree || storage == Storage::rpmb; }

void write_name(Bytes name, Writer& out) {
    out.u8(static_cast<uint8_t>(name.size()));
    out.bytes(name);
}

// Length, then that many bytes. A name on the wire is at most 255 bytes, so that one byte holds its length.
Bytes read_short(Reader& in) {
    const size_t size = in.u8();
    return in.bytes(size);
}

Metadata read_metadata(Reader& in) {
    Metadata m;
    m.flags = in.u8();
    m.content_size = in.u32();
    m.version = in.u64();
    m.created = in.i64();
    m.modified = in.i64();
    return m;
}

template <class M>
Result<M> finish(const Reader& in, const M& m, bool valid) {
    if (!in.done() || !valid) return fail(Code::bad_format);
    return m;
}

void write_owner(const OtherOwner& owner, Writer& out) {
    out.u32(static_cast<uint32_t>(owner.login));
    out.u32(owner.id);
}
// `input` moves behind it.
Result<OtherOwner> read_owner(Bytes& input) {
    Reader in(input);
    OtherOwner owner;
    owner.login = static_cast<Login>(in.u32());
    owner.id = in.u32();
    if (!in.ok() || (owner.login != Login::user && owner.login != Login::group)) return fail(Code::bad_format);
    input = in.rest();
    return owner;
}

}  // namespace

void encode(const HelloRequest& m, Writer& out) {
    out.u16(m.version_major);
    out.u16(m.version_minor);
    out.u32(static_cast<uint32_t>(m.login));
    out.u32(m.id);
}

template <>
Result<HelloRequest> decode(Bytes input) {
    Reader in(input);
    HelloRequest m;
    m.version_major = in.u16();
    m.version_minor = in.u16();
    m.login = static_cast<Login>(in.u32());
    m.id = in.u32();
    return finish(in, m, known(m.login));
}

void encode(const HelloAnswer& m, Writer& out) {
    out.u16(m.version_major);
    out.u16(m.version_minor);
    out.u32(m.ta_version);
    out.u32(m.features);
    out.u32(m.object_bytes_max);
    out.u32(static_cast<uint32_t>(m.login));
    out.bytes(m.identity.bytes);
    out.u32(m.rollback_protection_ree);
    out.u32(m.rollback_protection_rpmb);
    out.u32(m.tee_version);
}

template <>
Result<HelloAnswer> decode(Bytes input) {
    Reader in(input);
    HelloAnswer m;
    m.version_major = in.u16();
    m.version_minor = in.u16();
    m.ta_version = in.u32();
    m.features = in.u32();
    m.object_bytes_max = in.u32();
    m.login = static_cast<Login>(in.u32());
    in.read_into(m.identity.bytes);
    m.rollback_protection_ree = in.u32();
    m.rollback_protection_rpmb = in.u32();
    m.tee_version = in.u32();
    return finish(in, m, known(m.login));
}

void encode(const PutRequest& m, Writer& out) {
    out.u8(static_cast<uint8_t>(m.storage));
    out.u8(m.flags);
    out.u64(m.if_version);
    out.i64(m.modified);
    out.u32(m.content_size);
    write_name(m.name, out);
}

template <>
Result<PutRequest> decode(Bytes input) {
    Reader in(input);
    PutRequest m;
    m.storage = static_cast<Storage>(in.u8());
    m.flags = in.u8();
    m.if_version = in.u64();
    m.modified = in.i64();
    m.content_size = in.u32();
    m.name = read_short(in);
    const bool both_conditions = (m.flags & kPutIfAbsent) != 0 && (m.flags & kPutIfVersion) != 0;
    return finish(in, m,
                  known(m.storage) && (m.flags & ~kPutFlagsKnown) == 0 && !both_conditions &&
                      check_name(m.name) == NameFault::none);
}

void encode(const PutAnswer& m, Writer& out) {
    out.u64(m.version);
    out.u32(m.content_size);
}

template <>
Result<PutAnswer> decode(Bytes input) {
    Reader in(input);
    PutAnswer m;
    m.version = in.u64();
    m.content_size = in.u32();
    return finish(in, m, true);
}

void encode(const NameRequest& m, Writer& out) {
    out.u8(static_cast<uint8_t>(m.storage));
    write_name(m.name, out);
}

template <>
Result<NameRequest> decode(Bytes input) {
    Reader in(input);
    NameRequest m;
    m.storage = static_cast<Storage>(in.u8());
    m.name = read_short(in);
    return finish(in, m, known(m.storage));
}

void encode(const Metadata& m, Writer& out) {
    out.u8(m.flags);
    out.u32(m.content_size);
    out.u64(m.version);
    out.i64(m.created);
    out.i64(m.modified);
}

template <>
Result<Metadata> decode(Bytes input) {
    Reader in(input);
    const Metadata m = read_metadata(in);
    return finish(in, m, true);
}

void encode(const ListRequest& m, Writer& out) {
    out.u8(static_cast<uint8_t>(m.storage));
    write_name(m.cursor, out);
    write_name(m.prefix, out);
}

template <>
Result<ListRequest> decode(Bytes input) {
    Reader in(input);
    ListRequest m;
    m.storage = static_cast<Storage>(in.u8());
    m.cursor = read_short(in);
    m.prefix = read_short(in);
    return finish(in, m,
                  known(m.storage) && m.cursor.size() <= limits::kObjectIdBytesMax &&
                      check_prefix(m.prefix) == NameFault::none);
}

void encode(const ListAnswer& m, Writer& out) {
    out.u8(m.more ? 1 : 0);
    out.u32(m.entries);
    out.u32(m.damaged);
    write_name(m.cursor, out);
}

template <>
Result<ListAnswer> decode(Bytes input) {
    Reader in(input);
    ListAnswer m;
    const uint8_t more = in.u8();
    m.more = more == 1;
    m.entries = in.u32();
    m.damaged = in.u32();
    m.cursor = read_short(in);
    return finish(in, m, more <= 1 && m.cursor.size() <= limits::kObjectIdBytesMax);
}

void encode(const ListEntry& m, Writer& out) {
    encode(m.metadata, out);
    write_name(m.name, out);
}

void encode(const CountDamagedRequest& m, Writer& out) { out.u8(static_cast<uint8_t>(m.storage)); }

template <>
Result<CountDamagedRequest> decode(Bytes input) {
    Reader in(input);
    CountDamagedRequest m;
    m.storage = static_cast<Storage>(in.u8());
    return finish(in, m, known(m.storage));
}

void encode(const CountDamagedAnswer& m, Writer& out) { out.u32(m.objects); }

template <>
Result<CountDamagedAnswer> decode(Bytes input) {
    Reader in(input);
    CountDamagedAnswer m;
    m.objects = in.u32();
    return finish(in, m, true);
}

void encode(const ListOfRequest& m, Writer& out) {
    write_owner(m.owner, out);
    encode(m.list, out);
}
template <>
Result<ListOfRequest> decode(Bytes input) {
    ListOfRequest m;
    m.owner = FESTORE_TRY(read_owner(input));
    m.list = FESTORE_TRY(decode<ListRequest>(input));
    return m;
}

void encode(const RemoveOfRequest& m, Writer& out) {
    write_owner(m.owner, out);
    encode(m.object, out);
}
template <>
Result<RemoveOfRequest> decode(Bytes input) {
    RemoveOfRequest m;
    m.owner = FESTORE_TRY(read_owner(input));
    m.object = FESTORE_TRY(decode<NameRequest>(input));
    return m;
}

void encode(const RpmbRequest& m, Writer& out) {
    out.u8(static_cast<uint8_t>(m.word));
    out.u8(m.without_asking ? 1 : 0);
}

template <>
Result<RpmbRequest> decode(Bytes input) {
    Reader in(input);
    RpmbRequest m;
    m.word = static_cast<RpmbRequest::Word>(in.u8());
    const uint8_t without_asking = in.u8();
    m.without_asking = without_asking == 1;
    return finish(in, m, m.word <= RpmbRequest::Word::ask && without_asking <= (m.word == RpmbRequest::Word::none ? 1 : 0));
}

void encode(const RpmbAnswer& m, Writer& out) {
    out.u8(m.built_in ? 1 : 0);
    out.u8(m.none_here ? 1 : 0);
}

template <>
Result<RpmbAnswer> decode(Bytes input) {
    Reader in(input);
    RpmbAnswer m;
    const uint8_t built_in = in.u8();
    const uint8_t none_here = in.u8();
    m.built_in = built_in == 1;
    m.none_here = none_here == 1;
    return finish(in, m, built_in <= 1 && none_here <= 1);
}

Result<ListEntry> decode_entry(Bytes& page) {
    Reader in(page);
    ListEntry m;
    m.metadata = read_metadata(in);
    m.name = read_short(in);
    const bool may_be_empty = (m.metadata.flags & kObjectLegacy) != 0;
    if (!in.ok() || (m.name.empty() && !may_be_empty)) return fail(Code::bad_format);
    page = in.rest();
    return m;
}

}  // namespace festore::protocol
