// SPDX-License-Identifier: BSD-2-Clause
// Messages for the care of a store: reading all of it back (verify), giving it up (destroy), repair. Encoding, parameters and
// the page area are those of protocol/store_messages.h, whose commands from 64 on these are.
#pragma once
#include "protocol/store_messages.h"

namespace festore::protocol {

// Goes over the index in the order of names, and over what is damaged in it.
struct SurveyRequest {  // 10 + key
    PageArea area;
    uint32_t passed_page = 0;  // this page is damaged: say where the names behind it begin; 0: none is
    bool inclusive = false;    // from the key on; else from behind it
    bool afresh = false;       // what the TA remembers of pages is forgotten first
    Bytes from;                // up to kNameBytesMax bytes, a name or the start of one; empty: from the first name
};
struct SurveyAnswer {  // PageAnswer, 6
    PageAnswer pages;          // need_pages: what was listed counts all the same
    bool more = false;
    bool passed_over = false;  // nothing was listed: the content is the key from which on to continue; none: the end
    uint32_t items = 0;        // StoreListItem, one behind the other
};

// Goes over the pages of the free list; the TA remembers how far.
struct FreeListRequest {  // 5 bytes
    PageArea area;
    bool from_start = false;
};
struct FreeListAnswer {  // PageAnswer, 4
    PageAnswer pages;
    uint32_t next_page = 0;  // to go on with; 0: the end, and all is well
};

// Whose store is meant: the caller's own, or, which only uid 0 may ask, another's.
struct OwnerClaim {  // 9 bytes
    bool of_other = false;
    uint32_t login = 0;  // of the other: 1 user, 2 group; else 0
    uint32_t id = 0;     // its uid or gid; else 0
};
// The record of a store, without its directory. item_not_found: there is none under this anchor. corrupt_object,
// not_supported: there is one that cannot be read. access_denied: another's, and the caller is not uid 0.
struct FindRequest {  // 10 bytes, 1 + name → StoreStatus
    uint8_t anchor = 1;
    OwnerClaim owner;
    Bytes name{};  // since 1.7: as of StoreClaim
};
// The record in one place of an anchor's table, whoever's it is: uid 0 may know which stores there are, not what is in them.
// access_denied: for others. item_not_found: there are no more places. Since 1.7 the third parameter takes what the TEE was told of
// the store (StoreClaim; nothing where it was not), and any owner may ask for its own.
struct RecordAtRequest {  // 5 bytes; 6, the last one 1, with the last field
    uint8_t anchor = 1;
    uint32_t place = 0;  // from 0
    bool own = false;    // since 1.7: a record that is not the caller's is as if the place was free
};
struct RecordAtAnswer {  // 21, and a StoreStatus if it is readable
    enum class State : uint8_t {
        free = 0,        // no record is there
        readable = 1,
        unreadable = 2,  // damaged, or a newer version's
    } state = State::free;
    uint32_t login = 0;  // of the owner, as the record says: 1 user, 2 group
    Uuid identity{};
    StoreStatus status;
};
// Its record is gone, and all that the TA remembers of it. item_not_found: it was gone before. bad_parameters: the
// record of that name is of another store.
// Under ree the TA destroys what the store has become in the RPMB, too, if it had moved there.
struct DestroyRequest {  // 26 bytes, 1 + 1 + name → DestroyAnswer
    uint8_t anchor = 1;
    OwnerClaim owner;
    Id store_id{};
    Bytes name{};                      // since 1.7: as of StoreClaim
    bool without_asking_rpmb = false;  // since 1.7: where asking it ends the TA; anchor 1 only
};
struct DestroyAnswer {  // 1 byte; before 1.7: empty
    bool may_be_in_rpmb = false;  // that gave no answer, or was not asked
};

// Repair (rule 19): the TEE has no usable record, and the directory's recovery copies are pages 0 and 1. Its pages keep their
// numbers in the page area; those of the new page file have this bit besides.
inline constexpr uint32_t kNewPage = uint32_t{1} << 31;
// access_conflict: there is an intact record. access_denied: the copies are another owner's. bad_parameters: the copies say
// another anchor or store. item_not_found: there is no such copy. security: another device. Nothing of this comes from the
// header but what it is compared with. store_destroyed: the TEE did not lose the record. copy_secret_lost: the RPMB has lost what
// the copies are sealed with.
struct RepairRequest {  // 34 bytes, StoreClaim
    PageArea area;
    Id store_id{};
    uint8_t anchor = 1;
    std::array<std::byte, 12> key_check{};
    bool older = false;  // go by the older copy: the newer one's index is damaged
    StoreClaim claim{};  // since 1.7. bad_parameters, too: the copies are of a store with another name
};
struct RepairAnswer {  // PageAnswer, 8
    PageAnswer pages;
    uint64_t objects = 0;
};
// corrupt_object: the index does not verify; the repair is over.
struct RepairStepAnswer {  // PageAnswer, 33
    PageAnswer pages;
    bool complete = false;     // all of it is copied, and what follows is to be committed
    Id transaction{};
    uint64_t generation = 0;
    uint64_t copied = 0;       // objects so far
};

void encode(const StoreClaim& m, Writer& out);
void encode(const SurveyRequest& m, Writer& out);
void encode(const SurveyAnswer& m, Writer& out);
void encode(const FreeListRequest& m, Writer& out);
void encode(const FreeListAnswer& m, Writer& out);
void encode(const FindRequest& m, Writer& out);
void encode(const RecordAtRequest& m, Writer& out);
void encode(const RecordAtAnswer& m, Writer& out);
void encode(const DestroyRequest& m, Writer& out);
void encode(const DestroyAnswer& m, Writer& out);
void encode(const RepairRequest& m, Writer& out);
void encode(const RepairAnswer& m, Writer& out);
void encode(const RepairStepAnswer& m, Writer& out);

// Also of no bytes.
template <>
Result<StoreClaim> decode_store(Bytes input);
template <>
Result<SurveyRequest> decode_store(Bytes input);
template <>
Result<SurveyAnswer> decode_store(Bytes input);
template <>
Result<FreeListRequest> decode_store(Bytes input);
template <>
Result<FreeListAnswer> decode_store(Bytes input);
template <>
Result<FindRequest> decode_store(Bytes input);
template <>
Result<RecordAtRequest> decode_store(Bytes input);
template <>
Result<RecordAtAnswer> decode_store(Bytes input);
template <>
Result<DestroyRequest> decode_store(Bytes input);
template <>
Result<DestroyAnswer> decode_store(Bytes input);
template <>
Result<RepairRequest> decode_store(Bytes input);
template <>
Result<RepairAnswer> decode_store(Bytes input);
template <>
Result<RepairStepAnswer> decode_store(Bytes input);

}  // namespace festore::protocol
