// SPDX-License-Identifier: BSD-2-Clause
#include "engine/keys.h"

#include "base/store_name.h"

namespace festore::engine {
namespace {

constexpr std::string_view kStoreLabel = "festore store key 1";
constexpr std::string_view kPageLabel = "festore page key 1";
constexpr std::string_view kNonceLabel = "festore nonce key 1";
constexpr std::string_view kPayloadLabel = "festore payload base 1";
constexpr std::string_view kCheckLabel = "festore key check 1";
constexpr std::string_view kNewIdLabel = "festore store id 1";
constexpr std::string_view kNewSecretLabel = "festore store secret 1";
constexpr std::string_view kNameLabel = "festore store name 1";
constexpr std::string_view kTransactionLabel = "festore transaction id 1";
constexpr std::string_view kPayloadIdLabel = "festore payload id 1";
constexpr std::string_view kPayloadKeyLabel = "festore payload key 1";
constexpr std::string_view kPayloadContentLabel = "festore payload content 1";

using Random = SecretBytes<32>;

std::array<std::byte, 8> number(uint64_t v) {
    std::array<std::byte, 8> bytes{};
    Writer out(bytes);
    out.u64(v);
    return bytes;
}

Outcome<Key> derive(Crypto& crypto, Bytes key, std::initializer_list<Bytes> parts) {
    Mac mac{};
    FESTORE_CHECK(crypto.hmac(key, parts, mac));
    Key derived;
    copy_bytes(mac, derived.fill());
    wipe(mac);
    return derived;
}

}  // namespace

Outcome<StoreKeys> derive_store_keys(Crypto& crypto, Bytes device_key, const RootRecord& record) {
    const auto login = number(record.login);
    const auto epoch = number(record.epoch);
    const Key store = FESTORE_TRY(derive(crypto, device_key,
                                         {bytes_of(kStoreLabel), Bytes(login).first(4), record.identity.bytes,
                                          record.store_id, record.secret}));
    StoreKeys keys;
    keys.page = FESTORE_TRY(derive(crypto, store.expose(), {bytes_of(kPageLabel), epoch}));
    keys.nonce = FESTORE_TRY(derive(crypto, store.expose(), {bytes_of(kNonceLabel), epoch}));
    keys.payload = FESTORE_TRY(derive(crypto, store.expose(), {bytes_of(kPayloadLabel)}));
    return keys;
}

Outcome<KeyCheckValue> key_check_value(Crypto& crypto, Bytes device_key, const StoreId& store_id) {
    Mac mac{};
    FESTORE_CHECK(crypto.hmac(device_key, {bytes_of(kCheckLabel), store_id}, mac));
    KeyCheckValue value{};
    copy_bytes(Bytes(mac).first(value.size()), value);
    return value;
}

Outcome<StoreNameTag> store_name_tag(Crypto& crypto, Bytes device_key, Bytes name) {
    StoreNameTag tag{};
    if (wire_form_of_store_name(text_of(name)).empty()) return tag;
    if (!is_store_name(text_of(name))) return fail(Code::bad_parameters);
    Mac mac{};
    FESTORE_CHECK(crypto.hmac(device_key, {bytes_of(kNameLabel), name}, mac));
    copy_bytes(Bytes(mac).first(tag.size()), tag);
    return tag;
}

Outcome<RootRecord> make_store(Crypto& crypto, Bytes device_key, const NewStore& store, Bytes salt) {
    Random random;
    FESTORE_CHECK(crypto.random(random.fill()));
    Mac id{};
    FESTORE_CHECK(crypto.hmac(device_key, {bytes_of(kNewIdLabel), store.identity.bytes, random.expose(), salt}, id));
    FESTORE_CHECK(crypto.random(random.fill()));
    RootRecord record;
    FESTORE_CHECK(crypto.hmac(device_key, {bytes_of(kNewSecretLabel), id, random.expose()}, record.secret));
    record.anchor = store.anchor;
    record.cipher = store.cipher;
    record.login = store.login;
    record.identity = store.identity;
    record.created = store.created;
    record.name = store.name;
    if (store.name != StoreNameTag{}) record.flags |= kRootNamed;
    copy_bytes(Bytes(id).first(record.store_id.size()), record.store_id);
    record.epoch = Reader(Bytes(id).subspan(record.store_id.size())).u64();
    return record;
}

Outcome<TransactionId> make_transaction_id(Crypto& crypto, const StoreKeys& keys, const RootRecord& base) {
    Random random;
    FESTORE_CHECK(crypto.random(random.fill()));
    const auto generation = number(base.generation + 1);
    Mac mac{};
    FESTORE_CHECK(crypto.hmac(keys.nonce.expose(),
                              {bytes_of(kTransactionLabel), generation, base.transaction_id, random.expose()}, mac));
    TransactionId id{};
    copy_bytes(Bytes(mac).first(id.size()), id);
    return id;
}

Outcome<NewPayload> make_payload(Crypto& crypto, const StoreKeys& keys, uint64_t generation, Bytes salt) {
    Random random;
    FESTORE_CHECK(crypto.random(random.fill()));
    const auto generation_bytes = number(generation);
    NewPayload payload;
    Mac id{};
    FESTORE_CHECK(crypto.hmac(keys.payload.expose(),
                              {bytes_of(kPayloadIdLabel), generation_bytes, random.expose(), salt}, id));
    copy_bytes(Bytes(id).first(payload.id.size()), payload.id);
    payload.key = FESTORE_TRY(derive(crypto, keys.payload.expose(),
                                     {bytes_of(kPayloadKeyLabel), payload.id, random.expose(), salt}));
    return payload;
}

Status bind_payload(Crypto& crypto, NewPayload& payload, Bytes salt, Bytes content) {
    Random random;
    FESTORE_CHECK(crypto.random(random.fill()));
    payload.key = FESTORE_TRY(derive(crypto, payload.key.expose(),
                                     {bytes_of(kPayloadContentLabel), random.expose(), salt, content}));
    return {};
}

}  // namespace festore::engine
