// SPDX-License-Identifier: BSD-2-Clause
// A storage directory, for reading and changing, as OP-TEE keeps it: objects by owner and id, their files under numbers, the
// list of them in dirf.db. Every change is durable when it has returned; a power cut within leaves the state before it or the
// one after it, but for two weaknesses that are OP-TEE's: shrinking an object (TreeFile::resize()), and the very first call,
// which makes dirf.db. What a cut leaves behind (a file that no entry names) is overwritten when its number is taken again.
//
// A content is the whole of what lies in an object's file: header (object.h), attributes and data. One thread at a time.
#pragma once
#include "ree_fs/object_list.h"

#include <initializer_list>

namespace festore::ree_fs {

class Storage;

// An object that is open. dirf.db stays open as long as any object is. Must not outlive its Storage. After a failure every
// later call gives corrupt_object: open it anew.
class StoredObject {
public:
    // Of the version that was committed last.
    [[nodiscard]] uint64_t length() const { return length_; }
    [[nodiscard]] bool broken() const { return broken_ || file_->is_broken(); }
    Result<size_t> read(uint64_t offset, MutableBytes out);
    // As TreeFile's, and each a commit of its own.
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
    // `supplicant` outlives it.
    Storage(Supplicant& supplicant, const Huk& huk, Derivation derivation = Derivation::compatible, Format format = {})
        : supplicant_(supplicant), ssk_(derive_ssk(huk, derivation)), format_(format) {}

    // In each: item_not_found, corrupt_object, storage_no_space, storage_not_available, out_of_memory; bad_parameters for an id
    // of more than 64 bytes. A corrupt object is left where it is.

    // The parts follow each other; each is written by itself. access_conflict where there is one and `overwrite` is not set.
    Result<std::unique_ptr<StoredObject>> create(const Uuid& owner, Bytes id, std::initializer_list<Bytes> parts,
                                                 bool overwrite);
    Result<std::unique_ptr<StoredObject>> open(const Uuid& owner, Bytes id);
    // Also of an object whose file is damaged or missing.
    Status remove(const Uuid& owner, Bytes id);
    // access_conflict where `to` is in use.
    Status rename(const Uuid& owner, Bytes from, Bytes to);
    Result<std::vector<std::string>> ids(const Uuid& owner);
    // dirf.db stays open, and is not gone through again, for as long as this is kept; nothing when it does not open.
    std::shared_ptr<const void> hold() { return list().value_or(nullptr); }
    Result<bool> exists(const Uuid& owner, Bytes id);
    Result<std::string> file_of(const Uuid& owner, Bytes id);  // the name of the object's file

private:
    friend class StoredObject;
    Result<std::shared_ptr<ObjectList>> list();
    // A failed list is not used again: the next call opens dirf.db anew.
    template <class T>
    Result<T> keep_or_drop(Result<T> result);
    Status enter(ObjectList& list, const TreeFile& file, const Uuid& owner, Bytes id, bool overwrite, DirEntry& entry);
    Status replace_entry(ObjectList& list, const DirEntry& entry);

    Supplicant& supplicant_;
    Ssk ssk_;
    Format format_;
    std::weak_ptr<ObjectList> list_;
};

}  // namespace festore::ree_fs
