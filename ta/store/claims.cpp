// SPDX-License-Identifier: BSD-2-Clause
#include "ta/store/claims.h"

#include "gp/persistent_object.h"

namespace festore::ta {
namespace {

using engine::Anchor;
using engine::StoreClaim;

using ClaimBytes = std::array<std::byte, engine::kStoreClaimBytesMax>;

gp::ObjectId object_of(size_t place) {
    gp::ObjectId id;
    Writer out(id.bytes);
    out.bytes(bytes_of(engine::kStoreClaimId));
    out.u8(static_cast<uint8_t>(place));
    id.size = out.size();
    return id;
}
static_assert(limits::kStoresMax <= 256);

}  // namespace

Outcome<engine::StoreNameTag> name_tag(const Call& call, Bytes name) {
    const Bytes device_key = FESTORE_TRY(call.instance.device_key());
    return engine::store_name_tag(call.instance.crypto(), device_key, name);
}

Outcome<StoreClaim> claim_of(const Call& call, const engine::RootRecord& record, const protocol::StoreClaim& claim) {
    if (FESTORE_TRY(name_tag(call, claim.name)) != record.name) return fail(Code::bad_parameters);
    return StoreClaim::of(record.store_id, claim.name, claim.directory);
}

Status keep_claim(Anchor anchor, size_t place, const StoreClaim& claim) {
    if (claim.says_nothing()) return {};
    const uint32_t storage = FESTORE_TRY(trusted_storage(storage_of(anchor)));
    ClaimBytes encoded{};
    Writer out(encoded);
    encode(claim, out);
    return gp::PersistentObject::replace(storage, object_of(place), out.written());
}

Outcome<StoreClaim> read_claim(const Call& call, Anchor anchor, size_t place, const engine::RootRecord& record) {
    const uint32_t storage = FESTORE_TRY(trusted_storage(storage_of(anchor)));
    gp::PersistentObject object = FESTORE_TRY(gp::PersistentObject::open(storage, object_of(place), TEE_DATA_FLAG_ACCESS_READ));
    ClaimBytes encoded{};
    const size_t size = FESTORE_TRY(object.read(encoded));
    StoreClaim claim = FESTORE_TRY(engine::decode_store_claim(Bytes(encoded).first(size)));
    if (claim.store_id != record.store_id || FESTORE_TRY(name_tag(call, claim.name())) != record.name) return fail(Code::item_not_found);
    return claim;
}

Status bury_with_claim(RootTable& table, size_t place) {
    FESTORE_CHECK(table.bury(place));
    const auto storage = trusted_storage(storage_of(table.anchor()));
    if (!storage) return {};
    auto object = gp::PersistentObject::open(*storage, object_of(place), TEE_DATA_FLAG_ACCESS_WRITE_META);
    if (object) static_cast<void>(std::move(*object).remove());
    return {};
}

}  // namespace festore::ta
