// SPDX-License-Identifier: BSD-2-Clause
#include "festore/client.hpp"

#include "base/result.h"
#include "base/writer.h"
#include "client/client_state.h"
#include "client/persistent/objects.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace festore {
namespace {

std::string version_text(uint32_t version) {
    return std::to_string(version >> 16) + "." + std::to_string(version >> 8 & 0xFF) + "." +
           std::to_string(version & 0xFF);
}

Error not_of_stores() {
    return {ErrorCode::usage,
            "root can drop only the record of another's store ('festore destroy --owner'); this is for --storage ree and rpmb", 0, 0};
}

DeviceKey device_key_of(const protocol::HelloAnswer& hello) {
    if ((hello.features & protocol::kFeatureZeroHuk) != 0) return DeviceKey::zero;
    if ((hello.features & protocol::kFeaturePredictableHuk) != 0) return DeviceKey::predictable;
    return (hello.features & protocol::kFeatureHukCompared) != 0 ? DeviceKey::not_known_weak : DeviceKey::not_compared;
}

}  // namespace

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

ClientState::ClientState(const Owner& owner) : caller_(owner) {}
ClientState::~ClientState() = default;

Objects& ClientState::objects() {
    if (store) return *store;
    return *persistent;
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
    else
        state->persistent = std::make_unique<PersistentObjects>(*state);
    {
        const auto use = FESTORE_TRY(state->use());
        FESTORE_CHECK(state->session());
    }
    return Client(std::move(state));
}

Result<ObjectInfo> Client::put(std::string_view name, std::span<const std::byte> content, const PutOptions& options) {
    FESTORE_CHECK(check_put(name, options));
    const auto use = FESTORE_TRY(state_->use());
    return state_->objects().put(name, content, options);
}

Result<std::vector<std::byte>> Client::get(std::string_view name) {
    FESTORE_CHECK(check_existing(name, state_->options));
    const auto use = FESTORE_TRY(state_->use());
    return state_->objects().get(name);
}

Result<ObjectInfo> Client::stat(std::string_view name) {
    FESTORE_CHECK(check_existing(name, state_->options));
    const auto use = FESTORE_TRY(state_->use());
    return state_->objects().stat(name);
}

Result<void> Client::remove(std::string_view name) {
    FESTORE_CHECK(check_existing(name, state_->options));
    const auto use = FESTORE_TRY(state_->use());
    return state_->objects().remove(name);
}

Result<Listing> Client::list(std::string_view prefix) {
    FESTORE_CHECK(require_prefix(prefix));
    const auto use = FESTORE_TRY(state_->use());
    return state_->objects().list(prefix);
}

Result<Listing> Client::list_of(const Owner& owner, std::string_view prefix) {
    FESTORE_CHECK(require_prefix(prefix));
    if (!state_->persistent) return unexpected(not_of_stores());
    const protocol::OtherOwner other = FESTORE_TRY(named_owner(owner));
    const auto use = FESTORE_TRY(state_->use());
    return state_->persistent->list_of(other, prefix);
}

Result<void> Client::remove_of(const Owner& owner, std::string_view name) {
    FESTORE_CHECK(require_name(name));
    if (!state_->persistent) return unexpected(not_of_stores());
    const protocol::OtherOwner other = FESTORE_TRY(named_owner(owner));
    const auto use = FESTORE_TRY(state_->use());
    return state_->persistent->remove_of(other, name);
}

Result<VerifyReport> Client::verify(const VerifyOptions& options) {
    for (const std::string& name : options.names)
        FESTORE_CHECK(require_name(name));
    const auto use = FESTORE_TRY(state_->use());
    return state_->objects().verify(options);
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
