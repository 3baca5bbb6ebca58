// SPDX-License-Identifier: BSD-2-Clause
// Where the trusted storages keep their objects: in memory, or in a directory, a file for each object, encrypted and
// authenticated with a key from the simulated hardware key, so that damage is noticed as a real TEE notices it.
// Not thread safe: the TEE's lock guards it.
#pragma once
#include "base/uuid.h"
#include "sim/sealer.h"
#include "sim/tee.h"

#include <map>
#include <memory>
#include <vector>

namespace festore::sim {

struct ObjectKey {
    uint32_t storage = 0;
    Uuid ta;
    Blob id;
    friend auto operator<=>(const ObjectKey&, const ObjectKey&) = default;
};

// The content of an object that has handles, shared by all of them.
struct OpenObject {
    ObjectKey key;
    Blob content;
    std::vector<uint32_t> handle_flags;  // of each handle: access and sharing
    bool gone = false;                   // found damaged through a handle, and deleted
};

class ObjectStore {
public:
    enum class Outcome { ok, missing, damaged, no_space, failed };
    virtual ~ObjectStore() = default;
    virtual Outcome load(const ObjectKey& key, Blob& content) = 0;
    // Whatever changes is atomic, and durable when it has returned ok.
    virtual Outcome save(const ObjectKey& key, const Blob& content) = 0;
    virtual Outcome rename(const ObjectKey& from, const ObjectKey& to) = 0;  // `to` must not exist
    virtual Outcome erase(const ObjectKey& key) = 0;
    virtual std::vector<ObjectKey> list(uint32_t storage, const Uuid& ta) = 0;
    virtual void damage(const ObjectKey& key) = 0;  // load() finds it damaged from now on, until it is saved or erased

    // Objects with handles, by key.
    std::map<ObjectKey, std::weak_ptr<OpenObject>> open_objects;
};

// Ends the process, with a line on stderr, when the directory is not to be had for this process alone.
std::unique_ptr<ObjectStore> make_object_store(const Config& config);

}  // namespace festore::sim
