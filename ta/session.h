// SPDX-License-Identifier: BSD-2-Clause
// The state of the TA: one Instance from TA_CreateEntryPoint to TA_DestroyEntryPoint, and a Session for each client. The TEE
// calls into an instance one call at a time, so nothing here locks.
#pragma once
#include "ta/allow_list.h"
#include "ta/object_id.h"
#include "ta/root_table.h"
#include "ta/store_session.h"

#include <new>

namespace festore::ta {

struct Session {
    Identity identity;
    bool identity_checked = false;  // by hello; public sessions need none
    Session* next = nullptr;
    StoreSession store;
};

enum class HukStrength : uint8_t {
    zero,
    predictable,  // another one of ta/known_keys.h
    not_known,    // none of those
};

// One segment of a payload, for all sessions: it holds nothing between calls.
struct SegmentBuffer {
    std::array<std::byte, limits::kSegmentBytesServed> plain;
    std::array<std::byte, limits::kSegmentBytesServed + engine::kTagBytes> sealed;
};

class Instance {
public:
    // Counts against limits::kSessions…: busy when one is reached. When sessions are few, errors of the TEE's storage, too.
    Result<Session*> open_session();
    void close_session(Session* session);  // does nothing with one that is not this instance's
    [[nodiscard]] bool has(const Session* session) const;

    // Derived from the device at the first use. not_supported: this OP-TEE has no system pseudo-TA.
    Result<const ObjectIds*> object_ids();
    // Whether the device's hardware unique key is a well-known one, so that its secrets are public knowledge.
    // An error: nobody can tell.
    Result<HukStrength> huk_strength();

    AllowList& allow_list() { return allow_list_; }

    // Of stores. 32 bytes, the same for all of them (rule 18); not_supported likewise.
    Result<Bytes> device_key();
    // Loaded, with an id; what a cut destroy has left is finished. Errors as of RootTable::load().
    Result<RootTable*> root_table(engine::Anchor anchor);
    // Whether there is an RPMB to ask: this TEE is built with one, and root has not said that this device has none. Errors as of
    // RootTable::load(), of ree's.
    Result<bool> may_ask_rpmb();
    [[nodiscard]] bool has_read_no_rpmb() const { return ree_.says_no_rpmb(); }  // root's word, where ree's table was read before
    // Asks it, without writing anything there (rule 5). Errors as of RootTable::load(), corrupt_object also: a record of the owner's is
    // damaged, and may be that one; no_answer() tells those that are none.
    Result<bool> rpmb_has_record_of(const StoreOwner& owner);
    // The same, besides: store_destroyed: the store of that id has been there, and was destroyed (rule 25).
    Result<bool> rpmb_has_record_of(const StoreOwner& owner, const engine::StoreId& store_id);
    // Erases the secrets of the destroyed stores' recovery copies. Does nothing where there are none.
    Status finish_destroyed(RootTable& table);
    TeeCrypto& crypto() { return crypto_; }
    // Made at the first use. out_of_memory.
    Result<Workspace*> workspace();
    Result<SegmentBuffer*> segment_buffer();
    // Wipes what is remembered of a store, whichever session has it open: it is destroyed.
    void forget_store(const engine::StoreId& store_id);
    // At the end of each call, and of each session: wipes what was there for stores that no session has open any more (rule 32).
    void forget_closed_stores();
    // Whether that identity may begin a transaction over several calls, or a repair: limits::kBatchesMax. Its own that is to be
    // replaced has ended before.
    [[nodiscard]] bool may_begin_batch(const Identity& identity) const;
    // Bytes that this instance has not given before, and other instances only where both clocks and the counter coincide.
    using Salt = std::array<std::byte, 24>;
    Salt next_salt();

private:
    Result<bool> may_open(const Identity& identity, size_t all, size_t own);
    // Under either anchor. An error: the TEE cannot tell.
    Result<bool> has_store(const Identity& identity);
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
    size_t open_before_ = 0;  // sessions with a store, when forget_closed_stores() looked last
};

// Whether that is what the TEE says of an RPMB that it cannot reach, or whose key is not its own. (Where OP-TEE has no code of
// GlobalPlatform's for it, it ends the TA.)
inline bool no_answer(Code code) { return code == Code::storage_not_available || code == Code::storage_not_available_2; }

// Whether it is what Linux calls uid 0.
bool is_root(const Identity& identity);

}  // namespace festore::ta
