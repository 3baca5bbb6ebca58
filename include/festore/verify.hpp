// SPDX-License-Identifier: BSD-2-Clause
// libfestore, C++: types for verifying objects: Client::verify (client.hpp).
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
    std::string name;  // of the object; "" if the damage is not of one object: the error says what it is
    Error error;       // damaged, or the system's error for the object's file
};

// The progress so far. The totals are those at the beginning, or 0 if they are not known.
struct VerifyProgress {
    uint64_t objects = 0;
    uint64_t objects_total = 0;
    uint64_t content_bytes = 0;
    uint64_t content_bytes_total = 0;
};

struct VerifyOptions {
    std::vector<std::string> names;  // only these; empty: everything
    // Only if `names` is empty and the index is not damaged: afterwards waits for the store, as a change does, and removes the files
    // that no object refers to. conflict: a transaction of this client is running, or a repair is not acknowledged.
    bool remove_orphaned = false;
    // Called from time to time, by the thread that verifies.
    std::function<void(const VerifyProgress&)> on_progress;
};

struct VerifyReport {
    uint64_t objects = 0;        // intact ones
    uint64_t content_bytes = 0;  // of the intact objects
    std::vector<Damage> damaged;
    std::vector<std::string> absent;  // given names that no object has
    // If everything was verified: the number of objects whose content is sealed with another cipher than the store's.
    uint64_t other_cipher = 0;
    // Files of contents that no object of the store refers to: a crash left them, they are no damage. Not set: they were not counted, or
    // are not known because the index is damaged.
    struct Orphaned {
        uint64_t files = 0;
        uint64_t bytes = 0;
    };
    std::optional<Orphaned> orphaned;
    Orphaned removed;  // what remove_orphaned removed
};

}  // namespace festore
