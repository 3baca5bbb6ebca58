// SPDX-License-Identifier: BSD-2-Clause
#include "ta/dispatch.h"

#include "base/name.h"
#include "protocol/messages.h"
#include "ta/allowed.h"
#include "ta/call_memory.h"
#include "ta/chacha20_poly1305.h"
#include "ta/listing.h"
#include "ta/rpmb_here.h"
#include "ta/store_dispatch.h"
#include "ta/version.h"

namespace festore::ta {

using protocol::Command;

namespace {

enum class Payload : uint8_t { none, input, output };

constexpr uint32_t types_of(Payload payload) {
    const uint32_t third = payload == Payload::input    ? TEE_PARAM_TYPE_MEMREF_INPUT
                           : payload == Payload::output ? TEE_PARAM_TYPE_MEMREF_OUTPUT
                                                        : TEE_PARAM_TYPE_NONE;
    return TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT, TEE_PARAM_TYPE_MEMREF_OUTPUT, third, TEE_PARAM_TYPE_NONE);
}
constexpr uint32_t kWriteObjectTypes = TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT, TEE_PARAM_TYPE_MEMREF_INPUT,
                                                       TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_NONE);

constexpr std::optional<Payload> payload_of(Command command) {
    switch (command) {
    case Command::hello:
    case Command::stat:
    case Command::remove:
    case Command::remove_of:
    case Command::count_damaged:
    case Command::rpmb_here:
    case Command::allow: return Payload::none;
    case Command::put: return Payload::input;
    case Command::get:
    case Command::list:
    case Command::list_of:
    case Command::allowed: return Payload::output;
    default: return std::nullopt;
    }
}

// What one call has: the session, the request in TA memory, the payload, and where the answer goes.
struct Call {
    Instance& instance;
    Session& session;
    Bytes request;
    TEE_Param& payload;
    Writer& answer;

    [[nodiscard]] Result<PersistentObjects> objects(protocol::Storage storage) const {
        FESTORE_CHECK(trusted_storage(storage));
        const ObjectIds* ids = FESTORE_TRY(instance.object_ids());
        return PersistentObjects(*ids, session.identity, storage);
    }
};

Status hello(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::HelloRequest>(call.request));
    protocol::HelloAnswer answer;
    answer.version_major = protocol::kVersionMajor;
    answer.version_minor = protocol::kVersionMinor;
    answer.ta_version = kVersionNumber;
    answer.object_bytes_max = limits::kPersistentObjectBytesMax;
    answer.login = call.session.identity.login;
    answer.identity = call.session.identity.uuid;
    // A client of another major version gets the versions, and nothing else: the session stays unchecked.
    if (request.version_major == protocol::kVersionMajor) {
        FESTORE_CHECK(check_claim(call.session.identity, request.login, request.id));
        call.session.identity_checked = true;
    }
    answer.features = protocol::kFeatureRee;
    if (trusted_storage(protocol::Storage::rpmb)) answer.features |= protocol::kFeatureRpmb;
    if (const auto huk = call.instance.huk_strength()) {
        answer.features |= protocol::kFeatureHukCompared;
        if (*huk == HukStrength::zero) answer.features |= protocol::kFeatureZeroHuk;
        if (*huk == HukStrength::predictable) answer.features |= protocol::kFeaturePredictableHuk;
    }
    if (gp::tee_is_simulated()) answer.features |= protocol::kFeatureSimulated;
    if (has_chacha20_poly1305()) answer.features |= protocol::kFeatureChaCha20;
    // The TEE's one claim is about its RPMB; without one it says 100, which means no protection. Of its files it claims nothing.
    answer.rollback_protection_ree = 0;
    if ((answer.features & protocol::kFeatureRpmb) != 0)
        answer.rollback_protection_rpmb = gp::tee_property_u32("gpd.tee.trustedStorage.antiRollback.protectionLevel");
    answer.tee_version = gp::tee_property_version("gpd.tee.trustedos.implementation.version");
    encode(answer, call.answer);
    return {};
}

Status put(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::PutRequest>(call.request));
    const SharedInput content = input_of(call.payload);
    if (content.size != request.content_size) return fail(Code::bad_parameters);
    PersistentObjects objects = FESTORE_TRY(call.objects(request.storage));
    encode(FESTORE_TRY(objects.put(request, content, call.instance.allow_list())), call.answer);
    return {};
}

// What a request names: a name, or, in everybody's space, an id of the first demo's, whatever its bytes, none
// included (docs/decisions/0011).
Result<protocol::NameRequest> named(const Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::NameRequest>(call.request));
    const bool everybodys = call.session.identity.login == protocol::Login::public_;
    const bool may_be_legacy = everybodys && request.storage == protocol::Storage::ree &&
                               request.name.size() <= limits::kObjectIdBytesMax;
    if (!may_be_legacy && check_name(request.name) != NameFault::none) return fail(Code::bad_format);
    return request;
}

Status get(Call& call) {
    const auto request = FESTORE_TRY(named(call));
    PersistentObjects objects = FESTORE_TRY(call.objects(request.storage));
    SharedOutput content = output_of(call.payload);
    const Result<protocol::Metadata> metadata = objects.get(request.name, content);
    call.payload.memref.size = static_cast<gp::Size>(content.needed);
    encode(FESTORE_TRY(metadata), call.answer);
    return {};
}

Status list_objects(Call& call, const Identity& owner, const protocol::ListRequest& request) {
    const ObjectIds* ids = FESTORE_TRY(call.instance.object_ids());
    SharedOutput page = output_of(call.payload);
    gp::ObjectId cursor;
    const auto answer = list_page(*ids, owner, request, page, cursor);
    call.payload.memref.size = static_cast<gp::Size>(page.needed);
    encode(FESTORE_TRY(answer), call.answer);
    return {};
}

Status list(Call& call) {
    return list_objects(call, call.session.identity, FESTORE_TRY(protocol::decode<protocol::ListRequest>(call.request)));
}

// Who may clear up after others, and may not read them.
Result<Identity> other_owner(const Call& call, const protocol::OtherOwner& owner) {
    if (!is_root(call.session.identity)) return fail(Code::access_denied);
    return identity_of(owner.login, owner.id);
}

Status list_of(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::ListOfRequest>(call.request));
    return list_objects(call, FESTORE_TRY(other_owner(call, request.owner)), request.list);
}

Status remove_of(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::RemoveOfRequest>(call.request));
    if (check_name(request.object.name) != NameFault::none) return fail(Code::bad_format);
    const Identity owner = FESTORE_TRY(other_owner(call, request.owner));
    FESTORE_CHECK(trusted_storage(request.object.storage));
    const ObjectIds* ids = FESTORE_TRY(call.instance.object_ids());
    return PersistentObjects(*ids, owner, request.object.storage).remove(request.object.name);
}

Status count_damaged(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::CountDamagedRequest>(call.request));
    encode(protocol::CountDamagedAnswer{FESTORE_TRY(festore::ta::count_damaged(request.storage))}, call.answer);
    return {};
}

Status stat(Call& call) {
    const auto request = FESTORE_TRY(named(call));
    PersistentObjects objects = FESTORE_TRY(call.objects(request.storage));
    encode(FESTORE_TRY(objects.stat(request.name)), call.answer);
    return {};
}

Status remove(Call& call) {
    const auto request = FESTORE_TRY(named(call));
    PersistentObjects objects = FESTORE_TRY(call.objects(request.storage));
    return objects.remove(request.name);
}

Status rpmb_here(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::RpmbRequest>(call.request));
    encode(FESTORE_TRY(rpmb_here(call.instance, call.session.identity, request)), call.answer);
    return {};
}

Status allow(Call& call) {
    return allow(call.instance, call.session.identity, FESTORE_TRY(protocol::decode<protocol::AllowRequest>(call.request)));
}

Status allowed(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::AllowedRequest>(call.request));
    SharedOutput page = output_of(call.payload);
    const auto answer = allowed(call.instance, call.session.identity, request, page);
    call.payload.memref.size = static_cast<gp::Size>(page.needed);
    encode(FESTORE_TRY(answer), call.answer);
    return {};
}

Status serve(Command command, Call& call) {
    switch (command) {
    case Command::hello: return hello(call);
    case Command::put: return put(call);
    case Command::get: return get(call);
    case Command::list: return list(call);
    case Command::stat: return stat(call);
    case Command::remove: return remove(call);
    case Command::list_of: return list_of(call);
    case Command::remove_of: return remove_of(call);
    case Command::count_damaged: return count_damaged(call);
    case Command::rpmb_here: return rpmb_here(call);
    case Command::allow: return allow(call);
    case Command::allowed: return allowed(call);
    default: return fail(Code::not_supported);
    }
}

// The demo's contract: the id as it comes, the data, no answer.
Status write_object(Instance& instance, Session& session, std::span<TEE_Param, 4> params) {
    const auto id = FESTORE_TRY(CopiedIn<limits::kNameBytesMax>::from(params[0]));
    if (check_name(id.view()) != NameFault::none) return fail(Code::bad_parameters);
    const SharedInput content = input_of(params[1]);
    if (content.size != params[1].memref.size) return fail(Code::bad_parameters);
    const ObjectIds* ids = FESTORE_TRY(instance.object_ids());
    PersistentObjects objects(*ids, session.identity, protocol::Storage::ree);
    protocol::PutRequest request;
    request.name = id.view();
    request.content_size = static_cast<uint32_t>(content.size);
    const auto stored = objects.put(request, content, instance.allow_list());
    if (!stored) return tl::make_unexpected(stored.error());
    return {};
}

Status run(Instance& instance, Session& session, Command command, uint32_t types, std::span<TEE_Param, 4> params) {
    if (is_store_command(static_cast<uint32_t>(command))) {
        if (!session.identity_checked) return fail(Code::bad_state);
        return dispatch_store(instance, session, static_cast<uint32_t>(command), types, params);
    }
    const bool demo = command == Command::write_object;
    const std::optional<Payload> payload = payload_of(command);
    if (!demo && !payload) return fail(Code::not_supported);
    if (types != (demo ? kWriteObjectTypes : types_of(*payload))) return fail(Code::bad_parameters);
    if (command != Command::hello && !session.identity_checked) return fail(Code::bad_state);
    if (demo) return write_object(instance, session, params);

    const auto request = FESTORE_TRY(CopiedIn<protocol::kRequestBytesMax>::from(params[0]));
    std::array<std::byte, protocol::kAnswerBytesMax> encoded{};
    Writer answer(encoded);
    const SharedOutput answer_out = output_of(params[1]);
    params[1].memref.size = 0;
    if (answer_out.size < protocol::kAnswerBytesMax) {  // so that no change is made whose answer has no room
        params[1].memref.size = protocol::kAnswerBytesMax;
        return fail(Code::short_buffer);
    }
    Call call{instance, session, request.view(), params[2], answer};
    FESTORE_CHECK(serve(command, call));
    if (!answer.ok()) return fail(Code::generic);
    answer_out.write(0, answer.written());
    params[1].memref.size = static_cast<gp::Size>(answer.size());
    return {};
}

}  // namespace

TEE_Result dispatch(Instance& instance, Session& session, uint32_t command, uint32_t types,
                    std::span<TEE_Param, 4> params) {
    const Status status = run(instance, session, static_cast<Command>(command), types, params);
    instance.forget_closed_stores();
    return status ? TEE_SUCCESS : static_cast<TEE_Result>(status.error().code);
}

}  // namespace festore::ta
