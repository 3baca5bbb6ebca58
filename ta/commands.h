// SPDX-License-Identifier: BSD-2-Clause
// What serves the commands of protocol/commands.h; ta/dispatch.cpp has the table. Each decodes its request and writes its answer. What a
// command has written of its answer counts after an error, too.
#pragma once
#include "ta/call.h"

namespace festore::ta {

// The session, and root's declarations: ta/objects/commands.cpp.
Status serve_hello(Call& call);
Status serve_rpmb_here(Call& call);
Status serve_allow(Call& call);
Status serve_allowed(Call& call);

// Objects in the TEE's own storages: ta/objects/commands.cpp.
Status object_put(Call& call);
Status object_get(Call& call);
Status object_list(Call& call);
Status object_stat(Call& call);
Status object_remove(Call& call);
Status object_list_of(Call& call);
Status object_remove_of(Call& call);
Status object_count_damaged(Call& call);
// The first demo's command has parameters of its own: the id, the data, and no answer.
Status write_object(Instance& instance, Session& session, std::span<TEE_Param, 4> params);

// A store's commands, a file each group.
Status store_make(Call& call);
Status store_create(Call& call);
Status store_open(Call& call);
Status store_get(Call& call);
Status store_stat(Call& call);
Status store_list(Call& call);
Status store_begin(Call& call);
Status store_put(Call& call);
Status store_remove(Call& call);
Status store_rename(Call& call);
Status store_prepare(Call& call);
Status store_commit(Call& call);
Status store_abort(Call& call);
Status store_outcome(Call& call);
Status store_begin_upload(Call& call);
Status store_seal_segments(Call& call);
Status store_read_segments(Call& call);
Status store_scan(Call& call);
Status store_free_list(Call& call);
Status store_find(Call& call);
Status store_destroy(Call& call);
Status store_record_at(Call& call);
Status store_repair_begin(Call& call);
Status store_repair_step(Call& call);
Status store_repair_commit(Call& call);
Status store_acknowledge(Call& call);
Status store_rebuild_begin(Call& call);
Status store_rebuild_step(Call& call);
Status store_rebuild_commit(Call& call);
Status store_finish_move(Call& call);
Status store_lost_ranges(Call& call);
Status store_acknowledge_lost(Call& call);
Status store_recipher_begin(Call& call);
Status store_reseal_segments(Call& call);
Status store_reseal(Call& call);

}  // namespace festore::ta
