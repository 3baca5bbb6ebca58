// SPDX-License-Identifier: BSD-2-Clause
// Rebuild: rewrites the index of a store whose record the TEE has, under new keys, in a new page file; completely, or without what is
// damaged in it. Undo: adds what was left out, and can be read again, to the present index. Freshness is kept: each ends with a commit on
// top of the record that it began with, or changes nothing.
#include "engine/new_epoch.h"
#include "gp/owned.h"
#include "ta/objects/allowed.h"
#include "ta/chacha20_poly1305.h"
#include "ta/store/copy_secret.h"
#include "ta/store/index_copy.h"
#include "ta/store/claims.h"
#include "ta/store/items.h"

namespace festore::ta {
namespace {

using engine::Anchor;
using engine::ChangeProgress;
using engine::RootRecord;
using protocol::CallOutcome;
using protocol::RebuildKind;

CopyKind kind_of(RebuildKind kind) {
    return kind == RebuildKind::whole ? CopyKind::rebuild : kind == RebuildKind::undo ? CopyKind::undo : CopyKind::without_damage;
}

// Reads the record whose index lies in the old page file from the present index. item_not_found: there is none.
Outcome<ChangeProgress> read_old_record(Workspace& workspace, PageArea& area, const RootRecord& record, RootRecord& old) {
    const engine::Tree tree{record.index, record.height, record.page_count};
    workspace.pages.begin_call(area, tree, nullptr);
    engine::IndexReader reader(workspace.pages, tree);
    if (FESTORE_TRY(reader.find(engine::kOldRecordKey)) == ChangeProgress::need_pages) return ChangeProgress::need_pages;
    old = FESTORE_TRY(engine::decode_root_record(reader.entry().content));
    if (old.store_id != record.store_id) return fail(Code::corrupt_object);
    return ChangeProgress::done;
}

// For a record of format 1.0 that is not known, so it counts as made unasked.
bool is_made_unasked(const RootRecord& record) { return record.minor == 0 || (record.flags & engine::kRootMadeUnasked) != 0; }

// Converts the record for the RPMB: its recovery copies need a secret, and the existing copies name another table.
Status move_to_rpmb(Call& call, RootRecord& record) {
    if (record.anchor == Anchor::rpmb) return fail(Code::access_conflict);
    FESTORE_CHECK(trusted_storage(storage_of(Anchor::rpmb)));
    if (!FESTORE_TRY(call.instance.may_ask_rpmb())) return fail(Code::storage_not_available);  // root has declared that there is none
    FESTORE_CHECK(has_none(call, Anchor::rpmb, record.name));
    FESTORE_CHECK(may_move_store(call.instance, call.session.identity, is_made_unasked(record)));
    const RootTable* const table = FESTORE_TRY(call.instance.root_table(Anchor::rpmb));
    if (table->remembers_destroyed(record.store_id)) return fail(Code::store_destroyed);
    FESTORE_CHECK(table->free_place(call.session.identity));
    record.anchor = Anchor::rpmb;
    record.flags &= ~uint32_t{engine::kRootMoving};
    record.flags |= engine::kRootOfAnotherTable | engine::kRootCopySecret;
    record.flags &= ~uint32_t{engine::kRootMadeUnasked};
    // Only the commit stores the secret: a move that is given up leaves nothing in the RPMB.
    engine::CopySecret secret;
    FESTORE_CHECK(draw_copy_secret(call.instance.crypto(), record, secret));
    call.session.store.copy_secret.emplace(std::move(secret));
    return {};
}

// What the commit needs of a copy.
struct Made {
    engine::TablePlace to;
    engine::StoreClaim claim;
};

// Writes the record in the RPMB first: from then on the one under ree is not opened any more (rule 27), and after an interruption it
// only has to be buried. bad_state: another owner has taken the place that the recovery copy names.
Status commit_moved(Call& call, const Call::Place& from, const RootRecord& now, const RootRecord& next, const Made& made) {
    const engine::TablePlace& named = made.to;
    if (!FESTORE_TRY(call.instance.may_ask_rpmb())) return fail(Code::storage_not_available);
    FESTORE_CHECK(has_none(call, Anchor::rpmb, next.name));
    FESTORE_CHECK(may_move_store(call.instance, call.session.identity, is_made_unasked(now)));
    RootTable* const to = FESTORE_TRY(call.instance.root_table(Anchor::rpmb));
    if (to->remembers_destroyed(next.store_id)) return fail(Code::store_destroyed);
    const size_t place = FESTORE_TRY(to->free_place(call.session.identity));
    const engine::TablePlace at = to->at(place);
    if (at.table != named.table || at.place != named.place) return fail(Code::bad_state);
    // From now on the record is not opened without asking the RPMB, also if it is marked as made without that.
    PreparedRecord asked(now);
    if (now.minor == 0) asked.record.flags |= engine::kRootOfAnotherTable;
    asked.record.flags |= engine::kRootMoving;
    FESTORE_CHECK(from.table->write(from.place, asked.record));
    const auto& secret = call.session.store.copy_secret;
    if (!secret) return fail(Code::bad_state);
    FESTORE_CHECK(store_copy_secret(next.store_id, *secret));
    static_cast<void>(keep_claim(Anchor::rpmb, place, made.claim));
    FESTORE_CHECK(to->write_new(place, next));
    call.session.store.anchor = Anchor::rpmb;
    return bury_with_claim(*from.table, from.place);
}

// `cipher`: the cipher of the new index, if it is not that of the old one.
Status begin_copy(Call& call, const RootRecord& record, const RootRecord& old, CopyKind kind, bool moves,
                  std::optional<engine::Cipher> cipher = std::nullopt) {
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
    if (cipher) made->base.cipher = *cipher;
    if (moves) FESTORE_CHECK(move_to_rpmb(call, made->base));
    FESTORE_CHECK(made->fresh.use(device_key, made->base));
    FESTORE_CHECK(made->fresh.transaction.begin(made->fresh.keys(), made->base));
    store.index_copy = std::move(made);
    return {};
}

}  // namespace

Status store_rebuild_begin(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::RebuildRequest>(call.request));
    PageArea area = FESTORE_TRY(PageArea::over(call.area, request.area));
    PreparedRecord record{RootRecord{}};
    FESTORE_CHECK(change_base(call, record.record));
    const engine::StoreClaim claim = FESTORE_TRY(claim_of(call, record.record, request.claim));
    PreparedRecord old(record.record);
    protocol::RepairAnswer answer;
    answer.pages.generation = record.record.generation;
    answer.objects = record.record.objects;
    if (request.kind == RebuildKind::undo) {
        Workspace* const workspace = FESTORE_TRY(call.workspace(record.record));
        const ChangeProgress read = FESTORE_TRY(read_old_record(*workspace, area, record.record, old.record));
        answer.pages = page_answer(outcome_of(read), record.record.generation, workspace->pages, area);
    }
    if (answer.pages.outcome == CallOutcome::done)
        FESTORE_CHECK(begin_copy(call, record.record, old.record, kind_of(request.kind), request.anchor == protocol::RebuildAnchor::rpmb));
    if (call.session.store.index_copy) call.session.store.index_copy->claim = claim;
    encode(answer, call.answer);
    return {};
}

// Contents stay as they are: the copied entries say that their contents have the other cipher now. What was lost and can be undone
// keeps the cipher of its own old record.
Status store_recipher_begin(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::RecipherRequest>(call.request));
    PageArea area = FESTORE_TRY(PageArea::over(call.area, request.area));
    const engine::Cipher cipher = request.cipher;
    if (cipher == engine::Cipher::chacha20_poly1305 && !has_chacha20_poly1305()) return fail(Code::not_supported);
    PreparedRecord record{RootRecord{}};
    FESTORE_CHECK(change_base(call, record.record));
    FESTORE_CHECK(begin_copy(call, record.record, record.record, CopyKind::rebuild, false, cipher));
    protocol::RepairAnswer answer;
    answer.pages.generation = record.record.generation;
    answer.pages.written = area.finish();
    answer.objects = record.record.objects;
    encode(answer, call.answer);
    return {};
}

Status store_rebuild_step(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::RebuildStepRequest>(call.request));
    const auto& copy = call.session.store.index_copy;
    if (!copy || copy->kind == CopyKind::repair) return fail(Code::bad_state);
    LeftOut left_out{request.passed_page, request.left_out};
    const bool leaves_out = left_out.page != 0 || !left_out.name.empty();
    if (leaves_out && copy->kind != CopyKind::without_damage) return fail(Code::bad_parameters);
    const protocol::RepairStepAnswer step = FESTORE_TRY(copy_step(call, request.area, left_out));
    encode(protocol::RebuildStepAnswer{step, left_out.is_done}, call.answer);
    return {};
}

// As in store_commit(), the TEE must still have the record that the rebuild began with (rule 6).
Status store_rebuild_commit(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::TransactionRequest>(call.request));
    auto& copy = call.session.store.index_copy;
    if (!copy || copy->kind == CopyKind::repair || !copy->is_complete) return fail(Code::bad_state);
    const PreparedRecord next(copy->fresh.transaction.record());
    const PreparedRecord before(copy->before);
    const Made made{copy->to, copy->claim};
    copy.reset();
    if (next.record.transaction_id != request.transaction || next.record.generation != request.generation)
        return fail(Code::bad_state);
    const Call::Place at = FESTORE_TRY(call.place());
    const PreparedRecord now(FESTORE_TRY(at.table->record(at.place)));
    if (now.record.store_id != before.record.store_id || now.record.epoch != before.record.epoch ||
        now.record.generation != before.record.generation)
        return fail(Code::bad_state);
    FESTORE_CHECK(call.check_not_moved(now.record));
    if (next.record.anchor != now.record.anchor) {
        const Status moved = commit_moved(call, at, now.record, next.record, made);
        if (!moved && call.session.store.anchor != Anchor::rpmb) call.session.store.copy_secret.reset();
        FESTORE_CHECK(moved);
    } else {
        static_cast<void>(keep_claim(next.record.anchor, at.place, made.claim));
        FESTORE_CHECK(at.table->write(at.place, next.record));
    }
    encode_status(next.record, call.answer);
    return {};
}

Status store_finish_move(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::TransactionRequest>(call.request));
    FESTORE_CHECK(trusted_storage(storage_of(Anchor::rpmb)));
    FESTORE_CHECK(call.instance.device_key());
    const RootTable* const moved_to = FESTORE_TRY(call.instance.root_table(Anchor::rpmb));
    FESTORE_CHECK(moved_to->find(call.session.identity, request.transaction));
    RootTable* const left = FESTORE_TRY(call.instance.root_table(Anchor::ree));
    const Outcome<size_t> place = left->find(call.session.identity, request.transaction);
    if (!place) return {};
    return bury_with_claim(*left, *place);
}

}  // namespace festore::ta
