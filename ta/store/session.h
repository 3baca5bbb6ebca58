// SPDX-License-Identifier: BSD-2-Clause
// What a session keeps of its owner's store from one call to the next. It is bounded, whatever a client does (rule 21): one
// opened store, one prepared change, one upload, one payload being read, one transaction.
#pragma once
#include "engine/records/recovery.h"
#include "engine/segments.h"
#include "engine/records/store_claim.h"
#include "gp/owned.h"
#include "ta/store/index_copy.h"

namespace festore::ta {

// A root record that only has to be written. The client makes everything that it refers to durable first.
struct PreparedRecord {
    explicit PreparedRecord(const engine::RootRecord& r) : record(r) {}
    PreparedRecord(const PreparedRecord&) = delete;
    PreparedRecord& operator=(const PreparedRecord&) = delete;
    ~PreparedRecord() { wipe(record.secret); }
    engine::RootRecord record;
};

// A record that the command `make` leaves for `create`.
struct MadeRecord : PreparedRecord {
    MadeRecord(const engine::RootRecord& r, bool without, const engine::StoreClaim& c)
        : PreparedRecord(r), without_asking_rpmb(without), claim(c) {}
    bool without_asking_rpmb;  // from the request of make: do not ask an RPMB that does not answer
    engine::StoreClaim claim;
};

// The payload that get() found: everything that its segments are checked against (rule 14).
struct OpenPayload {
    engine::PayloadId id{};
    engine::Key key;
    uint32_t segment_bytes = 0;
    uint32_t segments = 0;
    uint64_t size = 0;
    engine::Cipher cipher = engine::Cipher::aes_256_gcm;  // of the payload; the store's cipher may have changed since it was found

    // The entry's views refer to this object.
    [[nodiscard]] engine::Entry entry() const {
        engine::Entry entry;
        entry.kind = engine::EntryKind::payload;
        entry.size = size;
        entry.payload = {id, key.expose(), segment_bytes, segments};
        return entry;
    }
};

// How far the free list has been read.
struct FreeListWalk {
    uint64_t generation = 0;
    engine::PageRef next;
    uint32_t pages = 0;
    uint64_t numbers = 0;
};

struct StoreSession {
    bool is_open = false;
    engine::Anchor anchor = engine::Anchor::ree;
    engine::StoreId store_id{};
    engine::StoreNameTag name{};
    std::optional<engine::CopySecret> copy_secret;  // with the anchor rpmb, from its first use on
    bool rpmb_unasked = false;  // anchor ree: the RPMB has not confirmed that it has no store of the owner
    std::optional<MadeRecord> made;
    std::optional<PreparedRecord> prepared;  // for commit
    std::optional<engine::Upload> upload;
    bool upload_is_used = false;  // a change refers to the upload, which ends when the change is committed
    std::optional<OpenPayload> resealed;  // the payload that the upload is sealed from, entirely in this TA
    std::optional<OpenPayload> payload;
    std::optional<FreeListWalk> free_list;
    gp::Owned<Workspace> batch;
    uint64_t batch_base = 0;  // generation that the batch began with
    gp::Owned<IndexCopy> index_copy;

    // Whether it keeps anything of that store.
    [[nodiscard]] bool has(const engine::StoreId& id) const {
        return (is_open && store_id == id) || (batch && batch->store_id() == id) || (index_copy && index_copy->old.store_id == id);
    }
    // Opens the record's store.
    void open(const engine::RootRecord& record) {
        is_open = true;
        anchor = record.anchor;
        store_id = record.store_id;
        name = record.name;
    }
    void end_upload() {
        upload.reset();
        upload_is_used = false;
        resealed.reset();
    }
    void end_changes() {
        copy_secret.reset();
        prepared.reset();
        batch.reset();
        index_copy.reset();
    }
    void close() {
        is_open = false;
        rpmb_unasked = false;
        made.reset();
        end_changes();
        end_upload();
        payload.reset();
        free_list.reset();
    }
};

}  // namespace festore::ta
