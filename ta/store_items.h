// SPDX-License-Identifier: BSD-2-Clause
// What listings of a store are made of (protocol/store_messages.h). Thread safety: none.
#pragma once
#include "ta/store_call.h"

namespace festore::ta {

protocol::StoreMetadata metadata_of(const engine::Entry& entry);

inline protocol::CallOutcome outcome_of(engine::Progress progress) {
    return progress == engine::Progress::done ? protocol::CallOutcome::done : protocol::CallOutcome::need_pages;
}

// Takes entries as far as there is room for them.
class ItemSink final : public engine::IndexReader::Sink {
public:
    explicit ItemSink(MutableBytes room) : out_(room) {}
    bool take(Bytes name, const engine::Entry& entry) override {
        if (out_.room() < protocol::kStoreMetadataBytes + 1 + name.size()) return false;
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
