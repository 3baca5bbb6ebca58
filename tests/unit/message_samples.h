// SPDX-License-Identifier: BSD-2-Clause
// One message of each kind at least, every field set, and each form that has optional fields: for the test of recorded bytes, and the
// one of garbage.
#pragma once
#include "protocol/allow.h"
#include "protocol/store_rebuild.h"
#include "protocol/store_reseal.h"

namespace festore::protocol {

inline Id sample_id(unsigned first) {
    Id value{};
    for (size_t i = 0; i < value.size(); ++i) value[i] = static_cast<std::byte>(first + i);
    return value;
}
inline std::array<std::byte, 12> sample_key_check() {
    std::array<std::byte, 12> value{};
    for (size_t i = 0; i < value.size(); ++i) value[i] = static_cast<std::byte>(0xA0 + i);
    return value;
}
inline PageAnswer sample_pages() {
    PageAnswer m{CallOutcome::need_pages, 0x1122334455667788, 3, 2, {}};
    m.needs[0] = {17, false};
    m.needs[1] = {0x01020304, true};
    return m;
}
inline StoreMetadata sample_metadata() { return {1, false, 9, -1, 1600000000, uint64_t{1} << 33, sample_id(7), 65536, 131072}; }
inline AllowRequest sample_allow_request() {
    AllowRequest m;
    m.limits = {0x1122334455667788, 7, 1};
    m.count = 2;
    m.names[0] = {Login::group, 0x01020304};
    m.names[1] = {Login::public_, kNoId};
    return m;
}
inline AllowedAnswer sample_allowed_answer() {
    AllowedAnswer m;
    m.flags = kAllowedListed | kAllowedClosed;
    m.standing = Standing::by_entry;
    m.own = {1, 2, 3};
    m.used_bytes = 4;
    m.used_objects = 5;
    m.used_stores = 6;
    m.others = {7, 8, 9};
    m.totals = {AllowTotal{10, 11}, AllowTotal{12, 13}};
    m.entries = 14;
    return m;
}

// use(name, message): messages of objects in the TEE's own storages.
template <class Use>
void each_object_message(Use&& use) {
    const Metadata metadata{kObjectWriteOnce, 7000, UINT64_MAX, INT64_MIN, INT64_MAX};
    const ListRequest list{Storage::ree, bytes_of("cursor"), bytes_of("keys/")};
    const OtherOwner other{Login::group, 0x01020304};
    use("HelloRequest", HelloRequest{1, 7, Login::group, 0x12345678});
    use("HelloAnswer",
        HelloAnswer{1, 2, 0x030405, kFeatureRpmb | kFeatureZeroHuk, 524288, Login::user, kTaUuid, 100, 1000, 0x040500});
    use("PutRequest", PutRequest{Storage::rpmb, kPutIfVersion | kPutWriteOnce, 0x1122334455667788, -5, 4711, bytes_of("a/name")});
    use("PutAnswer", PutAnswer{9, 10});
    use("NameRequest", NameRequest{Storage::ree, bytes_of("x")});
    use("Metadata", metadata);
    use("ListRequest", list);
    use("ListAnswer", ListAnswer{true, 3, 2, bytes_of("where")});
    use("CountDamagedRequest", CountDamagedRequest{Storage::rpmb});
    use("CountDamagedAnswer", CountDamagedAnswer{0x01020304});
    use("ListOfRequest", ListOfRequest{other, list});
    use("RemoveOfRequest", RemoveOfRequest{other, {Storage::rpmb, bytes_of("x")}});
    use("RpmbRequest none", RpmbRequest{RpmbRequest::Word::none, true});
    use("RpmbRequest ask", RpmbRequest{RpmbRequest::Word::ask, false});
    use("RpmbAnswer", RpmbAnswer{true, true});
    use("AllowRequest set", sample_allow_request());
    use("AllowRequest open", AllowRequest{AllowVerb::open, 0, {}, 0, {}});
    use("AllowRequest total", AllowRequest{AllowVerb::total, kAllowRpmb, {1, 2, kNoLimit}, 0, {}});
    use("AllowedRequest", AllowedRequest{AllowedRequest::Count::rpmb, true});
    use("AllowedAnswer", sample_allowed_answer());
}

// use(name, message): a store's messages.
template <class Use>
void each_store_message(Use&& use) {
    const Bytes name = bytes_of("web");
    const StoreClaim claim{name, bytes_of("/srv")};
    const StoreStatus status{sample_id(1), Anchor::rpmb, Cipher::aes_256_gcm, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, -16};
    const StoreMetadata metadata = sample_metadata();
    const RepairStepAnswer step{sample_pages(), true, sample_id(3), 7, 6};
    use("PageAnswer", sample_pages());
    use("MakeRequest", MakeRequest{Anchor::rpmb, CipherChoice::aes_256_gcm, false, -3, {}});
    use("MakeRequest unasked", MakeRequest{Anchor::ree, CipherChoice::faster, true, -3, {}});
    use("MakeRequest named", MakeRequest{Anchor::ree, CipherChoice::chacha20_poly1305, false, 5, claim});
    use("MakeRequest placed", MakeRequest{Anchor::ree, CipherChoice::chacha20_poly1305, false, 5, {{}, bytes_of("/srv")}});
    use("OpenRequest", OpenRequest{sample_id(1), Anchor::rpmb, sample_key_check(), false, {}});
    use("OpenRequest unasked", OpenRequest{sample_id(1), Anchor::ree, sample_key_check(), true, {}});
    use("OpenRequest named", OpenRequest{sample_id(1), Anchor::rpmb, sample_key_check(), false, name});
    use("OpenRequest named, unasked", OpenRequest{sample_id(1), Anchor::ree, sample_key_check(), true, name});
    use("StoreStatus", status);
    use("StoreNameRequest", StoreNameRequest{{3, 40}, kStoreSingle, bytes_of("a/name")});
    use("StorePutRequest", StorePutRequest{{3, 40}, kStoreIfVersion | kStoreWriteOnce, 77, -5, false, sample_id(9), uint64_t{1} << 40,
                                           bytes_of("n")});
    use("StoreRenameRequest", StoreRenameRequest{{128, 0}, kStoreReplace, bytes_of("old"), bytes_of("new")});
    use("StoreListRequest", StoreListRequest{{0, 128}, bytes_of("last"), bytes_of("keys/")});
    use("PrepareRequest", PrepareRequest{{1, 127}});
    use("BeginRequest", BeginRequest{5});
    use("BeginAnswer", BeginAnswer{sample_id(3), 6});
    use("TransactionRequest", TransactionRequest{sample_id(3), 6});
    use("OutcomeAnswer", OutcomeAnswer{TransactionOutcome::committed, 6});
    use("BeginUploadRequest", BeginUploadRequest{65536});
    use("BeginUploadAnswer", BeginUploadAnswer{sample_id(5)});
    use("SegmentsRequest", SegmentsRequest{sample_id(4), 0x01020304, true, kCallContentBytesMax});
    use("GetAnswer", GetAnswer{sample_pages(), metadata});
    use("StoreListAnswer", StoreListAnswer{sample_pages(), true, 5});
    use("ChangeAnswer", ChangeAnswer{sample_pages(), 3, true, sample_id(1), sample_id(2), 9});
    use("StoreClaim", claim);
    use("StoreClaim of nothing", StoreClaim{});
    use("ScanRequest", ScanRequest{{3, 0}, 0x01020304, true, true, bytes_of("from\x01\xff")});
    use("ScanAnswer", ScanAnswer{sample_pages(), true, false, 5});
    use("FreeListRequest", FreeListRequest{{3, 0}, true});
    use("FreeListAnswer", FreeListAnswer{sample_pages(), 77});
    use("FindRequest", FindRequest{Anchor::rpmb, {}, {}});
    use("FindRequest named", FindRequest{Anchor::ree, {true, Login::group, 0x01020304}, name});
    use("RecordAtRequest", RecordAtRequest{Anchor::rpmb, 0x01020304, false});
    use("RecordAtRequest own", RecordAtRequest{Anchor::rpmb, 1, true});
    use("RecordAtAnswer", RecordAtAnswer{RecordAtAnswer::State::unreadable, 1, Uuid{sample_id(7)}, {}});
    use("RecordAtAnswer readable", RecordAtAnswer{RecordAtAnswer::State::readable, 2, Uuid{sample_id(7)}, status});
    use("DestroyRequest", DestroyRequest{Anchor::ree, {true, Login::user, 1000}, sample_id(3), {}, false});
    use("DestroyRequest unasked", DestroyRequest{Anchor::ree, {}, sample_id(3), {}, true});
    use("DestroyRequest named", DestroyRequest{Anchor::rpmb, {}, sample_id(3), name, false});
    use("DestroyRequest any name", DestroyRequest{Anchor::rpmb, {}, sample_id(3), {}, false, true});
    use("DestroyAnswer", DestroyAnswer{true});
    use("RepairRequest", RepairRequest{{2, 0}, sample_id(3), Anchor::rpmb, sample_key_check(), true, {}});
    use("RepairRequest named", RepairRequest{{2, 0}, sample_id(3), Anchor::rpmb, sample_key_check(), true, claim});
    use("RepairAnswer", RepairAnswer{sample_pages(), 5});
    use("RepairStepAnswer", step);
    use("RebuildRequest", RebuildRequest{{2, 1}, RebuildKind::undo, RebuildAnchor::same, {}});
    use("RebuildRequest to the RPMB", RebuildRequest{{2, 1}, RebuildKind::whole, RebuildAnchor::rpmb, claim});
    use("RebuildStepRequest", RebuildStepRequest{{2, 1}, 0x01020304, bytes_of("damaged")});
    use("RebuildStepAnswer", RebuildStepAnswer{step, true});
    use("LostRangesRequest", LostRangesRequest{{2, 1}, bytes_of("key")});
    use("RecipherRequest", RecipherRequest{{3, 1}, Cipher::chacha20_poly1305});
    use("ResealSegmentsRequest", ResealSegmentsRequest{sample_id(1), sample_id(2), 0x01020304, kResealBytesMax});
    use("ResealRequest", ResealRequest{{3, 1}, sample_id(1), bytes_of("name")});
}

// use(name, entry): what answers have in a row.
template <class Use>
void each_entry(Use&& use) {
    use("ListEntry", ListEntry{{kObjectWriteOnce, 7000, 9, -1, 1600000000}, bytes_of("name")});
    use("ListEntry of the demo", ListEntry{{kObjectLegacy, 7000, 9, -1, 1600000000}, {}});
    use("AllowedEntry", AllowedEntry{Login::group, kTaUuid, {1, 2, 3}});
    use("StoreListItem", StoreListItem{{1, true, 9, -1, 1600000000, 5, sample_id(7), 65536, 131072}, bytes_of("name")});
    use("LostRangeItem", LostRangeItem{true, bytes_of("key"), bytes_of("from"), bytes_of("to")});
}

}  // namespace festore::protocol
