// SPDX-License-Identifier: BSD-2-Clause
// libfestore, C++: which TEE, whose objects, and where they live.
#pragma once
#include <cstdint>
#include <optional>

namespace festore {

// Where objects live: in the owner's store (a directory of sealed files, with its root in the TEE), or whole in one of the
// TEE's trusted storages. Owner::public_() cannot have a store.
enum class Storage { ree, rpmb, store };
// sim, the simulated TEE, protects nothing. Development builds use it where there is no TEE; others only if they are told to, with the
// path of its library.
enum class TeeKind { automatic, optee, sim };

// Whose objects: a user's, a group's, or public ones, which anybody on the device may read, replace and remove.
struct Owner {
    enum class Kind { user, group, public_ } kind = Kind::user;
    std::optional<uint32_t> id;  // uid or gid; not set: the calling user
    static Owner user() { return {}; }
    static Owner user(uint32_t uid) { return {Kind::user, uid}; }
    static Owner group(uint32_t gid) { return {Kind::group, gid}; }
    static Owner public_() { return {Kind::public_, {}}; }
    bool operator==(const Owner&) const = default;
};

}  // namespace festore
