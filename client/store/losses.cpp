// SPDX-License-Identifier: BSD-2-Clause
// Names that were lost with dropped damage (engine/reserved.h), as the index records them.
#include "client/store/store.h"
#include "base/result.h"
#include "client/store/read.h"
#include "protocol/store_rebuild.h"

#include <algorithm>

namespace festore {
namespace {

using protocol::Command;

// Stops a listing that would never end.
constexpr size_t kListCallsMax = 1'000'000;

}  // namespace

Result<std::vector<LostRange>> ReadableStore::lost_ranges(const Operation& operation) {
    std::vector<LostRange> ranges;
    FESTORE_CHECK(ensure_open(operation, Missing::is_an_error));
    if ((status_.flags & stored::kRootLostRanges) == 0) return ranges;
    std::vector<std::byte> after;
    for (size_t call = 0; call < kListCallsMax; ++call) {
        const Result<bool> more = read<bool>(operation, [&](bool& again) { return list_ranges(operation, after, ranges, again); });
        if (!more) return unexpected(more.error());
        if (!*more) return ranges;
    }
    return unexpected(store_nonsense(operation));
}

Result<bool> ReadableStore::list_ranges(const Operation& operation, std::vector<std::byte>& after, std::vector<LostRange>& ranges,
                                        bool& again) {
    StoreChannel::Request request;
    request.command = Command::store_lost_ranges;
    request.got_on = has_listed;
    request.has_area = true;
    request.use = Payload::output;
    request.content_room = limits::kListBufferBytesMax;
    request.encode = [&](protocol::PageArea area, Writer& out) { encode(protocol::LostRangesRequest{area, after}, out); };
    const StoreReply reply = FESTORE_TRY(look_up(operation, request, again));
    const auto answer = protocol::decode<protocol::StoreListAnswer>(reply.answer);
    if (!answer) return unexpected(store_nonsense(operation));
    Bytes rest = reply.content;
    for (uint32_t i = 0; i < answer->items; ++i) {
        const auto item = protocol::decode_next<protocol::LostRangeItem>(rest);
        if (!item || !std::lexicographical_compare(after.begin(), after.end(), item->key.begin(), item->key.end()))
            return unexpected(store_nonsense(operation));
        after.assign(item->key.begin(), item->key.end());
        ranges.push_back({std::string(text_of(item->from)), std::string(text_of(item->before)), item->acknowledged});
    }
    const bool more = answer->more || answer->pages.outcome == protocol::CallOutcome::need_pages;
    if (more && answer->items == 0) return unexpected(store_nonsense(operation));
    return more;
}

Result<bool> ReadableStore::has_unacknowledged_loss(const Operation& operation) {
    const auto ranges = FESTORE_TRY(lost_ranges(operation));
    return std::any_of(ranges.begin(), ranges.end(), [](const LostRange& range) { return !range.acknowledged; });
}

// The old pages are kept for an undo, and until a repair is acknowledged.
void ReadableStore::drop_old_pages_if_done(const Operation& operation) {
    if ((status_.flags & stored::kRootFreshnessLost) != 0) return;
    const Result<bool> lost = has_unacknowledged_loss(operation);
    if (lost && !*lost) directory_.drop_old_pages();
}

Result<StoreInfo> StoreClient::acknowledge_lost(std::string_view name) {
    const Operation operation{"acknowledge the loss of", name, Storage::store};
    const auto answer = change_to(operation, Command::store_acknowledge_lost,
                                  [name = std::string(name)](protocol::PageArea area, Writer& out) {
        encode(protocol::StoreNameRequest{area, protocol::kStoreSingle, bytes_of(name)}, out);
    });
    if (!answer && static_cast<Code>(answer.error().tee_result) == Code::item_not_found)
        return unexpected({ErrorCode::conflict, cannot(operation) + "it is not among the lost names, or its loss is acknowledged", 0, 0,
                           Reason::nothing_to_acknowledge});
    if (!answer) return unexpected(answer.error());
    drop_old_pages_if_done(operation);
    return info();
}

}  // namespace festore
