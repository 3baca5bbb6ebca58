// SPDX-License-Identifier: BSD-2-Clause
#include "fuzz/store_requests.h"

#include "engine/records/recovery.h"
#include "engine/segments.h"

#include <algorithm>

namespace festore::fuzz {
namespace {

using protocol::Command;

constexpr StoreCommandRow kRows[] = {
    {Command::store_make, kOut, false},
    {Command::store_create, kNone, false},
    {Command::store_open, kNone, false},
    {Command::store_get, kOut, true},
    {Command::store_stat, kNone, true},
    {Command::store_list, kOut, true},
    {Command::store_begin, kNone, false},
    {Command::store_put, kIn, true},
    {Command::store_remove, kNone, true},
    {Command::store_rename, kNone, true},
    {Command::store_prepare, kNone, true},
    {Command::store_commit, kNone, false},
    {Command::store_abort, kNone, false},
    {Command::store_outcome, kNone, false},
    {Command::store_begin_upload, kNone, false},
    {Command::store_seal_segments, kInOut, false},
    {Command::store_read_segments, kInOut, false},
    {Command::store_scan, kOut, true},
    {Command::store_free_list, kNone, true},
    {Command::store_find, kNone, false},
    {Command::store_destroy, kNone, false},
    {Command::store_repair_begin, kNone, true},
    {Command::store_repair_step, kNone, true},
    {Command::store_repair_commit, kNone, false},
    {Command::store_acknowledge, kNone, true},
    {Command::store_record_at, kOut, false},
    {Command::store_rebuild_begin, kNone, true},
    {Command::store_rebuild_step, kNone, true},
    {Command::store_rebuild_commit, kNone, false},
    {Command::store_lost_ranges, kOut, true},
    {Command::store_acknowledge_lost, kNone, true},
    {Command::store_finish_move, kNone, false},
    {Command::store_recipher_begin, kNone, true},
    {Command::store_reseal_segments, kInOut, false},
    {Command::store_reseal, kNone, true},
};

constexpr std::string_view kNames[] = {"object a", UserStore::kPayload, "object b", "a", "object x", "b/c", "\xc3\xa9", ""};

constexpr std::string_view kStoreNames[] = {"web", "db", ""};

}  // namespace

std::span<const StoreCommandRow> store_commands() { return kRows; }

const StoreCommandRow* find_store_command(uint32_t command) {
    for (const StoreCommandRow& row : kRows)
        if (static_cast<uint32_t>(row.command) == command) return &row;
    return nullptr;
}

Bytes StoreRequests::name() {
    const size_t n = in_.below(std::size(kNames) + 1);
    return n == std::size(kNames) ? in_.sized(255) : bytes_of(kNames[n]);
}

// Flags for a single change, or for a change in the session's batch.
uint8_t StoreRequests::flags_of_change() {
    if (in_.one_in(4)) return static_cast<uint8_t>(in_.u8() & 63);
    return session_.batch_runs ? uint8_t{0} : uint8_t{protocol::kStoreSingle};
}

// The session's store, sometimes another one.
UserStore& StoreRequests::some_store() {
    if (!in_.one_in(6)) return known_.stores[session_.store];
    return known_.stores[in_.below(KnownStores::kCount)];
}

protocol::OwnerClaim StoreRequests::owner() {
    protocol::OwnerClaim claim;
    if (!in_.one_in(4)) return claim;
    claim.of_other = true;
    claim.login = protocol::Login::user;
    claim.id = in_.one_in(2) ? kAttacker : kVictim;
    return claim;
}

void StoreRequests::make(const StoreCommandRow& row) {
    content_type = row.content;
    memory.clear();
    area_ = {};
    if (row.has_area) fill_area();
    content.clear();
    if (row.content == kOut) content.assign(in_.one_in(4) ? in_.u16() % 4096 : 4096, std::byte{'c'});
    request = row.command >= Command::store_scan ? encoded_care(row.command) : encoded(row.command);
}

// Brings all pages of a store, sometimes of another store; the newest versions, or older ones.
void StoreRequests::fill_area() {
    const uint8_t how = in_.u8();
    const UserStore& store = some_store();
    area_.room = how == 255 ? 0 : 40;
    memory.assign(protocol::area_bytes(protocol::kCallPagesMax), std::byte{0});
    for (const auto& [page, versions] : store.pages) {
        if (how >= 248 || size_t{area_.brought} + area_.room >= protocol::kCallPagesMax) break;
        Writer(MutableBytes(memory).subspan(protocol::number_offset(area_.brought), 4)).u32(page);
        const bool other = how >= 224 && in_.one_in(4);
        copy_bytes(other ? versions[in_.below(versions.size())] : versions.back(),
                   MutableBytes(memory).subspan(protocol::slot_offset(area_.brought++)));
    }
    memory.resize(protocol::area_bytes(size_t{area_.brought} + area_.room));
    if (how % 32 == 31) memory.resize(in_.u16() % (memory.size() + 1));
}

// Mostly an empty claim, for the default store.
protocol::StoreClaim StoreRequests::claim() {
    static constexpr std::string_view kDirectory = "/srv/web";
    if (!in_.one_in(4)) return {};
    return {bytes_of(kStoreNames[in_.below(std::size(kStoreNames))]), in_.one_in(2) ? bytes_of(kDirectory) : Bytes()};
}

// The name in the header, or another one.
Bytes StoreRequests::name_of(const protocol::StoreHeader& header) {
    return in_.one_in(8) ? claim().name : bytes_of(header.name());
}

Content StoreRequests::encoded(Command command) {
    switch (command) {
    case Command::store_make: {
        constexpr uint8_t kCiphers[] = {1, 2, 0, 3};
        const auto anchor = static_cast<stored::Anchor>(1 + in_.u8() % 2);
        const auto cipher = static_cast<protocol::CipherChoice>(kCiphers[in_.below(std::size(kCiphers))]);
        const bool without_asking = in_.one_in(2);
        return festore::encoded(protocol::MakeRequest{anchor, cipher, without_asking, 5, claim()});
    }
    case Command::store_create: return festore::encoded(protocol::TransactionRequest{session_.made.store_id, 0});
    case Command::store_open: {
        const protocol::StoreHeader& header = some_store().header;
        return festore::encoded(protocol::OpenRequest{header.store_id, header.anchor, header.key_check, false, name_of(header)});
    }
    case Command::store_get:
    case Command::store_stat: {
        const uint8_t flags = in_.one_in(8) ? in_.u8() & 63 : in_.one_in(4) ? uint8_t{protocol::kStorePending} : uint8_t{0};
        return festore::encoded(protocol::StoreNameRequest{area_, flags, name()});
    }
    case Command::store_list: {
        const Bytes after = name_or_none();
        return festore::encoded(protocol::StoreListRequest{area_, after, name_or_none()});
    }
    case Command::store_begin: return festore::encoded(protocol::BeginRequest{session_.generation + (in_.one_in(16) ? in_.u8() : 0U)});
    case Command::store_put: return put();
    case Command::store_remove: {
        const uint8_t flags = flags_of_change();
        return festore::encoded(protocol::StoreNameRequest{area_, flags, name()});
    }
    case Command::store_rename: {
        const auto replace = uint8_t{protocol::kStoreReplace};
        const auto flags = static_cast<uint8_t>(flags_of_change() | (in_.one_in(2) ? 0 : replace));
        const Bytes to = name();
        return festore::encoded(protocol::StoreRenameRequest{area_, flags, name(), to});
    }
    case Command::store_prepare: return festore::encoded(protocol::PrepareRequest{area_});
    case Command::store_begin_upload: return festore::encoded(protocol::BeginUploadRequest{4096U << in_.u8() % 5});
    case Command::store_seal_segments: return seal_segments();
    case Command::store_read_segments: return read_segments();
    default: return festore::encoded(protocol::TransactionRequest{session_.transaction, session_.next});
    }
}

Content StoreRequests::encoded_care(Command command) {
    switch (command) {
    case Command::store_scan: {
        protocol::ScanRequest scan;
        scan.area = area_;
        if (in_.one_in(4)) scan.passed_page = in_.u8() % 44;
        scan.inclusive = in_.one_in(2);
        scan.afresh = in_.one_in(4);
        scan.from = name_or_none();
        return festore::encoded(scan);
    }
    case Command::store_free_list: return festore::encoded(protocol::FreeListRequest{area_, !in_.one_in(4)});
    case Command::store_find: {
        const stored::Anchor anchor = in_.one_in(4) ? stored::Anchor::rpmb : stored::Anchor::ree;
        const protocol::OwnerClaim whose = owner();
        return festore::encoded(protocol::FindRequest{anchor, whose, claim().name});
    }
    case Command::store_destroy: {
        const protocol::StoreHeader& header = some_store().header;
        const protocol::OwnerClaim whose = owner();
        return festore::encoded(protocol::DestroyRequest{header.anchor, whose, header.store_id, name_of(header)});
    }
    case Command::store_repair_begin: {
        const protocol::StoreHeader& header = some_store().header;
        const bool older = in_.one_in(4);
        return festore::encoded(protocol::RepairRequest{area_, header.store_id, header.anchor, header.key_check, older,
                                                        {name_of(header), claim().directory}});
    }
    case Command::store_record_at: {
        const stored::Anchor anchor = in_.one_in(4) ? stored::Anchor::rpmb : stored::Anchor::ree;
        const uint32_t place = in_.one_in(16) ? in_.u32() : in_.u8() % 5;
        return festore::encoded(protocol::RecordAtRequest{anchor, place, in_.one_in(4)});
    }
    case Command::store_rebuild_begin: {
        const auto kind = static_cast<protocol::RebuildKind>(in_.u8() % 3);
        const auto anchor = in_.one_in(4) ? protocol::RebuildAnchor::rpmb : protocol::RebuildAnchor::same;
        return festore::encoded(protocol::RebuildRequest{area_, kind, anchor, claim()});
    }
    case Command::store_rebuild_step: {
        protocol::RebuildStepRequest step;
        step.area = area_;
        if (in_.one_in(4)) step.passed_page = in_.u8() % 44;
        if (in_.one_in(4)) step.left_out = name_or_none();
        return festore::encoded(step);
    }
    case Command::store_lost_ranges: return festore::encoded(protocol::LostRangesRequest{area_, in_.one_in(2) ? Bytes() : in_.sized(255)});
    case Command::store_acknowledge_lost:
        return festore::encoded(protocol::StoreNameRequest{area_, flags_of_change(), name()});
    case Command::store_finish_move: return festore::encoded(protocol::TransactionRequest{some_store().header.store_id, 0});
    case Command::store_recipher_begin:
        return festore::encoded(protocol::RecipherRequest{area_, stored::Cipher{in_.one_in(4) ? uint8_t{1} : uint8_t{2}}});
    case Command::store_reseal_segments: return reseal_segments();
    case Command::store_reseal: return festore::encoded(protocol::ResealRequest{area_, session_.upload, name()});
    case Command::store_repair_commit:
    case Command::store_rebuild_commit:
        return festore::encoded(protocol::TransactionRequest{session_.transaction, session_.next});
    default: return festore::encoded(protocol::PrepareRequest{area_});  // repair_step, acknowledge
    }
}

// Puts inline content or, if there is one, the completed upload.
Content StoreRequests::put() {
    protocol::StorePutRequest put;
    put.area = area_;
    put.flags = flags_of_change();
    put.if_version = in_.u8() % 4;
    put.inlined = in_.one_in(4) ? in_.one_in(2) : !session_.upload_complete;
    content.assign(put.inlined ? in_.one_in(8) ? in_.u16() % 3000 : in_.u8() : 0, std::byte{'c'});
    if (!put.inlined && !in_.one_in(16)) content_type = kNone;
    put.payload = session_.upload;
    put.size = put.inlined ? content.size() : session_.uploaded;
    put.name = name();
    return festore::encoded(put);
}

Content StoreRequests::seal_segments() {
    sealed_last_ = !in_.one_in(2);
    const uint32_t segment = session_.segment_bytes;
    sealed_bytes_ = sealed_last_ ? 1 + in_.u16() % (3 * segment) : segment * (1 + in_.u8() % 3U);
    const size_t tags = static_cast<size_t>(engine::segments_of(sealed_bytes_, segment)) * engine::kTagBytes;
    content.assign(sealed_bytes_ + (in_.one_in(16) ? in_.u8() % 64 : tags), std::byte{'c'});
    const uint32_t number = in_.one_in(16) ? in_.u8() % 3U : session_.segments;
    return festore::encoded(protocol::SegmentsRequest{session_.upload, number, sealed_last_, sealed_bytes_});
}

// Reads all segments of the payload that was found last, or fewer, or those of another payload.
Content StoreRequests::read_segments() {
    const auto known = known_.sealed.find(session_.payload);
    const Bytes sealed = in_.one_in(6) || known == known_.sealed.end() ? Bytes(some_store().sealed) : Bytes(known->second);
    const bool fewer = in_.one_in(4);
    const uint64_t all = std::min<uint64_t>(session_.payload_bytes, protocol::kCallContentBytesMax);
    const auto bytes = fewer ? 4096U * (1 + in_.u8() % 3U) : static_cast<uint32_t>(all);
    const size_t tags = static_cast<size_t>(engine::segments_of(bytes, session_.payload_segment_bytes)) * engine::kTagBytes;
    content.assign(bytes + (in_.one_in(16) ? in_.u8() % 64 : tags), std::byte{0});
    copy_bytes(sealed.first(std::min(sealed.size(), content.size())), content);
    if (in_.one_in(8)) meddle(in_, content);
    return festore::encoded(protocol::SegmentsRequest{session_.payload, fewer ? in_.u8() % 3U : 0, !fewer, bytes});
}

// Reseals the next segments of the payload that was found last, or others.
Content StoreRequests::reseal_segments() {
    const auto known = known_.sealed.find(session_.payload);
    const Bytes sealed = in_.one_in(6) || known == known_.sealed.end() ? Bytes(some_store().sealed) : Bytes(known->second);
    const uint32_t segment = session_.payload_segment_bytes;
    const uint32_t number = in_.one_in(8) ? in_.u8() % 3U : session_.segments;
    const uint64_t from = uint64_t{number} * segment;
    const uint64_t left = session_.payload_bytes > from ? session_.payload_bytes - from : 0;
    const bool fewer = in_.one_in(4);
    sealed_bytes_ = fewer ? segment : static_cast<uint32_t>(std::min<uint64_t>(left, protocol::kResealBytesMax));
    sealed_last_ = from + sealed_bytes_ >= session_.payload_bytes;
    const size_t tags = static_cast<size_t>(engine::segments_of(sealed_bytes_, segment)) * engine::kTagBytes;
    content.assign(sealed_bytes_ + (in_.one_in(16) ? in_.u8() % 64 : tags), std::byte{0});
    const size_t offset = std::min<size_t>(sealed.size(), static_cast<size_t>(engine::segment_offset(number, segment)));
    copy_bytes(sealed.subspan(offset, std::min(sealed.size() - offset, content.size())), content);
    if (in_.one_in(8)) meddle(in_, content);
    return festore::encoded(protocol::ResealSegmentsRequest{session_.payload, session_.upload, number, sealed_bytes_});
}

void StoreRequests::repair_is_committed() {
    auto& pages = known_.stores[session_.store].pages;
    std::map<uint32_t, Versions> fresh;
    for (auto& [page, versions] : pages)
        if ((page & protocol::kNewPage) != 0) fresh[page & ~protocol::kNewPage] = std::move(versions);
    if (fresh.empty()) return;
    for (auto& [page, versions] : pages)
        if ((page & (protocol::kNewPage | protocol::kOldPage)) == 0) fresh[page | protocol::kOldPage] = std::move(versions);
    for (uint32_t slot = 0; slot < engine::kRecoverySlots; ++slot) fresh[slot].resize(std::max<size_t>(fresh[slot].size(), 1));  // zeroes
    pages = std::move(fresh);
}

void StoreRequests::learn_of_uploads(Command command, Bytes answer, Bytes sealed) {
    if (command == Command::store_begin_upload) {
        const auto upload = protocol::decode<protocol::BeginUploadAnswer>(answer);
        const auto asked = protocol::decode<protocol::BeginUploadRequest>(request);
        if (!upload || !asked) return;
        session_.upload = upload->payload;
        session_.segment_bytes = asked->segment_bytes;
        session_.segments = 0;
        session_.uploaded = 0;
        session_.upload_complete = false;
        session_.upload_sealed.clear();
    } else if (command == Command::store_seal_segments || command == Command::store_reseal_segments) {
        session_.segments += static_cast<uint32_t>(engine::segments_of(sealed_bytes_, session_.segment_bytes));
        session_.uploaded += sealed_bytes_;
        session_.upload_complete = sealed_last_;
        session_.upload_sealed.insert(session_.upload_sealed.end(), sealed.begin(), sealed.end());
        if (sealed_last_) known_.sealed[session_.upload] = session_.upload_sealed;
    }
}

void StoreRequests::learn(Command command, Bytes answer, Bytes got, size_t content_bytes, Bytes area) {
    using protocol::decode;
    UserStore& store = known_.stores[session_.store];
    const auto keep = [&](const protocol::PageAnswer& pages) {
        session_.generation = pages.generation;
        // A changed request may have given other slots.
        const size_t slots = size_t{area_.brought} + pages.written;
        if (protocol::area_bytes(slots) <= area.size()) keep_written(store, area, area_.brought, pages.written);
    };
    if (command == Command::store_make) {
        const auto header = protocol::decode_store_header(got.first(std::min(content_bytes, got.size())));
        if (header) session_.made = *header;
    } else if (command == Command::store_create) {
        session_.store = KnownStores::kMade;
        known_.stores[KnownStores::kMade] = {};
        known_.stores[KnownStores::kMade].header = session_.made;
    } else if (command == Command::store_get) {
        const auto found = decode<protocol::GetAnswer>(answer);
        if (!found || found->pages.outcome != protocol::CallOutcome::done || found->metadata.inlined) return;
        session_.payload = found->metadata.payload;
        session_.payload_bytes = found->metadata.size;
        session_.payload_segment_bytes = std::max(found->metadata.segment_bytes, limits::kSegmentBytesMin);
    } else if (command == Command::store_repair_begin || command == Command::store_rebuild_begin ||
               command == Command::store_recipher_begin) {
        std::erase_if(store.pages, [](const auto& page) { return (page.first & protocol::kNewPage) != 0; });
    } else if (const auto step = decode<protocol::RepairStepAnswer>(answer); step && command == Command::store_repair_step) {
        keep(step->pages);
        if (step->complete) session_.transaction = step->transaction, session_.next = step->generation;
    } else if (const auto rebuilt = decode<protocol::RebuildStepAnswer>(answer); rebuilt && command == Command::store_rebuild_step) {
        keep(rebuilt->step.pages);
        if (rebuilt->step.complete) session_.transaction = rebuilt->step.transaction, session_.next = rebuilt->step.generation;
    } else if (const auto change = decode<protocol::ChangeAnswer>(answer)) {
        keep(change->pages);
        if (change->generation != 0) session_.transaction = change->transaction, session_.next = change->generation;
    } else if (const auto begun = decode<protocol::BeginAnswer>(answer); begun && command == Command::store_begin) {
        session_.transaction = begun->transaction, session_.next = begun->generation;
        session_.batch_runs = true;
    } else if (const auto pages = decode<protocol::PageAnswer>(answer)) {
        keep(*pages);
    }
    if (command == Command::store_repair_commit || command == Command::store_rebuild_commit) repair_is_committed();
    if (command == Command::store_commit || command == Command::store_abort) session_.batch_runs = false;
    if (const auto status = decode<protocol::StoreStatus>(answer)) {
        session_.generation = status->generation;
        for (size_t i = 0; i < KnownStores::kCount; ++i)
            if (known_.stores[i].header.store_id == status->store_id) session_.store = i;
    }
    learn_of_uploads(command, answer, got);
}

}  // namespace festore::fuzz
