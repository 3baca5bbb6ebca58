// SPDX-License-Identifier: BSD-2-Clause
// Every message of the contract: one that decodes is encoded to the same bytes again; one that does not decode fails with
// bad_format or not_supported.
#include "engine/records/allow_list.h"
#include "fuzz/target.h"
#include "protocol/allow.h"
#include "protocol/store_rebuild.h"
#include "protocol/store_reseal.h"
#include "protocol/store_files.h"

#include <array>

namespace festore::fuzz {
namespace {

template <class M>
void encodes_to(const M& message, Bytes expected) {
    std::array<std::byte, kInputBytesMax> room{};
    Writer out(room);
    encode(message, out);
    require(out.ok(), "a decoded message can be encoded");
    require(std::ranges::equal(out.written(), expected), "a decoded message is encoded to the same bytes");
}

void is_refused(Code code) {
    require(code == Code::bad_format || code == Code::not_supported, "an invalid message is bad_format or not_supported");
}

template <class M>
void message(Bytes input) {
    const Outcome<M> decoded = protocol::decode<M>(input);
    return decoded ? encodes_to(*decoded, input) : is_refused(decoded.error().code);
}

void store_header(Bytes input) {
    const auto decoded = protocol::decode_store_header(input);
    return decoded ? encodes_to(*decoded, input) : is_refused(decoded.error().code);
}

template <class M>
void messages_in_a_row(Bytes input) {
    while (!input.empty()) {
        const Bytes before = input;
        const Outcome<M> decoded = protocol::decode_next<M>(input);
        if (!decoded) return;
        require(input.size() < before.size(), "a decoded item takes bytes");
        encodes_to(*decoded, before.first(before.size() - input.size()));
    }
}

// Root's allow list, as the TEE keeps it: a list that decodes is encoded to the same bytes again.
void allow_list(Bytes input) {
    const auto list = engine::decode_allow_list(input);
    const Code code = list ? Code::corrupt_object : list.error().code;
    require(code == Code::corrupt_object || code == Code::not_supported, "an invalid list is corrupt_object or not_supported");
    if (!list) return;
    std::array<std::byte, engine::kAllowListBytesMax> room{};
    engine::AllowListDraft draft(room, &*list);
    require(std::ranges::equal(draft.finish(), input), "a decoded list is encoded to the same bytes");
    for (size_t n = 0; n < list->header().count; ++n) {
        const engine::AllowEntry entry = list->at(n);
        require(list->find(entry.login, entry.identity) == entry.limits, "each entry of a list is found");
    }
}

constexpr void (*kMessages[])(Bytes) = {
    message<protocol::HelloRequest>,
    message<protocol::HelloAnswer>,
    message<protocol::PutRequest>,
    message<protocol::PutAnswer>,
    message<protocol::NameRequest>,
    message<protocol::Metadata>,
    message<protocol::ListRequest>,
    message<protocol::ListAnswer>,
    message<protocol::CountDamagedRequest>,
    message<protocol::CountDamagedAnswer>,
    message<protocol::RpmbRequest>,
    message<protocol::RpmbAnswer>,
    messages_in_a_row<protocol::ListEntry>,
    message<protocol::PageAnswer>,
    message<protocol::MakeRequest>,
    message<protocol::OpenRequest>,
    message<protocol::StoreStatus>,
    message<protocol::StoreNameRequest>,
    message<protocol::StorePutRequest>,
    message<protocol::StoreRenameRequest>,
    message<protocol::StoreListRequest>,
    message<protocol::PrepareRequest>,
    message<protocol::BeginRequest>,
    message<protocol::BeginAnswer>,
    message<protocol::TransactionRequest>,
    message<protocol::OutcomeAnswer>,
    message<protocol::BeginUploadRequest>,
    message<protocol::BeginUploadAnswer>,
    message<protocol::SegmentsRequest>,
    message<protocol::GetAnswer>,
    message<protocol::StoreListAnswer>,
    message<protocol::ChangeAnswer>,
    messages_in_a_row<protocol::StoreListItem>,
    store_header,
    message<protocol::ScanRequest>,
    message<protocol::ScanAnswer>,
    message<protocol::FreeListRequest>,
    message<protocol::FreeListAnswer>,
    message<protocol::FindRequest>,
    message<protocol::RecordAtRequest>,
    message<protocol::RecordAtAnswer>,
    message<protocol::DestroyRequest>,
    message<protocol::RepairRequest>,
    message<protocol::RepairAnswer>,
    message<protocol::RepairStepAnswer>,
    message<protocol::AllowRequest>,
    message<protocol::AllowedRequest>,
    message<protocol::AllowedAnswer>,
    messages_in_a_row<protocol::AllowedEntry>,
    allow_list,
    message<protocol::StoreClaim>,
    message<protocol::ListOfRequest>,
    message<protocol::RemoveOfRequest>,
    message<protocol::DestroyAnswer>,
    message<protocol::RebuildRequest>,
    message<protocol::RebuildStepRequest>,
    message<protocol::RebuildStepAnswer>,
    message<protocol::LostRangesRequest>,
    message<protocol::RecipherRequest>,
    message<protocol::ResealSegmentsRequest>,
    message<protocol::ResealRequest>,
    messages_in_a_row<protocol::LostRangeItem>,
};

}  // namespace

void run_wire(Bytes input) {
    Input in(input);
    kMessages[in.below(std::size(kMessages))](in.rest());
}

}  // namespace festore::fuzz
