// SPDX-License-Identifier: BSD-2-Clause
#include "ree_fs/writer/object_list.h"

#include "base/reader.h"
#include "base/writer.h"

namespace festore::ree_fs {
namespace {

constexpr const char* kName = "dirf.db";

Outcome<std::unique_ptr<TreeFile>> open_or_create(Supplicant& supplicant, const Tsk& tsk, Format format) {
    Outcome<std::unique_ptr<TreeFile>> file = TreeFile::open(supplicant, kName, tsk, format, nullptr);
    if (file || file.error().code != Code::item_not_found) return file;
    Outcome<std::unique_ptr<TreeFile>> made = TreeFile::create(supplicant, kName, tsk, format);
    if (!made) (void)supplicant.remove(kName);  // a partial list would count as a damaged one
    return made;
}

}  // namespace

Outcome<std::unique_ptr<ObjectList>> ObjectList::open(Supplicant& supplicant, const Tsk& tsk, Format format) {
    // Not inside the `new` expression: a return from there would leak its memory.
    std::unique_ptr<TreeFile> file = FESTORE_TRY(open_or_create(supplicant, tsk, format));
    std::unique_ptr<ObjectList> list(new ObjectList(std::move(file)));
    for (uint32_t index = 0;; ++index) {
        const Outcome<DirEntry> entry = list->next(index);
        if (!entry && entry.error().code == Code::item_not_found) return list;
        if (!entry) return fail(entry.error());
        index = entry->index;
        if (list->numbers_.insert(entry->file_number).second) continue;
        const std::array<std::byte, kDirEntryBytes> cleared{};
        FESTORE_CHECK(list->file_->write(uint64_t{index} * kDirEntryBytes, cleared));
    }
}

Outcome<std::optional<DirEntry>> ObjectList::read(uint32_t index) {
    std::array<std::byte, kDirEntryBytes> image{};
    const size_t size = FESTORE_TRY(file_->read(uint64_t{index} * kDirEntryBytes, image));
    if (size != image.size()) return fail(Code::item_not_found);
    Reader in(image);
    DirEntry entry;
    entry.index = index;
    entry.owner = uuid_from_memory(in.bytes(16));
    const Bytes id = in.bytes(kDirEntryIdBytesMax);
    const uint32_t id_size = in.u32();
    if (id_size > id.size()) return fail(Code::corrupt_object);
    if (is_free_entry(id, id_size)) return std::nullopt;
    entry.id = text_of(id.first(id_size));
    in.read_into(entry.root_hash);
    entry.file_number = in.u32();
    return entry;
}

Outcome<DirEntry> ObjectList::next(uint32_t index) {
    for (;; ++index)
        if (std::optional<DirEntry> entry = FESTORE_TRY(read(index))) return std::move(*entry);
}

Outcome<DirEntry> ObjectList::find(const Uuid& owner, Bytes id) {
    for (uint32_t index = 0;; ++index) {
        DirEntry entry = FESTORE_TRY(next(index));
        if (entry.owner == owner && entry.id == text_of(id)) return entry;
        index = entry.index;
    }
}

Outcome<uint32_t> ObjectList::free_index() {
    for (uint32_t index = 0;; ++index) {
        const Outcome<std::optional<DirEntry>> entry = read(index);
        if (!entry && entry.error().code != Code::item_not_found) return fail(entry.error());
        if (!entry || !entry->has_value()) return index;
    }
}

uint32_t ObjectList::take_number() {
    uint32_t number = 0;
    while (!numbers_.insert(number).second) ++number;
    return number;
}

Outcome<uint32_t> ObjectList::put(const DirEntry& entry) {
    if (entry.id.size() > kDirEntryIdBytesMax) return fail(Code::bad_parameters);
    const uint32_t index = entry.index == kNewEntry ? FESTORE_TRY(free_index()) : entry.index;
    std::array<std::byte, kDirEntryBytes> image{};
    Writer out(image);
    out.bytes(uuid_in_memory(entry.owner));
    std::array<std::byte, kDirEntryIdBytesMax> id{};
    copy_bytes(bytes_of(entry.id), id);
    if (entry.id.empty()) id[0] = kEmptyId;
    out.bytes(id);
    out.u32(static_cast<uint32_t>(entry.id.size()));
    out.bytes(entry.root_hash);
    out.u32(entry.file_number);
    FESTORE_CHECK(file_->write(uint64_t{index} * kDirEntryBytes, image));
    return index;
}

Status ObjectList::clear(const DirEntry& entry) {
    const std::array<std::byte, kDirEntryBytes> cleared{};
    FESTORE_CHECK(file_->write(uint64_t{entry.index} * kDirEntryBytes, cleared));
    numbers_.erase(entry.file_number);
    return {};
}

}  // namespace festore::ree_fs
