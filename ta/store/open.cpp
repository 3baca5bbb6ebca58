// SPDX-License-Identifier: BSD-2-Clause
// Making and opening a store (rules 3, 18, 20, 21, 22).
#include "base/limits.h"
#include "protocol/store_files.h"
#include "ta/objects/allowed.h"
#include "ta/store/cipher_choice.h"
#include "ta/store/copy_secret.h"
#include "ta/store/claims.h"
#include "ta/store/items.h"

namespace festore::ta {
namespace {

using engine::Anchor;
using engine::RootRecord;

// Checks that the owner has no store of that name. False: that is not certain, because the RPMB was not asked.
Outcome<bool> has_none_anywhere(Call& call, Anchor wanted, const engine::StoreNameTag& name, bool without_asking_rpmb) {
    const bool may_ask = FESTORE_TRY(call.instance.may_ask_rpmb());  // false if the TEE, or root, says that there is no RPMB
    if (wanted == Anchor::rpmb && !may_ask) return fail(Code::storage_not_available);
    FESTORE_CHECK(has_none(call, wanted, name));
    const bool is_certain = wanted == Anchor::rpmb || !may_ask || !without_asking_rpmb;
    if (wanted == Anchor::rpmb) {
        if (trusted_storage(storage_of(Anchor::ree))) FESTORE_CHECK(has_none(call, Anchor::ree, name));
    } else if (may_ask && is_certain) {
        FESTORE_CHECK(has_none(call, Anchor::rpmb, name));
    }
    return is_certain;
}

// A record under ree is believed only if the RPMB has no record of this owner and name, whatever the directory's header says (rule 27),
// and does not know that the store had moved there and was destroyed (rule 25). False: the RPMB gave no answer or was not asked, and this
// record is one (or, of format 1.0, may be one) that is believed without an answer.
Outcome<bool> none_in_rpmb(Call& call, const RootRecord& record, bool without_asking_rpmb) {
    const bool may_have_moved = (record.flags & engine::kRootMoving) != 0;
    if (!FESTORE_TRY(call.instance.may_ask_rpmb())) return may_have_moved ? Outcome<bool>(fail(Code::rpmb_no_answer)) : true;
    const bool does_without = !may_have_moved && (record.minor == 0 || (record.flags & engine::kRootMadeUnasked) != 0);
    if (without_asking_rpmb && does_without) return false;
    const Outcome<bool> has_record = call.instance.rpmb_has_record_of({call.session.identity, record.name}, record.store_id);
    if (has_record) return *has_record ? Outcome<bool>(fail(Code::store_in_rpmb)) : true;
    if (!no_answer(has_record.error().code)) return fail(has_record.error());
    return does_without ? Outcome<bool>(false) : fail(Code::rpmb_no_answer);
}

Status write_header(Call& call, const RootRecord& record, Bytes name, const engine::KeyCheckValue& key_check) {
    protocol::StoreHeader header;
    header.tee = gp::tee_is_simulated() ? protocol::TeeKind::simulated : protocol::TeeKind::optee;
    header.anchor = record.anchor;
    header.cipher = record.cipher;
    header.login = record.login;
    header.identity = record.identity;
    header.store_id = record.store_id;
    header.key_check = key_check;
    header.set_name(text_of(name));
    std::array<std::byte, protocol::kNamedStoreHeaderBytes> encoded{};
    Writer out(encoded);
    encode(header, out);
    return give_whole(call, out.written(), take_room(call.content));
}

Outcome<engine::Cipher> choose_cipher(Instance& instance, protocol::CipherChoice wanted) {
    if (wanted == protocol::CipherChoice::aes_256_gcm) return engine::Cipher::aes_256_gcm;
    if (wanted == protocol::CipherChoice::chacha20_poly1305) {
        if (!has_chacha20_poly1305()) return fail(Code::not_supported);
        return engine::Cipher::chacha20_poly1305;
    }
    if (!has_chacha20_poly1305()) return engine::Cipher::aes_256_gcm;
    SegmentBuffer* const buffer = FESTORE_TRY(instance.segment_buffer());
    const MutableBytes sealed = MutableBytes(buffer->sealed).first(buffer->plain.size());
    const auto rate = [&](engine::Cipher cipher) { return measure_sealing(instance.crypto(), cipher, buffer->plain, sealed); };
    const SealingRate aes = FESTORE_TRY(rate(engine::Cipher::aes_256_gcm));
    return faster_cipher(aes, FESTORE_TRY(rate(engine::Cipher::chacha20_poly1305)));
}

}  // namespace

Status has_none(Call& call, Anchor anchor, const engine::StoreNameTag& name) {
    const RootTable* const table = FESTORE_TRY(call.instance.root_table(anchor));
    return table->find({call.session.identity, name}) ? Status(fail(Code::access_conflict)) : Status{};
}

// Writes nothing to the TEE yet: the client makes the directory first (rule 7).
Status store_make(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::MakeRequest>(call.request));
    engine::NewStore wanted;
    wanted.login = static_cast<uint32_t>(call.session.identity.login);
    wanted.identity = call.session.identity.uuid;
    wanted.anchor = request.anchor;
    wanted.cipher = FESTORE_TRY(choose_cipher(call.instance, request.cipher));
    wanted.created = request.created;
    FESTORE_CHECK(trusted_storage(storage_of(wanted.anchor)));
    const Bytes device_key = FESTORE_TRY(call.instance.device_key());
    wanted.name = FESTORE_TRY(name_tag(call, request.claim.name));
    FESTORE_TRY(has_none_anywhere(call, wanted.anchor, wanted.name, request.without_asking_rpmb));
    FESTORE_CHECK(may_make_store(call.instance, call.session.identity, !request.without_asking_rpmb));
    const RootTable* const table = FESTORE_TRY(call.instance.root_table(wanted.anchor));
    FESTORE_CHECK(table->free_place(call.session.identity));
    const auto salt = call.instance.next_salt();
    const PreparedRecord made(FESTORE_TRY(engine::make_store(call.instance.crypto(), device_key, wanted, salt)));
    const auto key_check =
        FESTORE_TRY(engine::key_check_value(call.instance.crypto(), device_key, made.record.store_id));
    const engine::StoreClaim claim = FESTORE_TRY(claim_of(call, made.record, request.claim));
    FESTORE_CHECK(write_header(call, made.record, claim.name(), key_check));
    call.session.store.made.emplace(made.record, request.without_asking_rpmb, claim);
    return {};
}

Status store_create(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::TransactionRequest>(call.request));
    StoreSession& store = call.session.store;
    if (!store.made || store.made->record.store_id != request.transaction) return fail(Code::bad_state);
    MadeRecord made(store.made->record, store.made->without_asking_rpmb, store.made->claim);
    store.made.reset();
    // Checked again: another session of the owner may have created one since, under either anchor.
    const bool is_certain = FESTORE_TRY(has_none_anywhere(call, made.record.anchor, made.record.name, made.without_asking_rpmb));
    // Checked again: root may have changed the list since.
    FESTORE_CHECK(may_make_store(call.instance, call.session.identity, is_certain));
    if (!is_certain) made.record.flags |= engine::kRootMadeUnasked;
    RootTable* const table = FESTORE_TRY(call.instance.root_table(made.record.anchor));
    const size_t place = FESTORE_TRY(table->free_place(call.session.identity));
    static_cast<void>(keep_claim(made.record.anchor, place, made.claim));  // for messages only
    FESTORE_CHECK(table->write_new(place, made.record));
    store.close();  // whatever was begun for the store opened before would go on at this one's place
    store.open(made.record);
    store.rpmb_unasked = !is_certain;
    // Made now, to let the first change cost no more than any other; if that fails, the first change makes it, or reports the error.
    static_cast<void>(copy_secret(call, made.record));
    encode_status(made.record, call.answer);
    return {};
}

Status store_open(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::OpenRequest>(call.request));
    const Anchor anchor = request.anchor;
    FESTORE_CHECK(trusted_storage(storage_of(anchor)));
    // Checked before any TEE object is opened: OP-TEE deletes what it cannot decrypt (rule 18).
    const Bytes device_key = FESTORE_TRY(call.instance.device_key());
    const auto key_check =
        FESTORE_TRY(engine::key_check_value(call.instance.crypto(), device_key, request.store_id));
    if (key_check != request.key_check) return fail(Code::security);
    const engine::StoreNameTag name = FESTORE_TRY(name_tag(call, request.name));
    RootTable* const table = FESTORE_TRY(call.instance.root_table(anchor));
    const size_t place = FESTORE_TRY(table->find({call.session.identity, name}));
    RootRecord record = FESTORE_TRY(table->record(place));
    if (record.store_id != request.store_id) return fail(Code::bad_parameters);
    const bool is_certain = anchor == Anchor::rpmb || FESTORE_TRY(none_in_rpmb(call, record, request.without_asking_rpmb));
    StoreSession& store = call.session.store;
    if (!store.is_open || store.store_id != record.store_id) store.close();
    if (store.anchor != anchor) store.end_changes();  // begun before a move
    store.open(record);
    store.rpmb_unasked = !is_certain;
    mark_if_unknown(record, store);
    encode_status(record, call.answer);
    return {};
}

}  // namespace festore::ta
