// SPDX-License-Identifier: BSD-2-Clause
#include "base/name.h"
#include "protocol/messages.h"
#include "ta/objects/allowed.h"
#include "ta/call_memory.h"
#include "ta/chacha20_poly1305.h"
#include "ta/commands.h"
#include "ta/objects/listing.h"
#include "ta/rpmb_here.h"
#include "ta/version.h"

namespace festore::ta {
namespace {

Outcome<PersistentObjects> objects_of(const Call& call, protocol::Storage storage) {
    FESTORE_CHECK(trusted_storage(storage));
    const ObjectIds* ids = FESTORE_TRY(call.instance.object_ids());
    return PersistentObjects(*ids, call.session.identity, storage);
}

// The name of a request. In the public space it may also be an id of the first demo, with any bytes, even empty
// (docs/decisions/0011).
Outcome<protocol::NameRequest> named(const Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::NameRequest>(call.request));
    const bool is_public = call.session.identity.login == protocol::Login::public_;
    const bool may_be_legacy = is_public && request.storage == protocol::Storage::ree &&
                               request.name.size() <= limits::kObjectIdBytesMax;
    if (!may_be_legacy && check_name(request.name) != NameFault::none) return fail(Code::bad_format);
    return request;
}

Status list_objects(Call& call, const Identity& owner, const protocol::ListRequest& request) {
    const ObjectIds* ids = FESTORE_TRY(call.instance.object_ids());
    SharedOutput page = output_of(call.content);
    gp::ObjectId cursor;
    const auto answer = list_page(*ids, owner, request, page, cursor);
    call.content.memref.size = static_cast<gp::Size>(page.needed);
    encode(FESTORE_TRY(answer), call.answer);
    return {};
}

// The owner whose objects the caller may list and remove, but not read: only root may.
Outcome<Identity> other_owner(const Call& call, const protocol::OtherOwner& owner) {
    if (!is_root(call.session.identity)) return fail(Code::access_denied);
    return identity_of(owner.login, owner.id);
}

}  // namespace

Status serve_hello(Call& call) {
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
    // The TEE's only claim is about its RPMB; without an RPMB it says 100, which means no protection. It claims nothing for its files.
    answer.rollback_protection_ree = 0;
    if ((answer.features & protocol::kFeatureRpmb) != 0)
        answer.rollback_protection_rpmb = gp::tee_property_u32("gpd.tee.trustedStorage.antiRollback.protectionLevel");
    answer.tee_version = gp::tee_property_version("gpd.tee.trustedos.implementation.version");
    encode(answer, call.answer);
    return {};
}

Status object_put(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::PutRequest>(call.request));
    const SharedInput content = input_of(call.content);
    if (content.size != request.content_size) return fail(Code::bad_parameters);
    PersistentObjects objects = FESTORE_TRY(objects_of(call, request.storage));
    encode(FESTORE_TRY(objects.put(request, content, call.instance.allow_list())), call.answer);
    return {};
}

Status object_get(Call& call) {
    const auto request = FESTORE_TRY(named(call));
    PersistentObjects objects = FESTORE_TRY(objects_of(call, request.storage));
    SharedOutput content = output_of(call.content);
    const Outcome<protocol::Metadata> metadata = objects.get(request.name, content);
    call.content.memref.size = static_cast<gp::Size>(content.needed);
    encode(FESTORE_TRY(metadata), call.answer);
    return {};
}

Status object_list(Call& call) {
    return list_objects(call, call.session.identity, FESTORE_TRY(protocol::decode<protocol::ListRequest>(call.request)));
}

Status object_list_of(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::ListOfRequest>(call.request));
    return list_objects(call, FESTORE_TRY(other_owner(call, request.owner)), request.list);
}

Status object_remove_of(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::RemoveOfRequest>(call.request));
    if (check_name(request.object.name) != NameFault::none) return fail(Code::bad_format);
    const Identity owner = FESTORE_TRY(other_owner(call, request.owner));
    FESTORE_CHECK(trusted_storage(request.object.storage));
    const ObjectIds* ids = FESTORE_TRY(call.instance.object_ids());
    return PersistentObjects(*ids, owner, request.object.storage).remove(request.object.name);
}

Status object_count_damaged(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::CountDamagedRequest>(call.request));
    encode(protocol::CountDamagedAnswer{FESTORE_TRY(count_damaged(request.storage))}, call.answer);
    return {};
}

Status object_stat(Call& call) {
    const auto request = FESTORE_TRY(named(call));
    PersistentObjects objects = FESTORE_TRY(objects_of(call, request.storage));
    encode(FESTORE_TRY(objects.stat(request.name)), call.answer);
    return {};
}

Status object_remove(Call& call) {
    const auto request = FESTORE_TRY(named(call));
    PersistentObjects objects = FESTORE_TRY(objects_of(call, request.storage));
    return objects.remove(request.name);
}

Status serve_rpmb_here(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::RpmbRequest>(call.request));
    encode(FESTORE_TRY(rpmb_here(call.instance, call.session.identity, request)), call.answer);
    return {};
}

Status serve_allow(Call& call) {
    return allow(call.instance, call.session.identity, FESTORE_TRY(protocol::decode<protocol::AllowRequest>(call.request)));
}

Status serve_allowed(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::AllowedRequest>(call.request));
    SharedOutput page = output_of(call.content);
    const auto answer = allowed(call.instance, call.session.identity, request, page);
    call.content.memref.size = static_cast<gp::Size>(page.needed);
    encode(FESTORE_TRY(answer), call.answer);
    return {};
}

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
    if (!stored) return fail(stored.error());
    return {};
}

}  // namespace festore::ta
