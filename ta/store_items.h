// SPDX-License-Identifier: BSD-2-Clause
// What listings of a store are made of (protocol/store_messages.h). Thread safety: none.
#pragma once
#include "gp/heap_buffer.h"
#include "ta/call.h"

namespace festore::ta {

protocol::StoreMetadata metadata_of(const engine::Entry& entry);

inline protocol::CallOutcome outcome_of(engine::Progress progress) {
    return progress == engine::Progress::done ? protocol::CallOutcome::done : protocol::CallOutcome::need_pages;
}

// How much the client takes, of which nothing is given yet.
size_t take_room(TEE_Param& memory);
// As much as the client takes of a listing. short_buffer: not even the least, which is then said.
Result<gp::HeapBuffer> listing_buffer(Call& call);
void give(Call& call, Bytes content);
// All of it into `room`. short_buffer: it is longer, which is then said.
Status give_whole(Call& call, Bytes content, size_t room);

// Takes entries as far as there is room for them.
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
