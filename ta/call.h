// SPDX-License-Identifier: BSD-2-Clause
// One call: its parameters, and what the commands of a store need of the instance and the session.
#pragma once
#include "protocol/store_rebuild.h"
#include "protocol/store_reseal.h"
#include "ta/store/page_area.h"
#include "ta/objects/persistent_objects.h"
#include "ta/session.h"

namespace festore::ta {

struct Call {
    Instance& instance;
    Session& session;
    Bytes request;       // in TA memory
    TEE_Param& content;  // the third parameter
    bool has_content;    // whether it is a memory reference
    TEE_Param& area;     // the fourth
    Writer& answer;

    // The root record of the session's store as the TEE has it now. bad_state: no store is open, the record is of another store, or gone.
    [[nodiscard]] Outcome<engine::RootRecord> record() const;
    // Checks a record under ree. bad_state: its store is in the RPMB now, or was destroyed there. rpmb_no_answer: that is not known.
    [[nodiscard]] Status check_not_moved(const engine::RootRecord& record) const;
    // The table that anchors it, loaded, and the store's place in it.
    struct Place {
        RootTable* table;
        size_t place;
    };
    [[nodiscard]] Outcome<Place> place() const;
    // The same, for a recovery copy, which names the place: only if it is that of this record's store, under its anchor. Else bad_state.
    [[nodiscard]] Outcome<Place> place_of(const engine::RootRecord& record) const;
    // The shared workspace, serving this store.
    [[nodiscard]] Outcome<Workspace*> workspace(const engine::RootRecord& record) const;
};

// Rule 3: an owner that has a store of a name under one anchor cannot have one under the other. access_conflict: the session's identity
// has a store of that name under this anchor.
Status has_none(Call& call, engine::Anchor anchor, const engine::StoreNameTag& name);
// The record that a change begins with: as the TEE has it, converted to this format.
Status change_base(Call& call, engine::RootRecord& record);
// Rule 17: the recovery copy is among the pages that the client makes durable before the commit. `at`: the record's place, which a
// repair needs.
Status write_recovery_copy(Call& call, const engine::RootRecord& record, const engine::TablePlace& at, engine::CallPages& pages);

// A record of format 1.0 does not say whether the RPMB was asked when the store was made. If the RPMB gives no answer now, the record is
// marked as made without an answer, from its next change on.
void mark_if_unknown(engine::RootRecord& record, const StoreSession& store);
protocol::StoreStatus status_of(const engine::RootRecord& record);
void encode_status(const engine::RootRecord& record, Writer& out);
// The first part of every answer with pages.
protocol::PageAnswer page_answer(protocol::CallOutcome outcome, uint64_t generation, engine::Pages& pages, PageArea& area);

}  // namespace festore::ta
