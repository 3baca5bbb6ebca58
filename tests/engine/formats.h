// SPDX-License-Identifier: BSD-2-Clause
// Examples of each format with every field set: for round trips, for the document's worked bytes, for the samples.
#pragma once
#include "engine/records/allow_list.h"
#include "engine/records/recovery.h"
#include "engine/segments.h"
#include "protocol/store_files.h"
#include "tests/engine/store.h"

namespace festore::engine {

template <class T>
T filled(unsigned first) {
    T bytes{};
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(first + i);
    return bytes;
}

inline RootRecord example_record() {
    RootRecord r;
    r.anchor = Anchor::rpmb;
    r.cipher = Cipher::chacha20_poly1305;
    r.login = 1;
    // The identity that Linux gives uid 1000.
    r.identity = Uuid::from_fields(0xfc34275c, 0xd8dd, 0x5ba7, {0x96, 0x8b, 0x50, 0x47, 0x18, 0x36, 0x3b, 0x87});
    r.store_id = filled<StoreId>(0x10);
    r.epoch = 0x1122334455667788;
    r.generation = 5;
    r.transaction_id = filled<TransactionId>(0x20);
    r.index = {2, filled<Nonce>(0x30), filled<Tag>(0x40)};
    r.free_list = {9, filled<Nonce>(0x50), filled<Tag>(0x60)};
    r.page_count = 12;
    r.height = 1;
    r.freshness_lost_count = 1;
    r.freshness_lost_generation = 3;
    r.objects = 2;
    r.content_bytes = 100007;
    r.pages_sealed = 17;
    r.flags = kRootFreshnessLost | kRootCopySecret;
    r.free_pages = 8;
    r.secret = filled<StoreSecret>(0x80);
    r.created = 1577836800;  // 2020-01-01
    r.changes = 260;
    return r;
}

inline RootRecordBytes encoded(const RootRecord& r) {
    RootRecordBytes bytes{};
    encode(r, bytes);
    return bytes;
}

// Uid 1000 and the public have entries; all together have a limit in the RPMB.
inline Bytes example_allow_list(MutableBytes memory) {
    AllowListDraft list(memory, nullptr);
    list.header.flags = kAllowOthers;
    list.header.others = {1000, 5, 1};
    list.header.totals[1] = {3'000'000, kNoLimit};
    if (!list.set({1, example_record().identity, {65536, kNoLimit, 2}}) || !list.set({0, {}, {kNoLimitOfBytes, 9, 0}})) return {};
    return list.finish();
}

// In 1.0, the bytes after `created` were zero, and only the first flag was known.
inline RootRecordBytes as_written_by_1_0(const RootRecord& r) {
    RootRecordBytes bytes = encoded(r);
    bytes[5] = std::byte{0};
    for (size_t i = 232; i < 240; ++i) bytes[i] = std::byte{0};
    return bytes;
}

inline RootRecord record_of_1_0() {
    RootRecord r = example_record();
    r.flags = kRootFreshnessLost;
    return r;
}

inline TablePlace example_place() { return {filled<TableId>(0xb0), 3}; }

inline TableHeader example_table_header() {
    TableHeader h;
    h.anchor = Anchor::rpmb;
    h.table_id = example_place().table;
    h.flags = kTableRetiredListFull;
    h.retired_count = 2;
    h.retired[0] = filled<RetiredId>(0xd0);
    h.retired[1] = filled<RetiredId>(0xd8);
    return h;
}

inline Tombstone example_tombstone() {
    const RootRecord r = example_record();
    return {kTombstoneOfAnotherTable | kTombstoneHasCopySecret, r.login, r.identity, r.store_id};
}

inline Entry example_inline_entry() {
    Entry e;
    e.flags = kEntryWriteOnce | kEntryKept;
    e.version = 3;
    e.created = 1577836800;
    e.modified = 1609459200;
    e.content = bytes_of("content");
    e.size = e.content.size();
    return e;
}

inline Entry example_payload_entry() {
    static const auto id = filled<std::array<std::byte, 16>>(0xa0);
    static const auto key = filled<std::array<std::byte, 32>>(0xc0);
    Entry e;
    e.kind = EntryKind::payload;
    e.version = 1;
    e.created = e.modified = 1577836800;
    e.size = 100000;
    e.payload = {id, key, 65536, 2};
    return e;
}

inline protocol::StoreHeader example_header() {
    protocol::StoreHeader h;
    h.tee = protocol::TeeKind::simulated;
    h.anchor = stored::Anchor::rpmb;
    h.cipher = stored::Cipher::chacha20_poly1305;
    h.login = 1;
    h.identity = example_record().identity;
    h.store_id = example_record().store_id;
    h.key_check = filled<std::array<std::byte, 12>>(0xe0);
    return h;
}

}  // namespace festore::engine
