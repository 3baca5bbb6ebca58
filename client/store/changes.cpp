// SPDX-License-Identifier: BSD-2-Clause
// Changing a store: lock, change in the TEE, pages written and synced, root record (rules 4, 6, 7).
#include "client/store/changeable_store.h"

#include "base/result.h"
#include "client/store/requests.h"

#include <ctime>

namespace festore {
namespace {

using protocol::Command;

Error batch_is_running(const Operation& operation) {
    return {ErrorCode::conflict,
            cannot(operation) + "a transaction of this client is running: change the store through it, or end it",
            0, 0, Reason::in_use};
}

ObjectInfo info_of(std::string_view name, const protocol::ChangeAnswer& answer) {
    ObjectInfo info;
    info.name = name;
    info.version = answer.version;
    return info;
}

}  // namespace

ObjectInfo ChangeableStore::stored_info(std::string_view name, const protocol::ChangeAnswer& answer, uint64_t size,
                                        const PutOptions& options) {
    ObjectInfo info = info_of(name, answer);
    info.size = size;
    info.modified = options.modified.value_or(0);
    info.write_once = options.write_once;
    info.kept = options.write_once && !options.removable;
    return info;
}

// Pages that a call must have room for: its changes, and, if it ends the transaction, the dirty pages, the free list and the
// recovery copy. A generous estimate from the engine's bounds (engine/tree_change.h).
size_t ChangeableStore::room_for(size_t changes) const {
    const size_t height = size_t{status_.height} + changes;
    return std::min<size_t>(changes * (8 * height + 4) + 28, protocol::kCallPagesMax);
}

// A trusted application with an older protocol would refuse the request as malformed: it cannot keep objects for good.
Result<void> ChangeableStore::check_keeping(const Operation& operation, const PutOptions& options) {
    constexpr uint16_t kMinorThatKeeps = 5;
    if (!options.write_once || options.removable) return {};
    return check_minor(operation, kMinorThatKeeps, "cannot prevent the removal of write-once objects",
                       "install the one of this festore, or use --removable");
}

// For the height that the index may have after this change. If other programs have changed the store since its status was read, the
// pages that this change has written show how many pages there are.
Result<void> ChangeableStore::keep_reserve() {
    return directory_.keep_reserve(status_.page_count, spare_pages(static_cast<uint8_t>(status_.height + 1)));
}

// A small content, or a payload and its size.
ChangeableStore::ChangeRequest ChangeableStore::put_request(std::string_view name, Bytes content, uint64_t size, const PutOptions& options,
                                                            const std::optional<protocol::Id>& payload, bool single) {
    ChangeRequest request;
    request.command = Command::store_put;
    request.has_area = true;
    request.room = room_for(1);
    request.about = name;
    if (!payload && !content.empty()) {
        request.use = Payload::input;
        request.content = content;
    }
    protocol::StorePutRequest message;
    message.flags = static_cast<uint8_t>((options.if_absent ? protocol::kStoreIfAbsent : 0) |
                                         (options.if_version ? protocol::kStoreIfVersion : 0) |
                                         (options.write_once ? protocol::kStoreWriteOnce : 0) |
                                         (options.write_once && !options.removable ? protocol::kStoreKept : 0) |
                                         (single ? protocol::kStoreSingle : 0));
    message.if_version = options.if_version.value_or(0);
    message.modified = options.modified.value_or(static_cast<int64_t>(std::time(nullptr)));
    message.inlined = !payload;
    if (payload) message.payload = *payload;
    message.size = size;
    request.encode = [message, name = std::string(name)](protocol::PageArea area, Writer& out) {
        protocol::StorePutRequest complete = message;
        complete.area = area;
        complete.name = bytes_of(name);
        encode(complete, out);
    };
    return request;
}

ChangeableStore::ChangeRequest ChangeableStore::put_request(const StoreWriter& writer, bool single) {
    std::optional<protocol::Id> payload;
    if (writer.file_) payload = writer.next_.payload;
    const Bytes content = payload ? Bytes() : Bytes(writer.pending_);
    return put_request(writer.name_, content, writer.size_, writer.options_, payload, single);
}

ChangeableStore::ChangeRequest ChangeableStore::remove_request(std::string_view name, bool single) {
    ChangeRequest request;
    request.command = Command::store_remove;
    request.has_area = true;
    request.room = room_for(1);
    request.about = name;
    request.encode = [single, name = std::string(name)](protocol::PageArea area, Writer& out) {
        const uint8_t flags = single ? protocol::kStoreSingle : 0;
        encode(protocol::StoreNameRequest{area, flags, bytes_of(name)}, out);
    };
    return request;
}

ChangeableStore::ChangeRequest ChangeableStore::rename_request(std::string_view from, std::string_view to, bool replace, bool single) {
    ChangeRequest request;
    request.command = Command::store_rename;
    request.has_area = true;
    request.room = room_for(2);
    request.encode = [=, from = std::string(from), to = std::string(to)](protocol::PageArea area, Writer& out) {
        const auto flags = static_cast<uint8_t>((replace ? protocol::kStoreReplace : 0) |
                                                (single ? protocol::kStoreSingle : 0));
        encode(protocol::StoreRenameRequest{area, flags, bytes_of(from), bytes_of(to)}, out);
    };
    return request;
}

// Rule 4: the lock is held, so the TEE's record shows whether the commit took effect.
Result<void> ChangeableStore::learn_outcome(const Operation& operation, const protocol::Id& transaction, uint64_t generation,
                                            Error error) {
    const auto not_known = [&](const std::string& why) {
        Error unknown = error;
        unknown.code = ErrorCode::no_tee;
        unknown.message = cannot(operation) + "the TEE did not confirm it, and whether it was done is not known (" + why +
                          "): check, or repeat it";
        return unexpected(std::move(unknown));
    };
    opened_serial_ = 0;
    if (const auto open = ensure_open(operation, Missing::is_an_error); !open) return not_known(open.error().message);
    const Result<StoreReply> reply =
        channel_.call(transaction_request(Command::store_outcome, transaction, generation), operation);
    if (!reply) return not_known(reply.error().message);
    const auto answer = protocol::decode<protocol::OutcomeAnswer>(reply->answer);
    if (!reply->ok() || !answer) return not_known("it does not say");
    if (answer->outcome == protocol::TransactionOutcome::committed) return {};
    return unexpected(std::move(error));
}

Result<void> ChangeableStore::make_pages_durable() {
    FESTORE_CHECK(directory_.sync_pages());
    const bool is_named = FESTORE_TRY(directory_.pages_are_named());
    return is_named ? Result<void>() : directory_.pages_were_exchanged();
}

Result<void> ChangeableStore::erase_copy(uint64_t generation) {
    const uint32_t page = protocol::recovery_page(generation);
    const std::vector<std::byte> zeroes(limits::kPageBytes);
    // A hole has no copy, and a full disk may not let it be filled.
    std::vector<std::byte> content(limits::kPageBytes);
    if (directory_.read_page(page, content) && content == zeroes) return {};
    FESTORE_CHECK(directory_.write_page(page, zeroes));
    return directory_.sync_pages();
}

bool ChangeableStore::take_back_copy() {
    const uint64_t generation = std::exchange(copied_generation_, 0);
    return generation == 0 || erase_copy(generation);
}

// Everything that the root record will refer to must first be durable (rule 7), and in the file that has the name (rule 29).
Result<void> ChangeableStore::commit(const Operation& operation, const protocol::Id& transaction, uint64_t generation) {
    may_be_committed_ = false;
    if (const auto durable = make_pages_durable(); !durable) {
        (void)channel_.call(transaction_request(Command::store_abort, transaction, generation), operation);
        return durable;
    }
    may_be_committed_ = true;
    const Result<StoreReply> reply =
        channel_.call(transaction_request(Command::store_commit, transaction, generation), operation);
    Result<void> committed;
    if (reply && reply->ok()) {
        committed = take_status(reply->answer, operation);
    } else {
        Error error = reply ? error_of_store_command(reply->result, reply->origin, operation) : reply.error();
        committed = learn_outcome(operation, transaction, generation, std::move(error));
        may_be_committed_ = committed || committed.error().code == ErrorCode::no_tee;
    }
    if (may_be_committed_) copied_generation_ = 0;
    // A commit that nobody could read is not acknowledged. If the system cannot tell, it is acknowledged.
    if (committed && !directory_.pages_are_named().value_or(true)) return unexpected(directory_.pages_were_exchanged());
    return committed;
}

// Gives the payloads that the root record will refer to their final names (rules 7, 10). The first time that there are any, the
// leftovers of interrupted uploads are collected, too.
Result<void> ChangeableStore::publish(const std::vector<StoreDirectory::Upload*>& uploads) {
    if (uploads.empty()) return {};
    if (!std::exchange(has_collected_, true)) directory_.collect_uploads();
    for (StoreDirectory::Upload* const upload : uploads)
        FESTORE_CHECK(upload->publish());
    return directory_.sync_payload_names();
}

// `died`: the TA died, or its session no longer knows the store, before anything was committed: nothing has changed.
Result<protocol::ChangeAnswer> ChangeableStore::change_once(const Operation& operation, const ChangeRequest& request, bool& died) {
    channel_.expect({status_.index_page, status_.free_list_page});
    const StoreReply reply = FESTORE_TRY(channel_.call(request, operation));
    died = reply.died() || static_cast<Code>(reply.result) == Code::bad_state;
    if (static_cast<Code>(reply.result) == Code::bad_state) opened_serial_ = 0;
    if (!reply.ok()) return unexpected(error_of_store_command(reply.result, reply.origin, operation));
    const auto answer = protocol::decode<protocol::ChangeAnswer>(reply.answer);
    if (!answer) return unexpected(store_nonsense(operation));
    copied_generation_ = answer->generation;
    Result<void> stored = channel_.store_pages(reply);
    if (stored && request.command != Command::store_remove) stored = keep_reserve();
    if (!stored) {
        (void)channel_.call(transaction_request(Command::store_abort, answer->transaction, answer->generation), operation);
        return unexpected(stored.error());
    }
    if (const auto committed = commit(operation, answer->transaction, answer->generation); !committed)
        return unexpected(committed.error());
    return *answer;
}

// The path may lead to another directory than when the store was opened. Under the lock it stays the one that is looked at here.
Result<bool> ChangeableStore::is_same_store() {
    const DirectoryContents contents = FESTORE_TRY(directory_.look());
    const Result<bool> has_next = directory_.has_next_pages();  // opening the store settles which page file is its own
    if (!has_next) return has_next;
    return contents.header && contents.header->store_id == header_.store_id && !*has_next;
}

Error ChangeableStore::was_exchanged(const Operation& operation) const {
    return {ErrorCode::damaged,
            cannot(operation) + "the directory at " + quote(directory_.path()) + " was exchanged for another one; repeat it", 0, 0};
}

// One change as a whole transaction. `make_request` makes the request once the store is open; it may upload.
template <class F>
Result<protocol::ChangeAnswer> ChangeableStore::change_alone(const Operation& operation, Missing missing, F&& make_request) {
    if (batch_) return unexpected(batch_is_running(operation));
    for (int attempt = 0;; ++attempt) {
        FESTORE_CHECK(ensure_open(operation, missing));
        StoreDirectory::Upload* upload = nullptr;
        const ChangeRequest request = FESTORE_TRY(make_request(upload));
        StoreLock lock = FESTORE_TRY(directory_.lock(LockKind::exclusive, options_.wait));
        const bool same = FESTORE_TRY(is_same_store());
        if (!same) {
            opened_serial_ = 0;
            if (attempt == 0 && upload == nullptr) continue;
            return unexpected(was_exchanged(operation));
        }
        may_be_committed_ = false;
        if (upload != nullptr)
            FESTORE_CHECK(publish({upload}));
        bool died = false;
        Result<protocol::ChangeAnswer> answer = change_once(operation, request, died);
        if (answer) {
            if (upload != nullptr) upload->keep();
            if (answer->dropped_payload) directory_.remove_payload(answer->payload);
            if (request.command == Command::store_remove) (void)keep_reserve();  // if the disk has room again
            return answer;
        }
        const bool is_gone = take_back_copy();
        if (died && attempt == 0) continue;
        // It may have been committed, or still be made by a repair: then its content must stay.
        if (upload != nullptr && (may_be_committed_ || !is_gone)) upload->keep();
        return answer;
    }
}

Result<ObjectInfo> ChangeableStore::put(std::string_view name, Bytes content, const PutOptions& options) {
    const Operation operation{"put", name, Storage::store};
    PutOptions timed = options;
    timed.size = content.size();
    if (!timed.modified) timed.modified = static_cast<int64_t>(std::time(nullptr));
    std::optional<StoreWriter> writer;
    const auto answer = change_alone(operation, Missing::is_made, [&](auto*& upload) -> Result<ChangeRequest> {
        FESTORE_CHECK(check_keeping(operation, timed));
        if (content.size() <= protocol::inline_content_max(name.size()))
            return put_request(name, content, content.size(), timed, std::nullopt, true);
        writer.emplace(*this, name, timed, 0);
        FESTORE_CHECK(write(*writer, content));
        FESTORE_CHECK(complete(*writer));
        upload = &*writer->file_;
        return put_request(*writer, true);
    });
    if (!answer) return unexpected(with_version(answer.error(), name, options));
    return stored_info(name, *answer, content.size(), timed);
}

Error ChangeableStore::with_version(Error error, std::string_view name, const PutOptions& options) {
    if (!options.if_version || static_cast<Code>(error.tee_result) != Code::version_conflict) return error;
    return festore::with_version(std::move(error), *options.if_version, stat(name));
}

Result<std::unique_ptr<ObjectWriter>> ChangeableStore::writer(std::string_view name, const PutOptions& options) {
    std::unique_ptr<StoreWriter> opened = FESTORE_TRY(open_writer(name, options, false));
    return std::unique_ptr<ObjectWriter>(std::move(opened));
}

Result<std::unique_ptr<StoreWriter>> ChangeableStore::open_writer(std::string_view name, const PutOptions& options, bool in_batch) {
    const Operation operation{"put", name, Storage::store};
    if (!in_batch) {
        if (batch_) return unexpected(batch_is_running(operation));
        FESTORE_CHECK(ensure_open(operation, Missing::is_made));
    }
    FESTORE_CHECK(check_keeping(operation, options));
    return std::make_unique<StoreWriter>(*this, name, options, in_batch && batch_ ? batch_->number : 0);
}

Result<ObjectInfo> ChangeableStore::finish(StoreWriter& writer) {
    const Operation operation{"put", writer.name_, Storage::store};
    if (writer.over_) return unexpected({ErrorCode::usage, cannot(operation) + "its stream is over", 0, 0});
    if (writer.batch_ != 0) return finish_in_batch(writer);
    bool tried = false;
    const auto answer = change_alone(operation, Missing::is_made, [&](auto*& upload) -> Result<ChangeRequest> {
        const bool again = std::exchange(tried, true);
        if (again && writer.file_)
            return unexpected({ErrorCode::no_tee,
                               cannot(operation) + "the trusted application died, and the content with it; nothing was stored: repeat it",
                               0, 0});
        if (!again)
            FESTORE_CHECK(complete(writer));
        if (writer.file_) upload = &*writer.file_;
        return put_request(writer, true);
    });
    const uint64_t size = writer.size_;
    const PutOptions options = writer.options_;
    writer.end();
    if (!answer) return unexpected(with_version(answer.error(), operation.name, options));
    return stored_info(operation.name, *answer, size, options);
}

Result<protocol::ChangeAnswer> ChangeableStore::change_made_by(
    const Operation& operation, const std::function<Result<ChangeRequest>(StoreDirectory::Upload*&)>& make_request) {
    return change_alone(operation, Missing::is_an_error, make_request);
}

Result<protocol::ChangeAnswer> ChangeableStore::change_to(const Operation& operation, Command command,
                                                          const std::function<void(protocol::PageArea, Writer&)>& encode) {
    return change_alone(operation, Missing::is_an_error, [&](auto&) -> Result<ChangeRequest> {
        ChangeRequest request;
        request.command = command;
        request.has_area = true;
        request.room = room_for(1);
        request.encode = encode;
        return request;
    });
}

Result<void> ChangeableStore::remove(std::string_view name) {
    const auto answer = change_alone({"remove", name, Storage::store}, Missing::is_an_error,
                                     [&](auto&) -> Result<ChangeRequest> { return remove_request(name, true); });
    if (!answer) return unexpected(answer.error());
    return {};
}

Result<ObjectInfo> ChangeableStore::rename(std::string_view from, std::string_view to, bool replace) {
    const auto answer = change_alone({"rename", from, Storage::store}, Missing::is_an_error,
                                     [&](auto&) -> Result<ChangeRequest> { return rename_request(from, to, replace, true); });
    if (!answer) return unexpected(answer.error());
    return info_of(to, *answer);
}

}  // namespace festore
