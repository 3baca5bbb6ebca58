// SPDX-License-Identifier: BSD-2-Clause
#include "ta/identity.h"

#include "gp/crypto.h"
#include "protocol/messages.h"

namespace festore::ta {
namespace {

// The namespace in which Linux names its users and groups (drivers/tee/tee_core.c, since 5.8).
constexpr Uuid kLinuxNamespace =
    Uuid::from_fields(0x58ac9ca0, 0x2086, 0x4683, {0xa1, 0xb8, 0xec, 0x4b, 0xc0, 0x8e, 0x01, 0xb6});

// "uid=" or "gid=" and the number in lower-case hexadecimal without leading zeroes.
class LoginName {
public:
    LoginName(bool group, uint32_t id) {
        append(group ? "gid=" : "uid=");
        int shift = 28;
        while (shift > 0 && (id >> shift) == 0) shift -= 4;
        for (; shift >= 0; shift -= 4) text_[size_++] = "0123456789abcdef"[id >> shift & 0xF];
    }
    [[nodiscard]] Bytes bytes() const { return bytes_of(text_.data(), size_); }

private:
    void append(std::string_view s) {
        for (const char c : s) text_[size_++] = c;
    }
    std::array<char, 12> text_{};
    size_t size_ = 0;
};

// UUID version 5 (RFC 9562, section 5.5).
Outcome<Uuid> name_based_uuid(const Uuid& name_space, Bytes name) {
    const gp::Sha1Digest digest = FESTORE_TRY(gp::sha1({name_space.bytes, name}));
    Uuid uuid;
    copy_bytes(Bytes(digest).first(uuid.bytes.size()), uuid.bytes);
    uuid.bytes[6] = (uuid.bytes[6] & std::byte{0x0F}) | std::byte{0x50};
    uuid.bytes[8] = (uuid.bytes[8] & std::byte{0x3F}) | std::byte{0x80};
    return uuid;
}

}  // namespace

Outcome<Identity> identity_of_caller() {
    const gp::ClientIdentity client = FESTORE_TRY(gp::client_identity());
    switch (client.login) {
    case TEE_LOGIN_PUBLIC: return Identity{};
    case TEE_LOGIN_USER:
    case TEE_LOGIN_GROUP:
        if (client.uuid.is_nil()) return fail(Code::no_identity);
        return Identity{client.login == TEE_LOGIN_USER ? protocol::Login::user : protocol::Login::group, client.uuid};
    default: return fail(Code::access_denied);
    }
}

Outcome<Identity> identity_of(protocol::Login login, uint32_t id) {
    const LoginName name(login == protocol::Login::group, id);
    return Identity{login, FESTORE_TRY(name_based_uuid(kLinuxNamespace, name.bytes()))};
}

Status check_claim(const Identity& identity, protocol::Login claimed_login, uint32_t claimed_id) {
    if (claimed_login != identity.login) return fail(Code::no_identity);
    if (identity.login == protocol::Login::public_) return {};
    const Identity expected = FESTORE_TRY(identity_of(identity.login, claimed_id));
    return expected == identity ? Status{} : fail(Code::no_identity);
}

}  // namespace festore::ta
