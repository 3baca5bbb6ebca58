// SPDX-License-Identifier: BSD-2-Clause
// Rebuild: the index of a store whose record the TEE has, made anew under new keys in a new page file; whole, or without what is damaged
// in it. Undo: what was damaged then, and can be read again, put into the index as it is. Freshness is kept: each ends with a commit of the
// record that it began with, or with nothing.
#include "engine/renewal.h"
#include "gp/owned.h"
#include "ta/index_copy.h"
#include "ta/store_items.h"

namespace festore::ta {
namespace {

using engine::Progress;
using engine::RootRecord;
using protocol::CallOutcome;
using protocol::RebuildKind;

CopyKind kind_of(RebuildKind kind) {
    return kind == RebuildKind::whole ? CopyKind::rebuild : kind == RebuildKind::undo ? CopyKind::undo : CopyKind::without_damage;
}

// The record whose index lies in the old page file; out of the index as it is. item_not_found: there is none.
Result<Progress> read_old_record(Workspace& workspace, PageArea& area, const RootRecord& record, RootRecord& old) {
    const engine::Tree tree{record.index, record.height, record.page_count};
    workspace.pages.begin_call(area, tree, nullptr);
    engine::IndexReader reader(workspace.pages, tree);
    if (FESTORE_TRY(reader.find(engine::kOldRecordKey)) == Progress::need_pages) return Progress::need_pages;
    old = FESTORE_TRY(engine::decode_root_record(reader.entry().content));
    if (old.store_id != record.store_id) return fail(Code::corrupt_object);
    return Progress::done;
}

Status begin_copy(StoreCall& call, const RootRecord& record, const RootRecord& old, CopyKind kind) {
    StoreSession& store = call.session.store;
    store.batch.reset();
    store.prepared.reset();
    store.index_copy.reset();
    if (!call.instance.may_begin_batch(call.session.identity)) return fail(Code::busy);
    auto made = FESTORE_TRY(gp::Owned<IndexCopy>::make(call.instance.crypto()));
    const Bytes device_key = FESTORE_TRY(call.instance.device_key());
    made->kind = kind;
    made->old = old;
    made->before = record;
    made->base = kind == CopyKind::undo ? record : FESTORE_TRY(engine::rekey_store(call.instance.crypto(), device_key, record));
    FESTORE_CHECK(made->fresh.use(device_key, made->base));
    FESTORE_CHECK(made->fresh.transaction.begin(made->fresh.keys(), made->base));
    store.index_copy = std::move(made);
    return {};
}

}  // namespace

Status store_rebuild_begin(StoreCall& call) {
    const auto request = FESTORE_TRY(protocol::decode_store<protocol::RebuildRequest>(call.request));
    PageArea area = FESTORE_TRY(PageArea::over(call.area, request.area));
    PreparedRecord record{RootRecord{}};
    FESTORE_CHECK(change_base(call, record.record));
    PreparedRecord old(record.record);
    protocol::RepairAnswer answer;
    answer.pages.generation = record.record.generation;
    answer.objects = record.record.objects;
    if (request.kind == RebuildKind::undo) {
        Workspace* const workspace = FESTORE_TRY(call.workspace(record.record));
        const Progress read = FESTORE_TRY(read_old_record(*workspace, area, record.record, old.record));
        answer.pages = page_answer(outcome_of(read), record.record.generation, workspace->pages, area);
    }
    if (answer.pages.outcome == CallOutcome::done) FESTORE_CHECK(begin_copy(call, record.record, old.record, kind_of(request.kind)));
    encode(answer, call.answer);
    return {};
}

Status store_rebuild_step(StoreCall& call) {
    const auto request = FESTORE_TRY(protocol::decode_store<protocol::RebuildStepRequest>(call.request));
    const auto& copy = call.session.store.index_copy;
    if (!copy || copy->kind == CopyKind::repair) return fail(Code::bad_state);
    LeftOut left_out{request.passed_page, request.left_out};
    const bool leaves_out = left_out.page != 0 || !left_out.name.empty();
    if (leaves_out && copy->kind != CopyKind::without_damage) return fail(Code::bad_parameters);
    const protocol::RepairStepAnswer step = FESTORE_TRY(copy_step(call, request.area, left_out));
    encode(protocol::RebuildStepAnswer{step, left_out.is_done}, call.answer);
    return {};
}

// As store_commit(): what the TEE has must be what the rebuild began with (rule 6).
Status store_rebuild_commit(StoreCall& call) {
    const auto request = FESTORE_TRY(protocol::decode_store<protocol::TransactionRequest>(call.request));
    auto& copy = call.session.store.index_copy;
    if (!copy || copy->kind == CopyKind::repair || !copy->is_complete) return fail(Code::bad_state);
    const PreparedRecord next(copy->fresh.transaction.record());
    const PreparedRecord before(copy->before);
    copy.reset();
    if (next.record.transaction_id != request.transaction || next.record.generation != request.generation)
        return fail(Code::bad_state);
    const StoreCall::Place at = FESTORE_TRY(call.place());
    const PreparedRecord now(FESTORE_TRY(at.table->record(at.place)));
    if (now.record.store_id != before.record.store_id || now.record.epoch != before.record.epoch ||
        now.record.generation != before.record.generation)
        return fail(Code::bad_state);
    FESTORE_CHECK(at.table->write(at.place, next.record));
    encode_status(next.record, call.answer);
    return {};
}

}  // namespace festore::ta
