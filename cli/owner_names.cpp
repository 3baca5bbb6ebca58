// SPDX-License-Identifier: BSD-2-Clause
#include "cli/owner_names.h"

#include "cli/output.h"
#include "base/host/text.h"

#include <array>
#include <fmt/format.h>
#include <grp.h>
#include <openssl/sha.h>
#include <pwd.h>
#include <vector>

namespace festore::cli {
namespace {

constexpr std::array<unsigned char, 16> kLinuxNamespace = {0x58, 0xac, 0x9c, 0xa0, 0x20, 0x86, 0x46, 0x83,
                                                           0xa1, 0xb8, 0xec, 0x4b, 0xc0, 0x8e, 0x01, 0xb6};

const OwnerNames::Owner* find_in(const std::map<std::string, OwnerNames::Owner>& names, const std::string& identity) {
    const auto found = names.find(identity);
    return found == names.end() ? nullptr : &found->second;
}

}  // namespace

std::string identity_text(bool is_group, uint32_t id) {
    std::vector<unsigned char> input(kLinuxNamespace.begin(), kLinuxNamespace.end());
    const std::string name = fmt::format("{}={:x}", is_group ? "gid" : "uid", id);
    input.insert(input.end(), name.begin(), name.end());
    std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
    SHA1(input.data(), input.size(), digest.data());
    digest[6] = static_cast<unsigned char>((digest[6] & 0x0F) | 0x50);
    digest[8] = static_cast<unsigned char>((digest[8] & 0x3F) | 0x80);
    Uuid uuid;
    copy_bytes(bytes_of(digest.data(), uuid.bytes.size()), uuid.bytes);
    return uuid_text(uuid);
}

OwnerNames::OwnerNames() {
    setpwent();
    while (const passwd* user = getpwent()) users_.try_emplace(identity_text(false, user->pw_uid), Owner{user->pw_uid, user->pw_name});
    endpwent();
    setgrent();
    while (const group* found = getgrent()) groups_.try_emplace(identity_text(true, found->gr_gid), Owner{found->gr_gid, found->gr_name});
    endgrent();
}

const OwnerNames::Owner* OwnerNames::find(bool is_group, const std::string& identity) const {
    return find_in(is_group ? groups_ : users_, identity);
}

std::string OwnerNames::spelled(bool is_group, const Owner& owner) {
    return fmt::format("{}:{}", is_group ? "gid" : "uid", owner.id);
}

std::string OwnerNames::text(bool is_group, const std::string& identity) const {
    const Owner* const owner = find(is_group, identity);
    if (owner == nullptr) return fmt::format("{} {}", is_group ? "group" : "user", identity);
    return fmt::format("{} ({})", spelled(is_group, *owner), escaped(owner->name));
}

}  // namespace festore::cli
