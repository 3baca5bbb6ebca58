// SPDX-License-Identifier: BSD-2-Clause
// Root's list of who may store: Client::allow() and the related functions, and the messages for its refusals.
#include "client/allow.h"

#include "base/result.h"
#include "client/client_state.h"
#include "base/host/text.h"
#include "protocol/allow.h"

namespace festore {
namespace {

using protocol::AllowRequest;
using protocol::AllowVerb;

constexpr uint16_t kMinorThatAllows = 7;
// Bytes of an object besides its content and its name (docs/format-object.md).
constexpr uint64_t kObjectHeaderBytes = 64;

constexpr const char* kDamaged = "root's list of who may store is damaged: until root sets it again ('festore allow'), only root can store "
                                 "anything new. What is stored can be read";
constexpr const char* kNewer = "root's list of who may store is of a newer version than the trusted application, so only root can store "
                               "anything new: install the newer trusted application";

std::string counted(uint64_t n, const char* one) { return std::to_string(n) + " " + one + (n == 1 ? "" : "s"); }

std::string limits_text(const AllowLimits& limits) {
    const std::string bytes = limits.bytes == kNoLimitOfBytes ? "" : counted(limits.bytes, "byte");
    const std::string objects = limits.objects == kNoLimit ? "" : counted(limits.objects, "object");
    return bytes + (bytes.empty() || objects.empty() ? "" : " in ") + objects;
}

std::string over_limit_text(const protocol::AllowedAnswer& answer, const Refused& refused) {
    if (refused.storage == Storage::store)
        return "root allows you " + counted(answer.own.stores, "store") +
               (refused.may_ask_rpmb ? ", and you have " + std::to_string(answer.used_stores) : ", and one more would exceed that");
    const std::string where = refused.storage == Storage::ree ? "ree" : "rpmb";
    const uint64_t wanted = refused.bytes + kObjectHeaderBytes;
    const bool is_own = answer.used_objects >= answer.own.objects || answer.used_bytes > answer.own.bytes ||
                        wanted > answer.own.bytes - answer.used_bytes;
    const std::string asked = "; this one takes " + counted(wanted, "byte") + ", with its name and header";
    if (!is_own)
        return "all users together would exceed the limit that root set in " + where + asked + ", and you have " +
               counted(answer.used_bytes, "byte") + " there";
    return "root allows you " + limits_text(answer.own) + " in " + where + ", and you have " + counted(answer.used_bytes, "byte") + " in " +
           counted(answer.used_objects, "object") + " there" + asked;
}

Result<Reply> ask(Session& session, const protocol::AllowedRequest& request) {
    const Encoded encoded(request);
    FESTORE_CHECK(session.buffer(protocol::kAllowedPageBytes));
    return session.invoke(protocol::Command::allowed, encoded.bytes(), Payload::output, protocol::kAllowedPageBytes);
}

Allowance allowance_of(const AllowLimits& limits) {
    Allowance allowance;
    if (limits.bytes != kNoLimitOfBytes) allowance.bytes = limits.bytes;
    if (limits.objects != kNoLimit) allowance.objects = limits.objects;
    if (limits.stores != kNoLimit) allowance.stores = limits.stores;
    return allowance;
}
Allowance allowance_of(const AllowTotal& total) { return allowance_of(AllowLimits{total.bytes, total.objects, kNoLimit}); }

AllowLimits limits_of(const Allowance& allowance) {
    return {allowance.bytes.value_or(kNoLimitOfBytes), allowance.objects.value_or(kNoLimit), allowance.stores.value_or(kNoLimit)};
}

Owner::Kind kind_of(protocol::Login login) {
    if (login == protocol::Login::public_) return Owner::Kind::public_;
    return login == protocol::Login::user ? Owner::Kind::user : Owner::Kind::group;
}

Result<AllowRequest> request_of(AllowVerb verb, const std::vector<Owner>& names, const Allowance& limits) {
    if (names.empty() || names.size() > limits::kAllowNamesMax)
        return unexpected({ErrorCode::usage,
                           "1 to " + std::to_string(limits::kAllowNamesMax) + " users and groups can be named at once", 0, 0});
    AllowRequest request;
    request.verb = verb;
    request.limits = limits_of(limits);
    for (const Owner& name : names) {
        protocol::Allowed& to = request.names[request.count++];
        if (name.kind == Owner::Kind::public_) {
            to.login = protocol::Login::public_;
            to.id = protocol::kNoId;
            continue;
        }
        const protocol::OtherOwner owner = FESTORE_TRY(named_owner(name));
        to.login = owner.login;
        to.id = owner.id;
        if (name.kind == Owner::Kind::user && name.id == 0)
            return unexpected({ErrorCode::usage, "root (uid 0) is not limited, and not on the list", 0, 0});
    }
    return request;
}

Error refused(const Operation& operation, Error error) {
    const std::string start = cannot(operation);
    switch (static_cast<Code>(error.tee_result)) {
    case Code::access_denied: error.message = start + "only root may do that"; break;
    case Code::item_not_found: error.message = start + "one of them has no entry; nothing was changed"; break;
    case Code::limit_exceeded:
        error.message = start + "the list has room for " + std::to_string(limits::kAllowEntriesMax) + " users and groups";
        break;
    case Code::not_supported:
        error.code = ErrorCode::damaged;
        error.message = start + "the list is of a newer version than this trusted application, which cannot change it; "
                                "'festore allow --all' removes it";
        break;
    default: break;
    }
    return error;
}

Result<void> check_allows(const Operation& operation, const Session& session) {
    if (session.hello().version_minor >= kMinorThatAllows) return {};
    return unexpected({ErrorCode::no_tee,
                       cannot(operation) + "this trusted application is older, and has no such list: install the one of this festore",
                       0, 0});
}

}  // namespace

Error explain_refusal(SessionSource& sessions, const Error& error, const Operation& operation, const Refused& what) {
    const auto code = static_cast<Code>(error.tee_result);
    if (code != Code::not_allowed && code != Code::over_limit) return error;
    const Result<Session*> session = sessions.session();
    if (!session) return error;
    protocol::AllowedRequest request;
    if (code == Code::over_limit) {
        using Count = protocol::AllowedRequest::Count;
        const bool is_store = what.storage == Storage::store;
        request.stores = is_store && what.may_ask_rpmb;
        request.count = is_store ? Count::nothing : what.storage == Storage::ree ? Count::ree : Count::rpmb;
    }
    const Result<Reply> reply = ask(**session, request);
    if (!reply || !reply->ok()) return error;
    const auto answer = protocol::decode<protocol::AllowedAnswer>(reply->bytes());
    if (!answer) return error;
    Error explained = error;
    if ((answer->flags & (protocol::kAllowedDamaged | protocol::kAllowedNewer)) != 0) {
        explained.code = ErrorCode::damaged;
        explained.message = cannot(operation) + ((answer->flags & protocol::kAllowedDamaged) != 0 ? kDamaged : kNewer);
    } else if (code == Code::over_limit) {
        explained.message = cannot(operation) + over_limit_text(*answer, what);
    }
    return explained;
}

Result<void> ClientState::allow(const Operation& operation, const AllowRequest& request) {
    const auto use = FESTORE_TRY(this->use());
    Session* const open = FESTORE_TRY(session());
    FESTORE_CHECK(check_allows(operation, *open));
    const Encoded encoded(request);
    // Repeating a request changes nothing more, but a repeated drop does not find a name that the first one dropped.
    const Result<Reply> reply = command(operation, request.verb != AllowVerb::drop, protocol::Command::allow, encoded.bytes());
    if (!reply) return unexpected(refused(operation, reply.error()));
    return {};
}

Result<AllowReport> ClientState::allowed(const Operation& operation) {
    Session* const open = FESTORE_TRY(session());
    FESTORE_CHECK(check_allows(operation, *open));
    std::vector<std::byte> page(protocol::kAllowedPageBytes);
    const Result<Reply> reply = run(operation, true, [&](Session& session) -> Result<Reply> {
        Result<Reply> answer = ask(session, {});
        if (const auto buffer = session.buffer(page.size()); answer && buffer) copy_bytes(buffer->first(page.size()), page);
        return answer;
    });
    if (!reply) return unexpected(reply.error());
    const auto answer = protocol::decode<protocol::AllowedAnswer>(reply->bytes());
    if (!answer || reply->payload_size != answer->entries * protocol::kAllowedEntryBytes || reply->payload_size > page.size())
        return unexpected(nonsense(operation));
    AllowReport report;
    report.listed = (answer->flags & protocol::kAllowedListed) != 0;
    report.damaged = (answer->flags & protocol::kAllowedDamaged) != 0;
    report.newer = (answer->flags & protocol::kAllowedNewer) != 0;
    report.standing = static_cast<AllowReport::Standing>(answer->standing);
    report.own = allowance_of(answer->own);
    report.closed = (answer->flags & protocol::kAllowedClosed) != 0;
    if ((answer->flags & protocol::kAllowedOthers) != 0) report.others = allowance_of(answer->others);
    report.total_ree = allowance_of(answer->totals[0]);
    report.total_rpmb = allowance_of(answer->totals[1]);
    Bytes rest = Bytes(page).first(reply->payload_size);
    for (uint32_t i = 0; i < answer->entries; ++i) {
        const auto entry = protocol::decode_next<protocol::AllowedEntry>(rest);
        if (!entry) return unexpected(nonsense(operation));
        const Owner::Kind kind = kind_of(entry->login);
        report.named.push_back({kind, kind == Owner::Kind::public_ ? "" : uuid_text(entry->identity), allowance_of(entry->limits)});
    }
    return report;
}

Result<void> Client::allow(const std::vector<Owner>& names, const Allowance& limits) {
    const auto request = FESTORE_TRY(request_of(AllowVerb::set, names, limits));
    return state_->allow({"set who may store", {}}, request);
}

Result<void> Client::disallow(const std::vector<Owner>& names) {
    const auto request = FESTORE_TRY(request_of(AllowVerb::drop, names, {}));
    return state_->allow({"take them off the list of who may store", {}}, request);
}

Result<void> Client::allow_others(const std::optional<Allowance>& limits) {
    AllowRequest request;
    request.verb = limits ? AllowVerb::others : AllowVerb::drop_others;
    request.limits = limits_of(limits.value_or(Allowance{}));
    return state_->allow({"set what everybody else may store", {}}, request);
}

Result<void> Client::allow_in_all(Storage storage, const Allowance& limits) {
    if (storage == Storage::store || limits.stores)
        return unexpected({ErrorCode::usage, "a total can limit only bytes and objects in ree or rpmb", 0, 0});
    AllowRequest request;
    request.verb = AllowVerb::total;
    request.storages = storage == Storage::ree ? protocol::kAllowRee : protocol::kAllowRpmb;
    request.limits = limits_of(limits);
    return state_->allow({"set what all users together may store", {}}, request);
}

Result<void> Client::allow_all() {
    AllowRequest request;
    request.verb = AllowVerb::open;
    return state_->allow({"allow everybody to store", {}}, request);
}

Result<AllowReport> Client::allowed() {
    const auto use = FESTORE_TRY(state_->use());
    return state_->allowed({"read the list of who may store", {}});
}

}  // namespace festore
