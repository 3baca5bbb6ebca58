// SPDX-License-Identifier: BSD-2-Clause
// Which stores the TEE has records of: the caller's own, or all owners' (rule 21: for uid 0).
#include "client/store/open_store.h"

#include "base/limits.h"
#include "base/result.h"
#include "base/writer.h"
#include "base/host/text.h"
#include "client/store/requests.h"
#include "client/tee/caller.h"
#include "protocol/store_care.h"

namespace festore {
namespace {

using protocol::Command;
using protocol::RecordAtAnswer;

constexpr size_t kClaimBytesMax = 2 + kStoreNameBytesMax + limits::kStoreDirectoryBytesMax;

// Adds the name and the directory that the TEE was given. The default store needs no such name.
void add_claim(Bytes content, const protocol::StoreStatus& status, StoreRecord& record) {
    if ((status.flags & stored::kRootNamed) == 0) record.name = kDefaultStoreName;
    const auto claim = protocol::decode<protocol::StoreClaim>(content);
    if (!claim) return;
    if (!claim->name.empty()) record.name = std::string(text_of(claim->name));
    record.directory = std::string(text_of(claim->directory));
}

}  // namespace

Error not_root(const Operation& operation, const StoreReply& reply) {
    return {ErrorCode::not_permitted, cannot(operation) + "only root may drop the record of another's store", reply.result,
            reply.origin};
}

Result<protocol::OwnerClaim> owner_claim(const std::optional<Owner>& other) {
    if (!other) return protocol::OwnerClaim{};
    const protocol::OtherOwner owner = FESTORE_TRY(named_owner(*other));
    return protocol::OwnerClaim{true, owner.login, owner.id};
}

Result<std::span<const stored::Anchor>> OpenStore::anchors() {
    static constexpr std::array kAll{stored::Anchor::ree, stored::Anchor::rpmb};
    Session* const session = FESTORE_TRY(sessions_.session());
    const bool has_rpmb = (session->hello().features & protocol::kFeatureRpmb) != 0;
    return std::span(kAll).first(has_rpmb ? 2 : 1);
}

// Looks under each anchor: an error of one is reported only if no record is found. A silent RPMB counts as empty.
Result<OpenStore::FoundRecord> OpenStore::find_record(const Operation& operation, const std::optional<Owner>& other) {
    const protocol::OwnerClaim owner = FESTORE_TRY(owner_claim(other));
    FoundRecord found;
    std::optional<Error> fault;
    for (const stored::Anchor anchor : FESTORE_TRY(anchors())) {
        const protocol::FindRequest request{anchor, owner, bytes_of(name_)};
        const StoreReply reply = FESTORE_TRY(channel_.call(request_of(Command::store_find, request), operation));
        if (reply.ok()) {
            const auto status = protocol::decode<protocol::StoreStatus>(reply.answer);
            if (!status) return unexpected(store_nonsense(operation));
            found.status = *status;
            return found;
        }
        const auto code = static_cast<Code>(reply.result);
        found.is_rpmb_silent = is_silent_rpmb(anchor, reply.result);
        if (code == Code::item_not_found || found.is_rpmb_silent) continue;
        if (code == Code::access_denied && other) return unexpected(not_root(operation, reply));
        if (!fault) fault = error_of_store_command(reply.result, reply.origin, operation);
    }
    if (fault) return unexpected(std::move(*fault));
    return found;
}

Result<bool> OpenStore::add_record_at(const Operation& operation, const RecordPlace& at, Records& records) {
    StoreChannel::Request request;
    request.command = Command::store_record_at;
    request.encode = [at](protocol::PageArea, Writer& out) { encode(protocol::RecordAtRequest{at.anchor, at.place, at.own}, out); };
    if (ta_knows_names()) {
        request.use = Payload::output;
        request.content_room = kClaimBytesMax;
    }
    const StoreReply reply = FESTORE_TRY(channel_.call(request, operation));
    const auto code = static_cast<Code>(reply.result);
    if (code == Code::item_not_found) return false;
    if (is_silent_rpmb(at.anchor, reply.result)) {
        records.is_rpmb_silent = true;
        return false;
    }
    if (code == Code::access_denied)
        return unexpected({ErrorCode::not_permitted, cannot(operation) + "only root may know of others' stores", reply.result,
                           reply.origin});
    if (!reply.ok()) return unexpected(error_of_store_command(reply.result, reply.origin, operation));
    const auto answer = protocol::decode<RecordAtAnswer>(reply.answer);
    if (!answer) return unexpected(store_nonsense(operation));
    if (answer->state == RecordAtAnswer::State::free) return true;
    StoreRecord& record = records.stores.emplace_back();
    record.is_group = answer->login == 2;
    record.identity = uuid_text(answer->identity);
    record.anchor = api_anchor(at.anchor);
    record.place = at.place;
    if (answer->state != RecordAtAnswer::State::readable) return true;
    record.info = described(answer->status);
    add_claim(reply.content, answer->status, record);
    record.info->name = record.name;
    return true;
}

// An RPMB that is built in but does not answer counts as empty.
Result<OpenStore::Records> OpenStore::list_records(const Operation& operation, bool own) {
    Records records;
    for (const stored::Anchor anchor : FESTORE_TRY(anchors())) {
        bool has_more = true;
        for (uint32_t place = 0; has_more && place < limits::kStoresMax; ++place)
            has_more = FESTORE_TRY(add_record_at(operation, {anchor, place, own}, records));
    }
    return records;
}

Result<std::vector<StoreRecord>> OpenStore::records() {
    Records all = FESTORE_TRY(list_records({"list the stores of this device", {}}, false));
    return std::move(all.stores);
}

Result<std::vector<StoreRecord>> OpenStore::own_stores() {
    const Operation operation{"list your stores", {}};
    FESTORE_CHECK(check_minor(operation, kMinorThatKnowsNames, "cannot do that"));
    Records own = FESTORE_TRY(list_records(operation, true));
    return std::move(own.stores);
}

}  // namespace festore
