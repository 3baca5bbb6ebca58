// SPDX-License-Identifier: BSD-2-Clause
// Repairing a store whose record the TEE has lost (rule 19), and acknowledging that freshness was given up. The old page file is
// not touched until the new one is complete and durable; then the new one takes its name; then the TEE's record is written. An
// interruption before the last step leaves a directory that can be repaired again.
#include "client/store/store.h"

#include "base/result.h"
#include "client/store/errors.h"
#include "client/store/requests.h"
#include "protocol/store_care.h"

#include <algorithm>

namespace festore {
namespace {

using protocol::Command;

// Stops copying that would never end.
constexpr size_t kStepsMax = 100'000'000;
constexpr size_t kRoom = 64;
constexpr uint8_t kRepairedHeight = 3;  // assumed, since the new index's height is not yet known; higher ones are rare

constexpr const char* kOldPagesHint =
    ". The pages here belong to another record. If this record was only unavailable when the directory was repaired (its storage not "
    "mounted), its pages are still there: 'mv pages pages.repaired && mv pages.old pages' in the directory brings them back, or, after "
    "several repairs, the same with the oldest, pages.older or pages.old.3 to pages.old.9";

}  // namespace

Error StoreClient::refused_to_repair(const Operation& operation, Code code) const {
    const std::string where = "the store at " + quote(directory_.path());
    const auto error = [&](ErrorCode kind, const std::string& text) {
        const Reason reason = kind == ErrorCode::conflict ? Reason::record_intact : Reason::none;
        return Error{kind, cannot(operation) + text, static_cast<uint32_t>(code), TEEC_ORIGIN_TRUSTED_APP, reason};
    };
    const bool is_silent = is_silent_rpmb(header_.anchor, static_cast<uint32_t>(code));
    if (is_silent && code == Code::storage_not_available)
        return error(ErrorCode::no_tee, "the RPMB, where its record is, gives no answer. " + std::string(kNoRpmbHint));
    if (is_silent)
        return refused_to_open(operation, Code::target_dead);
    switch (code) {
    case Code::access_conflict:
        return error(ErrorCode::conflict, "the TEE has an intact record of a store of yours" + with_name() +
                                              ": there is nothing to repair; 'festore "
                                          "verify' names what is damaged in a directory");
    case Code::access_denied:
        return error(ErrorCode::not_permitted, "the recovery copies in " + where + " are of another user's or group's store");
    case Code::bad_parameters:
        return error(ErrorCode::damaged, "the header of " + where + " was changed: it names another anchor, or another store, than "
                                         "the recovery copies do");
    case Code::item_not_found:
        return error(ErrorCode::damaged, where + " has no recovery copy that this device can read: it cannot be repaired");
    case Code::corrupt_object:
    case Code::corrupt_object_2:
        return error(ErrorCode::damaged, "the index of " + where + " is damaged, too, for each of its recovery copies, or the TEE's "
                                         "own storage is damaged: it cannot be repaired");
    case Code::security: return refused_to_open(operation, code);
    case Code::not_supported:
        return error(ErrorCode::no_tee, "the TEE has a record of a newer version of festore, or its trusted application does not "
                                        "know how to repair, or this OP-TEE has no system pseudo-TA, and so there are no recovery copies");
    default: return error_of_store_command(static_cast<uint32_t>(code), TEEC_ORIGIN_TRUSTED_APP, operation);
    }
}

// `damaged`: this recovery copy cannot be used, but perhaps the other one can.
Result<protocol::RepairStepAnswer> StoreClient::copy_index(const Operation& operation, bool older, bool& damaged) {
    damaged = false;
    StoreChannel::Request begin;
    begin.command = Command::store_repair_begin;
    begin.has_area = true;
    begin.encode = [&, claim = claim()](protocol::PageArea area, Writer& out) {
        encode(protocol::RepairRequest{area, header_.store_id, header_.anchor, header_.key_check, older, claim}, out);
    };
    channel_.forget_pages();
    const StoreReply begun = FESTORE_TRY(channel_.call(begin, operation));
    if (!begun.ok()) return unexpected(refused_to_repair(operation, static_cast<Code>(begun.result)));
    FESTORE_CHECK(directory_.begin_new_pages());
    StoreChannel::Request next;
    next.command = Command::store_repair_step;
    next.has_area = true;
    next.room = kRoom;
    next.encode = [](protocol::PageArea area, Writer& out) { encode(protocol::PrepareRequest{area}, out); };
    next.got_on = [copied = uint64_t{0}](const StoreReply& reply) mutable {
        const auto answer = protocol::decode<protocol::RepairStepAnswer>(reply.answer);
        return answer && std::exchange(copied, std::max(copied, answer->copied)) < answer->copied;
    };
    for (size_t step = 0; step < kStepsMax; ++step) {
        const Result<StoreReply> reply = channel_.call(next, operation);
        damaged = (!reply && reply.error().code == ErrorCode::damaged) ||
                  (reply && static_cast<Code>(reply->result) == Code::corrupt_object);
        if (!reply) return unexpected(reply.error());
        if (!reply->ok()) return unexpected(refused_to_repair(operation, static_cast<Code>(reply->result)));
        const auto answer = protocol::decode<protocol::RepairStepAnswer>(reply->answer);
        if (!answer) return unexpected(store_nonsense(operation));
        FESTORE_CHECK(channel_.store_pages(*reply));
        if (answer->complete) return *answer;
    }
    return unexpected(store_nonsense(operation));
}

Result<void> StoreClient::commit_repair(const Operation& operation, const protocol::RepairStepAnswer& made) {
    const Result<bool> named = directory_.pages_are_named();
    if (!named || !*named) return unexpected(named ? directory_.pages_were_exchanged() : named.error());
    const Result<StoreReply> reply =
        channel_.call(transaction_request(Command::store_repair_commit, made.transaction, made.generation), operation);
    channel_.forget_pages();
    if (reply && reply->ok()) {
        opened_serial_ = sessions_.serial();
        if (!directory_.pages_are_named().value_or(true)) return unexpected(directory_.pages_were_exchanged());
        return take_status(reply->answer, operation);
    }
    // Rule 4: since the lock is held, a record with this generation can only be this repair's.
    Code refused = Code::success;
    const bool is_repaired = open_in_tee(operation, header_, &refused) && status_.generation == made.generation &&
                             (status_.flags & stored::kRootFreshnessLost) != 0;
    if (is_repaired) return {};
    // The TEE has no record: so it has not taken this one, and another attempt begins with the same pages.
    if (refused == Code::item_not_found && directory_.has_old_pages()) (void)directory_.take_old_pages_back();
    if (!reply) return unexpected(reply.error());
    return unexpected(refused_to_repair(operation, static_cast<Code>(reply->result)));
}

Result<StoreInfo> StoreClient::repair() {
    const Operation operation{"repair the store", {}};
    Result<StoreInfo> repaired = repair_locked(operation);
    const bool is_intact = !repaired && repaired.error().tee_result == static_cast<uint32_t>(Code::access_conflict);
    if (!is_intact || !directory_.has_old_pages()) return repaired;
    // Any lookup in the index shows whether the pages are the record's.
    const Result<ObjectInfo> any = stat("any");
    if (!any && any.error().code == ErrorCode::damaged) repaired.error().message += kOldPagesHint;
    return repaired;
}

Result<StoreInfo> StoreClient::repair_locked(const Operation& operation) {
    if (batch_) return unexpected(transaction_is_running(operation));
    opened_serial_ = 0;
    Result<DirectoryContents> contents = directory_.look();
    if (!contents) return unexpected(contents.error());
    if (contents->kind == DirectoryContents::Kind::headless) return unexpected(without_header(operation));
    if (!contents->header)
        return unexpected({ErrorCode::not_found, cannot(operation) + "there is none at " + quote(directory_.path()), 0, 0});
    FESTORE_CHECK(check_header(operation, *contents->header));
    const StoreLock lock = FESTORE_TRY(directory_.lock(LockKind::exclusive, options_.wait));
    contents = directory_.look();
    if (!contents) return unexpected(contents.error());
    if (!contents->header) return unexpected(without_header(operation));
    FESTORE_CHECK(check_header(operation, *contents->header));
    header_ = *contents->header;
    bool damaged = false;
    Result<protocol::RepairStepAnswer> made = copy_index(operation, false, damaged);
    if (!made && damaged) {
        const Error first = made.error();
        made = copy_index(operation, true, damaged);
        if (!made && made.error().tee_result == static_cast<uint32_t>(Code::item_not_found)) made = unexpected(first);
    }
    // An error is ignored: a store that works again is worth more than the reserve, which its next put asks for anyway.
    if (made) (void)directory_.reserve_new_pages(spare_pages(kRepairedHeight));
    if (made)
        if (const auto finished = directory_.finish_new_pages(); !finished) made = unexpected(finished.error());
    if (!made) {
        directory_.drop_new_pages();
        (void)channel_.call(transaction_request(Command::store_abort, {}, 0), operation);
        return unexpected(made.error());
    }
    FESTORE_CHECK(commit_repair(operation, *made));
    return info();
}

Result<StoreInfo> StoreClient::acknowledge() {
    const Operation operation{"acknowledge the repair", {}};
    FESTORE_CHECK(ensure_open(operation, Missing::is_an_error));
    if ((status_.flags & stored::kRootFreshnessLost) == 0)
        return unexpected({ErrorCode::conflict,
                           cannot(operation) + "the store at " + quote(directory_.path()) + " has no repair to acknowledge", 0, 0,
                           Reason::nothing_to_acknowledge});
    const auto done = change_to(operation, Command::store_acknowledge,
                                [](protocol::PageArea area, Writer& out) { encode(protocol::PrepareRequest{area}, out); });
    if (!done) return unexpected(done.error());
    drop_old_pages_if_done(operation);  // the change has read the index, so these pages are the record's
    return info();
}

}  // namespace festore
