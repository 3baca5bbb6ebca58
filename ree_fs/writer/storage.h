// SPDX-License-Identifier: BSD-2-Clause
// A storage directory, for reading and changing, as OP-TEE keeps it: objects by owner and id, their files under numbers, the
// list of them in dirf.db. Every change is durable when it returns. A power cut during a change leaves the state before or
// after it, except for two weaknesses of OP-TEE: shrinking an object (TreeFile::resize()), and the very first call, which
// makes dirf.db. A file that a power cut leaves without an entry is overwritten when its number is used again.
//
// A content is everything in an object's file: header (object.h), attributes and data. One thread at a time.
#pragma once
#include "ree_fs/writer/object_list.h"

#include <initializer_list>

namespace festore::ree_fs {

class Storage;

// An open object. dirf.db stays open as long as any object is. Must not outlive its Storage. After a failure every later
// call fails with corrupt_object: open the object again.
class StoredObject {
public:
    // The length of the version that was committed last.
    [[nodiscard]] uint64_t length() const { return length_; }
    [[nodiscard]] bool broken() const { return broken_ || file_->is_broken(); }
    Outcome<size_t> read(uint64_t offset, MutableBytes out);
    // Like TreeFile's; each call is a commit of its own.
    Status write(uint64_t offset, Bytes bytes);
    Status resize(uint64_t length);

private:
    friend class Storage;
    StoredObject(Storage& storage, std::shared_ptr<ObjectList> list, std::unique_ptr<TreeFile> file, DirEntry entry)
        : storage_(storage), list_(std::move(list)), file_(std::move(file)), entry_(std::move(entry)),
          length_(file_->length()) {}
    Status commit();
    Status change(Status changed);

    Storage& storage_;
    std::shared_ptr<ObjectList> list_;
    std::unique_ptr<TreeFile> file_;
    DirEntry entry_;
    uint64_t length_;
    bool broken_ = false;
};

class Storage {
public:
    // `supplicant` must outlive it.
    Storage(Supplicant& supplicant, const Huk& huk, Derivation derivation = Derivation::compatible, Format format = {})
        : supplicant_(supplicant), ssk_(derive_ssk(huk, derivation)), format_(format) {}

    // Errors of all of them: item_not_found, corrupt_object, storage_no_space, storage_not_available, out_of_memory;
    // bad_parameters (an id of more than 64 bytes). A corrupt object is not removed.

    // The content is the parts in order; each is written separately. access_conflict: it exists and `overwrite` is not set.
    Outcome<std::unique_ptr<StoredObject>> create(const Uuid& owner, Bytes id, std::initializer_list<Bytes> parts,
                                                  bool overwrite);
    Outcome<std::unique_ptr<StoredObject>> open(const Uuid& owner, Bytes id);
    // Also removes an object whose file is damaged or missing.
    Status remove(const Uuid& owner, Bytes id);
    // access_conflict: `to` is in use.
    Status rename(const Uuid& owner, Bytes from, Bytes to);
    Outcome<std::vector<std::string>> ids(const Uuid& owner);
    // As long as the result is kept, dirf.db stays open and is not read through again; null if it does not open.
    std::shared_ptr<const void> hold() { return list().value_or(nullptr); }
    Outcome<bool> exists(const Uuid& owner, Bytes id);
    Outcome<std::string> file_of(const Uuid& owner, Bytes id);  // the name of the object's file

private:
    friend class StoredObject;
    Outcome<std::shared_ptr<ObjectList>> list();
    // Drops a list that has failed: the next call opens dirf.db again.
    template <class T>
    Outcome<T> keep_or_drop(Outcome<T> result);
    Status enter(ObjectList& list, const TreeFile& file, const Uuid& owner, Bytes id, bool overwrite, DirEntry& entry);
    Status replace_entry(ObjectList& list, const DirEntry& entry);

    Supplicant& supplicant_;
    Ssk ssk_;
    Format format_;
    std::weak_ptr<ObjectList> list_;
};

}  // namespace festore::ree_fs
