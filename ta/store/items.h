// SPDX-License-Identifier: BSD-2-Clause
// Building blocks for listings of a store (protocol/store_messages.h). Thread safety: none.
#pragma once
#include "gp/heap_buffer.h"
#include "ta/call.h"

namespace festore::ta {

protocol::StoreMetadata metadata_of(const engine::Entry& entry);

inline protocol::CallOutcome outcome_of(engine::ChangeProgress progress) {
    return progress == engine::ChangeProgress::done ? protocol::CallOutcome::done : protocol::CallOutcome::need_pages;
}

// The size of the client's buffer; sets the size that is returned to the client to 0.
size_t take_room(TEE_Param& memory);
// A buffer for as much of a listing as the client has room for. short_buffer: less than the minimum; the client gets the minimum as size.
Outcome<gp::HeapBuffer> listing_buffer(Call& call);
void give(Call& call, Bytes content);
// Copies all of the content if it fits into `room`. short_buffer: it does not; the client gets the size needed.
Status give_whole(Call& call, Bytes content, size_t room);

// Takes entries until there is no more room.
class ItemSink final : public engine::IndexReader::Sink {
public:
    explicit ItemSink(MutableBytes room) : out_(room) {}
    bool take(Bytes name, const engine::Entry& entry) override {
        if (out_.room() < encoded_bytes(protocol::StoreMetadata{}) + 1 + name.size()) return false;
        protocol::StoreListItem item;
        item.metadata = metadata_of(entry);
        item.name = name;
        encode(item, out_);
        ++count_;
        return true;
    }
    [[nodiscard]] Bytes items() const { return out_.written(); }
    [[nodiscard]] uint32_t count() const { return count_; }

private:
    Writer out_;
    uint32_t count_ = 0;
};

}  // namespace festore::ta
