// SPDX-License-Identifier: BSD-2-Clause
// Transactions over several calls. The TA keeps the changed pages, and gives back sealed what does not fit its memory, to be
// stored in free pages (rule 11). The lock is held from before begin until the outcome is known (rule 6).
#include "client/store/changeable_store.h"

#include "base/result.h"
#include "client/store/requests.h"

#include <thread>

namespace festore {
namespace {

using protocol::Command;

// Pause between attempts while the device runs as many transactions as it can.
constexpr std::chrono::milliseconds kBusyPause{50};

Error over(const Operation& operation) {
    return {ErrorCode::failure, cannot(operation) + "the transaction is over: nothing of it was done; begin anew", 0, 0};
}

}  // namespace

Result<void> ChangeableStore::begin_in_tee(const Operation& operation, Batch& batch) {
    const auto deadline = std::chrono::steady_clock::now() + options_.wait;
    while (true) {
        // Read the generation under the lock: nobody else can commit now.
        opened_serial_ = 0;
        FESTORE_CHECK(ensure_open(operation, Missing::is_made));
        StoreChannel::Request request;
        request.command = Command::store_begin;
        request.encode = [this](protocol::PageArea, Writer& out) {
            encode(protocol::BeginRequest{status_.generation}, out);
        };
        const StoreReply reply = FESTORE_TRY(channel_.call(request, operation));
        if (reply.ok()) {
            const auto answer = protocol::decode<protocol::BeginAnswer>(reply.answer);
            if (!answer) return unexpected(store_nonsense(operation));
            batch.id = *answer;
            batch.serial = sessions_.serial();
            // Pages that the first change needs; afterwards the TA has its own copies.
            channel_.expect({status_.index_page, status_.free_list_page});
            return {};
        }
        const bool busy = static_cast<Code>(reply.result) == Code::busy;
        if (!busy || std::chrono::steady_clock::now() >= deadline)
            return unexpected(error_of_store_command(reply.result, reply.origin, operation));
        std::this_thread::sleep_for(kBusyPause);
    }
}

Result<void> ChangeableStore::begin() {
    const Operation operation{"begin a transaction", {}, Storage::store};
    if (batch_) return unexpected({ErrorCode::conflict, cannot(operation) + "one is running already", 0, 0, Reason::in_use});
    FESTORE_CHECK(ensure_open(operation, Missing::is_made));
    StoreLock lock = FESTORE_TRY(directory_.lock(LockKind::exclusive, options_.wait));
    Batch batch;
    batch.lock = std::move(lock);
    batch.number = ++batches_begun_;
    FESTORE_CHECK(begin_in_tee(operation, batch));
    batch_.emplace(std::move(batch));
    return {};
}

void ChangeableStore::batch_abort() {
    if (!batch_) return;
    const bool is_parents = !process_.is_here();
    for (StoreDirectory::Upload& upload : batch_->uploads)
        if (is_parents) upload.keep();
    if (!is_parents && batch_->serial == sessions_.serial()) {
        const auto request = transaction_request(Command::store_abort, batch_->id.transaction, batch_->id.generation);
        (void)channel_.call(request, {"end a transaction", {}, Storage::store});
    }
    batch_.reset();
}

// An error of the TA's first phase leaves the transaction as it was; any other ends it.
Result<protocol::ChangeAnswer> ChangeableStore::batch_change(const Operation& operation, const ChangeRequest& request) {
    if (!batch_ || batch_->over || batch_->serial != sessions_.serial()) {
        if (batch_) batch_->over = true;
        return unexpected(over(operation));
    }
    if (request.command != Command::store_remove) batch_->only_removes = false;
    const Result<StoreReply> reply = channel_.call(request, operation);
    // Pages that were given back must be stored whatever the result is.
    const Result<void> stored = reply ? channel_.store_pages(*reply) : Result<void>();
    const auto end = [&](Error error) {
        batch_->over = true;
        return unexpected(std::move(error));
    };
    if (!reply) return end(reply.error());
    if (!stored) return end(stored.error());
    if (reply->died()) return end(error_of_store_command(reply->result, reply->origin, operation));
    if (static_cast<Code>(reply->result) == Code::bad_state) return end(over(operation));
    if (!reply->ok()) return unexpected(error_of_store_command(reply->result, reply->origin, operation));
    const auto answer = protocol::decode<protocol::ChangeAnswer>(reply->answer);
    if (!answer) return end(store_nonsense(operation));
    if (answer->dropped_payload) batch_->dropped.push_back(answer->payload);
    return *answer;
}

Result<ObjectInfo> ChangeableStore::batch_put(std::string_view name, Bytes content, const PutOptions& options) {
    FESTORE_CHECK(check_keeping({"put", name, Storage::store}, options));
    StoreWriter writer(*this, name, options, batch_ ? batch_->number : 0);
    FESTORE_CHECK(write(writer, content));
    return finish_in_batch(writer);
}

Result<ObjectInfo> ChangeableStore::finish_in_batch(StoreWriter& writer) {
    const std::string name = writer.name_;
    const Operation operation{"put", name, Storage::store};
    Result<void> done;
    if (!batch_ || batch_->number != writer.batch_) done = unexpected(over(operation));
    else done = complete(writer);
    if (!done) {
        writer.end();
        return unexpected(done.error());
    }
    const auto answer = batch_change(operation, put_request(writer, false));
    if (answer && writer.file_) {
        batch_->uploads.push_back(std::move(*writer.file_));
        writer.file_.reset();
    }
    const uint64_t size = writer.size_;
    const PutOptions options = writer.options_;
    writer.end();
    if (!answer) return unexpected(answer.error());
    return stored_info(name, *answer, size, options);
}

Result<void> ChangeableStore::batch_remove(std::string_view name) {
    FESTORE_CHECK(batch_change({"remove", name, Storage::store}, remove_request(name, false)));
    return {};
}

Result<ObjectInfo> ChangeableStore::batch_rename(std::string_view from, std::string_view to, bool replace) {
    const auto answer = FESTORE_TRY(batch_change({"rename", from, Storage::store}, rename_request(from, to, replace, false)));
    ObjectInfo info;
    info.name = to;
    info.version = answer.version;
    return info;
}

Result<void> ChangeableStore::prepare_batch(const Operation& operation) {
    StoreChannel::Request request;
    request.command = Command::store_prepare;
    request.has_area = true;
    request.room = protocol::kCallPagesMax;
    request.encode = [](protocol::PageArea area, Writer& out) { encode(protocol::PrepareRequest{area}, out); };
    while (true) {
        const StoreReply reply = FESTORE_TRY(channel_.call(request, operation));
        if (!reply.ok()) return unexpected(error_of_store_command(reply.result, reply.origin, operation));
        copied_generation_ = batch_->id.generation;
        FESTORE_CHECK(channel_.store_pages(reply));
        if (reply.pages.outcome == protocol::CallOutcome::done) return {};
        if (reply.pages.written == 0) return unexpected(store_nonsense(operation));  // it would never end
    }
}

Result<uint64_t> ChangeableStore::batch_commit() {
    const Operation operation{"commit the transaction", {}, Storage::store};
    if (!batch_ || batch_->over || batch_->serial != sessions_.serial()) {
        batch_abort();
        return unexpected(over(operation));
    }
    may_be_committed_ = false;
    // The contents have their names before a recovery copy refers to them: a file with another name is a leftover, and collected.
    std::vector<StoreDirectory::Upload*> uploads;
    for (StoreDirectory::Upload& upload : batch_->uploads) uploads.push_back(&upload);
    Result<void> prepared = publish(uploads);
    if (prepared) prepared = prepare_batch(operation);
    if (prepared && !batch_->only_removes) prepared = keep_reserve();
    const Result<void> committed = prepared ? commit(operation, batch_->id.transaction, batch_->id.generation) : prepared;
    const bool is_gone = take_back_copy();
    for (StoreDirectory::Upload& upload : batch_->uploads)
        if (may_be_committed_ || !is_gone) upload.keep();
    if (!prepared) {
        batch_abort();
        return unexpected(prepared.error());
    }
    if (committed)
        for (const protocol::Id& id : batch_->dropped) directory_.remove_payload(id);
    if (committed) (void)keep_reserve();
    const uint64_t generation = batch_->id.generation;
    batch_.reset();
    if (!committed) return unexpected(committed.error());
    return generation;
}

}  // namespace festore
