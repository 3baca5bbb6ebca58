// SPDX-License-Identifier: BSD-2-Clause
// Finds the owner of an identity in the TEE: the UUIDs that Linux gives the users and groups of this system (docs/services.md).
// Thread safety: one thread.
#pragma once
#include <cstdint>
#include <map>
#include <string>

namespace festore::cli {

class OwnerNames {
public:
    // Asks the system for all of its users and groups.
    OwnerNames();

    struct Owner {
        uint32_t id = 0;   // uid or gid
        std::string name;
    };
    // By the UUID's text. Null if no user, or group, of this system has it.
    [[nodiscard]] const Owner* find(bool is_group, const std::string& identity) const;

    // As --owner of destroy takes it: "uid:1000".
    [[nodiscard]] static std::string spelled(bool is_group, const Owner& owner);
    // For people: the same with the name; or the identity, if no owner of this system has it.
    [[nodiscard]] std::string text(bool is_group, const std::string& identity) const;

private:
    std::map<std::string, Owner> users_;
    std::map<std::string, Owner> groups_;
};

// The UUID of a user (uid=…) or group (gid=…): version 5 (RFC 9562), in Linux's own namespace (drivers/tee/tee_core.c).
std::string identity_text(bool is_group, uint32_t id);

}  // namespace festore::cli
