// SPDX-License-Identifier: BSD-2-Clause
#include "ta/session.h"

#include "base/limits.h"

namespace festore::ta {
namespace {

// What OP-TEE derives for this TA, without a label, when the hardware unique key is sixteen zero bytes:
// HMAC-SHA256(HUK, LE32(3) ‖ TA UUID as in memory). Anybody can compute it, so it is no secret.
constexpr std::array<uint8_t, 32> kUniqueKeyOfZeroHuk = {
    0x26, 0x94, 0x98, 0x27, 0x4e, 0x02, 0xf5, 0xcd, 0x6e, 0x8c, 0xaf, 0x29, 0x61, 0x8e, 0xe3, 0xb3,
    0x96, 0x81, 0x9a, 0xd6, 0x4d, 0xf7, 0xe6, 0xc9, 0x59, 0x8f, 0x97, 0x78, 0x01, 0x87, 0x49, 0xe2};

// What Linux calls uid 0 (ta/identity.cpp computes it for any).
constexpr Uuid kRoot = Uuid::from_fields(0xef0180a3, 0x13f3, 0x5d1c, {0xb7, 0xf5, 0x88, 0x8c, 0x0e, 0x21, 0x05, 0x9a});

bool may_open(const Identity& identity, size_t all, size_t own) {
    if (all >= limits::kSessionsMax || own >= limits::kSessionsPerIdentityMax) return false;
    const size_t left = limits::kSessionsMax - all;
    if (left <= limits::kSessionsKeptForRoot) return identity.login == protocol::Login::user && identity.uuid == kRoot;
    return left > limits::kSessionsKeptForNew || own == 0;
}

}  // namespace

Result<Session*> Instance::open_session() {
    const Identity identity = FESTORE_TRY(identity_of_caller());
    size_t all = 0;
    size_t own = 0;
    for (const Session* s = sessions_; s != nullptr; s = s->next) {
        ++all;
        if (s->identity == identity) ++own;
    }
    if (!may_open(identity, all, own)) return fail(Code::busy);
    void* memory = TEE_Malloc(sizeof(Session), TEE_MALLOC_FILL_ZERO);
    if (memory == nullptr) return fail(Code::out_of_memory);
    sessions_ = new (memory) Session{identity, identity.login == protocol::Login::public_, sessions_};
    return sessions_;
}

void Instance::close_session(Session* session) {
    for (Session** link = &sessions_; *link != nullptr; link = &(*link)->next) {
        if (*link != session) continue;
        *link = session->next;
        TEE_Free(session);
        return;
    }
}

Result<const ObjectIds*> Instance::object_ids() {
    if (!ids_) {
        Result<ObjectIds> derived = ObjectIds::derive();
        if (!derived && derived.error().code == Code::item_not_found) return fail(Code::not_supported);
        ids_.emplace(FESTORE_TRY(std::move(derived)));
    }
    return &*ids_;
}

Result<bool> Instance::has_zero_huk() {
    if (!zero_huk_) {
        const SecretBytes<32> key = FESTORE_TRY(gp::derive_ta_unique_key({}));
        zero_huk_ = key.equals(bytes_of(kUniqueKeyOfZeroHuk.data(), kUniqueKeyOfZeroHuk.size()));
    }
    return *zero_huk_;
}

}  // namespace festore::ta
