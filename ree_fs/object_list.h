// SPDX-License-Identifier: BSD-2-Clause
// dirf.db, for reading and changing: the list of all objects, entry by entry, as OP-TEE goes through it. Nothing is kept in
// memory but which file numbers are taken, so each look at an entry is a read of the block that it lies in (or two). Changes
// come into force with commit(). After a failure it is of no more use. One thread at a time.
#pragma once
#include "ree_fs/dirfile.h"
#include "ree_fs/tree_file.h"

#include <optional>
#include <set>

namespace festore::ree_fs {

class ObjectList {
public:
    // Made where there is none. An entry with a file number that an earlier one has is cleared, as OP-TEE does.
    static Result<std::unique_ptr<ObjectList>> open(Supplicant& supplicant, const Tsk& tsk, Format format);

    // The next entry in use from `index` on, with its index. item_not_found behind the last.
    Result<DirEntry> next(uint32_t index);
    Result<DirEntry> find(const Uuid& owner, Bytes id);
    // The lowest file number that no entry has; taken from now on.
    uint32_t take_number();
    void give_back(uint32_t number) { numbers_.erase(number); }
    // At entry.index, else (kNewEntry) where the first free entry is, or at the end. Gives the index.
    Result<uint32_t> put(const DirEntry& entry);
    Status clear(const DirEntry& entry);
    Status commit() { return file_->commit(); }

    static constexpr uint32_t kNewEntry = UINT32_MAX;

private:
    explicit ObjectList(std::unique_ptr<TreeFile> file) : file_(std::move(file)) {}
    // Nothing: the entry is free.
    Result<std::optional<DirEntry>> read(uint32_t index);
    Result<uint32_t> free_index();

    std::unique_ptr<TreeFile> file_;
    std::set<uint32_t> numbers_;
};

}  // namespace festore::ree_fs
