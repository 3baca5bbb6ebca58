// SPDX-License-Identifier: BSD-2-Clause
// Reading a store: get, stat, list. There are no calls into TEE storage after the root table has been read.
#include "ta/store/items.h"
#include "ta/store/losses.h"

namespace festore::ta {
namespace {

using engine::Entry;
using engine::ChangeProgress;
using protocol::CallOutcome;

// The tree that a call reads: the committed one, or that of the session's transaction.
struct ReadSource {
    engine::RootRecord record;
    Workspace* workspace = nullptr;
    engine::Tree tree;
    bool pending = false;

    static Outcome<ReadSource> of(const Call& call, bool pending) {
        ReadSource source;
        source.record = FESTORE_TRY(call.record());
        source.pending = pending;
        if (pending) {
            if (!call.session.store.batch || !call.session.store.batch->transaction.is_running())
                return fail(Code::bad_state);
            source.workspace = &*call.session.store.batch;
        } else {
            source.workspace = FESTORE_TRY(call.workspace(source.record));
        }
        source.tree = {source.record.index, source.record.height, source.record.page_count};
        return source;
    }
    engine::IndexReader reader(PageArea& area) {
        if (pending) return workspace->transaction.reader(area);
        workspace->pages.begin_call(area, tree, nullptr);
        return engine::IndexReader(workspace->pages, tree);
    }
};

Status copy_content(Call& call, const Entry& entry, size_t room) {
    call.content.memref.size = static_cast<gp::Size>(entry.content.size());
    if (room < entry.content.size()) return fail(Code::short_buffer);
    if (!entry.content.empty())
        TEE_MemMove(call.content.memref.buffer, entry.content.data(), static_cast<gp::Size>(entry.content.size()));
    return {};
}

void remember_payload(Session& session, const Entry& entry, engine::Cipher of_store) {
    OpenPayload& payload = session.store.payload.emplace();
    payload.cipher = engine::content_cipher(of_store, entry);
    copy_bytes(entry.payload.id, payload.id);
    copy_bytes(entry.payload.key, payload.key.fill());
    payload.segment_bytes = entry.payload.segment_bytes;
    payload.segments = entry.payload.segments;
    payload.size = entry.size;
}

Status find(Call& call, bool with_content) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::StoreNameRequest>(call.request));
    if ((request.flags & ~protocol::kStorePending) != 0) return fail(Code::bad_parameters);
    PageArea area = FESTORE_TRY(PageArea::over(call.area, request.area));
    ReadSource source = FESTORE_TRY(ReadSource::of(call, (request.flags & protocol::kStorePending) != 0));
    const size_t room = with_content ? take_room(call.content) : 0;
    engine::IndexReader reader = source.reader(area);
    Outcome<ChangeProgress> found = reader.find(request.name);
    if (!found && found.error().code == Code::item_not_found && (source.record.flags & engine::kRootLostRanges) != 0) {
        const Outcome<ChangeProgress> checked = check_not_lost(reader, request.name, false);
        if (!checked || *checked == ChangeProgress::need_pages) found = checked;
    }
    const CallOutcome outcome = found ? outcome_of(*found) : CallOutcome::done;
    protocol::GetAnswer answer;
    answer.pages = page_answer(outcome, source.record.generation, source.workspace->pages, area);
    if (!found) {
        encode(answer.pages, call.answer);
        return fail(found.error());
    }
    if (*found == ChangeProgress::done) {
        answer.metadata = metadata_of(reader.entry());
        if (with_content && answer.metadata.inlined) {
            FESTORE_CHECK(copy_content(call, reader.entry(), room));
        } else if (with_content) {
            remember_payload(call.session, reader.entry(), source.record.cipher);
        }
    }
    encode(answer, call.answer);
    return {};
}

}  // namespace

Status store_get(Call& call) { return find(call, true); }
Status store_stat(Call& call) { return find(call, false); }

Status store_list(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::StoreListRequest>(call.request));
    PageArea area = FESTORE_TRY(PageArea::over(call.area, request.area));
    ReadSource source = FESTORE_TRY(ReadSource::of(call, false));
    gp::HeapBuffer buffer = FESTORE_TRY(listing_buffer(call));
    ItemSink sink(buffer.bytes());
    engine::IndexReader reader = source.reader(area);
    const auto listed = reader.list({request.after, request.prefix}, sink);
    protocol::StoreListAnswer answer;
    answer.pages = page_answer(listed ? outcome_of(listed->progress) : CallOutcome::done, source.record.generation,
                               source.workspace->pages, area);
    if (!listed) {
        encode(answer.pages, call.answer);
        return fail(listed.error());
    }
    answer.more = listed->more;
    answer.items = sink.count();
    give(call, sink.items());
    encode(answer, call.answer);
    return {};
}

}  // namespace festore::ta
