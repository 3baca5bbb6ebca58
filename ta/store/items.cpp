// SPDX-License-Identifier: BSD-2-Clause
#include "ta/store/items.h"

#include <algorithm>

namespace festore::ta {

using engine::Entry;
using engine::EntryKind;

protocol::StoreMetadata metadata_of(const Entry& entry) {
    protocol::StoreMetadata m;
    if ((entry.flags & engine::kEntryWriteOnce) != 0) m.flags |= protocol::kStoredWriteOnce;
    if ((entry.flags & engine::kEntryKept) != 0) m.flags |= protocol::kStoredKept;
    if ((entry.flags & engine::kEntryOtherCipher) != 0) m.flags |= protocol::kStoredOtherCipher;
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

size_t take_room(TEE_Param& memory) {
    const size_t room = memory.memref.buffer == nullptr ? 0 : size_t{memory.memref.size};
    memory.memref.size = 0;
    return room;
}

Outcome<gp::HeapBuffer> listing_buffer(Call& call) {
    const size_t room = take_room(call.content);
    if (room >= limits::kListBufferBytesMin) return gp::HeapBuffer::allocate(std::min(room, limits::kListBufferBytesMax));
    call.content.memref.size = limits::kListBufferBytesMin;
    return fail(Code::short_buffer);
}

void give(Call& call, Bytes content) {
    if (!content.empty())
        TEE_MemMove(call.content.memref.buffer, content.data(), static_cast<gp::Size>(content.size()));
    call.content.memref.size = static_cast<gp::Size>(content.size());
}

Status give_whole(Call& call, Bytes content, size_t room) {
    if (content.size() <= room) {
        give(call, content);
        return {};
    }
    call.content.memref.size = static_cast<gp::Size>(content.size());
    return fail(Code::short_buffer);
}

}  // namespace festore::ta
