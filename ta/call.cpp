// SPDX-License-Identifier: BSD-2-Clause
#include "ta/call.h"

#include "engine/records/recovery.h"
#include "protocol/store_files.h"
#include "ta/store/copy_secret.h"

namespace festore::ta {

using engine::RootRecord;

Outcome<Call::Place> Call::place() const {
    if (!session.store.is_open) return fail(Code::bad_state);
    RootTable* const table = FESTORE_TRY(instance.root_table(session.store.anchor));
    const Outcome<size_t> place = table->find({session.identity, session.store.name});
    if (!place && place.error().code == Code::item_not_found) return fail(Code::bad_state);  // destroyed meanwhile
    return Place{table, FESTORE_TRY(place)};
}

Outcome<Call::Place> Call::place_of(const RootRecord& record) const {
    const Place at = FESTORE_TRY(place());
    if (session.store.anchor != record.anchor || !at.table->is_of(at.place, record.store_id)) return fail(Code::bad_state);
    return at;
}

Outcome<RootRecord> Call::record() const {
    const Place at = FESTORE_TRY(place());
    RootRecord record = FESTORE_TRY(at.table->record(at.place));
    if (record.store_id != session.store.store_id) return fail(Code::bad_state);
    FESTORE_CHECK(check_not_moved(record));
    mark_if_unknown(record, session.store);
    return record;
}

// A session that opened the store before another session moved it has not asked the RPMB. If that move was interrupted, or failed, before
// it buried the record under ree, both tables have a record of the store, and the one in the RPMB counts.
Status Call::check_not_moved(const RootRecord& record) const {
    if (record.anchor != engine::Anchor::ree || (record.flags & engine::kRootMoving) == 0) return {};
    if (!FESTORE_TRY(instance.may_ask_rpmb())) return fail(Code::rpmb_no_answer);
    const Outcome<RootTable*> rpmb = instance.root_table(engine::Anchor::rpmb);
    if (!rpmb) return fail(no_answer(rpmb.error().code) ? Code::rpmb_no_answer : rpmb.error().code);
    const bool has_moved = (*rpmb)->find(session.identity, record.store_id) || (*rpmb)->remembers_destroyed(record.store_id);
    return has_moved ? Status(fail(Code::bad_state)) : Status{};
}

void mark_if_unknown(RootRecord& record, const StoreSession& store) {
    if (record.minor == 0 && record.anchor == engine::Anchor::ree && store.rpmb_unasked) record.flags |= engine::kRootMadeUnasked;
}

Outcome<Workspace*> Call::workspace(const RootRecord& record) const {
    Workspace* const workspace = FESTORE_TRY(instance.workspace());
    const Bytes device_key = FESTORE_TRY(instance.device_key());
    FESTORE_CHECK(workspace->use(device_key, record));
    return workspace;
}

Status change_base(Call& call, RootRecord& record) {
    record = FESTORE_TRY(call.record());
    if (record.minor == 0) record.flags |= engine::kRootOfAnotherTable;
    // record() has checked that the RPMB has no record of the store. An interrupted move may have left its copy secret there, and copies
    // sealed with that.
    if ((record.flags & engine::kRootMoving) != 0 && erase_copy_secret(record.store_id)) record.flags &= ~uint32_t{engine::kRootMoving};
    if (FESTORE_TRY(copy_secret(call, record)) != nullptr) record.flags |= engine::kRootCopySecret;
    return {};
}

Status write_recovery_copy(Call& call, const RootRecord& record, const engine::TablePlace& at, engine::CallPages& pages) {
    const Bytes device_key = FESTORE_TRY(call.instance.device_key());
    const engine::CopySecret* const secret = FESTORE_TRY(copy_secret(call, record));
    const gp::Owned<engine::PageBytes> slot = FESTORE_TRY(gp::Owned<engine::PageBytes>::make());
    FESTORE_CHECK(engine::seal_recovery_copy(call.instance.crypto(), device_key, secret, record, at, *slot));
    static_assert(engine::kRecoverySlots == 2 && protocol::recovery_page(3) == 1);
    return pages.write(engine::recovery_slot(record.generation), *slot);
}

protocol::StoreStatus status_of(const RootRecord& record) {
    protocol::StoreStatus status;
    status.store_id = record.store_id;
    status.anchor = record.anchor;
    status.cipher = record.cipher;
    status.height = record.height;
    status.epoch = record.epoch;
    status.generation = record.generation;
    status.objects = record.objects;
    status.content_bytes = record.content_bytes;
    status.page_count = record.page_count;
    status.free_pages = record.free_pages;
    status.pages_sealed = record.pages_sealed;
    status.index_page = record.index.page;
    status.free_list_page = record.free_list.page;
    status.flags = record.flags;
    status.freshness_lost_count = record.freshness_lost_count;
    status.freshness_lost_generation = record.freshness_lost_generation;
    status.created = record.created;
    return status;
}

void encode_status(const RootRecord& record, Writer& out) { encode(status_of(record), out); }

protocol::PageAnswer page_answer(protocol::CallOutcome outcome, uint64_t generation, engine::Pages& pages,
                                 PageArea& area) {
    protocol::PageAnswer answer;
    answer.outcome = outcome;
    answer.generation = generation;
    answer.written = area.finish();
    if (outcome != protocol::CallOutcome::need_pages) return answer;
    static_assert(engine::Needs::kMax <= protocol::kNeedsMax);
    for (const engine::Need& need : pages.needs().list()) answer.needs[answer.need_count++] = {need.page, need.mismatch};
    return answer;
}

}  // namespace festore::ta
