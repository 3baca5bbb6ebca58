// SPDX-License-Identifier: BSD-2-Clause
// dirf.db, for reading and changing: the list of all objects, read entry by entry, like OP-TEE does. Only the set of used file
// numbers is kept in memory, so each access to an entry reads the block that holds it (or two). Changes take effect with
// commit(). After a failure, do not use it any more. One thread at a time.
#pragma once
#include "ree_fs/dirfile.h"
#include "ree_fs/writer/tree_file.h"

#include <optional>
#include <set>

namespace festore::ree_fs {

class ObjectList {
public:
    // Makes dirf.db if there is none. Clears an entry whose file number an earlier entry has, as OP-TEE does.
    static Outcome<std::unique_ptr<ObjectList>> open(Supplicant& supplicant, const Tsk& tsk, Format format);

    // The next entry in use from `index` on, with its index. item_not_found: there is none.
    Outcome<DirEntry> next(uint32_t index);
    Outcome<DirEntry> find(const Uuid& owner, Bytes id);
    // The lowest file number that no entry has; it counts as used from now on.
    uint32_t take_number();
    void give_back(uint32_t number) { numbers_.erase(number); }
    // Writes the entry at entry.index or, for kNewEntry, at the first free place or the end. Returns the index.
    Outcome<uint32_t> put(const DirEntry& entry);
    Status clear(const DirEntry& entry);
    Status commit() { return file_->commit(); }

    static constexpr uint32_t kNewEntry = UINT32_MAX;

private:
    explicit ObjectList(std::unique_ptr<TreeFile> file) : file_(std::move(file)) {}
    // Nothing if the entry is free.
    Outcome<std::optional<DirEntry>> read(uint32_t index);
    Outcome<uint32_t> free_index();

    std::unique_ptr<TreeFile> file_;
    std::set<uint32_t> numbers_;
};

}  // namespace festore::ree_fs
