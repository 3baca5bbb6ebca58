// SPDX-License-Identifier: BSD-2-Clause
#include "sim/identity.h"

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

}  // namespace festore::sim
