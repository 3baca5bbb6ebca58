// SPDX-License-Identifier: BSD-2-Clause
// Reading back all of a store's index, past any damage in it, and the free list. Payloads are read with the usual commands.
#include "engine/page_allocator.h"
#include "ta/store/items.h"

namespace festore::ta {
namespace {

using engine::PageKind;
using engine::Pinned;
using engine::ChangeProgress;
using engine::RootRecord;
using protocol::CallOutcome;

engine::Tree tree_of(const RootRecord& record) { return {record.index, record.height, record.page_count}; }

// Continues the walk as far as the pages of this call go.
Outcome<ChangeProgress> read_free_list(engine::Pages& pages, const RootRecord& record, FreeListWalk& walk) {
    while (!walk.next.is_none()) {
        const Pinned page = FESTORE_TRY(pages.fetch(walk.next, PageKind::free_list, 0, engine::Use::once));
        if (!page) return ChangeProgress::need_pages;
        const auto list = FESTORE_TRY(engine::check_free_list_page(page.frame().bytes, record.page_count));
        walk.numbers += list.count;
        ++walk.pages;
        if (walk.numbers > record.free_pages || walk.pages > record.page_count) return fail(Code::corrupt_object);
        walk.next = list.next;
    }
    if (walk.numbers != record.free_pages) return fail(Code::corrupt_object);
    return ChangeProgress::done;
}

}  // namespace

Status store_scan(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::ScanRequest>(call.request));
    PageArea area = FESTORE_TRY(PageArea::over(call.area, request.area));
    const RootRecord record = FESTORE_TRY(call.record());
    Workspace* const workspace = FESTORE_TRY(call.workspace(record));
    gp::HeapBuffer buffer = FESTORE_TRY(listing_buffer(call));
    if (request.afresh) workspace->pages.drop_all();
    const engine::Tree tree = tree_of(record);
    workspace->pages.begin_call(area, tree, nullptr);
    ItemSink sink(buffer.bytes());
    engine::IndexReader reader(workspace->pages, tree);
    const auto listed = reader.list({request.from, {}, request.inclusive, request.passed_page}, sink);
    protocol::ScanAnswer answer;
    answer.pages = page_answer(listed ? outcome_of(listed->progress) : CallOutcome::done, record.generation,
                               workspace->pages, area);
    if (!listed) {
        encode(answer.pages, call.answer);
        return fail(listed.error());
    }
    answer.items = sink.count();
    answer.passed_over = listed->passed_over && sink.count() == 0;
    answer.more = listed->more || (listed->passed_over && sink.count() > 0);
    give(call, answer.passed_over ? reader.gap_end() : sink.items());
    encode(answer, call.answer);
    return {};
}

Status store_free_list(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::FreeListRequest>(call.request));
    PageArea area = FESTORE_TRY(PageArea::over(call.area, request.area));
    const RootRecord record = FESTORE_TRY(call.record());
    Workspace* const workspace = FESTORE_TRY(call.workspace(record));
    auto& walk = call.session.store.free_list;
    if (request.from_start) walk.emplace(FreeListWalk{record.generation, record.free_list, 0, 0});
    if (!walk || walk->generation != record.generation) return fail(Code::bad_state);
    const engine::Tree tree = tree_of(record);
    workspace->pages.begin_call(area, tree, nullptr);
    const uint32_t pages_before = walk->pages;
    Outcome<ChangeProgress> read = read_free_list(workspace->pages, record, *walk);
    protocol::FreeListAnswer answer;
    if (read && *read == ChangeProgress::need_pages && walk->pages > pages_before) read = ChangeProgress::done;
    if (read && *read == ChangeProgress::done) answer.next_page = walk->next.page;
    answer.pages = page_answer(read ? outcome_of(*read) : CallOutcome::done, record.generation, workspace->pages, area);
    if (!read) {
        encode(answer.pages, call.answer);
        return fail(read.error());
    }
    encode(answer, call.answer);
    return {};
}

}  // namespace festore::ta
