// SPDX-License-Identifier: BSD-2-Clause
#include "ta/dispatch.h"

#include "protocol/messages.h"
#include "ta/call_memory.h"
#include "ta/commands.h"

namespace festore::ta {

using protocol::Command;

namespace {

struct Row {
    Command command;
    Status (*serve)(Call&);
    uint32_t content;  // the type of the third parameter
    bool content_may_be_absent;
    bool has_area;  // the fourth parameter
};
constexpr uint32_t kNone = TEE_PARAM_TYPE_NONE;
constexpr uint32_t kIn = TEE_PARAM_TYPE_MEMREF_INPUT;
constexpr uint32_t kOut = TEE_PARAM_TYPE_MEMREF_OUTPUT;
constexpr uint32_t kInOut = TEE_PARAM_TYPE_MEMREF_INOUT;

// All commands but write_object.
constexpr Row kRows[] = {
    {Command::hello, serve_hello, kNone, false, false},
    {Command::put, object_put, kIn, false, false},
    {Command::get, object_get, kOut, false, false},
    {Command::list, object_list, kOut, false, false},
    {Command::stat, object_stat, kNone, false, false},
    {Command::remove, object_remove, kNone, false, false},
    {Command::count_damaged, object_count_damaged, kNone, false, false},
    {Command::list_of, object_list_of, kOut, false, false},
    {Command::remove_of, object_remove_of, kNone, false, false},
    {Command::rpmb_here, serve_rpmb_here, kNone, false, false},
    {Command::allow, serve_allow, kNone, false, false},
    {Command::allowed, serve_allowed, kOut, false, false},
    {Command::store_make, store_make, kOut, false, false},
    {Command::store_create, store_create, kNone, false, false},
    {Command::store_open, store_open, kNone, false, false},
    {Command::store_get, store_get, kOut, false, true},
    {Command::store_stat, store_stat, kNone, false, true},
    {Command::store_list, store_list, kOut, false, true},
    {Command::store_begin, store_begin, kNone, false, false},
    {Command::store_put, store_put, kIn, true, true},
    {Command::store_remove, store_remove, kNone, false, true},
    {Command::store_rename, store_rename, kNone, false, true},
    {Command::store_prepare, store_prepare, kNone, false, true},
    {Command::store_commit, store_commit, kNone, false, false},
    {Command::store_abort, store_abort, kNone, false, false},
    {Command::store_outcome, store_outcome, kNone, false, false},
    {Command::store_begin_upload, store_begin_upload, kNone, false, false},
    {Command::store_seal_segments, store_seal_segments, kInOut, false, false},
    {Command::store_read_segments, store_read_segments, kInOut, false, false},
    {Command::store_scan, store_scan, kOut, false, true},
    {Command::store_free_list, store_free_list, kNone, false, true},
    {Command::store_find, store_find, kNone, false, false},
    {Command::store_destroy, store_destroy, kNone, false, false},
    {Command::store_repair_begin, store_repair_begin, kNone, false, true},
    {Command::store_repair_step, store_repair_step, kNone, false, true},
    {Command::store_repair_commit, store_repair_commit, kNone, false, false},
    {Command::store_acknowledge, store_acknowledge, kNone, false, true},
    {Command::store_record_at, store_record_at, kOut, true, false},
    {Command::store_rebuild_begin, store_rebuild_begin, kNone, false, true},
    {Command::store_rebuild_step, store_rebuild_step, kNone, false, true},
    {Command::store_rebuild_commit, store_rebuild_commit, kNone, false, false},
    {Command::store_finish_move, store_finish_move, kNone, false, false},
    {Command::store_lost_ranges, store_lost_ranges, kOut, false, true},
    {Command::store_acknowledge_lost, store_acknowledge_lost, kNone, false, true},
    {Command::store_recipher_begin, store_recipher_begin, kNone, false, true},
    {Command::store_reseal_segments, store_reseal_segments, kInOut, false, false},
    {Command::store_reseal, store_reseal, kNone, false, true},
};

constexpr bool is_of_store(Command command) { return command >= Command::store_make; }

const Row* row_of(Command command) {
    for (const Row& row : kRows)
        if (row.command == command) return &row;
    return nullptr;
}

bool types_fit(const Row& row, uint32_t types) {
    const uint32_t content = TEE_PARAM_TYPE_GET(types, 2);
    if (content != row.content && !(row.content_may_be_absent && content == kNone)) return false;
    return types == TEE_PARAM_TYPES(kIn, kOut, content, row.has_area ? kInOut : kNone);
}

constexpr size_t kRequestBytesMax = std::max(protocol::kRequestBytesMax, protocol::kStoreRequestBytesMax);
constexpr size_t kAnswerBytesMax = std::max(protocol::kAnswerBytesMax, protocol::kStoreAnswerBytesMax);

Status run(Instance& instance, Session& session, Command command, uint32_t types, std::span<TEE_Param, 4> params) {
    const Row* const row = row_of(command);
    const bool is_demo = command == Command::write_object;
    if (row == nullptr && !is_demo) return fail(Code::not_supported);
    if (is_demo ? types != TEE_PARAM_TYPES(kIn, kIn, kNone, kNone) : !types_fit(*row, types)) return fail(Code::bad_parameters);
    if (command != Command::hello && !session.identity_checked) return fail(Code::bad_state);
    if (is_demo) return write_object(instance, session, params);
    const bool is_store = is_of_store(command);
    if (is_store && session.identity.login == protocol::Login::public_) return fail(Code::access_denied);  // the public cannot own a store

    const size_t request_max = is_store ? protocol::kStoreRequestBytesMax : protocol::kRequestBytesMax;
    const auto request = FESTORE_TRY(CopiedIn<kRequestBytesMax>::from(params[0], request_max));
    std::array<std::byte, kAnswerBytesMax> encoded{};
    Writer answer(encoded);
    const SharedOutput answer_out = output_of(params[1]);
    params[1].memref.size = 0;
    const size_t needed = is_store ? protocol::kStoreAnswerBytesMax : protocol::kAnswerBytesMax;
    if (answer_out.size < needed) {  // checked first: no change is made if its answer has no room
        params[1].memref.size = static_cast<gp::Size>(needed);
        return fail(Code::short_buffer);
    }
    Call call{instance, session, request.view(), params[2], TEE_PARAM_TYPE_GET(types, 2) != kNone, params[3], answer};
    const Status status = row->serve(call);
    if (!answer.ok()) return fail(Code::generic);
    answer_out.write(0, answer.written());
    params[1].memref.size = static_cast<gp::Size>(answer.size());
    return status;
}

}  // namespace

bool is_store_command(uint32_t command) {
    return is_of_store(static_cast<Command>(command)) && row_of(static_cast<Command>(command)) != nullptr;
}

TEE_Result dispatch(Instance& instance, Session& session, uint32_t command, uint32_t types,
                    std::span<TEE_Param, 4> params) {
    const Status status = run(instance, session, static_cast<Command>(command), types, params);
    instance.forget_closed_stores();
    return status ? TEE_SUCCESS : static_cast<TEE_Result>(status.error().code);
}

}  // namespace festore::ta
