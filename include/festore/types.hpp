// SPDX-License-Identifier: BSD-2-Clause
// libfestore, C++: which TEE, whose objects, and where they live.
#pragma once
#include <cstdint>

namespace festore {

// Where objects live: in the owner's store (a directory of sealed files, with its root in the TEE), or whole in one of the
// TEE's trusted storages. Owner::everybody() cannot have a store.
enum class Storage { ree, rpmb, store };
// sim, the simulated TEE, protects nothing. Development builds use it where there is no TEE; others only if they are told to, with the
// path of its library.
enum class TeeKind { automatic, optee, sim };

// Whose objects: those of the calling user, of a group of which the caller is a member, or of everybody.
struct Owner {
    enum class Kind { user, group, everybody } kind = Kind::user;
    uint32_t gid = 0;  // for group
    static Owner user() { return {}; }
    static Owner group(uint32_t gid) { return {Kind::group, gid}; }
    static Owner everybody() { return {Kind::everybody, 0}; }
};

}  // namespace festore
