// SPDX-License-Identifier: BSD-2-Clause
// Which stores the TEE has records of, all owners' (rule 21: for uid 0).
#include "client/store.h"

#include "base/limits.h"
#include "base/writer.h"
#include "client/uuid_text.h"
#include "protocol/store_care.h"

namespace festore {

using protocol::RecordAtAnswer;

// The place's record, if there is one; `end`: there are no more places.
Expected<std::optional<StoreRecord>> Store::record_at(const Doing& doing, uint8_t anchor, uint32_t place, bool& end) {
    end = false;
    StoreChannel::Request request;
    request.command = protocol::StoreCommand::record_at;
    request.encode = [=](protocol::PageArea, Writer& out) { encode(protocol::RecordAtRequest{anchor, place}, out); };
    const Expected<StoreReply> reply = channel_.call(request, doing);
    if (!reply) return unexpected(reply.error());
    const auto code = static_cast<Code>(reply->result);
    // An RPMB that is built in and does not answer is as if nothing was in it.
    end = code == Code::item_not_found || (anchor == 2 && rpmb_gave_no_answer(reply->result));
    if (end) return std::nullopt;
    if (code == Code::access_denied)
        return unexpected({ErrorCode::not_permitted, cannot(doing) + "only root may know of others' stores", reply->result, reply->origin});
    if (!reply->ok()) return unexpected(error_of_store_command(reply->result, reply->origin, doing));
    const auto answer = protocol::decode_store<RecordAtAnswer>(reply->answer);
    if (!answer) return unexpected(store_nonsense(doing));
    if (answer->state == RecordAtAnswer::State::free) return std::nullopt;
    StoreRecord record;
    record.is_group = answer->login == 2;
    record.identity = uuid_text(answer->identity);
    record.anchor = anchor == 2 ? Anchor::rpmb : Anchor::ree;
    record.place = place;
    if (answer->state == RecordAtAnswer::State::readable) record.info = described(answer->status);
    return record;
}

Expected<std::vector<StoreRecord>> Store::records() {
    const Doing doing{"list the stores of this device", {}};
    const Expected<Session*> session = sessions_.session();
    if (!session) return unexpected(session.error());
    const bool has_rpmb = ((*session)->hello().features & protocol::kFeatureRpmb) != 0;
    std::vector<StoreRecord> records;
    for (const uint8_t anchor : {uint8_t{1}, uint8_t{2}}) {
        if (anchor == 2 && !has_rpmb) break;
        bool end = false;
        for (uint32_t place = 0; !end && place < limits::kStoresMax; ++place) {
            auto record = record_at(doing, anchor, place, end);
            if (!record) return unexpected(record.error());
            if (*record) records.push_back(std::move(**record));
        }
    }
    return records;
}

}  // namespace festore
