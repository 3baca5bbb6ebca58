// SPDX-License-Identifier: BSD-2-Clause
#include "ree_fs/dirfile.h"

#include "base/reader.h"
#include "ree_fs/keys.h"
#include "ree_fs/limits.h"

#include <algorithm>
#include <set>
#include <utility>

namespace festore::ree_fs {
namespace {

Place place_of_entry(uint32_t index) {
    return {Part::entry, index, 0, uint64_t{index} * kDirEntryBytes, kDirEntryBytes};
}

}  // namespace

DirFile parse_dirfile(Bytes content) {
    DirFile directory;
    std::set<uint32_t> numbers;
    std::set<std::pair<Uuid, std::string>> objects;
    Reader in(content);
    const size_t count = std::min(content.size() / kDirEntryBytes, kDirEntriesMax);
    for (uint32_t index = 0; index < count; ++index) {
        DirEntry entry;
        entry.index = index;
        entry.owner = uuid_from_memory(in.bytes(16));
        const Bytes id = in.bytes(kDirEntryIdBytesMax);
        const uint32_t id_size = in.u32();
        in.read_into(entry.root_hash);
        entry.file_number = in.u32();
        if (is_free_entry(id, id_size)) {
            ++directory.free_entries;
            continue;
        }
        if (id_size > id.size()) {
            directory.findings.damage(place_of_entry(index), "an object id of " + std::to_string(id_size) + " bytes");
            continue;
        }
        entry.id = text_of(id.first(id_size));
        if (!numbers.insert(entry.file_number).second) {
            directory.findings.damage(
                place_of_entry(index),
                "a second object in file number " + std::to_string(entry.file_number) + ": OP-TEE clears this entry");
            continue;
        }
        if (!objects.emplace(entry.owner, entry.id).second) {
            directory.findings.damage(place_of_entry(index),
                                      "a second entry for the same object: OP-TEE uses the first");
        }
        directory.entries.push_back(std::move(entry));
    }
    const size_t read = count * kDirEntryBytes;
    if (read != content.size()) {
        directory.findings.note(
            {Part::entry, static_cast<uint32_t>(count), 0, read, content.size() - read},
            count == kDirEntriesMax ? "more entries than this reader accepts" : "an entry cut short");
    }
    return directory;
}

}  // namespace festore::ree_fs
