// SPDX-License-Identifier: BSD-2-Clause
// A store's keys: one per purpose, each derived with a label (rule 16), none of them kept on disk.
//
//   device key    given by the TA: derived from the hardware unique key, the same for all stores
//   store key     HMAC(device key, "festore store key 1" ‖ login ‖ identity ‖ store id ‖ secret)
//   others        HMAC(store key, label ‖ epoch)
//
// The secret is in the root record: destroying the record destroys the keys.
#pragma once
#include "base/secret_bytes.h"
#include "engine/records/root_record.h"

namespace festore::engine {

using Key = SecretBytes<kKeyBytes>;

// What the TEE derives the device key from, besides the hardware unique key and the TA's UUID.
inline constexpr std::string_view kDeviceKeyLabel = "festore device key 1";

struct StoreKeys {
    Key page;     // seals pages; of this epoch only
    Key nonce;    // makes their nonces (rule 13); of this epoch only
    Key payload;  // makes payload keys; outlives epochs
};

// `device_key`: 32 bytes.
Outcome<StoreKeys> derive_store_keys(Crypto& crypto, Bytes device_key, const RootRecord& record);

// A value in a store's directory that distinguishes a changed device key from damage (rule 18).
using KeyCheckValue = std::array<std::byte, 12>;
Outcome<KeyCheckValue> key_check_value(Crypto& crypto, Bytes device_key, const StoreId& store_id);

// The tag of a store's name in its record: the first half of HMAC(device key, label ‖ name), so that nobody can choose two names
// with the same tag. Zeroes for an empty name, and for "default". `name`: as is_store_name() allows.
Outcome<StoreNameTag> store_name_tag(Crypto& crypto, Bytes device_key, Bytes name);

// The properties of a new store, including its owner and the anchor of its record.
struct NewStore {
    uint32_t login = 0;
    Uuid identity{};
    Anchor anchor = Anchor::ree;
    Cipher cipher = Cipher::aes_256_gcm;
    int64_t created = 0;
    StoreNameTag name{};
};
// An empty store of generation 0 with a new id, epoch and secret: random, mixed with the device key and `salt` (see make_payload()).
Outcome<RootRecord> make_store(Crypto& crypto, Bytes device_key, const NewStore& store, Bytes salt = {});

// The id of the transaction that will make the generation after `base`: unpredictable, and not the id of `base`.
Outcome<TransactionId> make_transaction_id(Crypto& crypto, const StoreKeys& keys, const RootRecord& base);

using PayloadId = std::array<std::byte, 16>;
struct NewPayload {
    PayloadId id{};  // the name of its file, in hexadecimal
    Key key;         // to be bound to the content (bind_payload()) before it seals anything
};
// Id and key for one version of one object. `salt`: values that have not occurred before (clocks, counters); if the
// random source repeats itself, only the salt makes two keys different.
Outcome<NewPayload> make_payload(Crypto& crypto, const StoreKeys& keys, uint64_t generation, Bytes salt);
// Rule 34: makes the key depend on the content, too: even if everything else repeats, one key never seals two contents that begin
// differently. `content`: its beginning, in memory that does not change any more. `salt`: as for make_payload(), a new one.
Status bind_payload(Crypto& crypto, NewPayload& payload, Bytes salt, Bytes content);

}  // namespace festore::engine
