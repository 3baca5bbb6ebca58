// SPDX-License-Identifier: BSD-2-Clause
// Changing a store: lock, change in the TEE, pages written and synced, root record (rules 4, 6, 7).
#include "client/store.h"

#include "base/writer.h"

#include <ctime>

namespace festore {
namespace {

using protocol::StoreCommand;

StoreChannel::Request transaction_request(StoreCommand command, const protocol::Id& transaction, uint64_t generation) {
    StoreChannel::Request request;
    request.command = command;
    request.encode = [=](protocol::PageArea, Writer& out) {
        encode(protocol::TransactionRequest{transaction, generation}, out);
    };
    return request;
}

Error batch_is_running(const Doing& doing) {
    return {ErrorCode::conflict, cannot(doing) + "a transaction of this client is running: change the store through it, or end it", 0, 0};
}

ObjectInfo info_of(std::string_view name, const protocol::ChangeAnswer& answer) {
    ObjectInfo info;
    info.name = name;
    info.version = answer.version;
    return info;
}

}  // namespace

// What a call must have room for: its changes, and, when it ends the transaction, the pages that are dirty then, the free
// list and the recovery copy. By the engine's own bounds (engine/tree_change.h), generously.
size_t Store::room_for(size_t changes) const {
    const size_t height = size_t{status_.height} + changes;
    return std::min<size_t>(changes * (8 * height + 4) + 28, protocol::kCallPagesMax);
}

Store::ChangeRequest Store::put_request(std::string_view name, Bytes content, const PutOptions& options,
                                        int64_t modified, const std::optional<protocol::Id>& payload, bool single) {
    ChangeRequest request;
    request.command = StoreCommand::put;
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
                                         (single ? protocol::kStoreSingle : 0));
    message.if_version = options.if_version.value_or(0);
    message.modified = modified;
    message.inlined = !payload;
    if (payload) message.payload = *payload;
    message.size = content.size();
    request.encode = [message, name = std::string(name)](protocol::PageArea area, Writer& out) {
        protocol::StorePutRequest complete = message;
        complete.area = area;
        complete.name = bytes_of(name);
        encode(complete, out);
    };
    return request;
}

Store::ChangeRequest Store::remove_request(std::string_view name, bool single) {
    ChangeRequest request;
    request.command = StoreCommand::remove;
    request.has_area = true;
    request.room = room_for(1);
    request.about = name;
    request.encode = [single, name = std::string(name)](protocol::PageArea area, Writer& out) {
        const uint8_t flags = single ? protocol::kStoreSingle : 0;
        encode(protocol::StoreNameRequest{area, flags, bytes_of(name)}, out);
    };
    return request;
}

Store::ChangeRequest Store::rename_request(std::string_view from, std::string_view to, bool replace, bool single) {
    ChangeRequest request;
    request.command = StoreCommand::rename;
    request.has_area = true;
    request.room = room_for(2);
    request.encode = [=, from = std::string(from), to = std::string(to)](protocol::PageArea area, Writer& out) {
        const auto flags = static_cast<uint8_t>((replace ? protocol::kStoreReplace : 0) |
                                                (single ? protocol::kStoreSingle : 0));
        encode(protocol::StoreRenameRequest{area, flags, bytes_of(from), bytes_of(to)}, out);
    };
    return request;
}

// Rule 4: the lock is held, so the TEE's record tells what became of the commit.
Expected<void> Store::learn_outcome(const Doing& doing, const protocol::Id& transaction, uint64_t generation,
                                    Error error) {
    const auto not_known = [&](const std::string& why) {
        Error unknown = error;
        unknown.code = ErrorCode::no_tee;
        unknown.message = cannot(doing) + "the TEE did not confirm it, and whether it was done is not known (" + why +
                          "): look, or repeat it";
        return unexpected(std::move(unknown));
    };
    opened_serial_ = 0;
    if (const auto open = ensure_open(doing, Missing::is_an_error); !open) return not_known(open.error().message);
    const Expected<StoreReply> reply =
        channel_.call(transaction_request(StoreCommand::outcome, transaction, generation), doing);
    if (!reply) return not_known(reply.error().message);
    const auto answer = protocol::decode_store<protocol::OutcomeAnswer>(reply->answer);
    if (!reply->ok() || !answer) return not_known("it does not tell");
    if (answer->outcome == protocol::TransactionOutcome::committed) return {};
    return unexpected(std::move(error));
}

// Everything that the root record will refer to is durable first (rule 7).
Expected<void> Store::commit(const Doing& doing, const protocol::Id& transaction, uint64_t generation) {
    if (const auto synced = directory_.sync_pages(); !synced) {
        (void)channel_.call(transaction_request(StoreCommand::abort, transaction, generation), doing);
        return synced;
    }
    const Expected<StoreReply> reply =
        channel_.call(transaction_request(StoreCommand::commit, transaction, generation), doing);
    if (reply && reply->ok()) return take_status(reply->answer, doing);
    Error error = reply ? error_of_store_command(reply->result, reply->origin, doing) : reply.error();
    return learn_outcome(doing, transaction, generation, std::move(error));
}

// `died`: before anything was committed; nothing has changed.
Expected<protocol::ChangeAnswer> Store::change_once(const Doing& doing, const ChangeRequest& request, bool& died) {
    channel_.expect({status_.index_page, status_.free_list_page});
    const Expected<StoreReply> reply = channel_.call(request, doing);
    if (!reply) return unexpected(reply.error());
    died = reply->died() || static_cast<Code>(reply->result) == Code::bad_state;
    if (static_cast<Code>(reply->result) == Code::bad_state) opened_serial_ = 0;
    if (!reply->ok()) return unexpected(error_of_store_command(reply->result, reply->origin, doing));
    const auto answer = protocol::decode_store<protocol::ChangeAnswer>(reply->answer);
    if (!answer) return unexpected(store_nonsense(doing));
    if (const auto stored = channel_.store_pages(*reply); !stored) {
        (void)channel_.call(transaction_request(StoreCommand::abort, answer->transaction, answer->generation), doing);
        return unexpected(stored.error());
    }
    if (const auto committed = commit(doing, answer->transaction, answer->generation); !committed)
        return unexpected(committed.error());
    return *answer;
}

// One change that is a transaction of its own. `make_request`: what to ask for, once the store is open; it may upload.
template <class F>
Expected<protocol::ChangeAnswer> Store::change_alone(const Doing& doing, Missing missing, F&& make_request) {
    if (batch_) return unexpected(batch_is_running(doing));
    for (int attempt = 0;; ++attempt) {
        if (const auto open = ensure_open(doing, missing); !open) return unexpected(open.error());
        std::optional<StoreDirectory::Upload> upload;
        const Expected<ChangeRequest> request = make_request(upload);
        if (!request) return unexpected(request.error());
        Expected<StoreLock> lock = directory_.lock(LockKind::exclusive, options_.wait);
        if (!lock) return unexpected(lock.error());
        if (upload)
            if (const auto there = upload->check(); !there) return unexpected(there.error());
        bool died = false;
        Expected<protocol::ChangeAnswer> answer = change_once(doing, *request, died);
        if (answer) {
            if (upload) upload->keep();
            if (answer->dropped_payload) directory_.remove_payload(answer->payload);
            return answer;
        }
        if (died && attempt == 0) continue;
        // Not known whether it was committed: then its content must stay.
        if (upload && answer.error().code == ErrorCode::no_tee) upload->keep();
        return answer;
    }
}

Expected<ObjectInfo> Store::put(std::string_view name, Bytes content, const PutOptions& options) {
    const Doing doing{"put", name, Storage::store};
    const int64_t modified = options.modified.value_or(static_cast<int64_t>(std::time(nullptr)));
    const auto answer = change_alone(doing, Missing::is_made, [&](auto& upload) -> Expected<ChangeRequest> {
        if (content.size() <= protocol::inline_content_max(name.size()))
            return put_request(name, content, options, modified, std::nullopt, true);
        protocol::Id id{};
        Expected<StoreDirectory::Upload> file = this->upload(doing, content, id);
        if (!file) return unexpected(file.error());
        upload.emplace(std::move(*file));
        return put_request(name, content, options, modified, id, true);
    });
    if (!answer) return unexpected(answer.error());
    ObjectInfo info = info_of(name, *answer);
    info.size = content.size();
    info.modified = modified;
    info.write_once = options.write_once;
    return info;
}

Expected<void> Store::remove(std::string_view name) {
    const auto answer = change_alone({"remove", name, Storage::store}, Missing::is_an_error,
                                     [&](auto&) -> Expected<ChangeRequest> { return remove_request(name, true); });
    if (!answer) return unexpected(answer.error());
    return {};
}

Expected<ObjectInfo> Store::rename(std::string_view from, std::string_view to, bool replace) {
    const auto answer = change_alone({"rename", from, Storage::store}, Missing::is_an_error,
                                     [&](auto&) -> Expected<ChangeRequest> { return rename_request(from, to, replace, true); });
    if (!answer) return unexpected(answer.error());
    return info_of(to, *answer);
}

}  // namespace festore
