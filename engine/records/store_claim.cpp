// SPDX-License-Identifier: BSD-2-Clause
#include "engine/records/store_claim.h"

namespace festore::engine {
namespace {

constexpr std::string_view kMagic = "FSCL";

}  // namespace

Outcome<StoreClaim> StoreClaim::of(const StoreId& store_id, Bytes name, Bytes directory) {
    StoreClaim claim;
    if (name.size() > claim.name_memory.size() || directory.size() > claim.directory_memory.size()) return fail(Code::bad_parameters);
    claim.store_id = store_id;
    copy_bytes(name, claim.name_memory);
    claim.name_bytes = static_cast<uint8_t>(name.size());
    copy_bytes(directory, claim.directory_memory);
    claim.directory_bytes = static_cast<uint8_t>(directory.size());
    return claim;
}

void encode(const StoreClaim& claim, Writer& out) {
    out.bytes(bytes_of(kMagic));
    out.u8(kFormatMajor);
    out.u8(kFormatMinor);
    out.u16(0);
    out.bytes(claim.store_id);
    out.u8(claim.name_bytes);
    out.bytes(claim.name());
    out.u8(claim.directory_bytes);
    out.bytes(claim.directory());
}

Outcome<StoreClaim> decode_store_claim(Bytes input) {
    Reader in(input);
    const Bytes magic = in.bytes(kMagic.size());
    const uint8_t major = in.u8();
    const uint8_t minor = in.u8();
    if (!in.ok() || text_of(magic) != kMagic) return fail(Code::corrupt_object);
    if (major != kFormatMajor || minor > kFormatMinor) return fail(Code::not_supported);
    const bool zero = in.u16() == 0;
    StoreId store_id{};
    in.read_into(store_id);
    const size_t name_bytes = in.u8();
    const Bytes name = in.bytes(name_bytes);
    const size_t directory_bytes = in.u8();
    const Bytes directory = in.bytes(directory_bytes);
    const bool has_right_name = name.empty() || is_store_name(text_of(name));
    if (!in.done() || !zero || !has_right_name) return fail(Code::corrupt_object);
    return StoreClaim::of(store_id, name, directory);
}

}  // namespace festore::engine
