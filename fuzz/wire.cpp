// SPDX-License-Identifier: BSD-2-Clause
// Every message of the contract: what decodes is encoded to the same bytes again, and what does not says bad_format.
#include "engine/allow_list.h"
#include "fuzz/target.h"
#include "protocol/allow.h"
#include "protocol/store_care.h"
#include "protocol/store_files.h"

#include <array>

namespace festore::fuzz {
namespace {

template <class M>
void encodes_to(const M& message, Bytes expected) {
    std::array<std::byte, kInputBytesMax> room{};
    Writer out(room);
    encode(message, out);
    require(out.ok(), "a message that was decoded has room");
    require(std::ranges::equal(out.written(), expected), "a message is encoded as it was");
}

template <class M, Result<M> (*Decode)(Bytes)>
void message(Bytes input) {
    const Result<M> decoded = Decode(input);
    if (decoded) return encodes_to(*decoded, input);
    const Code code = decoded.error().code;
    require(code == Code::bad_format || code == Code::not_supported, "what is no message says so");
}

template <class M, Result<M> (*DecodeNext)(Bytes&)>
void messages_in_a_row(Bytes input) {
    while (!input.empty()) {
        const Bytes before = input;
        const Result<M> decoded = DecodeNext(input);
        if (!decoded) return;
        require(input.size() < before.size(), "a decoded item takes bytes");
        encodes_to(*decoded, before.first(before.size() - input.size()));
    }
}

template <class M>
constexpr auto object = message<M, protocol::decode<M>>;
template <class M>
constexpr auto store = message<M, protocol::decode_store<M>>;

// Root's list of who may store, as the TEE keeps it: what decodes is written as it was.
void allow_list(Bytes input) {
    const auto list = engine::decode_allow_list(input);
    const Code code = list ? Code::corrupt_object : list.error().code;
    require(code == Code::corrupt_object || code == Code::not_supported, "what is no list says so");
    if (!list) return;
    std::array<std::byte, engine::kAllowListBytesMax> room{};
    engine::AllowListDraft draft(room, &*list);
    require(std::ranges::equal(draft.finish(), input), "a list is written as it was");
    for (size_t n = 0; n < list->header().count; ++n) {
        const engine::AllowEntry entry = list->at(n);
        require(list->find(entry.login, entry.identity) == entry.limits, "who is on the list is found");
    }
}

constexpr void (*kMessages[])(Bytes) = {
    object<protocol::HelloRequest>,
    object<protocol::HelloAnswer>,
    object<protocol::PutRequest>,
    object<protocol::PutAnswer>,
    object<protocol::NameRequest>,
    object<protocol::Metadata>,
    object<protocol::ListRequest>,
    object<protocol::ListAnswer>,
    object<protocol::CountDamagedRequest>,
    object<protocol::CountDamagedAnswer>,
    object<protocol::RpmbRequest>,
    object<protocol::RpmbAnswer>,
    messages_in_a_row<protocol::ListEntry, protocol::decode_entry>,
    store<protocol::PageAnswer>,
    store<protocol::MakeRequest>,
    store<protocol::OpenRequest>,
    store<protocol::StoreStatus>,
    store<protocol::StoreNameRequest>,
    store<protocol::StorePutRequest>,
    store<protocol::StoreRenameRequest>,
    store<protocol::StoreListRequest>,
    store<protocol::PrepareRequest>,
    store<protocol::BeginRequest>,
    store<protocol::BeginAnswer>,
    store<protocol::TransactionRequest>,
    store<protocol::OutcomeAnswer>,
    store<protocol::BeginUploadRequest>,
    store<protocol::BeginUploadAnswer>,
    store<protocol::SegmentsRequest>,
    store<protocol::GetAnswer>,
    store<protocol::StoreListAnswer>,
    store<protocol::ChangeAnswer>,
    messages_in_a_row<protocol::StoreListItem, protocol::decode_item>,
    message<protocol::StoreHeader, protocol::decode_store_header>,
    store<protocol::SurveyRequest>,
    store<protocol::SurveyAnswer>,
    store<protocol::FreeListRequest>,
    store<protocol::FreeListAnswer>,
    store<protocol::FindRequest>,
    store<protocol::RecordAtRequest>,
    store<protocol::RecordAtAnswer>,
    store<protocol::DestroyRequest>,
    store<protocol::RepairRequest>,
    store<protocol::RepairAnswer>,
    store<protocol::RepairStepAnswer>,
    object<protocol::AllowRequest>,
    object<protocol::AllowedRequest>,
    object<protocol::AllowedAnswer>,
    messages_in_a_row<protocol::AllowedEntry, protocol::decode_allowed>,
    allow_list,
    store<protocol::StoreClaim>,
};

}  // namespace

void run_wire(Bytes input) {
    Input in(input);
    kMessages[in.below(std::size(kMessages))](in.rest());
}

}  // namespace festore::fuzz
