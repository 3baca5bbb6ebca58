// SPDX-License-Identifier: BSD-2-Clause
// Messages for a new page file of an opened store: rebuild, dropping damage, undoing that. Since protocol 1.6. Parameters and the page
// area are those of protocol/store_messages.h.
#pragma once
#include "protocol/store_care.h"

namespace festore::protocol {

enum class RebuildKind : uint8_t {
    whole = 0,           // everything; damage ends it
    without_damage = 1,  // without what the requests name as damaged: the names in a page, or an object, become a lost range
    undo = 2,            // reads again what the last loss dropped, from its old pages (kOldPage), into the present index
};
constexpr bool is_known(RebuildKind kind) { return kind <= RebuildKind::undo; }
// Pages of the page file that the last loss left have this bit in the page area. (kNewPage: those of the new page file.)
inline constexpr uint32_t kOldPage = uint32_t{1} << 30;
static_assert(limits::kPageCountMax <= kOldPage);

enum class RebuildAnchor : uint8_t { same = 0, rpmb = 2 };
constexpr bool is_known(RebuildAnchor anchor) { return anchor == RebuildAnchor::same || anchor == RebuildAnchor::rpmb; }

// The store is opened. item_not_found, of undo: there is nothing to undo. busy: as of begin. If the record moves: access_conflict, the
// owner has a record there; limit_exceeded, there is no place; not_supported, this TEE has no such storage.
struct RebuildRequest {  // → RepairAnswer
    PageArea area;
    RebuildKind kind = RebuildKind::whole;
    RebuildAnchor anchor = RebuildAnchor::same;  // rpmb: `whole` only, of a store under ree
    StoreClaim claim{};                          // since 1.7. bad_parameters: the store has another name
    static constexpr void fields(auto& m, auto& wire) { wire(m.area, m.kind, m.anchor, m.claim); }
    [[nodiscard]] bool is_valid() const { return anchor == RebuildAnchor::same || kind == RebuildKind::whole; }
};
// corrupt_object: there is damage; the rebuild has ended. item_not_found, of undo: the old pages contain no lost range.
struct RebuildStepRequest {
    PageArea area;
    uint32_t passed_page = 0;  // a damaged page of the old index; 0: none
    Bytes left_out;            // without_damage: the next object whose content is damaged; empty: none
    static constexpr void fields(auto& m, auto& wire) { wire(m.area, m.passed_page, m.left_out); }
    [[nodiscard]] bool is_valid() const { return left_out.empty() || is_name(left_out); }
};
struct RebuildStepAnswer {
    RepairStepAnswer step;
    bool left_out = false;  // that object was left out, or does not exist: name the next one
    static constexpr void fields(auto& m, auto& wire) { wire(m.step, m.left_out); }
};
// Then rebuild_commit, TransactionRequest → StoreStatus, writes the record if it is still the one with which the rebuild began. A
// record that moves is written to the RPMB, and then buried under ree.

// The lost ranges, in the order of their ends.
struct LostRangesRequest {
    PageArea area;
    Bytes after;  // empty, or the last item's key
    static constexpr void fields(auto& m, auto& wire) { wire(m.area, m.after); }
};
struct LostRangeItem {
    bool acknowledged = false;
    Bytes key;     // for the next request only
    Bytes from;    // the first name; empty: the range begins before all names
    Bytes before;  // the first name after the range; empty: the range ends after all names
    static constexpr void fields(auto& m, auto& wire) { wire(m.acknowledged, m.key, m.from, m.before); }
    [[nodiscard]] bool is_valid() const { return !key.empty(); }
};

}  // namespace festore::protocol
