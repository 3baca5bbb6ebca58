// SPDX-License-Identifier: BSD-2-Clause
#include "ta/store_dispatch.h"

#include "ta/call_memory.h"
#include "ta/store_call.h"

namespace festore::ta {
namespace {

using protocol::StoreCommand;

struct Row {
    StoreCommand command;
    Status (*serve)(StoreCall&);
    uint32_t content;  // the type of the third parameter
    bool content_may_be_absent;
    bool has_area;
};
constexpr uint32_t kNone = TEE_PARAM_TYPE_NONE;
constexpr uint32_t kIn = TEE_PARAM_TYPE_MEMREF_INPUT;
constexpr uint32_t kOut = TEE_PARAM_TYPE_MEMREF_OUTPUT;
constexpr uint32_t kInOut = TEE_PARAM_TYPE_MEMREF_INOUT;

constexpr Row kRows[] = {
    {StoreCommand::make, store_make, kOut, false, false},
    {StoreCommand::create, store_create, kNone, false, false},
    {StoreCommand::open, store_open, kNone, false, false},
    {StoreCommand::get, store_get, kOut, false, true},
    {StoreCommand::stat, store_stat, kNone, false, true},
    {StoreCommand::list, store_list, kOut, false, true},
    {StoreCommand::begin, store_begin, kNone, false, false},
    {StoreCommand::put, store_put, kIn, true, true},
    {StoreCommand::remove, store_remove, kNone, false, true},
    {StoreCommand::rename, store_rename, kNone, false, true},
    {StoreCommand::prepare, store_prepare, kNone, false, true},
    {StoreCommand::commit, store_commit, kNone, false, false},
    {StoreCommand::abort, store_abort, kNone, false, false},
    {StoreCommand::outcome, store_outcome, kNone, false, false},
    {StoreCommand::begin_upload, store_begin_upload, kNone, false, false},
    {StoreCommand::seal_segments, store_seal_segments, kInOut, false, false},
    {StoreCommand::read_segments, store_read_segments, kInOut, false, false},
    {StoreCommand::survey, store_survey, kOut, false, true},
    {StoreCommand::free_list, store_free_list, kNone, false, true},
    {StoreCommand::find, store_find, kNone, false, false},
    {StoreCommand::destroy, store_destroy, kNone, false, false},
    {StoreCommand::repair_begin, store_repair_begin, kNone, false, true},
    {StoreCommand::repair_step, store_repair_step, kNone, false, true},
    {StoreCommand::repair_commit, store_repair_commit, kNone, false, false},
    {StoreCommand::acknowledge, store_acknowledge, kNone, false, true},
    {StoreCommand::record_at, store_record_at, kOut, true, false},
    {StoreCommand::rebuild_begin, store_rebuild_begin, kNone, false, true},
    {StoreCommand::rebuild_step, store_rebuild_step, kNone, false, true},
    {StoreCommand::rebuild_commit, store_rebuild_commit, kNone, false, false},
    {StoreCommand::finish_move, store_finish_move, kNone, false, false},
    {StoreCommand::lost_ranges, store_lost_ranges, kOut, false, true},
    {StoreCommand::acknowledge_lost, store_acknowledge_lost, kNone, false, true},
    {StoreCommand::recipher_begin, store_recipher_begin, kNone, false, true},
    {StoreCommand::reseal_segments, store_reseal_segments, kInOut, false, false},
    {StoreCommand::reseal, store_reseal, kNone, false, true},
};

const Row* row_of(uint32_t command) {
    for (const Row& row : kRows)
        if (static_cast<uint32_t>(row.command) == command) return &row;
    return nullptr;
}

bool types_fit(const Row& row, uint32_t types) {
    const uint32_t content = TEE_PARAM_TYPE_GET(types, 2);
    if (content != row.content && !(row.content_may_be_absent && content == kNone)) return false;
    return types == TEE_PARAM_TYPES(kIn, kOut, content, row.has_area ? kInOut : kNone);
}

}  // namespace

bool is_store_command(uint32_t command) { return row_of(command) != nullptr; }

Status dispatch_store(Instance& instance, Session& session, uint32_t command, uint32_t types,
                      std::span<TEE_Param, 4> params) {
    const Row* const row = row_of(command);
    if (row == nullptr) return fail(Code::not_supported);
    if (!types_fit(*row, types)) return fail(Code::bad_parameters);
    if (session.identity.login == protocol::Login::public_) return fail(Code::access_denied);  // a store has an owner
    const auto request = FESTORE_TRY(CopiedIn<protocol::kStoreRequestBytesMax>::from(params[0]));
    std::array<std::byte, protocol::kStoreAnswerBytesMax> encoded{};
    Writer answer(encoded);
    const SharedOutput answer_out = output_of(params[1]);
    params[1].memref.size = 0;
    if (answer_out.size < encoded.size()) {  // so that no change is made whose answer has no room
        params[1].memref.size = static_cast<gp::Size>(encoded.size());
        return fail(Code::short_buffer);
    }
    StoreCall call{instance, session, request.view(), params[2], TEE_PARAM_TYPE_GET(types, 2) != kNone, params[3], answer};
    const Status status = row->serve(call);
    if (!answer.ok()) return fail(Code::generic);
    answer_out.write(0, answer.written());
    params[1].memref.size = static_cast<gp::Size>(answer.size());
    return status;
}

}  // namespace festore::ta
