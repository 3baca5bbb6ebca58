// SPDX-License-Identifier: BSD-2-Clause
// Looking for a store's record, and dropping it, with or without its directory (rule 21: uid 0 also others').
#include "ta/store_call.h"

namespace festore::ta {
namespace {

Result<Identity> owner_of(const StoreCall& call, const protocol::OwnerClaim& claim) {
    if (!claim.of_other) return call.session.identity;
    if (!is_root(call.session.identity)) return fail(Code::access_denied);
    return identity_of(static_cast<protocol::Login>(claim.login), claim.id);
}

struct Found {
    RootTable* table;
    size_t place;

    static Result<Found> of(StoreCall& call, uint8_t anchor, const protocol::OwnerClaim& claim) {
        const Identity owner = FESTORE_TRY(owner_of(call, claim));
        RootTable& table = call.instance.root_table(static_cast<engine::Anchor>(anchor));
        FESTORE_CHECK(trusted_storage(storage_of(table.anchor())));
        FESTORE_CHECK(call.instance.device_key());  // an OP-TEE without stores has none to look for
        FESTORE_CHECK(table.load());
        return Found{&table, FESTORE_TRY(table.find(owner))};
    }
};

}  // namespace

Status store_find(StoreCall& call) {
    const auto request = FESTORE_TRY(protocol::decode_store<protocol::FindRequest>(call.request));
    const Found found = FESTORE_TRY(Found::of(call, request.anchor, request.owner));
    encode_status(FESTORE_TRY(found.table->record(found.place)), call.answer);
    return {};
}

Status store_destroy(StoreCall& call) {
    const auto request = FESTORE_TRY(protocol::decode_store<protocol::DestroyRequest>(call.request));
    const Found found = FESTORE_TRY(Found::of(call, request.anchor, request.owner));
    if (!found.table->is_of(found.place, request.store_id)) return fail(Code::bad_parameters);
    FESTORE_CHECK(found.table->erase(found.place));
    call.instance.forget_store(request.store_id);
    return {};
}

}  // namespace festore::ta
