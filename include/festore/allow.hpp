// SPDX-License-Identifier: BSD-2-Clause
// Root's list of who may store how much on this device. Without one everybody may, without limits.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace festore {

// Whom root means.
struct AllowName {
    enum class Kind { user, group, everybody } kind = Kind::user;  // everybody: the objects of everybody (Owner::everybody())
    uint32_t id = 0;                                               // uid or gid
    static AllowName user(uint32_t uid) { return {Kind::user, uid}; }
    static AllowName group(uint32_t gid) { return {Kind::group, gid}; }
    static AllowName everybody() { return {Kind::everybody, 0}; }
};

// None: no limit. Bytes and objects hold for the storages ree and rpmb, each for itself; an object counts with its name and 64 bytes.
struct Allowance {
    std::optional<uint64_t> bytes;
    std::optional<uint32_t> objects;
    std::optional<uint32_t> stores;
};

struct AllowedOne {
    AllowName::Kind kind = AllowName::Kind::user;
    std::string identity;  // the UUID by which the TEE knows the user or group; "" of everybody
    Allowance limits;
};

struct AllowReport {
    bool listed = false;   // there is a list
    bool damaged = false;  // it was found damaged: nobody but root stores anything new before root has set it again
    bool newer = false;    // likewise: it is of a newer version than this trusted application
    // How it stands to the caller.
    enum class Standing { free, by_entry, as_other, refused } standing = Standing::free;
    Allowance own;
    // For root, who sees all of it:
    bool closed = false;              // who is not named may store nothing new
    std::optional<Allowance> others;  // of who is not named
    Allowance total_ree, total_rpmb;  // of all but root together
    std::vector<AllowedOne> named;
};

}  // namespace festore
