// SPDX-License-Identifier: BSD-2-Clause
// Which stores the TEE has records of: the caller's own, or all owners' (rule 21: for uid 0).
#include "client/store/store.h"

#include "base/limits.h"
#include "base/result.h"
#include "base/writer.h"
#include "base/host/text.h"
#include "protocol/store_care.h"

namespace festore {
namespace {

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

Result<bool> StoreClient::add_record_at(const Operation& operation, const RecordPlace& at, Records& records) {
    StoreChannel::Request request;
    request.command = protocol::Command::store_record_at;
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
Result<StoreClient::Records> StoreClient::list_records(const Operation& operation, bool own) {
    Records records;
    for (const stored::Anchor anchor : FESTORE_TRY(anchors())) {
        bool has_more = true;
        for (uint32_t place = 0; has_more && place < limits::kStoresMax; ++place)
            has_more = FESTORE_TRY(add_record_at(operation, {anchor, place, own}, records));
    }
    return records;
}

Result<std::vector<StoreRecord>> StoreClient::records() {
    Records all = FESTORE_TRY(list_records({"list the stores of this device", {}}, false));
    return std::move(all.stores);
}

Result<std::vector<StoreRecord>> StoreClient::own_stores() {
    const Operation operation{"list your stores", {}};
    FESTORE_CHECK(check_minor(operation, kMinorThatKnowsNames, "cannot do that"));
    Records own = FESTORE_TRY(list_records(operation, true));
    return std::move(own.stores);
}

}  // namespace festore
