// SPDX-License-Identifier: BSD-2-Clause
#include "ree_fs/writer/storage.h"

#include "ree_fs/directory.h"

namespace festore::ree_fs {
namespace {

bool good_id(Bytes id) { return id.size() <= kDirEntryIdBytesMax; }

}  // namespace

Outcome<size_t> StoredObject::read(uint64_t offset, MutableBytes out) {
    if (broken_) return fail(Code::corrupt_object);
    return file_->read(offset, out);
}

Status StoredObject::write(uint64_t offset, Bytes bytes) {
    if (broken_) return fail(Code::corrupt_object);
    return change(file_->write(offset, bytes));
}

Status StoredObject::resize(uint64_t length) {
    if (broken_) return fail(Code::corrupt_object);
    return change(file_->resize(length));
}

// After a failed commit, the file in memory is not a version that dirf.db names. The TreeFile itself handles earlier failures.
Status StoredObject::change(Status changed) {
    FESTORE_CHECK(changed);
    const Status done = commit();
    broken_ = !done;
    if (done) length_ = file_->length();
    return done;
}

// The file first, then its entry in dirf.db: until then the previous version is in force.
Status StoredObject::commit() {
    FESTORE_CHECK(file_->commit());
    entry_.root_hash = file_->root_hash();
    list_ = FESTORE_TRY(storage_.list());
    return storage_.keep_or_drop(storage_.replace_entry(*list_, entry_));
}

Outcome<std::shared_ptr<ObjectList>> Storage::list() {
    if (std::shared_ptr<ObjectList> open = list_.lock()) return open;
    std::shared_ptr<ObjectList> opened =
        FESTORE_TRY(ObjectList::open(supplicant_, derive_tsk(ssk_, std::nullopt), format_));
    list_ = opened;
    return opened;
}

template <class T>
Outcome<T> Storage::keep_or_drop(Outcome<T> result) {
    const bool usual = result || result.error().code == Code::item_not_found || result.error().code == Code::access_conflict;
    if (!usual) list_.reset();
    return result;
}

Status Storage::replace_entry(ObjectList& list, const DirEntry& entry) {
    // OP-TEE reads the entry before it changes the hash in it.
    const DirEntry there = FESTORE_TRY(list.next(entry.index));
    if (there.index != entry.index || there.file_number != entry.file_number) return fail(Code::corrupt_object);
    DirEntry changed = there;
    changed.root_hash = entry.root_hash;
    FESTORE_CHECK(list.put(changed));
    return list.commit();
}

// Puts the new file into the list. If it replaces another one, it takes over that one's entry, and that one's file is removed.
Status Storage::enter(ObjectList& list, const TreeFile& file, const Uuid& owner, Bytes id, bool overwrite,
                      DirEntry& entry) {
    const Outcome<DirEntry> before = list.find(owner, id);
    if (!before && before.error().code != Code::item_not_found) return fail(before.error());
    if (before && !overwrite) return fail(Code::access_conflict);
    entry.owner = owner;
    entry.id = text_of(id);
    entry.root_hash = file.root_hash();
    entry.index = before ? before->index : ObjectList::kNewEntry;
    entry.index = FESTORE_TRY(list.put(entry));
    FESTORE_CHECK(list.commit());
    if (!before) return {};
    list.give_back(before->file_number);
    // If it cannot be removed, no entry names it, and its number is used again.
    (void)supplicant_.remove(name_of_file(before->file_number));
    return {};
}

Outcome<std::unique_ptr<StoredObject>> Storage::create(const Uuid& owner, Bytes id, std::initializer_list<Bytes> parts,
                                                       bool overwrite) {
    if (!good_id(id)) return fail(Code::bad_parameters);
    const std::shared_ptr<ObjectList> opened = FESTORE_TRY(list());
    DirEntry entry;
    entry.file_number = opened->take_number();
    const std::string name = name_of_file(entry.file_number);
    std::unique_ptr<TreeFile> file;
    const auto make = [&]() -> Status {
        file = FESTORE_TRY(TreeFile::create(supplicant_, name, derive_tsk(ssk_, owner), format_));
        for (const Bytes part : parts) FESTORE_CHECK(file->write(file->length(), part));
        FESTORE_CHECK(file->commit());
        return enter(*opened, *file, owner, id, overwrite, entry);
    };
    if (const Status made = make(); !made) {
        (void)keep_or_drop(made);
        opened->give_back(entry.file_number);
        file.reset();
        (void)supplicant_.remove(name);
        return fail(made.error());
    }
    return std::unique_ptr<StoredObject>(new StoredObject(*this, opened, std::move(file), std::move(entry)));
}

Outcome<std::unique_ptr<StoredObject>> Storage::open(const Uuid& owner, Bytes id) {
    if (!good_id(id)) return fail(Code::bad_parameters);
    const std::shared_ptr<ObjectList> opened = FESTORE_TRY(list());
    Outcome<DirEntry> entry = keep_or_drop(opened->find(owner, id));
    if (!entry) return fail(entry.error());
    Outcome<std::unique_ptr<TreeFile>> file = TreeFile::open(supplicant_, name_of_file(entry->file_number),
                                                             derive_tsk(ssk_, owner), format_, &entry->root_hash);
    // An entry without its file is damage, not a missing object.
    if (!file) return fail(file.error().code == Code::item_not_found ? Code::corrupt_object : file.error().code);
    return std::unique_ptr<StoredObject>(new StoredObject(*this, opened, std::move(*file), std::move(*entry)));
}

Status Storage::remove(const Uuid& owner, Bytes id) {
    if (!good_id(id)) return fail(Code::bad_parameters);
    const std::shared_ptr<ObjectList> opened = FESTORE_TRY(list());
    const DirEntry entry = FESTORE_TRY(keep_or_drop(opened->find(owner, id)));
    const auto forget = [&]() -> Status {
        FESTORE_CHECK(opened->clear(entry));
        return opened->commit();
    };
    FESTORE_CHECK(keep_or_drop(forget()));
    (void)supplicant_.remove(name_of_file(entry.file_number));
    return {};
}

Status Storage::rename(const Uuid& owner, Bytes from, Bytes to) {
    if (!good_id(from) || !good_id(to)) return fail(Code::bad_parameters);
    const std::shared_ptr<ObjectList> opened = FESTORE_TRY(list());
    const Outcome<DirEntry> taken = keep_or_drop(opened->find(owner, to));
    if (taken) return fail(Code::access_conflict);
    if (taken.error().code != Code::item_not_found) return fail(taken.error());
    DirEntry entry = FESTORE_TRY(keep_or_drop(opened->find(owner, from)));
    entry.id = text_of(to);
    const auto change = [&]() -> Status {
        FESTORE_CHECK(opened->put(entry));
        return opened->commit();
    };
    return keep_or_drop(change());
}

Outcome<std::vector<std::string>> Storage::ids(const Uuid& owner) {
    const std::shared_ptr<ObjectList> opened = FESTORE_TRY(list());
    std::vector<std::string> found;
    for (uint32_t index = 0;; ++index) {
        Outcome<DirEntry> entry = keep_or_drop(opened->next(index));
        if (!entry && entry.error().code == Code::item_not_found) return found;
        if (!entry) return fail(entry.error());
        index = entry->index;
        if (entry->owner == owner) found.push_back(std::move(entry->id));
    }
}

Outcome<std::string> Storage::file_of(const Uuid& owner, Bytes id) {
    if (!good_id(id)) return fail(Code::bad_parameters);
    const std::shared_ptr<ObjectList> opened = FESTORE_TRY(list());
    const DirEntry entry = FESTORE_TRY(keep_or_drop(opened->find(owner, id)));
    return name_of_file(entry.file_number);
}

Outcome<bool> Storage::exists(const Uuid& owner, Bytes id) {
    if (!good_id(id)) return fail(Code::bad_parameters);
    const std::shared_ptr<ObjectList> opened = FESTORE_TRY(list());
    const Outcome<DirEntry> entry = keep_or_drop(opened->find(owner, id));
    if (!entry && entry.error().code != Code::item_not_found) return fail(entry.error());
    return entry.has_value();
}

}  // namespace festore::ree_fs
