// SPDX-License-Identifier: BSD-2-Clause
#include "ta/store_items.h"

namespace festore::ta {

using engine::Entry;
using engine::EntryKind;

protocol::StoreMetadata metadata_of(const Entry& entry) {
    protocol::StoreMetadata m;
    if ((entry.flags & engine::kEntryWriteOnce) != 0) m.flags |= protocol::kStoredWriteOnce;
    if ((entry.flags & engine::kEntryKept) != 0) m.flags |= protocol::kStoredKept;
    m.inlined = entry.kind == EntryKind::inlined;
    m.version = entry.version;
    m.created = entry.created;
    m.modified = entry.modified;
    m.size = entry.size;
    if (m.inlined) return m;
    copy_bytes(entry.payload.id, m.payload);
    m.segment_bytes = entry.payload.segment_bytes;
    m.segments = entry.payload.segments;
    return m;
}

}  // namespace festore::ta
