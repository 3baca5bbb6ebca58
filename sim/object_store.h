// SPDX-License-Identifier: BSD-2-Clause
// Where the trusted storages keep their objects. REE: as OP-TEE keeps them, file by file (ree_fs/storage.h), in a directory or
// in memory. RPMB: a file for each object in a format of the simulator's own, or memory, encrypted and authenticated with a key
// from the simulated hardware key, so that damage is noticed as a real TEE notices it.
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

// An object that has handles, shared by all of them. (OP-TEE has a tree of hashes for each handle: what a second handle sees of a
// first one's writes is not modelled.)
struct OpenObject {
    ObjectKey key;
    Blob content;                        // of a store that holds nothing
    std::shared_ptr<void> held;          // what its store keeps of it while it is open, instead of the content
    std::vector<uint32_t> handle_flags;  // of each handle: access and sharing
    bool gone = false;                   // found damaged through a handle, and deleted
};

class ObjectStore {
public:
    // not_data: it has attributes, or another type, which only a real TEE can have made.
    enum class Outcome { ok, missing, exists, damaged, not_data, no_space, failed };
    virtual ~ObjectStore() = default;
    virtual Outcome load(const ObjectKey& key, Blob& content) = 0;
    // Whatever changes is atomic, and durable when it has returned ok; but for rename in RPMB's files: a crash may leave both names.
    virtual Outcome save(const ObjectKey& key, const Blob& content) = 0;
    virtual Outcome rename(const ObjectKey& from, const ObjectKey& to) = 0;  // exists
    virtual Outcome erase(const ObjectKey& key) = 0;  // ok as well when there is none
    virtual Outcome list(uint32_t storage, const Uuid& ta, std::vector<ObjectKey>& keys) = 0;
    // While it is kept, the list need not be gone through again, but for each object: as while OP-TEE enumerates.
    virtual std::shared_ptr<const void> hold_list(uint32_t /*storage*/) { return nullptr; }
    virtual void damage(const ObjectKey& key) = 0;  // load() finds it damaged from now on, until it is saved or erased

    // For handles, of the object of the key. What fails leaves the object as it was; but in REE a resize that shrinks it, as in
    // OP-TEE (ree_fs/storage.h).
    virtual Outcome open(OpenObject& object);
    virtual Outcome create(OpenObject& object, Bytes content, bool overwrite);  // exists, unless `overwrite`
    [[nodiscard]] virtual size_t size(const OpenObject& object) const { return object.content.size(); }
    virtual Outcome read(OpenObject& object, size_t offset, MutableBytes out);  // within the content
    virtual Outcome write(OpenObject& object, size_t offset, Bytes bytes);
    virtual Outcome resize(OpenObject& object, size_t size);
    // Between the worlds, for files; 0 where nothing is kept as OP-TEE keeps it.
    [[nodiscard]] virtual uint64_t round_trips() const { return 0; }

    // Objects with handles, by key.
    std::map<ObjectKey, std::weak_ptr<OpenObject>> open_objects;

private:
    Outcome replace(OpenObject& object, Blob content);
};

// Makes the directory and those above it up to `root`, which is there: durably, for this user alone.
bool make_directories(const std::filesystem::path& root, const std::filesystem::path& directory);
// RPMB: in memory, or below Config::directory.
std::unique_ptr<ObjectStore> make_rpmb_store(const Config& config);
std::filesystem::path rpmb_object_file(const std::filesystem::path& directory, const Uuid& ta, Bytes object_id);
// REE: as OP-TEE keeps it, in `directory`, which is made; empty: in memory.
std::unique_ptr<ObjectStore> make_ree_fs_store(const Config& config, const std::filesystem::path& directory);
// Both storages. Ends the process, with a line on stderr, when the directory is not to be had for this process alone.
std::unique_ptr<ObjectStore> make_object_store(const Config& config);

}  // namespace festore::sim
