// SPDX-License-Identifier: BSD-2-Clause
#include "protocol/allow.h"

#include "base/reader.h"

namespace festore::protocol {
namespace {

bool is_known(Login login) { return login == Login::public_ || login == Login::user || login == Login::group; }

// What each verb has, and that it has nothing else.
bool is_whole(const AllowRequest& m) {
    const bool has_names = m.verb == AllowVerb::set || m.verb == AllowVerb::drop;
    const bool has_limits = m.verb == AllowVerb::set || m.verb == AllowVerb::others || m.verb == AllowVerb::total;
    const bool is_total = m.verb == AllowVerb::total;
    if (m.verb < AllowVerb::set || m.verb > AllowVerb::open) return false;
    if (has_names != (m.count > 0)) return false;
    if (is_total != (m.storages != 0) || m.storages > (kAllowRee | kAllowRpmb)) return false;
    if (is_total && m.limits.stores != kNoLimit) return false;
    return has_limits || m.limits == AllowLimits{};
}

}  // namespace

void encode(const AllowRequest& m, Writer& out) {
    out.u8(static_cast<uint8_t>(m.verb));
    out.u8(m.storages);
    write_limits(m.limits, out);
    out.u8(m.count);
    for (size_t i = 0; i < m.count && i < m.names.size(); ++i) {
        out.u32(static_cast<uint32_t>(m.names[i].login));
        out.u32(m.names[i].id);
    }
}

template <>
Result<AllowRequest> decode(Bytes input) {
    Reader in(input);
    AllowRequest m;
    m.verb = static_cast<AllowVerb>(in.u8());
    m.storages = in.u8();
    m.limits = read_limits(in);
    m.count = in.u8();
    if (m.count > m.names.size()) return fail(Code::bad_format);
    bool valid = true;
    for (size_t i = 0; i < m.count; ++i) {
        m.names[i].login = static_cast<Login>(in.u32());
        m.names[i].id = in.u32();
        valid = valid && is_known(m.names[i].login) && (m.names[i].login == Login::public_) == (m.names[i].id == kNoId);
    }
    if (!in.done() || !valid || !is_whole(m)) return fail(Code::bad_format);
    return m;
}

void encode(const AllowedRequest& m, Writer& out) {
    out.u8(static_cast<uint8_t>(m.count));
    out.u8(m.stores ? 1 : 0);
}

template <>
Result<AllowedRequest> decode(Bytes input) {
    Reader in(input);
    AllowedRequest m;
    m.count = static_cast<AllowedRequest::Count>(in.u8());
    const uint8_t stores = in.u8();
    m.stores = stores == 1;
    if (!in.done() || m.count > AllowedRequest::Count::rpmb || stores > 1) return fail(Code::bad_format);
    return m;
}

void encode(const AllowedAnswer& m, Writer& out) {
    out.u8(m.flags);
    out.u8(static_cast<uint8_t>(m.standing));
    write_limits(m.own, out);
    out.u64(m.used_bytes);
    out.u32(m.used_objects);
    out.u32(m.used_stores);
    write_limits(m.others, out);
    for (const AllowTotal& total : m.totals) {
        out.u64(total.bytes);
        out.u32(total.objects);
    }
    out.u32(m.entries);
}

template <>
Result<AllowedAnswer> decode(Bytes input) {
    Reader in(input);
    AllowedAnswer m;
    m.flags = in.u8();
    m.standing = static_cast<Standing>(in.u8());
    m.own = read_limits(in);
    m.used_bytes = in.u64();
    m.used_objects = in.u32();
    m.used_stores = in.u32();
    m.others = read_limits(in);
    for (AllowTotal& total : m.totals) {
        total.bytes = in.u64();
        total.objects = in.u32();
    }
    m.entries = in.u32();
    if (!in.done() || m.standing > Standing::refused || m.entries > limits::kAllowEntriesMax) return fail(Code::bad_format);
    return m;
}

void encode(const AllowedEntry& m, Writer& out) {
    out.u32(static_cast<uint32_t>(m.login));
    out.bytes(m.identity.bytes);
    write_limits(m.limits, out);
}

Result<AllowedEntry> decode_allowed(Bytes& page) {
    Reader in(page);
    AllowedEntry m;
    m.login = static_cast<Login>(in.u32());
    in.read_into(m.identity.bytes);
    m.limits = read_limits(in);
    if (!in.ok() || !is_known(m.login)) return fail(Code::bad_format);
    page = in.rest();
    return m;
}

}  // namespace festore::protocol
