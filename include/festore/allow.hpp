// SPDX-License-Identifier: BSD-2-Clause
// Root's list of who may store how much on this device. Without a list, everybody may store, without limits.
#pragma once
#include "festore/types.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace festore {

// Not set: no limit. The limits of bytes and objects apply to the storages ree and rpmb separately. An object counts as its content, its
// name and 64 more bytes.
struct Allowance {
    std::optional<uint64_t> bytes;
    std::optional<uint32_t> objects;
    std::optional<uint32_t> stores;
};

struct AllowedOne {
    Owner::Kind kind = Owner::Kind::user;
    std::string identity;  // the UUID by which the TEE knows the user or group; "" for public objects
    Allowance limits;
};

struct AllowReport {
    bool listed = false;   // a list exists
    bool damaged = false;  // it was found damaged: only root can store anything new until root sets it again
    bool newer = false;    // its version is newer than this trusted application: likewise only root can store anything new
    // What the list says of the caller.
    enum class Standing { free, by_entry, as_other, refused } standing = Standing::free;
    Allowance own;
    // Filled for root only, who sees the whole list:
    bool closed = false;              // users and groups that are not named may store nothing new
    std::optional<Allowance> others;  // the limits of those that are not named
    Allowance total_ree, total_rpmb;  // the limits of everybody but root together
    std::vector<AllowedOne> named;
};

}  // namespace festore
