// SPDX-License-Identifier: BSD-2-Clause
// What a session knows of its owner's store from one call to the next. Bounded, whatever a client does (rule 21): one
// opened store, one prepared change, one upload, one payload being read, one transaction.
#pragma once
#include "engine/recovery.h"
#include "engine/segments.h"
#include "engine/store_claim.h"
#include "gp/owned.h"
#include "ta/index_copy.h"

namespace festore::ta {

// A root record that only has to be written: what it refers to, the client makes durable first.
struct PreparedRecord {
    explicit PreparedRecord(const engine::RootRecord& r) : record(r) {}
    PreparedRecord(const PreparedRecord&) = delete;
    PreparedRecord& operator=(const PreparedRecord&) = delete;
    ~PreparedRecord() { wipe(record.secret); }
    engine::RootRecord record;
};

// By make, for create.
struct MadeRecord : PreparedRecord {
    MadeRecord(const engine::RootRecord& r, bool without, const engine::StoreClaim& c)
        : PreparedRecord(r), without_asking_rpmb(without), claim(c) {}
    bool without_asking_rpmb;  // as make was told: a device whose RPMB does not answer is not asked at all
    engine::StoreClaim claim;
};

// The payload that get() found: all that its segments are checked against (rule 14).
struct OpenPayload {
    engine::PayloadId id{};
    engine::Key key;
    uint32_t segment_bytes = 0;
    uint32_t segments = 0;
    uint64_t size = 0;
    engine::Cipher cipher = engine::Cipher::aes_256_gcm;  // when it was found: that of the store may be another one by now

    // Views into this.
    [[nodiscard]] engine::Entry entry() const {
        engine::Entry entry;
        entry.kind = engine::EntryKind::payload;
        entry.size = size;
        entry.payload = {id, key.expose(), segment_bytes, segments};
        return entry;
    }
};

// How far the free list has been read back.
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
    std::optional<engine::CopySecret> copy_secret;  // of the anchor rpmb, once it was needed
    bool rpmb_unasked = false;  // anchor ree: no answer of the RPMB says that it has no store of the owner
    std::optional<MadeRecord> made;
    std::optional<PreparedRecord> prepared;  // for commit
    std::optional<engine::Upload> upload;
    bool upload_is_used = false;  // a change refers to it: of no use once that is committed
    std::optional<OpenPayload> resealed;  // what the upload is made of: all of it is this payload's content, and is sealed here
    std::optional<OpenPayload> payload;
    std::optional<FreeListWalk> free_list;
    gp::Owned<Workspace> batch;
    uint64_t batch_base = 0;  // generation that the batch began with
    gp::Owned<IndexCopy> index_copy;

    // The store of that record is opened.
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
    void close() {
        is_open = false;
        rpmb_unasked = false;
        copy_secret.reset();
        made.reset();
        prepared.reset();
        end_upload();
        payload.reset();
        free_list.reset();
        batch.reset();
        index_copy.reset();
    }
};

}  // namespace festore::ta
