// SPDX-License-Identifier: BSD-2-Clause
// The state of the TA: one Instance from TA_CreateEntryPoint to TA_DestroyEntryPoint, and a Session for each client. The TEE
// makes only one call at a time into an instance, so no locks are needed.
#pragma once
#include "ta/objects/allow_list.h"
#include "ta/objects/object_id.h"
#include "ta/store/root_table.h"
#include "ta/store/session.h"

#include <new>

namespace festore::ta {

struct Session {
    Identity identity;
    bool identity_checked = false;  // by hello; true from the start for public sessions
    Session* next = nullptr;
    StoreSession store;
};

enum class HukStrength : uint8_t {
    zero,
    predictable,  // another key of ta/known_keys.h
    not_known,    // not in ta/known_keys.h
};

// A buffer for one segment of a payload, shared by all sessions: it holds nothing between calls.
struct SegmentBuffer {
    std::array<std::byte, limits::kSegmentBytesServed> plain;
    std::array<std::byte, limits::kSegmentBytesServed + engine::kTagBytes> sealed;
};

class Instance {
public:
    // busy: one of limits::kSessions… is reached. When few sessions are left, errors of the TEE's storage, too.
    Outcome<Session*> open_session();
    void close_session(Session* session);  // ignores a session that this instance does not have
    [[nodiscard]] bool has(const Session* session) const;

    // Derived from the device at the first use. not_supported: this OP-TEE has no system pseudo-TA.
    Outcome<const ObjectIds*> object_ids();
    // Whether the device's hardware unique key is a well-known one, which makes its secrets public knowledge.
    // An error: that is not known.
    Outcome<HukStrength> huk_strength();

    AllowList& allow_list() { return allow_list_; }

    // The device key of all stores, 32 bytes (rule 18). not_supported: this OP-TEE has no system pseudo-TA.
    Outcome<Bytes> device_key();
    // The table, loaded, with an id; what an interrupted destroy has left is finished first. Errors as of RootTable::load().
    Outcome<RootTable*> root_table(engine::Anchor anchor);
    // Whether there is an RPMB to ask: this TEE is built with one, and root has not declared that this device has none. Errors as of
    // RootTable::load(), of ree's table.
    Outcome<bool> may_ask_rpmb();
    [[nodiscard]] bool has_read_no_rpmb() const { return ree_.says_no_rpmb(); }  // root's declaration, if ree's table has been read
    // Asks the RPMB, without writing anything there (rule 5). Errors as of RootTable::load(); corrupt_object also if a record of the owner
    // is damaged, and may be that one. no_answer() identifies the errors that mean "no answer".
    Outcome<bool> rpmb_has_record_of(const StoreOwner& owner);
    // The same; additionally store_destroyed: the store of that id was there, and was destroyed (rule 25).
    Outcome<bool> rpmb_has_record_of(const StoreOwner& owner, const engine::StoreId& store_id);
    // Erases the secrets of the destroyed stores' recovery copies, if there are any.
    Status finish_destroyed(RootTable& table);
    TeeCrypto& crypto() { return crypto_; }
    // Made at the first use. out_of_memory.
    Outcome<Workspace*> workspace();
    Outcome<SegmentBuffer*> segment_buffer();
    // After a store was destroyed: wipes what is remembered of it, in every session that has it open.
    void forget_store(const engine::StoreId& store_id);
    // At the end of each call, and of each session: wipes what was kept for stores that no session has open any more (rule 32).
    void forget_closed_stores();
    // Whether that identity may begin a transaction over several calls, a repair or a rebuild: limits::kBatchesMax. End a transaction of
    // its own that is to be replaced before this call.
    [[nodiscard]] bool may_begin_batch(const Identity& identity) const;
    // Bytes that this instance has not given before; another instance gives them only if both clocks and the counter coincide.
    using Salt = std::array<std::byte, 24>;
    Salt next_salt();

private:
    Outcome<bool> may_open(const Identity& identity, size_t all, size_t own);
    // Whether it has a store under either anchor. An error: the TEE cannot tell.
    Outcome<bool> has_store(const Identity& identity);
    [[nodiscard]] bool is_open(const engine::StoreId& store_id) const;

    std::optional<ObjectIds> ids_;
    AllowList allow_list_;
    std::optional<HukStrength> huk_strength_;
    std::optional<SecretBytes<32>> device_key_;
    Session* sessions_ = nullptr;
    TeeCrypto crypto_;
    RootTable ree_{engine::Anchor::ree};
    RootTable rpmb_{engine::Anchor::rpmb};
    gp::Owned<Workspace> workspace_;
    gp::Owned<SegmentBuffer> segment_buffer_;
    uint64_t salts_ = 0;
    size_t open_before_ = 0;  // number of sessions with a store at the last forget_closed_stores()
};

// Whether the code means that the TEE cannot reach the RPMB, or that the RPMB's key is not the TEE's. (If GlobalPlatform has no code
// for the fault, OP-TEE ends the TA.)
inline bool no_answer(Code code) { return code == Code::storage_not_available || code == Code::storage_not_available_2; }

// Whether the identity is that of uid 0 in Linux.
bool is_root(const Identity& identity);

}  // namespace festore::ta
