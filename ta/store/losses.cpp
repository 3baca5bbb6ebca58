// SPDX-License-Identifier: BSD-2-Clause
#include "ta/store/losses.h"

#include "ta/store/items.h"

namespace festore::ta {
namespace {

using engine::Entry;
using engine::LostRangeSearch;
using engine::ChangeProgress;
using protocol::CallOutcome;

// Takes lost ranges until there is no more room.
class RangeSink final : public engine::IndexReader::Sink {
public:
    explicit RangeSink(MutableBytes room) : out_(room) {}
    bool take(Bytes key, const Entry& entry) override {
        if (!engine::is_lost_range(key)) return true;
        const Outcome<engine::LostRange> range = engine::decode_lost_range(entry);
        if (!range) status = fail(range.error());
        if (!range || out_.room() < 4 + key.size() + range->from.size() + range->before.size()) return false;
        encode(protocol::LostRangeItem{range->acknowledged, key, range->from, range->before}, out_);
        ++count;
        return true;
    }
    [[nodiscard]] Bytes items() const { return out_.written(); }
    Status status;
    uint32_t count = 0;

private:
    Writer out_;
};

}  // namespace

Outcome<ChangeProgress> check_not_lost(engine::IndexReader& reader, Bytes name, bool is_stored) {
    LostRangeSearch search(name);
    if (FESTORE_TRY(search.run(reader)) == ChangeProgress::need_pages) return ChangeProgress::need_pages;
    if (search.found() && !search.is_acknowledged()) return fail(Code::name_lost);
    if (search.found() && is_stored) return fail(Code::write_once);
    return ChangeProgress::done;
}

Outcome<ChangeProgress> check_change(engine::IndexTransaction& transaction, engine::CallPages& pages, Bytes name, bool is_stored) {
    if ((transaction.record().flags & engine::kRootLostRanges) == 0) return ChangeProgress::done;
    engine::IndexReader reader = transaction.reader(pages);
    const Outcome<ChangeProgress> found = reader.find(name);
    if (found || found.error().code != Code::item_not_found) return found;
    return check_not_lost(reader, name, is_stored);
}

Status store_lost_ranges(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::LostRangesRequest>(call.request));
    PageArea area = FESTORE_TRY(PageArea::over(call.area, request.area));
    const engine::RootRecord record = FESTORE_TRY(call.record());
    Workspace* const workspace = FESTORE_TRY(call.workspace(record));
    gp::HeapBuffer buffer = FESTORE_TRY(listing_buffer(call));
    const engine::Tree tree{record.index, record.height, record.page_count};
    workspace->pages.begin_call(area, tree, nullptr);
    RangeSink sink(buffer.bytes());
    engine::IndexReader reader(workspace->pages, tree);
    const auto listed = reader.list({request.after, engine::kReservedPrefix, false, 0, true}, sink);
    protocol::StoreListAnswer answer;
    answer.pages = page_answer(listed ? outcome_of(listed->progress) : CallOutcome::done, record.generation, workspace->pages, area);
    if (!listed || !sink.status) {
        encode(answer.pages, call.answer);
        return fail(listed ? sink.status.error() : listed.error());
    }
    answer.more = listed->more;
    answer.items = sink.count;
    give(call, sink.items());
    encode(answer, call.answer);
    return {};
}

}  // namespace festore::ta
