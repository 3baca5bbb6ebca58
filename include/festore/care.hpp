// SPDX-License-Identifier: BSD-2-Clause
// libfestore, C++: reading everything back, and giving a store up. The functions are Client's (client.hpp).
#pragma once
#include "festore/error.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace festore {

// What could not be read back.
struct Damage {
    std::string name;  // of the object; "": not one object, but what the error says
    Error error;       // damaged, or what the system said of its file
};

// How far it is. Totals are those of the beginning; 0 where nothing tells them.
struct VerifyProgress {
    uint64_t objects = 0;
    uint64_t objects_total = 0;
    uint64_t content_bytes = 0;
    uint64_t content_bytes_total = 0;
};

struct VerifyOptions {
    std::vector<std::string> names;  // only these; none: everything
    // With no names, and no damage of the index: then waits for the store, as a change does, and removes the files that no
    // object refers to. conflict: a transaction of this client is running.
    bool remove_unreferenced = false;
    // Called now and then, by the thread that verifies.
    std::function<void(const VerifyProgress&)> on_progress;
};

struct VerifyReport {
    uint64_t objects = 0;        // that are whole
    uint64_t content_bytes = 0;  // of them
    std::vector<Damage> damaged;
    std::vector<std::string> absent;  // of the names that were given
    uint64_t other_cipher = 0;  // of everything: objects whose content is sealed with the cipher that is not the store's
    // Files of contents that no object of the store refers to: left behind by a crash, no damage. None: that was not
    // looked at, or cannot be told, since the index is damaged.
    struct Unreferenced {
        uint64_t files = 0;
        uint64_t bytes = 0;
    };
    std::optional<Unreferenced> unreferenced;
    Unreferenced removed;  // of what was found when it was removed
};

// Another user or group.
struct OtherOwner {
    bool is_group = false;
    uint32_t id = 0;  // its uid or gid
};

struct DestroyOptions {
    // The store's directory is lost: only the TEE's record of the store is dropped.
    bool lost_directory = false;
    // uid 0 may drop the record of another's store, whose directory is left alone.
    using Other = OtherOwner;
    std::optional<Other> other;
};

struct DestroyReport {
    bool record_dropped = false;     // false: it was gone before, and only what was left of the directory is removed
    uint64_t files = 0;              // that were removed
    std::vector<std::string> left;   // paths of what is in the directory and not the store's
    // The RPMB gave no answer: if the store had moved there, which its record under ree does not say (an older one that was put back),
    // it is there still. Another destroy with lost_directory, once the RPMB answers, gives that up.
    bool may_be_in_rpmb = false;
};

}  // namespace festore
