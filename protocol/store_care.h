// SPDX-License-Identifier: BSD-2-Clause
// Messages for the care of a store: reading all of it (verify), destroying it, repairing it. Parameters and the page area are those
// of protocol/store_messages.h; the commands are those from 64 on.
#pragma once
#include "protocol/store_messages.h"

namespace festore::protocol {

// Walks over the index in the order of names, and past its damaged pages.
struct ScanRequest {
    PageArea area;
    uint32_t passed_page = 0;  // a damaged page: answer with the key at which the names after it begin; 0: none
    bool inclusive = false;    // begin at the key; else after it
    bool afresh = false;       // the TA first forgets the pages that it has in memory
    Bytes from;                // up to kNameBytesMax bytes, a name or the start of one; empty: from the first name
    static constexpr void fields(auto& m, auto& wire) {
        wire(m.area, m.passed_page);
        wire.bits(m.inclusive, m.afresh);
        wire(m.from);
    }
};
struct ScanAnswer {
    PageAnswer pages;  // the listed items count with need_pages, too
    bool more = false;
    bool passed_over = false;  // no item was listed; the third parameter has the key at which to continue, or nothing at the end
    uint32_t items = 0;        // each a StoreListItem
    static constexpr void fields(auto& m, auto& wire) { wire(m.pages, m.more, m.passed_over, m.items); }
};

// Walks over the pages of the free list; the TA remembers its position.
struct FreeListRequest {
    PageArea area;
    bool from_start = false;
    static constexpr void fields(auto& m, auto& wire) { wire(m.area, m.from_start); }
};
struct FreeListAnswer {
    PageAnswer pages;
    uint32_t next_page = 0;  // needed next; 0: the end, and the list is intact
    static constexpr void fields(auto& m, auto& wire) { wire(m.pages, m.next_page); }
};

// Whose store: the caller's own, or another's, which only uid 0 may ask for.
struct OwnerClaim {
    bool of_other = false;
    Login login = Login::public_;  // of the other: user or group
    uint32_t id = 0;               // its uid or gid; else 0
    static constexpr void fields(auto& m, auto& wire) { wire(m.of_other, m.login, m.id); }
    [[nodiscard]] bool is_valid() const { return of_other ? login != Login::public_ : login == Login::public_ && id == 0; }
};
// The record of a store, without its directory. item_not_found: there is none under this anchor. corrupt_object, not_supported: there
// is one that cannot be read. access_denied: another's, and the caller is not uid 0.
struct FindRequest {  // → StoreStatus
    Anchor anchor = Anchor::ree;
    OwnerClaim owner;
    Bytes name{};  // since 1.7: as of StoreClaim
    static constexpr void fields(auto& m, auto& wire) {
        wire(m.anchor, m.owner);
        optional_store_name(m.name, wire);
    }
    [[nodiscard]] bool is_valid() const { return is_wire_store_name(name); }
};
// The record in one place of an anchor's table, whoever owns it: uid 0 may know which stores exist, but not their contents.
// access_denied: the caller is not uid 0. item_not_found: the table has no such place. Since 1.7 the third parameter takes the claims
// about the store (StoreClaim; nothing if there are none), and any owner may ask for its own records.
struct RecordAtRequest {
    Anchor anchor = Anchor::ree;
    uint32_t place = 0;  // from 0
    bool own = false;    // since 1.7: a place with another owner's record counts as free
    static constexpr void fields(auto& m, auto& wire) {
        wire(m.anchor, m.place);
        wire.optional([&] { return m.own; }, [&] { wire(m.own); });
    }
};
enum class RecordState : uint8_t {
    free = 0,  // the place has no record
    readable = 1,
    unreadable = 2,  // damaged, or of a newer version
};
constexpr bool is_known(RecordState state) { return state <= RecordState::unreadable; }
struct RecordAtAnswer {
    using State = RecordState;
    State state = State::free;
    uint32_t login = 0;  // of the owner, as the record says: 1 user, 2 group
    Uuid identity{};
    StoreStatus status;  // if it is readable
    static constexpr void fields(auto& m, auto& wire) {
        wire(m.state, m.login, m.identity);
        if (m.state == State::readable) wire(m.status);
    }
};
// Removes the record, and all that the TA remembers of it. item_not_found: there is none. store_destroyed: it was destroyed before.
// bad_parameters: the record of that name belongs to another store. Under ree the TA also destroys the store's record in the RPMB, if it
// had moved there; under rpmb also the one that an interrupted move left under ree.
struct DestroyRequest {  // → DestroyAnswer
    Anchor anchor = Anchor::ree;
    OwnerClaim owner;
    Id store_id{};
    Bytes name{};                      // since 1.7: as of StoreClaim
    bool without_asking_rpmb = false;  // since 1.7: where asking it ends the TA; anchor ree only
    bool any_name = false;             // since 1.7: the caller chose no name, so the store of that id may have any
    static constexpr void fields(auto& m, auto& wire) {
        wire(m.anchor, m.owner, m.store_id);
        const auto write_or_read = [&] {
            wire.bits(m.without_asking_rpmb, m.any_name);
            optional_store_name(m.name, wire);
        };
        wire.optional([&] { return m.without_asking_rpmb || m.any_name || !m.name.empty(); }, write_or_read);
    }
    [[nodiscard]] bool is_valid() const { return (!without_asking_rpmb || anchor == Anchor::ree) && is_wire_store_name(name); }
};
struct DestroyAnswer {  // before 1.7: empty
    bool may_be_in_rpmb = false;  // the RPMB did not answer, or was not asked
    static constexpr void fields(auto& m, auto& wire) { wire(m.may_be_in_rpmb); }
};

// Repair (rule 19): the TEE has no usable record, and the directory's recovery copies are pages 0 and 1. Pages keep their numbers in
// the page area; those of the new page file have this bit set.
inline constexpr uint32_t kNewPage = uint32_t{1} << 31;
// access_conflict: there is an intact record. access_denied: the copies are another owner's. bad_parameters: the copies name another
// anchor, store or store name. item_not_found: there is no such copy. security: another device. The TA believes nothing of the header;
// it only compares it with the copies. store_destroyed: the TEE did not lose the record. copy_secret_lost: the RPMB has lost the key
// with which the copies are sealed.
struct RepairRequest {
    PageArea area;
    Id store_id{};
    Anchor anchor = Anchor::ree;
    std::array<std::byte, 12> key_check{};
    bool older = false;  // use the older copy: the newer one's index is damaged
    StoreClaim claim{};  // since 1.7
    static constexpr void fields(auto& m, auto& wire) { wire(m.area, m.store_id, m.anchor, m.key_check, m.older, m.claim); }
};
struct RepairAnswer {
    PageAnswer pages;
    uint64_t objects = 0;
    static constexpr void fields(auto& m, auto& wire) { wire(m.pages, m.objects); }
};
// corrupt_object: the index does not verify; the repair has ended.
struct RepairStepAnswer {
    PageAnswer pages;
    bool complete = false;  // everything is copied; the fields below are to be committed
    Id transaction{};
    uint64_t generation = 0;
    uint64_t copied = 0;  // objects so far
    static constexpr void fields(auto& m, auto& wire) { wire(m.pages, m.complete, m.transaction, m.generation, m.copied); }
};

}  // namespace festore::protocol
