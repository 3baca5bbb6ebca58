// SPDX-License-Identifier: BSD-2-Clause
// One call on a store: what it came with, and what every command needs of the instance and the session.
#pragma once
#include "protocol/store_rebuild.h"
#include "protocol/store_reseal.h"
#include "ta/page_area.h"
#include "ta/persistent_objects.h"
#include "ta/session.h"

namespace festore::ta {

struct StoreCall {
    Instance& instance;
    Session& session;
    Bytes request;       // in TA memory
    TEE_Param& content;  // the third parameter
    bool has_content;    // whether there is one
    TEE_Param& area;     // the fourth
    Writer& answer;

    // The root record of the session's store as the TEE has it now. bad_state: no store is open, it is another one, or gone.
    [[nodiscard]] Result<engine::RootRecord> record() const;
    // bad_state: of a record under ree: its store is in the RPMB now, or was destroyed there. rpmb_no_answer: that is not known.
    [[nodiscard]] Status check_not_moved(const engine::RootRecord& record) const;
    // The table that anchors it, loaded, and the store's place in it.
    struct Place {
        RootTable* table;
        size_t place;
    };
    [[nodiscard]] Result<Place> place() const;
    // The shared workspace, serving this store.
    [[nodiscard]] Result<Workspace*> workspace(const engine::RootRecord& record) const;
};

// Rule 3: whoever has a store of a name under one anchor gets none under the other. access_conflict: the session's identity has one.
Status has_none(StoreCall& call, engine::Anchor anchor, const engine::StoreNameTag& name);
// What a change begins with: the record as the TEE has it, made one of this format.
Status change_base(StoreCall& call, engine::RootRecord& record);
// Rule 17: the recovery copy is among the pages that the client makes durable before the commit. `at`: the record's place, for its
// repair.
Status write_recovery_copy(StoreCall& call, const engine::RootRecord& record, const engine::TablePlace& at, engine::CallPages& pages);

// A record of format 1.0 does not say whether the RPMB was asked when it was made: where it gives no answer now, the record is marked
// like one that was made so, from its next change on.
void mark_if_unknown(engine::RootRecord& record, const StoreSession& store);
protocol::StoreStatus status_of(const engine::RootRecord& record);
void encode_status(const engine::RootRecord& record, Writer& out);
// What every answer with pages begins with.
protocol::PageAnswer page_answer(protocol::CallOutcome outcome, uint64_t generation, engine::Pages& pages, PageArea& area);

// The commands (protocol/store_messages.h), a file each group. Each writes its answer; after an error what it wrote counts,
// too.
Status store_make(StoreCall& call);
Status store_create(StoreCall& call);
Status store_open(StoreCall& call);
Status store_get(StoreCall& call);
Status store_stat(StoreCall& call);
Status store_list(StoreCall& call);
Status store_begin(StoreCall& call);
Status store_put(StoreCall& call);
Status store_remove(StoreCall& call);
Status store_rename(StoreCall& call);
Status store_prepare(StoreCall& call);
Status store_commit(StoreCall& call);
Status store_abort(StoreCall& call);
Status store_outcome(StoreCall& call);
Status store_begin_upload(StoreCall& call);
Status store_seal_segments(StoreCall& call);
Status store_read_segments(StoreCall& call);
Status store_survey(StoreCall& call);
Status store_free_list(StoreCall& call);
Status store_find(StoreCall& call);
Status store_destroy(StoreCall& call);
Status store_record_at(StoreCall& call);
Status store_repair_begin(StoreCall& call);
Status store_repair_step(StoreCall& call);
Status store_repair_commit(StoreCall& call);
Status store_acknowledge(StoreCall& call);
Status store_rebuild_begin(StoreCall& call);
Status store_rebuild_step(StoreCall& call);
Status store_rebuild_commit(StoreCall& call);
Status store_finish_move(StoreCall& call);
Status store_lost_ranges(StoreCall& call);
Status store_acknowledge_lost(StoreCall& call);
Status store_recipher_begin(StoreCall& call);
Status store_reseal_segments(StoreCall& call);
Status store_reseal(StoreCall& call);

}  // namespace festore::ta
