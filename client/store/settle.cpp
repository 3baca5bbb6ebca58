// SPDX-License-Identifier: BSD-2-Clause
// What an interrupted rebuild or move has left: two page files, of which the record means one, or a record that is already in the RPMB.
#include "client/store/scan.h"
#include "client/store/store.h"

#include "base/result.h"
#include "client/store/requests.h"

namespace festore {
namespace {

using protocol::Command;

}  // namespace

// Finishes an interrupted move, which has left a header that says ree, and the record in the RPMB. The TEE looks into the RPMB to find out
// whether there was such a move, and first buries what is left of the record under ree.
Result<bool> StoreClient::follow_move(const Operation& operation, Code refused) {
    const bool is_ree = header_.anchor == stored::Anchor::ree;
    const bool may_have_moved = is_ree && (refused == Code::store_in_rpmb || refused == Code::item_not_found);
    if (!may_have_moved || !directory_.has_next_pages().value_or(false) || !directory_.may_lock()) return false;
    const StoreLock lock = FESTORE_TRY(directory_.lock(LockKind::exclusive, options_.wait));
    const StoreReply reply = FESTORE_TRY(channel_.call(transaction_request(Command::store_finish_move, header_.store_id, 0), operation));
    if (!reply.ok()) return false;
    status_.anchor = stored::Anchor::rpmb;
    status_.cipher = header_.cipher;
    FESTORE_CHECK(write_header_of_record(operation));
    return true;
}

// Whether the open page file has the root of the index that the record means. The root is read from the file now, whatever the TA
// remembers. Nothing: not known now.
std::optional<bool> StoreClient::pages_fit(const Operation& operation) {
    if (status_.index_page == 0) return true;
    channel_.forget_pages();
    Scan::Start start;
    start.afresh = true;
    Scan scan(*this, operation, start);
    const Result<Scan::Step> first = scan.next();
    if (!first) return std::nullopt;
    return !first->gap || first->gap->page != status_.index_page;
}

Result<void> StoreClient::settle_if_cut(const Operation& operation) {
    const bool has_next = FESTORE_TRY(directory_.has_next_pages());
    if (!has_next || is_settling_ || !directory_.may_lock()) return {};
    is_settling_ = true;
    const auto settled = settle_next_pages(operation);
    is_settling_ = false;
    // A program that may only read continues with the files as they are.
    return settled || settled.error().code != ErrorCode::not_permitted ? settled : Result<void>();
}

// Settles an interrupted rebuild. If neither file matches the record, both stay: that is damage, and is reported as such.
Result<void> StoreClient::settle_next_pages(const Operation& operation) {
    const StoreLock lock = FESTORE_TRY(directory_.lock(LockKind::exclusive, options_.wait));
    const bool there = FESTORE_TRY(directory_.has_next_pages());
    Code refused = Code::success;
    if (there)
        FESTORE_CHECK(open_in_tee(operation, header_, &refused));
    const std::optional<bool> fits = there ? pages_fit(operation) : std::nullopt;
    if (fits == true) directory_.drop_next_pages();
    if (fits != false) return {};
    FESTORE_CHECK(directory_.try_next_pages());
    const bool next_fits = pages_fit(operation) == true;
    channel_.forget_pages();
    if (!next_fits) {
        directory_.leave_next_pages();
        return {};
    }
    FESTORE_CHECK(directory_.take_next_pages((status_.flags & stored::kRootLostRanges) != 0));
    drop_old_pages_if_done(operation);
    return {};
}

}  // namespace festore
