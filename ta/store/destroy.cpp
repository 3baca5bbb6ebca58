// SPDX-License-Identifier: BSD-2-Clause
// Finding and dropping a store's record, with or without the store's directory (rule 21: uid 0 may do that for other owners).
#include "ta/store/copy_secret.h"
#include "ta/store/claims.h"
#include "ta/store/items.h"

namespace festore::ta {
namespace {

Outcome<Identity> owner_of(const Call& call, const protocol::OwnerClaim& claim) {
    if (!claim.of_other) return call.session.identity;
    if (!is_root(call.session.identity)) return fail(Code::access_denied);
    return identity_of(claim.login, claim.id);
}

Outcome<RootTable*> table_of(Call& call, engine::Anchor anchor) {
    FESTORE_CHECK(trusted_storage(storage_of(anchor)));
    FESTORE_CHECK(call.instance.device_key());  // an OP-TEE without this key has no stores
    // If root has declared that there is no RPMB, it is not asked here either. The table of ree, which has the declaration, is not loaded
    // for that, because its damage is reported to a call that looks under ree.
    if (anchor == engine::Anchor::rpmb && call.instance.has_read_no_rpmb()) return fail(Code::storage_not_available);
    return call.instance.root_table(anchor);
}

// A failure that concerns only other owners' stores is not reported.
Status finish_destroyed_of(Call& call, RootTable& table, const Identity& owner) {
    if (!table.has_unfinished(owner)) return {};
    const Status all = call.instance.finish_destroyed(table);
    return table.has_unfinished(owner) ? all : Status{};
}

struct Found {
    RootTable* table;
    size_t place;

    // First finishes what is destroyed: a caller that repeats an unfinished destroy must not get "not found".
    static Outcome<RootTable*> table_for(Call& call, engine::Anchor anchor, const Identity& owner) {
        RootTable* const table = FESTORE_TRY(table_of(call, anchor));
        FESTORE_CHECK(finish_destroyed_of(call, *table, owner));
        return table;
    }

    static Outcome<Found> by_name(Call& call, const protocol::FindRequest& request) {
        const Identity owner = FESTORE_TRY(owner_of(call, request.owner));
        RootTable* const table = FESTORE_TRY(table_for(call, request.anchor, owner));
        const engine::StoreNameTag tag = FESTORE_TRY(name_tag(call, request.name));
        return Found{table, FESTORE_TRY(table->find({owner, tag}))};
    }

    // Finds also a damaged record, whose name may be damaged. The id comes from the directory's header, which anybody may have changed: if
    // the caller named a store, it must not reach another one.
    static Outcome<Found> to_destroy(Call& call, const protocol::DestroyRequest& request) {
        const Identity owner = FESTORE_TRY(owner_of(call, request.owner));
        RootTable* const table = FESTORE_TRY(table_for(call, request.anchor, owner));
        const Outcome<size_t> by_id = table->find(owner, request.store_id);
        const engine::StoreNameTag tag = FESTORE_TRY(name_tag(call, request.name));
        const Outcome<size_t> by_name = table->find({owner, tag});
        const bool is_one = by_id && by_name && *by_id == *by_name;
        const bool may_be_one = by_id && !table->has_name(*by_id) && !(by_name && table->has_name(*by_name));
        if (by_id && (request.any_name || is_one || may_be_one)) return Found{table, *by_id};
        const bool is_gone = !by_name && by_name.error().code == Code::item_not_found;
        if (is_gone && table->remembers_destroyed(request.store_id)) return fail(Code::store_destroyed);
        return Found{table, FESTORE_TRY(by_name)};
    }
};

bool cannot_be_read(Code rpmb) {
    return no_answer(rpmb) || rpmb == Code::corrupt_object || rpmb == Code::corrupt_object_2 || rpmb == Code::not_supported;
}

// Destroys what the RPMB has of a store whose record under ree is about to be destroyed: an interrupted move left a record or a copy
// secret there, or somebody has put back the record under ree from before the move. The record in the RPMB counts, so it is destroyed
// first. True: the RPMB cannot be read, and may still have a record. Then the owner can destroy the store nevertheless, unless the record
// under ree says that the store was about to move.
Outcome<bool> destroy_in_rpmb(Call& call, const Found& found, const protocol::DestroyRequest& request) {
    const Outcome<engine::RootRecord> record = found.table->record(found.place);
    const bool is_moving = record && (record->flags & engine::kRootMoving) != 0;
    const StoreSession& store = call.session.store;
    const bool was_not_asked = store.is_open && store.store_id == request.store_id && store.rpmb_unasked;
    if (!FESTORE_TRY(call.instance.may_ask_rpmb())) return is_moving;  // root has said that there is none, perhaps since the move
    if (!is_moving && (was_not_asked || request.without_asking_rpmb)) return true;
    const Identity owner = FESTORE_TRY(owner_of(call, request.owner));
    const auto destroyed = [&]() -> Status {
        RootTable* const table = FESTORE_TRY(call.instance.root_table(engine::Anchor::rpmb));
        const Outcome<size_t> place = table->find(owner, request.store_id);
        if (!place) return erase_copy_secret(request.store_id);
        FESTORE_CHECK(bury_with_claim(*table, *place));
        return finish_destroyed_of(call, *table, owner);
    }();
    if (destroyed) return false;
    if (!is_moving && cannot_be_read(destroyed.error().code)) return true;
    return fail(no_answer(destroyed.error().code) ? Code::rpmb_no_answer : destroyed.error().code);
}

// Destroys what an interrupted move to the RPMB left under ree. If the table of ree cannot be read, no store of it can be opened either.
Status destroy_under_ree(Call& call, const protocol::DestroyRequest& request) {
    const Outcome<RootTable*> table = call.instance.root_table(engine::Anchor::ree);
    if (!table) return {};
    const Identity owner = FESTORE_TRY(owner_of(call, request.owner));
    const Outcome<size_t> place = (*table)->find(owner, request.store_id);
    if (!place) return {};
    return bury_with_claim(**table, *place);
}

// Gives the client the claim on the store, if one is kept.
Status give_claim(Call& call, const RootTable& table, size_t place, const engine::RootRecord& record, size_t room) {
    const Outcome<engine::StoreClaim> claim = read_claim(call, table.anchor(), place, record);
    if (!claim) return {};
    std::array<std::byte, engine::kStoreClaimBytesMax> encoded{};
    Writer out(encoded);
    encode(protocol::StoreClaim{claim->name(), claim->directory()}, out);
    return give_whole(call, out.written(), room);
}

}  // namespace

Status store_find(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::FindRequest>(call.request));
    const Found found = FESTORE_TRY(Found::by_name(call, request));
    encode_status(FESTORE_TRY(found.table->record(found.place)), call.answer);
    return {};
}

Status store_record_at(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::RecordAtRequest>(call.request));
    if (!request.own && !is_root(call.session.identity)) return fail(Code::access_denied);
    // A client must be able to tell this from an RPMB that gives no answer.
    if (request.anchor == engine::Anchor::rpmb && call.instance.has_read_no_rpmb()) return fail(Code::item_not_found);
    RootTable* const table = FESTORE_TRY(table_of(call, request.anchor));
    std::optional<Identity> owner = FESTORE_TRY(table->owner(request.place));
    if (request.own && owner && *owner != call.session.identity) owner.reset();
    const size_t room = call.has_content ? take_room(call.content) : 0;
    using State = protocol::RecordAtAnswer::State;
    protocol::RecordAtAnswer answer;
    if (owner) {
        const Outcome<engine::RootRecord> record = table->record(request.place);
        answer.state = record ? State::readable : State::unreadable;
        answer.login = static_cast<uint32_t>(owner->login);
        answer.identity = owner->uuid;
        if (record) answer.status = status_of(*record);
        if (record && call.has_content) FESTORE_CHECK(give_claim(call, *table, request.place, *record, room));
    }
    encode(answer, call.answer);
    return {};
}

Status store_destroy(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::DestroyRequest>(call.request));
    const Found found = FESTORE_TRY(Found::to_destroy(call, request));
    if (!found.table->is_of(found.place, request.store_id)) return fail(Code::bad_parameters);
    protocol::DestroyAnswer answer;
    if (found.table->anchor() == engine::Anchor::rpmb) FESTORE_CHECK(destroy_under_ree(call, request));
    if (found.table->anchor() == engine::Anchor::ree) answer.may_be_in_rpmb = FESTORE_TRY(destroy_in_rpmb(call, found, request));
    FESTORE_CHECK(bury_with_claim(*found.table, found.place));
    call.instance.forget_store(request.store_id);
    FESTORE_CHECK(finish_destroyed_of(call, *found.table, FESTORE_TRY(owner_of(call, request.owner))));
    encode(answer, call.answer);
    return {};
}

}  // namespace festore::ta
