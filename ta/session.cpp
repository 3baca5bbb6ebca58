// SPDX-License-Identifier: BSD-2-Clause
#include "ta/session.h"

#include "base/limits.h"
#include "base/writer.h"
#include "ta/store/copy_secret.h"
#include "ta/known_keys.h"
#include "ta/objects/persistent_objects.h"

namespace festore::ta {
namespace {

// The UUID that Linux gives to uid 0 (ta/identity.cpp computes it for any uid).
constexpr Uuid kRoot = Uuid::from_fields(0xef0180a3, 0x13f3, 0x5d1c, {0xb7, 0xf5, 0x88, 0x8c, 0x0e, 0x21, 0x05, 0x9a});

// Whether the table has a record of that owner, readable or not.
Outcome<bool> has_record_of(RootTable& table, const Identity& owner) {
    FESTORE_CHECK(table.load());
    return table.count(owner) > 0;
}

}  // namespace

bool is_root(const Identity& identity) { return identity.login == protocol::Login::user && identity.uuid == kRoot; }

Outcome<Session*> Instance::open_session() {
    const Identity identity = FESTORE_TRY(identity_of_caller());
    size_t all = 0;
    size_t own = 0;
    for (const Session* s = sessions_; s != nullptr; s = s->next) {
        ++all;
        if (s->identity == identity) ++own;
    }
    if (!FESTORE_TRY(may_open(identity, all, own))) return fail(Code::busy);
    void* memory = TEE_Malloc(sizeof(Session), TEE_MALLOC_FILL_ZERO);
    if (memory == nullptr) return fail(Code::out_of_memory);
    sessions_ = new (memory) Session{identity, identity.login == protocol::Login::public_, sessions_, {}};
    return sessions_;
}

// Rule 28: identities without a store, of which one user can have thousands, do not keep out owners of a store. The TEE's storage
// is read only if that decides.
Outcome<bool> Instance::may_open(const Identity& identity, size_t all, size_t own) {
    if (all >= limits::kSessionsMax || own >= limits::kSessionsPerIdentityMax) return false;
    const size_t left = limits::kSessionsMax - all;
    if (left > limits::kSessionsKeptForNew) return true;
    if (is_root(identity) && own < limits::kSessionsKeptForRoot) return true;
    if (left <= limits::kSessionsKeptForRoot) return is_root(identity);
    if (own == 0 && left > limits::kSessionsKeptForOwners + limits::kSessionsKeptForRoot) return true;
    if (own >= limits::kSessionsPerOwner) return false;
    const Outcome<bool> owns = has_store(identity);
    forget_closed_stores();  // has_store() has read records
    return owns;
}

// The RPMB is asked last, and only about an identity that has no store under `ree`: it is slow, and if it is built in but does not
// answer, that ends the TA (docs/decisions/0008 and 0013). Without asking it, all owners under `rpmb` would be shut out whenever
// identities without a store come first.
Outcome<bool> Instance::has_store(const Identity& identity) {
    if (identity.login == protocol::Login::public_) return false;
    Outcome<bool> answer = false;
    for (RootTable* table : {&ree_, &rpmb_}) {
        if (!trusted_storage(storage_of(table->anchor()))) continue;
        if (table == &rpmb_ && ree_.says_no_rpmb()) continue;
        const Outcome<bool> here = has_record_of(*table, identity);
        if (here && *here) return true;
        if (!here) answer = here;  // a fault of one anchor does not keep out owners under the other
    }
    return answer;
}

bool Instance::has(const Session* session) const {
    for (const Session* s = sessions_; s != nullptr; s = s->next)
        if (s == session) return true;
    return false;
}

void Instance::close_session(Session* session) {
    for (Session** link = &sessions_; *link != nullptr; link = &(*link)->next) {
        if (*link != session) continue;
        *link = session->next;
        session->~Session();
        wipe({reinterpret_cast<std::byte*>(session), sizeof *session});
        TEE_Free(session);
        crypto_.forget_keys();  // the keys used last may have been this session's
        forget_closed_stores();
        return;
    }
}

Outcome<const ObjectIds*> Instance::object_ids() {
    if (!ids_) {
        Outcome<ObjectIds> derived = ObjectIds::derive();
        if (!derived && derived.error().code == Code::item_not_found) return fail(Code::not_supported);
        ids_.emplace(FESTORE_TRY(std::move(derived)));
    }
    return &*ids_;
}

Outcome<HukStrength> Instance::huk_strength() {
    if (!huk_strength_) {
        const SecretBytes<32> key = FESTORE_TRY(gp::derive_ta_unique_key({}));
        huk_strength_ = HukStrength::not_known;
        for (size_t i = 0; i < kUniqueKeysOfKnownHuks.size(); ++i) {
            if (!key.equals(bytes_of(kUniqueKeysOfKnownHuks[i].data(), kUniqueKeysOfKnownHuks[i].size()))) continue;
            huk_strength_ = i == 0 ? HukStrength::zero : HukStrength::predictable;
        }
    }
    return *huk_strength_;
}

Outcome<Bytes> Instance::device_key() {
    if (!device_key_) {
        Outcome<SecretBytes<32>> derived = gp::derive_ta_unique_key(bytes_of(engine::kDeviceKeyLabel));
        if (!derived && derived.error().code == Code::item_not_found) return fail(Code::not_supported);
        device_key_.emplace(FESTORE_TRY(std::move(derived)));
    }
    return device_key_->expose();
}

Outcome<RootTable*> Instance::root_table(engine::Anchor anchor) {
    RootTable& table = anchor == engine::Anchor::rpmb ? rpmb_ : ree_;
    FESTORE_CHECK(table.load());
    if (!table.has_id()) {
        const Bytes key = FESTORE_TRY(device_key());
        table.give_id(FESTORE_TRY(engine::make_table_id(crypto_, key, next_salt())));
    }
    // A failure is ignored, because other stores must be served; the next call tries again.
    static_cast<void>(finish_destroyed(table));
    return &table;
}

Outcome<bool> Instance::may_ask_rpmb() {
    if (!trusted_storage(protocol::Storage::rpmb)) return false;
    FESTORE_CHECK(ree_.load());
    return !ree_.says_no_rpmb();
}

Outcome<bool> Instance::rpmb_has_record_of(const StoreOwner& owner) {
    FESTORE_CHECK(rpmb_.load());
    const Outcome<size_t> place = rpmb_.find(owner);
    if (place && !rpmb_.is_readable(*place)) return fail(Code::corrupt_object);
    return place.has_value();
}

Outcome<bool> Instance::rpmb_has_record_of(const StoreOwner& owner, const engine::StoreId& store_id) {
    const bool has_record = FESTORE_TRY(rpmb_has_record_of(owner));
    if (!has_record && rpmb_.remembers_destroyed(store_id)) return fail(Code::store_destroyed);
    return has_record;
}

// Goes on after a failure, to finish the other places.
Status Instance::finish_destroyed(RootTable& table) {
    Status all;
    for (auto place = table.unfinished(); place; place = table.unfinished(*place + 1)) {
        Status done = erase_copy_secret(table.store_id(*place));
        if (done) done = table.finish(*place);
        if (!done) all = done;
    }
    return all;
}

Outcome<Workspace*> Instance::workspace() {
    if (!workspace_) workspace_ = FESTORE_TRY(gp::Owned<Workspace>::make(crypto_));
    return &*workspace_;
}

Outcome<SegmentBuffer*> Instance::segment_buffer() {
    if (!segment_buffer_) segment_buffer_ = FESTORE_TRY(gp::Owned<SegmentBuffer>::make());
    return &*segment_buffer_;
}

void Instance::forget_store(const engine::StoreId& store_id) {
    for (Session* s = sessions_; s != nullptr; s = s->next)
        if (s->store.has(store_id)) s->store.close();
}

// A store that is being repaired counts as open: the workspace reads its old index.
bool Instance::is_open(const engine::StoreId& store_id) const {
    for (const Session* s = sessions_; s != nullptr; s = s->next)
        if (s->store.has(store_id)) return true;
    return false;
}

void Instance::forget_closed_stores() {
    const auto is_open_now = [this](const engine::StoreId& store_id) { return is_open(store_id); };
    ree_.forget_unless(is_open_now);
    rpmb_.forget_unless(is_open_now);
    if (workspace_ && !is_open(workspace_->store_id())) workspace_.reset();
    size_t open = 0;
    for (const Session* s = sessions_; s != nullptr; s = s->next)
        if (s->store.is_open || s->store.index_copy || s->store.made) ++open;
    // The key used last may be that of a store that is not open any more.
    if (open < open_before_) crypto_.forget_keys();
    open_before_ = open;
    if (open == 0) segment_buffer_.reset();
}

// Root is not counted, so it can always begin one.
bool Instance::may_begin_batch(const Identity& identity) const {
    size_t of_others = 0;
    for (const Session* s = sessions_; s != nullptr; s = s->next) {
        if (!s->store.batch && !s->store.index_copy) continue;
        if (s->identity == identity) return false;
        if (!is_root(s->identity)) ++of_others;
    }
    return is_root(identity) || of_others < limits::kBatchesMax;
}

Instance::Salt Instance::next_salt() {
    Salt salt{};
    TEE_Time linux_time{};
    TEE_Time tee_time{};
    TEE_GetREETime(&linux_time);
    TEE_GetSystemTime(&tee_time);
    Writer out(salt);
    for (const TEE_Time& now : {linux_time, tee_time}) {
        out.u32(now.seconds);
        out.u32(now.millis);
    }
    out.u64(++salts_);
    return salt;
}

}  // namespace festore::ta
