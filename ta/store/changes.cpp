// SPDX-License-Identifier: BSD-2-Clause
// Changing a store: either in one call (the flag single), which does begin, change and prepare; or in several calls, with the
// session's own workspace. Both end with commit: one write into TEE storage (rules 3, 4, 5).
#include "ta/call.h"
#include "ta/store/losses.h"

namespace festore::ta {
namespace {

using engine::Effect;
using engine::ChangeProgress;
using engine::RootRecord;
using engine::IndexTransaction;
using protocol::CallOutcome;

// True if everything, the recovery copy included, is in the area.
Outcome<bool> prepare(Call& call, IndexTransaction& transaction, PageArea& area) {
    if (FESTORE_TRY(transaction.prepare(area)) == IndexTransaction::Prepared::need_room || area.room() == 0) return false;
    const Call::Place at = FESTORE_TRY(call.place_of(transaction.record()));
    FESTORE_CHECK(write_recovery_copy(call, transaction.record(), at.table->at(at.place), area));
    call.session.store.prepared.emplace(transaction.record());
    return true;
}

// The transaction that a change belongs to.
struct Running {
    Workspace* workspace = nullptr;
    uint64_t base_generation = 0;
    bool single = false;

    static Outcome<Running> of(Call& call, bool single) {
        RootRecord record;
        FESTORE_CHECK(change_base(call, record));
        if (!single) {
            StoreSession& store = call.session.store;
            if (!store.batch || !store.batch->transaction.is_running() || store.prepared) return fail(Code::bad_state);
            // Somebody else has committed: pages that are free for this transaction may be in use by now (rule 6).
            if (store.batch_base != record.generation) return fail(Code::bad_state);
            return Running{&*store.batch, record.generation, false};
        }
        if (call.session.store.batch) return fail(Code::bad_state);
        call.session.store.prepared.reset();
        Workspace* const workspace = FESTORE_TRY(call.workspace(record));
        FESTORE_CHECK(workspace->transaction.begin(workspace->keys(), record));
        return Running{workspace, record.generation, true};
    }
    void end() const {
        if (single) workspace->transaction.end();
    }
};

// What all changes have in common; `change` is what differs.
template <class F>
Status run_change(Call& call, protocol::PageArea request_area, bool single, F&& change) {
    PageArea area = FESTORE_TRY(PageArea::over(call.area, request_area));
    const Running running = FESTORE_TRY(Running::of(call, single));
    IndexTransaction& transaction = running.workspace->transaction;
    Effect effect;
    const Outcome<ChangeProgress> changed = change(transaction, area, effect);
    protocol::ChangeAnswer answer;
    Status status = changed ? Status{} : fail(changed.error());
    CallOutcome outcome = changed && *changed == ChangeProgress::need_pages ? CallOutcome::need_pages : CallOutcome::done;
    if (status && outcome == CallOutcome::done && single) {
        const Outcome<bool> prepared = prepare(call, transaction, area);
        if (!prepared) status = fail(prepared.error());
        else if (!*prepared) status = fail(Code::short_buffer);
        if (status) {
            answer.transaction = transaction.id();
            answer.generation = transaction.record().generation;
        }
    }
    answer.pages = page_answer(outcome, running.base_generation, running.workspace->pages, area);
    running.end();
    if (!status) {
        encode(answer.pages, call.answer);
        return status;
    }
    answer.version = effect.version;
    answer.dropped_payload = effect.dropped_payload;
    answer.payload = effect.payload;
    encode(answer, call.answer);
    return {};
}

struct PutContent {
    std::array<std::byte, limits::kIndexEntryBytesMax> bytes{};
    ~PutContent() { wipe(bytes); }
};

// The entry of an inlined object, whose content is copied once, or of the completed upload.
Outcome<engine::Entry> entry_of(Call& call, const protocol::StorePutRequest& request, PutContent& copy) {
    engine::Entry entry;
    if (request.inlined) {
        // A null buffer counts as size 0: OP-TEE gives a memref of size 0 no address.
        const size_t given = call.has_content && call.content.memref.buffer != nullptr ? call.content.memref.size : 0;
        if (request.size != given) return fail(Code::bad_parameters);
        if (request.size > engine::inline_bytes_max(request.name.size())) return fail(Code::limit_exceeded);
        const auto size = static_cast<size_t>(request.size);
        if (size > 0) TEE_MemMove(copy.bytes.data(), call.content.memref.buffer, static_cast<gp::Size>(size));
        entry.size = request.size;
        entry.content = Bytes(copy.bytes).first(size);
    } else {
        const auto& upload = call.session.store.upload;
        if (call.has_content) return fail(Code::bad_parameters);
        if (!upload || !upload->is_complete() || upload->id() != request.payload) return fail(Code::bad_state);
        if (call.session.store.resealed) return fail(Code::bad_state);  // such an upload may only replace its own object's content
        entry = upload->entry();
        call.session.store.upload_is_used = true;
        if (entry.size != request.size) return fail(Code::bad_parameters);
    }
    if ((request.flags & protocol::kStoreWriteOnce) != 0) entry.flags |= engine::kEntryWriteOnce;
    if ((request.flags & protocol::kStoreKept) != 0) entry.flags |= engine::kEntryKept;
    entry.modified = request.modified;
    return entry;
}

}  // namespace

Status store_begin(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::BeginRequest>(call.request));
    RootRecord record;
    FESTORE_CHECK(change_base(call, record));
    if (record.generation != request.generation) return fail(Code::bad_state);
    StoreSession& store = call.session.store;
    store.batch.reset();
    store.prepared.reset();
    if (!call.instance.may_begin_batch(call.session.identity)) return fail(Code::busy);
    store.batch = FESTORE_TRY(gp::Owned<Workspace>::make(call.instance.crypto()));
    store.batch_base = record.generation;
    const auto begun = [&]() -> Status {
        const Bytes device_key = FESTORE_TRY(call.instance.device_key());
        FESTORE_CHECK(store.batch->use(device_key, record));
        return store.batch->transaction.begin(store.batch->keys(), record);
    }();
    if (!begun) {
        store.batch.reset();
        return begun;
    }
    encode(protocol::BeginAnswer{store.batch->transaction.id(), record.generation + 1}, call.answer);
    return {};
}

Status store_put(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::StorePutRequest>(call.request));
    PutContent content;
    engine::PutArguments arguments;
    arguments.name = request.name;
    arguments.entry = FESTORE_TRY(entry_of(call, request, content));
    arguments.if_absent = (request.flags & protocol::kStoreIfAbsent) != 0;
    if ((request.flags & protocol::kStoreIfVersion) != 0) arguments.if_version = request.if_version;
    return run_change(call, request.area, (request.flags & protocol::kStoreSingle) != 0,
                      [&](IndexTransaction& t, PageArea& area, Effect& effect) -> Outcome<ChangeProgress> {
                          const ChangeProgress checked = FESTORE_TRY(check_change(t, area, request.name, true));
                          if (checked == ChangeProgress::need_pages) return checked;
                          // The store's cipher may have changed since the upload began.
                          if (!request.inlined && call.session.store.upload->cipher() != t.record().cipher)
                              arguments.entry.flags |= engine::kEntryOtherCipher;
                          return t.put(area, arguments, effect);
                      });
}

Status store_remove(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::StoreNameRequest>(call.request));
    if ((request.flags & ~protocol::kStoreSingle) != 0) return fail(Code::bad_parameters);
    return run_change(call, request.area, request.flags != 0,
                      [&](IndexTransaction& t, PageArea& area, Effect& effect) -> Outcome<ChangeProgress> {
        if (FESTORE_TRY(check_change(t, area, request.name, false)) == ChangeProgress::need_pages) return ChangeProgress::need_pages;
        return t.remove(area, request.name, effect);
    });
}

Status store_rename(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::StoreRenameRequest>(call.request));
    const bool replace = (request.flags & protocol::kStoreReplace) != 0;
    return run_change(call, request.area, (request.flags & protocol::kStoreSingle) != 0,
                      [&](IndexTransaction& t, PageArea& area, Effect& effect) -> Outcome<ChangeProgress> {
                          if (FESTORE_TRY(check_change(t, area, request.from, false)) == ChangeProgress::need_pages ||
                              FESTORE_TRY(check_change(t, area, request.to, true)) == ChangeProgress::need_pages)
                              return ChangeProgress::need_pages;
                          return t.rename(area, request.from, request.to, replace, effect);
                      });
}

Status store_acknowledge(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::PrepareRequest>(call.request));
    return run_change(call, request.area, true, [](IndexTransaction& t, PageArea&, Effect&) { return t.acknowledge(); });
}

Status store_acknowledge_lost(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::StoreNameRequest>(call.request));
    if (request.flags != protocol::kStoreSingle) return fail(Code::bad_parameters);
    return run_change(call, request.area, true, [&](IndexTransaction& t, PageArea& area, Effect&) -> Outcome<ChangeProgress> {
        engine::LostRangeSearch search(request.name);
        engine::IndexReader reader = t.reader(area);
        if (FESTORE_TRY(search.run(reader)) == ChangeProgress::need_pages) return ChangeProgress::need_pages;
        if (!search.found() || search.is_acknowledged()) return fail(Code::item_not_found);
        const engine::LostRangeKey key(search.range());
        engine::OtherLostRanges others(key.bytes());
        if (FESTORE_TRY(others.run(reader)) == ChangeProgress::need_pages) return ChangeProgress::need_pages;
        return t.acknowledge_lost_range(area, search.range(), !others.any());
    });
}

// Kept objects may be resealed, too, because their content stays the same: this TA has sealed all of it from the payload that the object
// must still have.
Status store_reseal(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::ResealRequest>(call.request));
    StoreSession& store = call.session.store;
    if (!store.resealed || !store.upload || !store.upload->is_complete() || store.upload->id() != request.payload)
        return fail(Code::bad_state);
    store.upload_is_used = true;
    return run_change(call, request.area, true, [&](IndexTransaction& t, PageArea& area, Effect& effect) -> Outcome<ChangeProgress> {
        if (store.upload->cipher() != t.record().cipher) return fail(Code::bad_state);
        return t.reseal(area, request.name, store.resealed->entry(), store.upload->entry(), effect);
    });
}

Status store_prepare(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::PrepareRequest>(call.request));
    PageArea area = FESTORE_TRY(PageArea::over(call.area, request.area));
    const Running running = FESTORE_TRY(Running::of(call, false));
    const Outcome<bool> prepared = prepare(call, running.workspace->transaction, area);
    const CallOutcome outcome = prepared && !*prepared ? CallOutcome::need_room : CallOutcome::done;
    encode(page_answer(outcome, running.base_generation, running.workspace->pages, area), call.answer);
    if (!prepared) return fail(prepared.error());
    return {};
}

// The second check besides the client's lock (rule 6): the record that the transaction began with must still be there.
Status store_commit(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::TransactionRequest>(call.request));
    StoreSession& store = call.session.store;
    if (!store.prepared) return fail(Code::bad_state);
    const RootRecord& next = store.prepared->record;
    if (next.transaction_id != request.transaction || next.generation != request.generation)
        return fail(Code::bad_state);
    const PreparedRecord committed(next);
    store.prepared.reset();
    store.batch.reset();
    const Call::Place at = FESTORE_TRY(call.place());
    const RootRecord base = FESTORE_TRY(at.table->record(at.place));
    if (base.store_id != committed.record.store_id || base.epoch != committed.record.epoch ||
        base.generation + 1 != committed.record.generation)
        return fail(Code::bad_state);
    FESTORE_CHECK(call.check_not_moved(base));
    FESTORE_CHECK(at.table->write(at.place, committed.record));
    if (store.upload_is_used) store.end_upload();
    encode_status(committed.record, call.answer);
    return {};
}

Status store_abort(Call& call) {
    FESTORE_CHECK(protocol::decode<protocol::TransactionRequest>(call.request));
    call.session.store.prepared.reset();
    call.session.store.batch.reset();
    call.session.store.index_copy.reset();
    // If a move was given up, its copy secret belongs to no record.
    const bool is_kept = call.session.store.is_open && call.session.store.anchor == engine::Anchor::rpmb;
    if (!is_kept) call.session.store.copy_secret.reset();
    return {};
}

// Rule 4. The client asks while it holds the store's lock, so nobody else has committed since.
Status store_outcome(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::TransactionRequest>(call.request));
    const RootRecord record = FESTORE_TRY(call.record());
    protocol::OutcomeAnswer answer;
    answer.generation = record.generation;
    if (record.generation == request.generation && record.transaction_id == request.transaction)
        answer.outcome = protocol::TransactionOutcome::committed;
    encode(answer, call.answer);
    return {};
}

}  // namespace festore::ta
