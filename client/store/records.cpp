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

// The place's record, if there is one; `end`: there are no more places.
Result<std::optional<StoreRecord>> Store::record_at(const Operation& operation, const RecordPlace& at, bool& end) {
    end = false;
    StoreChannel::Request request;
    request.command = protocol::Command::store_record_at;
    request.encode = [at](protocol::PageArea, Writer& out) { encode(protocol::RecordAtRequest{at.anchor, at.place, at.own}, out); };
    if (ta_knows_names()) {
        request.use = Payload::output;
        request.content_room = kClaimBytesMax;
    }
    const StoreReply reply = FESTORE_TRY(channel_.call(request, operation));
    const auto code = static_cast<Code>(reply.result);
    // An RPMB that is built in but does not answer counts as empty.
    const bool is_silent = is_silent_rpmb(at.anchor, reply.result);
    if (is_silent && at.is_rpmb_silent != nullptr) *at.is_rpmb_silent = true;
    end = code == Code::item_not_found || is_silent;
    if (end) return std::nullopt;
    if (code == Code::access_denied)
        return unexpected({ErrorCode::not_permitted, cannot(operation) + "only root may know of others' stores", reply.result,
                           reply.origin});
    if (!reply.ok()) return unexpected(error_of_store_command(reply.result, reply.origin, operation));
    const auto answer = protocol::decode<RecordAtAnswer>(reply.answer);
    if (!answer) return unexpected(store_nonsense(operation));
    if (answer->state == RecordAtAnswer::State::free) return std::nullopt;
    StoreRecord record;
    record.is_group = answer->login == 2;
    record.identity = uuid_text(answer->identity);
    record.anchor = api_anchor(at.anchor);
    record.place = at.place;
    if (answer->state != RecordAtAnswer::State::readable) return record;
    record.info = described(answer->status);
    add_claim(reply.content, answer->status, record);
    record.info->name = record.name;
    return record;
}

Result<std::vector<StoreRecord>> Store::list_records(const Operation& operation, bool own, bool* is_rpmb_silent) {
    std::vector<StoreRecord> records;
    for (const stored::Anchor anchor : FESTORE_TRY(anchors())) {
        bool end = false;
        for (uint32_t place = 0; !end && place < limits::kStoresMax; ++place) {
            auto record = FESTORE_TRY(record_at(operation, {anchor, place, own, is_rpmb_silent}, end));
            if (record) records.push_back(std::move(*record));
        }
    }
    return records;
}

Result<std::vector<StoreRecord>> Store::records() { return list_records({"list the stores of this device", {}}, false); }

Result<Store::OwnRecords> Store::own_records(const Operation& operation) {
    OwnRecords own;
    own.stores = FESTORE_TRY(list_records(operation, true, &own.is_rpmb_silent));
    return own;
}

Result<std::vector<StoreRecord>> Store::own_stores() {
    const Operation operation{"list your stores", {}};
    FESTORE_CHECK(check_minor(operation, kMinorThatKnowsNames, "cannot do that"));
    return list_records(operation, true);
}

}  // namespace festore
