// SPDX-License-Identifier: BSD-2-Clause
#include "ta/objects/object_id.h"

#include "base/writer.h"
#include "gp/crypto.h"

namespace festore::ta {
namespace {

constexpr std::string_view kIdPrefix = "FSO\x01";
constexpr std::string_view kKeyLabel = "festore object ids 1";
enum class Purpose : uint8_t { owner = 1, name = 2 };

using Scope = std::array<std::byte, 1 + 4 + 16>;

Scope scope_of(Purpose purpose, const Identity& owner) {
    Scope scope{};
    Writer out(scope);
    out.u8(static_cast<uint8_t>(purpose));
    out.u32(static_cast<uint32_t>(owner.login));
    out.bytes(owner.uuid.bytes);
    return scope;
}

}  // namespace

Outcome<ObjectIds> ObjectIds::derive() {
    return ObjectIds(FESTORE_TRY(gp::derive_ta_unique_key(bytes_of(kKeyLabel))));
}

Outcome<gp::ObjectId> ObjectIds::prefix_of(const Identity& owner) const {
    const Scope scope = scope_of(Purpose::owner, owner);
    const gp::Sha256Digest tag = FESTORE_TRY(gp::hmac_sha256(key_.expose(), {scope}));
    gp::ObjectId id;
    Writer out(id.bytes);
    out.bytes(bytes_of(kIdPrefix));
    out.bytes(Bytes(tag).first(kOwnerTagBytes));
    id.size = out.size();
    return id;
}

Outcome<gp::ObjectId> ObjectIds::id_of(const Identity& owner, Bytes name) const {
    gp::ObjectId id = FESTORE_TRY(prefix_of(owner));
    const Scope scope = scope_of(Purpose::name, owner);
    const gp::Sha256Digest tag = FESTORE_TRY(gp::hmac_sha256(key_.expose(), {scope, name}));
    copy_bytes(tag, MutableBytes(id.bytes).subspan(id.size));
    id.size += tag.size();
    return id;
}

bool ObjectIds::is_legacy(const gp::ObjectId& id) { return !text_of(id.view()).starts_with(kIdPrefix); }

}  // namespace festore::ta
