// SPDX-License-Identifier: BSD-2-Clause
// Making the index of an intact store anew (rule 30): under new keys, in a page file without holes; whole, or without what is damaged.
// Order: the new file is made durable as pages.next; then the TEE's record is written; then the file replaces the old one. After an
// interruption in between, the index itself shows which of both files the record means: only the TA can make one that matches.
#include "client/store/store.h"

#include "base/result.h"
#include "client/store/requests.h"
#include "client/store/scan.h"
#include "protocol/store_reseal.h"

#include <algorithm>

namespace festore {
namespace {

using protocol::RebuildKind;
using protocol::Command;

constexpr uint16_t kMinorThatRebuilds = 6;
// Stops copying that would never end.
constexpr size_t kStepsMax = 100'000'000;
constexpr size_t kRoom = 64;

}  // namespace

// Opens the store again under the writer's lock: nothing changes any more.
Result<StoreLock> StoreClient::lock_and_open(const Operation& operation) {
    if (batch_) return unexpected(transaction_is_running(operation));
    FESTORE_CHECK(ensure_open(operation, Missing::is_an_error));
    FESTORE_CHECK(check_minor(operation, kMinorThatRebuilds, "cannot do that"));
    Result<StoreLock> lock = directory_.lock(LockKind::exclusive, options_.wait);
    if (!lock) return lock;
    opened_serial_ = 0;
    FESTORE_CHECK(ensure_open(operation, Missing::is_an_error));
    return lock;
}

Result<void> StoreClient::begin_rebuild(const Operation& operation, RebuildKind kind, const RebuildPlan& plan) {
    StoreChannel::Request begin;
    begin.command = plan.cipher ? Command::store_recipher_begin : Command::store_rebuild_begin;
    begin.has_area = true;
    const auto anchor = plan.moves ? protocol::RebuildAnchor::rpmb : protocol::RebuildAnchor::same;
    begin.encode = [=, cipher = plan.cipher, claim = claim()](protocol::PageArea area, Writer& out) {
        if (cipher) encode(protocol::RecipherRequest{area, *cipher}, out);
        else encode(protocol::RebuildRequest{area, kind, anchor, claim}, out);
    };
    const StoreReply reply = FESTORE_TRY(channel_.call(begin, operation));
    if (!reply.ok()) return unexpected(error_of_store_command(reply.result, reply.origin, operation));
    return {};
}

// Steps until all is copied. Leaves out what is damaged if `plan` says so, and notes there whether the root was among it.
Result<protocol::RepairStepAnswer> StoreClient::copy_entries(const Operation& operation, RebuildPlan& plan) {
    uint32_t passed_page = 0;
    size_t next_name = 0;
    StoreChannel::Request request;
    request.command = Command::store_rebuild_step;
    request.has_area = true;
    request.room = kRoom;
    request.passes_over = plan.passes_over;
    request.encode = [&](protocol::PageArea area, Writer& out) {
        const Bytes name = next_name < plan.damaged_names.size() ? bytes_of(plan.damaged_names[next_name]) : Bytes();
        encode(protocol::RebuildStepRequest{area, passed_page, name}, out);
    };
    request.got_on = [copied = uint64_t{0}](const StoreReply& reply) mutable {
        const auto answer = protocol::decode<protocol::RebuildStepAnswer>(reply.answer);
        return answer && (answer->left_out || std::exchange(copied, std::max(copied, answer->step.copied)) < answer->step.copied);
    };
    for (size_t step = 0; step < kStepsMax; ++step) {
        const Result<StoreReply> reply = channel_.call(request, operation);
        const uint32_t damaged = channel_.damaged_page();
        const bool is_of_a_page = !reply && reply.error().code == ErrorCode::damaged && damaged != 0;
        const bool may_pass = plan.passes_over && (damaged & (protocol::kNewPage | protocol::kOldPage)) == 0 && damaged != passed_page;
        if (is_of_a_page && may_pass) {
            passed_page = damaged;
            plan.has_passed_root = plan.has_passed_root || damaged == status_.index_page;
            continue;
        }
        if (!reply) return unexpected(reply.error());
        if (!reply->ok()) return unexpected(error_of_store_command(reply->result, reply->origin, operation));
        const auto answer = protocol::decode<protocol::RebuildStepAnswer>(reply->answer);
        if (!answer) return unexpected(store_nonsense(operation));
        FESTORE_CHECK(channel_.store_pages(*reply));
        if (answer->left_out) ++next_name;
        passed_page = 0;
        if (answer->step.complete) return answer->step;
    }
    return unexpected(store_nonsense(operation));
}

Result<void> StoreClient::commit_rebuild(const Operation& operation, const protocol::RepairStepAnswer& made) {
    const Result<StoreReply> reply =
        channel_.call(transaction_request(Command::store_rebuild_commit, made.transaction, made.generation), operation);
    channel_.forget_pages();
    if (reply && reply->ok()) return take_status(reply->answer, operation);
    directory_.forget_new_pages();  // settling it takes the lock of that file
    Error error = reply ? error_of_store_command(reply->result, reply->origin, operation) : reply.error();
    return learn_outcome(operation, made.transaction, made.generation, std::move(error));
}

void StoreClient::give_up_rebuild(const Operation& operation) {
    directory_.drop_new_pages();
    directory_.close_old_pages();
    (void)channel_.call(transaction_request(Command::store_abort, {}, 0), operation);
    channel_.forget_pages();
}

// Commits the rebuild, whose new pages are durable as pages.next. They are removed only if it is certain that the commit did not happen;
// otherwise the next opening settles it.
Result<void> StoreClient::put_in_place(const Operation& operation, const protocol::RepairStepAnswer& made, bool keeps_old) {
    if (const auto committed = commit_rebuild(operation, made); !committed) {
        const bool is_unknown = committed.error().code == ErrorCode::no_tee;
        if (!is_unknown) directory_.drop_next_pages();
        give_up_rebuild(operation);
        return committed;
    }
    const Result<bool> is_still_next = directory_.has_next_pages();  // learn_outcome() may have settled it
    if (!is_still_next) {
        directory_.forget_new_pages();
        opened_serial_ = 0;
        return unexpected(is_still_next.error());
    }
    // While pages.next exists, a program that opens the store looks up where its record is.
    if (*is_still_next && (status_.anchor != header_.anchor || status_.cipher != header_.cipher))
        if (const auto written = write_header_of_record(operation); !written) {
            directory_.forget_new_pages();
            opened_serial_ = 0;
            return written;
        }
    const auto taken = *is_still_next ? directory_.take_next_pages(keeps_old) : Result<void>();
    if (!taken) opened_serial_ = 0;  // the next opening settles that
    directory_.forget_new_pages();   // and locks the file
    return taken;
}

Result<StoreInfo> StoreClient::make_anew(const Operation& operation, RebuildPlan& plan) {
    if (plan.passes_over)
        FESTORE_CHECK(directory_.room_for_old_pages());
    channel_.forget_pages();
    const uint64_t objects = status_.objects;
    if (const auto begun = begin_rebuild(operation, plan.passes_over ? RebuildKind::without_damage : RebuildKind::whole, plan); !begun)
        return unexpected(begun.error());
    Result<protocol::RepairStepAnswer> made = unexpected(Error());
    if (const auto begun = directory_.begin_new_pages(); !begun) made = unexpected(begun.error());
    else made = copy_entries(operation, plan);
    if (made) plan.lost = objects - std::min(objects, made->copied);
    const bool is_much = plan.has_passed_root || plan.lost > objects / 100;
    if (made && plan.passes_over && is_much && !plan.most)
        made = unexpected({ErrorCode::conflict,
                           cannot(operation) + std::to_string(plan.lost) + " of " + std::to_string(objects) + " objects would be lost" +
                               (plan.has_passed_root ? ", since the root of the index cannot be read" : "") +
                               "; put the store's files back from a copy if there is one, or use --most",
                           0, 0, Reason::much_lost});
    if (made) {  // removing must work afterwards, too (rule 31)
        const auto reserved = directory_.reserve_new_pages(spare_pages(static_cast<uint8_t>(status_.height + 1)));
        if (!reserved) made = unexpected(reserved.error());
    }
    if (made)
        if (const auto named = directory_.name_next_pages(); !named) made = unexpected(named.error());
    if (!made) {
        give_up_rebuild(operation);
        return unexpected(made.error());
    }
    FESTORE_CHECK(put_in_place(operation, *made, plan.passes_over));
    return info();
}

// Names of the objects whose content is damaged. One that could not be read for another reason is read once more, and counts as damaged
// if that fails, too; if this user may not read it, nothing is dropped.
Result<void> StoreClient::name_damaged(const VerifyReport& report, std::vector<std::string>& names) {
    for (const Damage& damage : report.damaged) {
        if (damage.name.empty()) continue;
        Error error = damage.error;
        if (error.code != ErrorCode::damaged) {
            VerifyOptions once_more;
            once_more.names = {damage.name};
            const VerifyReport again = FESTORE_TRY(verify(once_more));
            if (again.damaged.empty()) continue;
            error = again.damaged.front().error;
        }
        if (error.code == ErrorCode::not_permitted) return unexpected(error);
        names.push_back(damage.name);
    }
    std::sort(names.begin(), names.end());
    return {};
}

Result<DropReport> StoreClient::drop_damaged(const DropOptions& options) {
    const Operation operation{"drop what is damaged", {}};
    const StoreLock lock = FESTORE_TRY(lock_and_open(operation));
    const VerifyReport found = FESTORE_TRY(verify({}));
    const auto ranges_before = lost_ranges(operation);
    RebuildPlan plan;
    plan.passes_over = true;
    plan.most = options.most;
    FESTORE_CHECK(name_damaged(found, plan.damaged_names));
    const auto is_open = [](const LostRange& range) { return !range.acknowledged; };
    const auto known = ranges_before ? std::count_if(ranges_before->begin(), ranges_before->end(), is_open) : -1;
    const auto of_index = std::count_if(found.damaged.begin(), found.damaged.end(), [](const Damage& d) { return d.name.empty(); });
    if (of_index == known && plan.damaged_names.empty())
        return unexpected({ErrorCode::conflict, cannot(operation) + "nothing in the store at " + quote(directory_.path()) + " is damaged",
                           0, 0, Reason::nothing_damaged});
    const StoreInfo made = FESTORE_TRY(make_anew(operation, plan));
    DropReport report;
    report.objects = plan.lost;
    report.can_be_undone = directory_.has_old_pages();
    auto ranges = FESTORE_TRY(lost_ranges(operation));
    report.lost = std::move(ranges);
    report.store = made;
    drop_old_pages_if_done(operation);  // if only pages without names were damaged
    return report;
}

Result<StoreInfo> StoreClient::undo_drop() {
    const Operation operation{"undo the loss", {}};
    const StoreLock lock = FESTORE_TRY(lock_and_open(operation));
    Result<StoreInfo> undone = undo_from(operation, protocol::kOldPageFile);
    // Repairs since then have moved the old pages on to the next names.
    for (size_t i = 1; i < protocol::kOldPageFiles.size() && !undone && undone.error().code == ErrorCode::damaged; ++i)
        if (Result<StoreInfo> from_older = undo_from(operation, protocol::kOldPageFiles[i])) undone = std::move(from_older);
    return undone;
}

Result<StoreInfo> StoreClient::undo_from(const Operation& operation, std::string_view file) {
    const auto is_nothing = [](const Error& error) { return static_cast<Code>(error.tee_result) == Code::item_not_found; };
    if (const auto opened = directory_.open_old_pages(file); !opened) {
        Error error = opened.error();
        const bool is_missing = error.code == ErrorCode::not_found;
        if (is_missing)
            error = {ErrorCode::damaged,
                     cannot(operation) + "what was dropped was in pages.old, which is not in " + quote(directory_.path()) +
                         ": put it back, or give the names up with 'festore repair --acknowledge NAME'",
                     0, 0};
        if (is_missing && (status_.flags & stored::kRootLostRanges) == 0) error = nothing_to_undo(operation);
        return unexpected(std::move(error));
    }
    // Each part is one transaction; a large loss has several parts.
    for (size_t part = 0;; ++part) {
        const Result<void> done = undo_part(operation);
        if (done) continue;
        directory_.close_old_pages();
        if (!is_nothing(done.error())) return unexpected(done.error());
        if (part == 0) return unexpected(nothing_to_undo(operation));
        drop_old_pages_if_done(operation);
        return info();
    }
}

Error StoreClient::nothing_to_undo(const Operation& operation) {
    return {ErrorCode::conflict, cannot(operation) + "nothing was dropped from this store that can still be read again", 0, 0,
            Reason::nothing_to_undo};
}

Result<void> StoreClient::undo_part(const Operation& operation) {
    RebuildPlan plan;
    const uint64_t next = status_.generation + 1;
    FESTORE_CHECK(begin_rebuild(operation, RebuildKind::undo, plan));
    const auto refused = [&](Error error) -> Result<void> {
        (void)channel_.call(transaction_request(Command::store_abort, {}, 0), operation);
        channel_.forget_pages();
        if (static_cast<Code>(error.tee_result) != Code::item_not_found) (void)erase_copy(next);
        return unexpected(std::move(error));
    };
    const Result<protocol::RepairStepAnswer> made = copy_entries(operation, plan);
    if (!made) return refused(made.error());
    if (const auto kept = keep_reserve(); !kept) return refused(kept.error());
    if (const auto durable = make_pages_durable(); !durable) return refused(durable.error());
    Result<void> committed = commit_rebuild(operation, *made);
    if (!committed && committed.error().code != ErrorCode::no_tee) (void)erase_copy(next);
    return committed;
}

}  // namespace festore
