// SPDX-License-Identifier: BSD-2-Clause
#include "ta/store/copy_secret.h"

#include "gp/persistent_object.h"
#include "ta/objects/persistent_objects.h"
#include "ta/call.h"

#include <algorithm>

namespace festore::ta {
namespace {

using engine::CopySecret;
using engine::StoreId;

constexpr std::string_view kIdPrefix = "FSO\x01" "copies ";
constexpr std::string_view kLabel = "festore copy secret 1";

gp::ObjectId object_of(const StoreId& store_id) {
    gp::ObjectId id;
    Writer out(id.bytes);
    out.bytes(bytes_of(kIdPrefix));
    out.bytes(store_id);
    id.size = out.size();
    return id;
}

bool is_deleted(Code code) {
    return code == Code::item_not_found || code == Code::corrupt_object || code == Code::corrupt_object_2;
}

}  // namespace

Status read_copy_secret(const StoreId& store_id, CopySecret& out) {
    const uint32_t storage = FESTORE_TRY(trusted_storage(protocol::Storage::rpmb));
    auto object = gp::PersistentObject::open(storage, object_of(store_id), TEE_DATA_FLAG_ACCESS_READ);
    const Outcome<size_t> read = object ? object->read(out.fill()) : fail(object.error());
    if (!read && !is_deleted(read.error().code)) return fail(read.error());
    const bool is_there = read && *read == CopySecret::size() && !out.equals(CopySecret{}.expose());
    return is_there ? Status{} : Status(fail(Code::item_not_found));
}

Status draw_copy_secret(engine::Crypto& crypto, const engine::RootRecord& record, CopySecret& out) {
    CopySecret random;
    FESTORE_CHECK(crypto.random(random.fill()));
    engine::Mac mac{};
    FESTORE_CHECK(crypto.hmac(record.secret, {bytes_of(kLabel), random.expose()}, mac));
    copy_bytes(mac, out.fill());
    wipe(mac);
    return {};
}

Status store_copy_secret(const StoreId& store_id, const CopySecret& secret) {
    const uint32_t storage = FESTORE_TRY(trusted_storage(protocol::Storage::rpmb));
    return gp::PersistentObject::replace(storage, object_of(store_id), secret.expose());
}

Status erase_copy_secret(const StoreId& store_id) {
    const uint32_t storage = FESTORE_TRY(trusted_storage(protocol::Storage::rpmb));
    constexpr uint32_t kFlags = TEE_DATA_FLAG_ACCESS_WRITE | TEE_DATA_FLAG_ACCESS_WRITE_META;
    auto object = gp::PersistentObject::open(storage, object_of(store_id), kFlags);
    if (!object && is_deleted(object.error().code)) return {};
    if (!object) return fail(object.error());
    const CopySecret zeroes;
    FESTORE_CHECK(object->write(0, zeroes.expose()));
    return std::move(*object).remove();
}

Outcome<const CopySecret*> copy_secret(Call& call, const engine::RootRecord& record) {
    if (record.anchor != engine::Anchor::rpmb) return nullptr;
    auto& kept = call.session.store.copy_secret;
    if (kept) return &*kept;
    CopySecret secret;
    Status found = read_copy_secret(record.store_id, secret);
    if (!found && found.error().code == Code::item_not_found) {
        found = draw_copy_secret(call.instance.crypto(), record, secret);
        if (found) found = store_copy_secret(record.store_id, secret);
    }
    FESTORE_CHECK(found);
    kept.emplace(std::move(secret));
    return &*kept;
}

}  // namespace festore::ta
