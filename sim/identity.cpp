// SPDX-License-Identifier: BSD-2-Clause
#include "sim/identity.h"

#include "base/tee_client_api.h"

#include <algorithm>
#include <cstdio>
#include <openssl/sha.h>
#include <string>

namespace festore::sim {
namespace {

Uuid name_based(const char* format, unsigned id) {
    constexpr Uuid name_space =
        Uuid::from_fields(0x58ac9ca0, 0x2086, 0x4683, {0xa1, 0xb8, 0xec, 0x4b, 0xc0, 0x8e, 0x01, 0xb6});
    std::array<char, 32> text{};
    const int length = std::snprintf(text.data(), text.size(), format, id);
    std::string input(reinterpret_cast<const char*>(name_space.bytes.data()), 16);
    input.append(text.data(), static_cast<size_t>(length));
    std::array<unsigned char, 20> digest{};
    SHA1(reinterpret_cast<const unsigned char*>(input.data()), input.size(), digest.data());
    Uuid uuid;
    for (size_t i = 0; i < 16; ++i) uuid.bytes[i] = static_cast<std::byte>(digest[i]);
    uuid.bytes[6] = (uuid.bytes[6] & std::byte{0x0F}) | std::byte{0x50};
    uuid.bytes[8] = (uuid.bytes[8] & std::byte{0x3F}) | std::byte{0x80};
    return uuid;
}

}  // namespace

Uuid uuid_of_user(uid_t uid) { return name_based("uid=%x", uid); }
Uuid uuid_of_group(gid_t gid) { return name_based("gid=%x", gid); }

std::optional<Identity> identity_of_login(uint32_t login, std::optional<gid_t> group, const Credentials& caller) {
    if (login == TEEC_LOGIN_PUBLIC) return Identity{};
    if (login == TEEC_LOGIN_USER) return Identity{TEEC_LOGIN_USER, uuid_of_user(caller.uid)};
    if (login != TEEC_LOGIN_GROUP || !group) return std::nullopt;
    const bool member = *group == caller.gid ||
                        std::find(caller.groups.begin(), caller.groups.end(), *group) != caller.groups.end();
    if (!member) return std::nullopt;
    return Identity{TEEC_LOGIN_GROUP, uuid_of_group(*group)};
}

}  // namespace festore::sim
