// SPDX-License-Identifier: BSD-2-Clause
// Where the trusted storages keep their objects. REE: as OP-TEE keeps them, file by file (ree_fs/writer/storage.h), in a directory or
// in memory. RPMB: one file for each object in the simulator's own format, or memory; encrypted and authenticated with a key
// from the simulated hardware key, to detect damage as a real TEE does.
// Not thread safe: the TEE's lock guards it.
#pragma once
#include "base/uuid.h"
#include "sim/storage/sealer.h"
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

// An object that has handles, shared by all of them. (OP-TEE has a tree of hashes for each handle: what a second handle sees of the
// writes of a first one is not modelled.)
struct OpenObject {
    ObjectKey key;
    Blob content;                        // only for a store that does not use `held`
    std::shared_ptr<void> held;          // what the store keeps for the open object, instead of the content
    std::vector<uint32_t> handle_flags;  // access and sharing flags, one entry for each handle
    bool gone = false;                   // found damaged through a handle, and deleted
};

class ObjectStore {
public:
    // not_data: the object has attributes, or another type; only a real TEE can have made it.
    enum class IoResult { ok, missing, exists, damaged, not_data, no_space, failed };
    virtual ~ObjectStore() = default;
    virtual IoResult load(const ObjectKey& key, Blob& content) = 0;
    // Every change is atomic, and durable when it has returned ok. Exception: a crash during a rename of RPMB's files may leave both names.
    virtual IoResult save(const ObjectKey& key, const Blob& content) = 0;
    virtual IoResult rename(const ObjectKey& from, const ObjectKey& to) = 0;  // exists
    virtual IoResult erase(const ObjectKey& key) = 0;  // ok also if there is no such object
    virtual IoResult list(uint32_t storage, const Uuid& ta, std::vector<ObjectKey>& keys) = 0;
    // While the result is kept, the list need not be read again as a whole, only for each object: as while OP-TEE enumerates.
    virtual std::shared_ptr<const void> hold_list(uint32_t /*storage*/) { return nullptr; }
    virtual void damage(const ObjectKey& key) = 0;  // load() finds the object damaged from now on, until it is saved or erased

    // For handles of the key's object. A failed call leaves the object as it was, except in REE a resize that shrinks it, as in
    // OP-TEE (ree_fs/writer/storage.h).
    virtual IoResult open(OpenObject& object);
    virtual IoResult create(OpenObject& object, Bytes content, bool overwrite);  // exists, unless `overwrite`
    [[nodiscard]] virtual size_t size(const OpenObject& object) const { return object.content.size(); }
    virtual IoResult read(OpenObject& object, size_t offset, MutableBytes out);  // within the content
    virtual IoResult write(OpenObject& object, size_t offset, Bytes bytes);
    virtual IoResult resize(OpenObject& object, size_t size);
    // Calls between the worlds, for files; 0 if the store does not keep its objects as OP-TEE does.
    [[nodiscard]] virtual uint64_t round_trips() const { return 0; }

    // Objects with handles, by key.
    std::map<ObjectKey, std::weak_ptr<OpenObject>> open_objects;

private:
    IoResult replace(OpenObject& object, Blob content);
};

// Makes the directory and those above it up to `root`, which exists: durably, accessible to this user only.
bool make_directories(const std::filesystem::path& root, const std::filesystem::path& directory);
// RPMB: in memory, or below Config::directory.
std::unique_ptr<ObjectStore> make_rpmb_store(const Config& config);
std::filesystem::path rpmb_object_file(const std::filesystem::path& directory, const Uuid& ta, Bytes object_id);
// REE: as OP-TEE keeps it, in `directory`, which is made; if `directory` is empty, in memory.
std::unique_ptr<ObjectStore> make_ree_fs_store(const Config& config, const std::filesystem::path& directory);
// Both storages. Ends the process, with a line on stderr, if this process cannot have the directory for itself.
std::unique_ptr<ObjectStore> make_object_store(const Config& config);

}  // namespace festore::sim
