// SPDX-License-Identifier: BSD-2-Clause
// Repair (rules 17 and 19): the TEE has lost its record of a store, but the directory has recovery copies of it. A copy whose
// whole index verifies becomes the store again, under a new epoch: the objects are copied, in the order of their names, from
// the old index into a new one (ta/store/index_copy.h), which the client writes into a new page file. The old page file is not touched.
#include "engine/records/recovery.h"
#include "engine/new_epoch.h"
#include "ta/objects/allowed.h"
#include "ta/store/copy_secret.h"
#include "ta/store/index_copy.h"
#include "ta/store/claims.h"

namespace festore::ta {
namespace {

using engine::Anchor;
using engine::RootRecord;
using protocol::CallOutcome;

// The table, even if it was damaged: the TEE has then deleted it, and gives an empty one when it is asked again. What this instance has
// seen before, the table must still match (rule 5).
Outcome<RootTable*> table_of(const Call& call, Anchor anchor) {
    const Outcome<RootTable*> first = call.instance.root_table(anchor);
    if (first || (first.error().code != Code::corrupt_object && first.error().code != Code::corrupt_object_2)) return first;
    return call.instance.root_table(anchor);
}

struct Damaged {
    RootTable* table = nullptr;
    std::optional<size_t> place;    // the store's record, which is unreadable; not set: there is no record
    std::optional<size_t> perhaps{};  // an unreadable record of the caller, of this store or of another one
};

// access_conflict: there is an intact record. not_supported: there is a record of a newer version.
Outcome<Damaged> find_damaged(const Call& call, Anchor anchor, const engine::StoreId& store_id, const engine::StoreNameTag& name) {
    const StoreOwner owner{call.session.identity, name};
    for (const Anchor other : {Anchor::ree, Anchor::rpmb}) {
        if (other == anchor || !trusted_storage(storage_of(other))) continue;
        if (const Outcome<bool> may_ask = call.instance.may_ask_rpmb(); other == Anchor::rpmb && may_ask && !*may_ask) continue;
        const RootTable* const table = FESTORE_TRY(table_of(call, other));
        // The store may have moved to the RPMB and been destroyed there. (A tombstone under ree proves nothing: a store that moved leaves
        // one.)
        const bool may_be_destroyed = table->remembers_destroyed(store_id) || table->has_forgotten_destroyed(owner.identity);
        if (other == Anchor::rpmb && may_be_destroyed) return fail(Code::store_destroyed);
        // A damaged record there may be this store's, unless it says that it is of another store.
        const Outcome<size_t> there = table->find(owner);
        if (there && table->is_readable(*there)) return fail(Code::access_conflict);
        if (there && !table->is_of_another(*there, store_id)) return fail(Code::corrupt_object);
    }
    RootTable* const table = FESTORE_TRY(table_of(call, anchor));
    const Outcome<size_t> of_id = table->find(owner.identity, store_id);
    const Outcome<size_t> place = of_id ? of_id : table->find(owner);
    Damaged damaged{table, std::nullopt};
    if (!place) return damaged;
    const Outcome<RootRecord> record = table->record(*place);
    if (record) return fail(Code::access_conflict);
    if (record.error().code != Code::corrupt_object) return fail(record.error());
    if (of_id) damaged.place = *place;
    else damaged.perhaps = *place;
    return damaged;
}

// The place for the repaired record. store_destroyed: the store was destroyed, not lost (rule 25).
Outcome<Call::Place> place_for(const Call& call, const RootRecord& copy, const std::optional<engine::TablePlace>& at) {
    const engine::StoreId& store_id = copy.store_id;
    const Damaged damaged = FESTORE_TRY(find_damaged(call, copy.anchor, store_id, copy.name));
    RootTable* const table = damaged.table;
    if (table->was_destroyed(call.session.identity, store_id, at)) return fail(Code::store_destroyed);
    if (damaged.place) return Call::Place{table, *damaged.place};
    // Another store's damaged record must not be overwritten: that store may be repaired, too.
    const bool is_its_place = damaged.perhaps && at && table->at(*damaged.perhaps).table == at->table && *damaged.perhaps == at->place;
    if (is_its_place) return Call::Place{table, *damaged.perhaps};
    const uint32_t stores = FESTORE_TRY(stores_of(call.instance, call.session.identity, true));
    if (stores >= limits::kStoresPerOwnerMax) return fail(Code::many_stores);
    if (const auto place = at ? table->lost_place(*at) : std::nullopt) return Call::Place{table, *place};
    return Call::Place{table, FESTORE_TRY(table->free_place(call.session.identity))};
}

// Reads the copy secret, if a copy needs one. copy_secret_lost: the RPMB does not have it.
Status secret_of(PageArea& area, engine::PageBytes& slot, const engine::StoreId& store_id,
                 std::optional<engine::CopySecret>& out) {
    for (uint32_t i = 0; i < engine::kRecoverySlots; ++i) {
        if (out || !area.contains(i)) continue;
        FESTORE_CHECK(area.read(i, slot));
        if (!engine::has_copy_secret(slot)) continue;
        engine::CopySecret secret;
        const Status read = read_copy_secret(store_id, secret);
        if (!read && read.error().code == Code::item_not_found) return fail(Code::copy_secret_lost);
        FESTORE_CHECK(read);
        out.emplace(std::move(secret));
    }
    return {};
}

// The recovery copies that came with the call: the newest, or the one before it.
struct Copies {
    gp::Owned<engine::RecoveryCopy> chosen;

    Status choose(Call& call, PageArea& area, Bytes device_key, const protocol::RepairRequest& request) {
        gp::Owned<engine::RecoveryCopy> found[engine::kRecoverySlots];
        const gp::Owned<engine::PageBytes> slot = FESTORE_TRY(gp::Owned<engine::PageBytes>::make());
        std::optional<engine::CopySecret> secret;
        FESTORE_CHECK(secret_of(area, *slot, request.store_id, secret));
        for (uint32_t i = 0; i < engine::kRecoverySlots; ++i) {
            if (!area.contains(i)) continue;
            FESTORE_CHECK(area.read(i, *slot));
            auto copy = FESTORE_TRY(gp::Owned<engine::RecoveryCopy>::make());
            const Status opened = engine::open_recovery_copy(call.instance.crypto(), device_key, secret ? &*secret : nullptr, *slot, *copy);
            if (!opened && opened.error().code != Code::corrupt_object && opened.error().code != Code::item_not_found)
                return opened;
            // The copy of the first commit of format 1.1 is in both slots.
            if (opened) found[i] = std::move(copy);
        }
        if (!found[0] && !found[1]) return fail(Code::item_not_found);
        const bool first_is_newer =
            found[0] && (!found[1] || found[0]->record.generation > found[1]->record.generation);
        auto& newest = found[first_is_newer ? 0 : 1];
        auto& other = found[first_is_newer ? 1 : 0];
        if (request.older && !other) return fail(Code::item_not_found);
        chosen = std::move(request.older ? other : newest);
        return {};
    }
};

// Only the sealed content of the copy says who owns the store (rule 17).
Status check_copy(const Call& call, const RootRecord& copy, const protocol::RepairRequest& request) {
    const Identity& caller = call.session.identity;
    if (copy.login != static_cast<uint32_t>(caller.login) || copy.identity != caller.uuid) return fail(Code::access_denied);
    if (copy.anchor != request.anchor || copy.store_id != request.store_id)
        return fail(Code::bad_parameters);
    return {};
}

}  // namespace

Status store_repair_begin(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::RepairRequest>(call.request));
    const Anchor anchor = request.anchor;
    call.session.store.close();
    FESTORE_CHECK(trusted_storage(storage_of(anchor)));
    // Checked before any TEE object is opened (rule 18).
    const Bytes device_key = FESTORE_TRY(call.instance.device_key());
    const auto key_check = FESTORE_TRY(engine::key_check_value(call.instance.crypto(), device_key, request.store_id));
    if (key_check != request.key_check) return fail(Code::security);
    const engine::StoreNameTag name = FESTORE_TRY(name_tag(call, request.claim.name));
    const Damaged damaged = FESTORE_TRY(find_damaged(call, anchor, request.store_id, name));
    if (damaged.table->remembers_destroyed(request.store_id)) return fail(Code::store_destroyed);
    PageArea area = FESTORE_TRY(PageArea::over(call.area, request.area));
    protocol::RepairAnswer answer;
    for (uint32_t slot = 0; slot < engine::kRecoverySlots; ++slot)
        if (!area.contains(slot)) answer.pages.needs[answer.pages.need_count++] = {slot, false};
    if (answer.pages.need_count > 0) {
        answer.pages.outcome = CallOutcome::need_pages;
        encode(answer, call.answer);
        return {};
    }
    Copies copies;
    FESTORE_CHECK(copies.choose(call, area, device_key, request));
    FESTORE_CHECK(check_copy(call, copies.chosen->record, request));
    const engine::StoreClaim claim = FESTORE_TRY(claim_of(call, copies.chosen->record, request.claim));
    FESTORE_CHECK(place_for(call, copies.chosen->record, copies.chosen->at));
    if (!call.instance.may_begin_batch(call.session.identity)) return fail(Code::busy);
    auto& repair = call.session.store.index_copy;
    repair = FESTORE_TRY(gp::Owned<IndexCopy>::make(call.instance.crypto()));
    repair->kind = CopyKind::repair;
    repair->old = copies.chosen->record;
    repair->at = copies.chosen->at;
    repair->claim = claim;
    const auto begun = [&]() -> Status {
        repair->base = FESTORE_TRY(engine::new_epoch(call.instance.crypto(), device_key, repair->old));
        if (FESTORE_TRY(copy_secret(call, repair->base)) != nullptr) repair->base.flags |= engine::kRootCopySecret;
        FESTORE_CHECK(repair->fresh.use(device_key, repair->base));
        return repair->fresh.transaction.begin(repair->fresh.keys(), repair->base);
    }();
    if (!begun) {
        repair.reset();
        return begun;
    }
    answer.pages.generation = repair->old.generation;
    answer.objects = repair->old.objects;
    encode(answer, call.answer);
    return {};
}

Status store_repair_step(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::PrepareRequest>(call.request));
    if (!call.session.store.index_copy || call.session.store.index_copy->kind != CopyKind::repair) return fail(Code::bad_state);
    LeftOut nothing;
    encode(FESTORE_TRY(copy_step(call, request.area, nothing)), call.answer);
    return {};
}

Status store_repair_commit(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::TransactionRequest>(call.request));
    StoreSession& store = call.session.store;
    if (!store.index_copy || store.index_copy->kind != CopyKind::repair || !store.index_copy->is_complete) return fail(Code::bad_state);
    const PreparedRecord next(store.index_copy->fresh.transaction.record());
    const std::optional<engine::TablePlace> was_at = store.index_copy->at;
    const engine::StoreClaim claim = store.index_copy->claim;
    store.index_copy.reset();
    if (next.record.transaction_id != request.transaction || next.record.generation != request.generation)
        return fail(Code::bad_state);
    // Checked again: the store may have been destroyed, or made again, meanwhile.
    const Call::Place to = FESTORE_TRY(place_for(call, next.record, was_at));
    static_cast<void>(keep_claim(next.record.anchor, to.place, claim));  // a failure here must not stop the repair
    FESTORE_CHECK(to.table->write_new(to.place, next.record));
    store.open(next.record);
    encode_status(next.record, call.answer);
    return {};
}

}  // namespace festore::ta
