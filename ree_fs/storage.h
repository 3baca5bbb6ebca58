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
    [[nodiscard]] uint64_t length() const { return file_->length(); }
    Result<size_t> read(uint64_t offset, MutableBytes out) { return file_->read(offset, out); }
    // As TreeFile's, and each a commit of its own.
    Status write(uint64_t offset, Bytes bytes);
    Status resize(uint64_t length);

private:
    friend class Storage;
    StoredObject(Storage& storage, std::shared_ptr<ObjectList> list, std::unique_ptr<TreeFile> file, DirEntry entry)
        : storage_(storage), list_(std::move(list)), file_(std::move(file)), entry_(std::move(entry)) {}
    Status commit();

    Storage& storage_;
    std::shared_ptr<ObjectList> list_;
    std::unique_ptr<TreeFile> file_;
    DirEntry entry_;
};

class Storage {
public:
    // `supplicant` outlives it.
    Storage(Supplicant& supplicant, const Huk& huk, Derivation derivation = Derivation::compatible, Format format = {})
        : supplicant_(supplicant), ssk_(derive_ssk(huk, derivation)), format_(format) {}

    // In each: item_not_found, corrupt_object, storage_no_space, storage_not_available, out_of_memory; bad_parameters for an id
    // that is not 1 to 64 bytes long. A corrupt object is left where it is.

    // The parts follow each other; each is written by itself. access_conflict where there is one and `overwrite` is not set.
    Result<std::unique_ptr<StoredObject>> create(const Uuid& owner, Bytes id, std::initializer_list<Bytes> parts,
                                                 bool overwrite);
    Result<std::unique_ptr<StoredObject>> open(const Uuid& owner, Bytes id);
    // Also of an object whose file is damaged or missing.
    Status remove(const Uuid& owner, Bytes id);
    // access_conflict where `to` is in use.
    Status rename(const Uuid& owner, Bytes from, Bytes to);
    Result<std::vector<std::string>> ids(const Uuid& owner);
    Result<bool> exists(const Uuid& owner, Bytes id);

private:
    friend class StoredObject;
    Result<std::shared_ptr<ObjectList>> list();
    // A failed list is not used again: the next call opens dirf.db anew.
    Status keep_or_drop(Status status);
    Status enter(ObjectList& list, const TreeFile& file, const Uuid& owner, Bytes id, bool overwrite, DirEntry& entry);
    Status replace_entry(ObjectList& list, const DirEntry& entry);

    Supplicant& supplicant_;
    Ssk ssk_;
    Format format_;
    std::weak_ptr<ObjectList> list_;
};

}  // namespace festore::ree_fs
