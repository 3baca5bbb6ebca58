// SPDX-License-Identifier: BSD-2-Clause
#include "client/persistent/objects.h"

#include "base/host/guarded_memory.h"
#include "base/result.h"
#include "base/writer.h"
#include "client/allow.h"

#include <algorithm>
#include <ctime>

namespace festore {
namespace {

// Limits the attempts to read an object that grows between them.
constexpr int kGetAttemptsMax = 4;

// Wipes a part of the shared buffer when the call that used it ends.
class WipeAfter {
public:
    explicit WipeAfter(MutableBytes bytes) : bytes_(bytes) {}
    ~WipeAfter() { wipe(bytes_); }
    WipeAfter(const WipeAfter&) = delete;
    WipeAfter& operator=(const WipeAfter&) = delete;

private:
    MutableBytes bytes_;
};

Error too_large(std::string_view name, uint64_t bytes_max) {
    return {ErrorCode::no_space,
            "cannot put " + quote(name) + ": it has more than the " + std::to_string(bytes_max) +
                " bytes that an object in the TEE's own storage can have",
            0, 0};
}

}  // namespace

// Collects the parts: one call carries the content.
class PersistentObjects::Writer final : public ObjectWriter {
public:
    Writer(PersistentObjects& objects, std::string_view name, const PutOptions& options)
        : objects_(objects), name_(name), options_(options) {}
    ~Writer() override { wipe(content_); }

    Result<void> write(Bytes part) override;
    Result<ObjectInfo> finish() override;
    [[nodiscard]] bool needs_session() const override { return false; }

private:
    PersistentObjects& objects_;
    const std::string name_;
    const PutOptions options_;
    GuardedBytes content_;
};

// Reserves all memory at once: growing would leave copies of the plaintext behind.
Result<void> PersistentObjects::Writer::write(Bytes part) {
    if (content_.capacity() == 0) {
        const auto held = FESTORE_TRY(objects_.state_.use());
        Session* const session = FESTORE_TRY(objects_.state_.session());
        content_.reserve(static_cast<size_t>(session->hello().object_bytes_max));
    }
    if (part.size() > content_.capacity() - content_.size()) return unexpected(too_large(name_, content_.capacity()));
    content_.insert(content_.end(), part.begin(), part.end());
    return {};
}

Result<ObjectInfo> PersistentObjects::Writer::finish() {
    const auto held = FESTORE_TRY(objects_.state_.use());
    return objects_.put(name_, content_, options_);
}

// Has the whole content.
class PersistentObjects::Reader final : public ObjectReader {
public:
    Reader(ObjectInfo info, GuardedBytes content) : ObjectReader(std::move(info)), content_(std::move(content)) {}
    ~Reader() override { wipe(content_); }

    Result<size_t> read(MutableBytes out) override {
        const Bytes rest = Bytes(content_).subspan(static_cast<size_t>(position_));
        const Bytes part = rest.first(std::min(out.size(), rest.size()));
        copy_bytes(part, out);
        position_ += part.size();
        return part.size();
    }

private:
    GuardedBytes content_;
};

protocol::Storage PersistentObjects::storage() const {
    return state_.options.storage == Storage::ree ? protocol::Storage::ree : protocol::Storage::rpmb;
}

Result<ObjectInfo> PersistentObjects::put(std::string_view name, Bytes content, const PutOptions& options) {
    const Operation operation{"put", name};
    Session* const open = FESTORE_TRY(state_.session());
    if (const uint64_t max = open->hello().object_bytes_max; content.size() > max)
        return unexpected(too_large(name, max));
    protocol::PutRequest request;
    request.storage = storage();
    request.flags = static_cast<uint8_t>((options.if_absent ? protocol::kPutIfAbsent : 0) |
                                         (options.if_version ? protocol::kPutIfVersion : 0) |
                                         (options.write_once ? protocol::kPutWriteOnce : 0));
    request.if_version = options.if_version.value_or(0);
    request.modified = options.modified.value_or(static_cast<int64_t>(std::time(nullptr)));
    request.content_size = static_cast<uint32_t>(content.size());
    request.name = bytes_of(name);
    const Encoded encoded(request);
    const bool repeatable = request.flags == 0;  // with a condition, a repeat could conflict with the first try's own success
    const Result<Reply> reply = state_.run(operation, repeatable, [&](Session& session) -> Result<Reply> {
        const MutableBytes buffer = FESTORE_TRY(session.buffer(content.size()));
        copy_bytes(content, buffer);
        Result<Reply> answer =
            session.invoke(protocol::Command::put, encoded.bytes(), Payload::input, content.size());
        if (answer) wipe(buffer.first(content.size()));
        return answer;
    });
    if (!reply && options.if_version && static_cast<Code>(reply.error().tee_result) == Code::version_conflict)
        return unexpected(with_version(reply.error(), *options.if_version, stat(name)));
    if (!reply) {
        const size_t size = name.size() + content.size();
        return unexpected(explain_refusal(state_, reply.error(), operation, {state_.options.storage, size}));
    }
    const auto answer = protocol::decode<protocol::PutAnswer>(reply->bytes());
    if (!answer || answer->content_size != content.size()) return unexpected(nonsense(operation));
    ObjectInfo info;
    info.name = name;
    info.size = content.size();
    info.version = answer->version;
    info.modified = request.modified;
    info.write_once = options.write_once;
    return info;
}

Result<std::vector<std::byte>> PersistentObjects::get(std::string_view name) {
    std::vector<std::byte> content;
    FESTORE_CHECK(get_to(name, [&](Bytes given) { content.assign(given.begin(), given.end()); }));
    return content;
}

Result<std::unique_ptr<ObjectWriter>> PersistentObjects::writer(std::string_view name, const PutOptions& options) {
    return std::make_unique<Writer>(*this, name, options);
}

Result<std::unique_ptr<ObjectReader>> PersistentObjects::reader(std::string_view name) {
    GuardedBytes content;
    ObjectInfo info = FESTORE_TRY(get_to(name, [&](Bytes given) { content.assign(given.begin(), given.end()); }));
    return std::make_unique<Reader>(std::move(info), std::move(content));
}

Result<ObjectInfo> PersistentObjects::get_to(std::string_view name, const std::function<void(Bytes)>& take) {
    const Operation operation{"get", name};
    const Encoded request(protocol::NameRequest{storage(), bytes_of(name)});
    size_t size = 0;
    for (int attempt = 0; attempt < kGetAttemptsMax; ++attempt) {
        MutableBytes shared;
        const Result<Reply> reply = state_.run(operation, true, [&](Session& session) -> Result<Reply> {
            const MutableBytes buffer = FESTORE_TRY(session.buffer(size));
            shared = buffer;
            return session.invoke(protocol::Command::get, request.bytes(), Payload::output, shared.size());
        });
        if (!reply) return unexpected(reply.error());
        if (reply->result == TEEC_ERROR_SHORT_BUFFER) {  // larger than the buffer, or grown since the last attempt
            if (reply->payload_size <= shared.size() || reply->payload_size > UINT32_MAX)
                return unexpected(nonsense(operation));
            size = reply->payload_size;
            continue;
        }
        const auto metadata = protocol::decode<protocol::Metadata>(reply->bytes());
        if (!metadata || metadata->content_size != reply->payload_size || reply->payload_size > shared.size())
            return unexpected(nonsense(operation));
        const WipeAfter wipe_after(shared.first(reply->payload_size));
        take(shared.first(reply->payload_size));
        return info_of(name, *metadata);
    }
    return unexpected({ErrorCode::busy, "cannot get " + quote(name) + ": it changes all the time", 0, 0});
}

Result<ObjectInfo> PersistentObjects::stat(std::string_view name) {
    const Operation operation{"stat", name};
    const Encoded request(protocol::NameRequest{storage(), bytes_of(name)});
    const Result<Reply> reply = state_.run(
        operation, true, [&](Session& session) { return session.invoke(protocol::Command::stat, request.bytes()); });
    if (!reply) return unexpected(reply.error());
    const auto metadata = protocol::decode<protocol::Metadata>(reply->bytes());
    if (!metadata) return unexpected(nonsense(operation));
    return info_of(name, *metadata);
}

Result<void> PersistentObjects::remove(std::string_view name) {
    const Encoded request(protocol::NameRequest{storage(), bytes_of(name)});
    FESTORE_CHECK(state_.command(Operation{"remove", name}, false, protocol::Command::remove, request.bytes()));
    return {};
}

}  // namespace festore
