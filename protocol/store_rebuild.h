// SPDX-License-Identifier: BSD-2-Clause
// Messages for making the index of an intact store anew: under new keys, without damage, or with what damage had cost; and for the
// names that were lost meanwhile. Since protocol 1.6. Encoding, parameters and the page area are those of protocol/store_messages.h.
#pragma once
#include "protocol/store_care.h"

namespace festore::protocol {

enum class RebuildKind : uint8_t {
    whole = 0,           // everything; damage ends it
    without_damage = 1,  // what is named as damaged is passed over: the names in a page, or an object, become a lost range
    undo = 2,            // what the last such loss left out is read again, out of its old pages (kOldPage), into the index as it is
};
// The page file that the last loss left: its pages have this bit in the page area. (kNewPage: those of the one that is being made.)
inline constexpr uint32_t kOldPage = uint32_t{1} << 30;
static_assert(limits::kPageCountMax <= kOldPage);

// The store is opened. item_not_found, of undo: there is nothing to undo. busy: as of begin. Of another anchor: access_conflict, the
// owner has a record there; limit_exceeded, there is no place; not_supported, this TEE has no such storage.
struct RebuildRequest {  // 6 bytes, StoreClaim → RepairAnswer
    PageArea area;
    RebuildKind kind = RebuildKind::whole;
    uint8_t anchor = 0;  // whole, of a store under ree: 2, the record moves to the RPMB; 0: it stays
    StoreClaim claim{};  // since 1.7. bad_parameters: the store has another name
};
// Of undo also item_not_found: no range lay in the old pages.
struct RebuildStepRequest {  // 9 + name; corrupt_object: there is damage, the rebuild is over
    PageArea area;
    uint32_t passed_page = 0;  // of the old index: it is damaged; 0: none is
    Bytes left_out;            // without_damage: the next object whose content is damaged; empty: there is none
};
struct RebuildStepAnswer {  // RepairStepAnswer, 1
    RepairStepAnswer step;
    bool left_out = false;  // the object, or it was not there: go on with the next one
};
// Then: rebuild_commit, TransactionRequest → StoreStatus: the record is written, if it is still what the rebuild began with. One that
// moves is written to the RPMB, and then buried under ree.

// The lost ranges, in the order of their ends.
struct LostRangesRequest {  // 5 + key
    PageArea area;
    Bytes after;  // empty, or the last item's key
};
struct LostRangeItem {  // 4 + key + names
    bool acknowledged = false;
    Bytes key;     // only of use in the next request
    Bytes from;    // the first name; empty: from the first of all
    Bytes before;  // the first name behind them; empty: to the last of all
};

void encode(const RebuildRequest& m, Writer& out);
void encode(const RebuildStepRequest& m, Writer& out);
void encode(const RebuildStepAnswer& m, Writer& out);
void encode(const LostRangesRequest& m, Writer& out);
void encode(const LostRangeItem& m, Writer& out);

template <>
Result<RebuildRequest> decode_store(Bytes input);
template <>
Result<RebuildStepRequest> decode_store(Bytes input);
template <>
Result<RebuildStepAnswer> decode_store(Bytes input);
template <>
Result<LostRangesRequest> decode_store(Bytes input);
// The next item of an answer; `items` moves behind it.
Result<LostRangeItem> decode_lost_range_item(Bytes& items);

}  // namespace festore::protocol
