// SPDX-License-Identifier: BSD-2-Clause
// The state of a Client: a TEE, a session with it (opened anew after a failure), and the store if the client uses one.
#pragma once
#include "client/files/access.h"
#include "client/tee/caller.h"
#include "client/errors.h"
#include "client/store/store.h"
#include "protocol/allow.h"

namespace festore {

class PersistentObjects;

// A request, encoded for the TA.
template <class M>
class Encoded {
public:
    explicit Encoded(const M& message) : out_(bytes_) { encode(message, out_); }
    [[nodiscard]] Bytes bytes() const { return out_.written(); }

private:
    std::array<std::byte, protocol::kRequestBytesMax> bytes_{};
    Writer out_;
};

struct ClientState final : SessionSource {
    LoadedTee tee;
    ClientOptions options;
    std::optional<uint32_t> claimed_id;
    // One of them, by the storage; objects() is that one.
    std::unique_ptr<StoreClient> store;
    std::unique_ptr<PersistentObjects> persistent;
    Objects& objects();

    static Result<Client> connect(LoadedTee tee, const ClientOptions& options, std::optional<uint32_t> claimed_id,
                                  Files& files);
    // Chooses the store by name and directory.
    Result<void> name_store(Files& files);

    Result<Session*> session() override;
    void drop() override { session_.reset(); }
    [[nodiscard]] uint64_t serial() const override { return serial_; }

    // Runs one command through `call`, which uses the session. If the TA has died, a `repeatable` command is run once more in a new
    // session. Repeating is safe if it cannot store anything twice, and if a removal by somebody else does not change its result.
    template <class F>
    Result<Reply> run(const Operation& operation, bool repeatable, F&& call);
    // The same for a command without a payload.
    Result<Reply> command(const Operation& operation, bool repeatable, protocol::Command command, Bytes request);
    Result<RpmbUse> rpmb(const Operation& operation, const protocol::RpmbRequest& request);
    Result<void> allow(const Operation& operation, const protocol::AllowRequest& request);
    Result<AllowReport> allowed(const Operation& operation);

    // While a Use exists, the session does not count as idle.
    class Use {
    public:
        Use(Use&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
        Use& operator=(Use&&) = delete;
        ~Use();

    private:
        friend ClientState;
        explicit Use(ClientState& state);
        ClientState* state_;
    };
    // Needed before anything that reaches the TEE or the store's files. not_permitted: the caller is not the one that connected.
    Result<Use> use();
    [[nodiscard]] Result<void> check_caller() const { return caller_.check(); }

    explicit ClientState(const Owner& owner);
    ~ClientState();

private:
    void tell_if_supplicant_is_missing();

    const Caller caller_;
    std::unique_ptr<Session> session_;  // null after the TA died or the client was idle, until the next call
    uint64_t serial_ = 0;
    unsigned uses_ = 0;
    bool has_told_of_supplicant_ = false;
};

template <class F>
Result<Reply> ClientState::run(const Operation& operation, bool repeatable, F&& call) {
    for (int attempt = 0;; ++attempt) {
        const Result<Session*> open = session();
        if (!open) return unexpected(open.error());
        Result<Reply> reply = call(**open);
        if (!reply) {
            drop();
            return reply;
        }
        if (reply->result == TEEC_ERROR_TARGET_DEAD || reply->result == TEEC_ERROR_COMMUNICATION) {
            drop();
            if (repeatable && attempt == 0) continue;
        }
        if (!reply->ok() && reply->result != TEEC_ERROR_SHORT_BUFFER)
            return unexpected(error_of_command(reply->result, reply->origin, {operation.verb, operation.name, options.storage}));
        return reply;
    }
}

ObjectInfo info_of(std::string_view name, const protocol::Metadata& m);
// The public space also holds objects of the first demo, whose clients chose any bytes as names.
bool may_be_legacy(std::string_view name, const ClientOptions& options);
// The error for an answer that no TA gives.
Error nonsense(const Operation& operation);
// usage: a put cannot have this name, or these options together.
Result<void> check_put(std::string_view name, const PutOptions& options);
// usage: no object can have that name. Names of the first demo's objects are accepted in the public space.
Result<void> check_existing(std::string_view name, const ClientOptions& options);

}  // namespace festore
