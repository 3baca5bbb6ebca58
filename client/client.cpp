// SPDX-License-Identifier: BSD-2-Clause
#include "festore/client.hpp"

#include "base/result.h"
#include "base/writer.h"
#include "client/allow.h"
#include "client/client_state.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace festore {
namespace {

// Limits the attempts to read an object that grows between them.
constexpr int kGetAttemptsMax = 4;

std::string version_text(uint32_t version) {
    return std::to_string(version >> 16) + "." + std::to_string(version >> 8 & 0xFF) + "." +
           std::to_string(version & 0xFF);
}

DeviceKey device_key_of(const protocol::HelloAnswer& hello) {
    if ((hello.features & protocol::kFeatureZeroHuk) != 0) return DeviceKey::zero;
    if ((hello.features & protocol::kFeaturePredictableHuk) != 0) return DeviceKey::predictable;
    return (hello.features & protocol::kFeatureHukCompared) != 0 ? DeviceKey::not_known_weak : DeviceKey::not_compared;
}

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

}  // namespace

protocol::Storage to_protocol(Storage storage) {
    return storage == Storage::ree ? protocol::Storage::ree : protocol::Storage::rpmb;
}

Error nonsense(const Operation& operation) {
    return {ErrorCode::failure,
            "cannot " + std::string(operation.verb) + " " + quote(operation.name) + ": the TEE's answer makes no sense", 0, 0};
}

Result<void> check_existing(std::string_view name, const ClientOptions& options) {
    if (may_be_legacy(name, options)) return {};
    return require_name(name);
}

Result<void> check_put(std::string_view name, const PutOptions& options) {
    FESTORE_CHECK(require_name(name));
    if (options.if_absent && options.if_version)
        return unexpected({ErrorCode::usage, "if-absent and if-version exclude each other", 0, 0});
    return {};
}

Error too_large(std::string_view name, uint64_t bytes_max) {
    return {ErrorCode::no_space,
            "cannot put " + quote(name) + ": it has more than the " + std::to_string(bytes_max) +
                " bytes that an object in the TEE's own storage can have",
            0, 0};
}

Result<Session*> ClientState::session() {
    if (!session_) {
        FESTORE_CHECK(check_caller());
        // The user that connected, not the current one: the TEE refuses if the kernel reports another user.
        const bool is_of_user = options.owner.kind == Owner::Kind::user;
        const std::optional<uint32_t> claim = !claimed_id && is_of_user ? std::optional<uint32_t>(caller_.user()) : claimed_id;
        Result<std::unique_ptr<Session>> opened =
            Session::open(tee, options, claim, [this] { tell_if_supplicant_is_missing(); });
        FESTORE_CHECK(check_caller());  // it may have changed meanwhile
        if (!opened) return unexpected(opened.error());
        session_ = std::move(*opened);
        ++serial_;
    }
    return session_.get();
}

void ClientState::tell_if_supplicant_is_missing() {
    if (has_told_of_supplicant_ || !options.on_warning || !tee.look_for_supplicant) return;
    if (tee.look_for_supplicant() != SupplicantSeen::missing) return;
    has_told_of_supplicant_ = true;
    options.on_warning("the TEE does not answer, and no tee-supplicant runs: start it; waiting up to " +
                       std::to_string(options.call_timeout.count()) + " s for an answer");
}

Result<ClientState::Use> ClientState::use() {
    FESTORE_CHECK(check_caller());
    return Use(*this);
}

ClientState::Use::Use(ClientState& state) : state_(&state) {
    ++state.uses_;
    if (state.session_ && !state.session_->hold()) state.session_.reset();
}

ClientState::Use::~Use() {
    if (state_ != nullptr && --state_->uses_ == 0 && state_->session_) state_->session_->let_go();
}

Result<Reply> ClientState::command(const Operation& operation, bool repeatable, protocol::Command command, Bytes request) {
    return run(operation, repeatable, [&](Session& session) { return session.invoke(command, request); });
}

Client::Client(std::shared_ptr<ClientState> state) : state_(std::move(state)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Result<Client> Client::connect(const ClientOptions& options) {
    LoadedTee tee = FESTORE_TRY(load_tee(options.tee, options.sim_library));
    return ClientState::connect(std::move(tee), options, std::nullopt, system_files());
}

Result<Client> ClientAccess::connect(const TeecFunctions& functions, const ClientOptions& options,
                                     std::optional<uint32_t> claimed_id, Files* files,
                                     const std::function<SupplicantSeen()>& look_for_supplicant) {
    return ClientState::connect({functions, TeeKind::sim, "in process", look_for_supplicant}, options, claimed_id,
                                files != nullptr ? *files : system_files());
}

Result<Client> ClientState::connect(LoadedTee tee, const ClientOptions& options, std::optional<uint32_t> claimed_id,
                                    Files& files) {
    FESTORE_CHECK(check_owner(options.owner));
    auto state = std::make_shared<ClientState>(options.owner);
    state->tee = std::move(tee);
    state->options = options;
    state->claimed_id = claimed_id;
    if (options.storage == Storage::store)
        FESTORE_CHECK(state->name_store(files));
    {
        const auto use = FESTORE_TRY(state->use());
        FESTORE_CHECK(state->session());
    }
    return Client(std::move(state));
}

Result<ObjectInfo> Client::put(std::string_view name, std::span<const std::byte> content, const PutOptions& options) {
    FESTORE_CHECK(check_put(name, options));
    const auto use = FESTORE_TRY(state_->use());
    if (state_->store) return state_->store->put(name, content, options);
    const Operation operation{"put", name};
    Session* const open = FESTORE_TRY(state_->session());
    if (const uint64_t max = open->hello().object_bytes_max; content.size() > max)
        return unexpected(too_large(name, max));
    protocol::PutRequest request;
    request.storage = to_protocol(state_->options.storage);
    request.flags = static_cast<uint8_t>((options.if_absent ? protocol::kPutIfAbsent : 0) |
                                         (options.if_version ? protocol::kPutIfVersion : 0) |
                                         (options.write_once ? protocol::kPutWriteOnce : 0));
    request.if_version = options.if_version.value_or(0);
    request.modified = options.modified.value_or(static_cast<int64_t>(std::time(nullptr)));
    request.content_size = static_cast<uint32_t>(content.size());
    request.name = bytes_of(name);
    const Encoded encoded(request);
    const bool repeatable = request.flags == 0;  // with a condition, a repeat could conflict with the first try's own success
    const Result<Reply> reply = state_->run(operation, repeatable, [&](Session& session) -> Result<Reply> {
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
        return unexpected(explain_refusal(*state_, reply.error(), operation, {state_->options.storage, size}));
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

Result<std::vector<std::byte>> Client::get(std::string_view name) {
    FESTORE_CHECK(check_existing(name, state_->options));
    const auto use = FESTORE_TRY(state_->use());
    if (state_->store) return state_->store->get(name);
    std::vector<std::byte> content;
    const auto got = state_->get(name, [&](Bytes given) { content.assign(given.begin(), given.end()); });
    if (!got) return unexpected(got.error());
    return content;
}

Result<ObjectInfo> ClientState::get(std::string_view name, const std::function<void(Bytes)>& take) {
    const Operation operation{"get", name};
    const Encoded request(protocol::NameRequest{to_protocol(options.storage), bytes_of(name)});
    size_t size = 0;
    for (int attempt = 0; attempt < kGetAttemptsMax; ++attempt) {
        MutableBytes shared;
        const Result<Reply> reply = run(operation, true, [&](Session& session) -> Result<Reply> {
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

Result<ObjectInfo> Client::stat(std::string_view name) {
    FESTORE_CHECK(check_existing(name, state_->options));
    const auto use = FESTORE_TRY(state_->use());
    if (state_->store) return state_->store->stat(name);
    const Operation operation{"stat", name};
    const Encoded request(protocol::NameRequest{to_protocol(state_->options.storage), bytes_of(name)});
    const Result<Reply> reply = state_->run(
        operation, true, [&](Session& session) { return session.invoke(protocol::Command::stat, request.bytes()); });
    if (!reply) return unexpected(reply.error());
    const auto metadata = protocol::decode<protocol::Metadata>(reply->bytes());
    if (!metadata) return unexpected(nonsense(operation));
    return info_of(name, *metadata);
}

Result<void> Client::remove(std::string_view name) {
    FESTORE_CHECK(check_existing(name, state_->options));
    const auto use = FESTORE_TRY(state_->use());
    if (state_->store) return state_->store->remove(name);
    const Encoded request(protocol::NameRequest{to_protocol(state_->options.storage), bytes_of(name)});
    FESTORE_CHECK(state_->command(Operation{"remove", name}, false, protocol::Command::remove, request.bytes()));
    return {};
}

Result<TeeStatus> Client::status() {
    const auto use = FESTORE_TRY(state_->use());
    Session* const open = FESTORE_TRY(state_->session());
    const protocol::HelloAnswer& hello = open->hello();
    TeeStatus status;
    status.kind = (hello.features & protocol::kFeatureSimulated) != 0 ? TeeKind::sim : TeeKind::optee;
    status.library = state_->tee.library;
    status.ta_version = version_text(hello.ta_version);
    if (hello.tee_version != 0) status.tee_version = version_text(hello.tee_version);
    status.protocol_major = hello.version_major;
    status.protocol_minor = hello.version_minor;
    const char* login = hello.login == protocol::Login::user    ? "user "
                        : hello.login == protocol::Login::group ? "group "
                                                                : "public";
    status.identity = login;
    std::array<char, 8> text{};
    for (size_t i = 0; hello.login != protocol::Login::public_ && i < hello.identity.bytes.size(); ++i) {
        std::snprintf(text.data(), text.size(), "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
                      static_cast<unsigned>(hello.identity.bytes[i]));
        status.identity += text.data();
    }
    status.object_bytes_max = hello.object_bytes_max;
    status.has_ree = (hello.features & protocol::kFeatureRee) != 0;
    status.has_rpmb = (hello.features & protocol::kFeatureRpmb) != 0;
    status.device_key = device_key_of(hello);
    // OP-TEE claims nothing for its files, and reports 100 where it has no protection at all; older TAs pass such numbers on.
    constexpr uint32_t kByHardware = 1000;
    status.rollback_protection_rpmb =
        status.has_rpmb && hello.rollback_protection_rpmb >= kByHardware ? hello.rollback_protection_rpmb : 0;
    return status;
}

std::string_view version() { return FESTORE_VERSION; }

}  // namespace festore
