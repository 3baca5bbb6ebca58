// SPDX-License-Identifier: BSD-2-Clause
#include "client/store/scan.h"

#include "base/result.h"
#include "client/store/read.h"
#include "protocol/store_care.h"

namespace festore {
namespace {

// Pages that are passed over for one answer: a TEE that lies could name two in turn forever.
constexpr int kPassesMax = 64;

bool is_of_a_page(ErrorCode code) {
    return code == ErrorCode::damaged || code == ErrorCode::failure || code == ErrorCode::not_permitted;
}

}  // namespace

ReadableStore::Scan::Scan(ReadableStore& store, const Operation& operation, const Start& start)
    : store_(store), operation_(operation), from_(start.from.begin(), start.from.end()), inclusive_(start.inclusive),
      passed_page_(start.passed_page), afresh_(start.afresh) {}

Result<ReadableStore::Scan::Answer> ReadableStore::Scan::answer_of(const StoreReply& reply) const {
    const auto answer = protocol::decode<protocol::ScanAnswer>(reply.answer);
    if (!answer) return unexpected(store_nonsense(operation_));
    Answer result;
    result.more = answer->more || answer->pages.outcome == protocol::CallOutcome::need_pages;
    result.passed_over = answer->passed_over;
    if (result.passed_over) {
        result.gap_end.assign(reply.content.begin(), reply.content.end());
        const bool goes_on = result.gap_end.empty() || text_of(result.gap_end) > text_of(from_);
        if (!goes_on || result.gap_end.size() > limits::kNameBytesMax) return unexpected(store_nonsense(operation_));
        return result;
    }
    Bytes rest = reply.content;
    std::string_view last = text_of(from_);
    bool may_equal = inclusive_;
    for (uint32_t i = 0; i < answer->items; ++i) {
        const auto item = protocol::decode_next<protocol::StoreListItem>(rest);
        const bool ascends = item && (last < text_of(item->name) || (may_equal && last == text_of(item->name)));
        if (!ascends) return unexpected(store_nonsense(operation_));
        result.items.push_back({std::string(text_of(item->name)), item->metadata});
        last = text_of(item->name);
        may_equal = false;
    }
    return result;
}

Result<ReadableStore::Scan::Answer> ReadableStore::Scan::ask() {
    return store_.read<Answer>(operation_, [&](bool& again) -> Result<Answer> {
        StoreChannel::Request request;
        request.command = protocol::Command::store_scan;
        request.got_on = has_listed;
        request.passes_over = true;
        request.has_area = true;
        request.use = Payload::output;
        request.content_room = limits::kListBufferBytesMax;
        request.encode = [this](protocol::PageArea area, Writer& out) {
            encode(protocol::ScanRequest{area, passed_page_, inclusive_, afresh_, from_}, out);
        };
        const StoreReply reply = FESTORE_TRY(store_.look_up(operation_, request, again));
        return answer_of(reply);
    });
}

Result<ReadableStore::Scan::Step> ReadableStore::Scan::next() {
    if (is_end_) return Step{{}, std::nullopt, true};
    for (int passes = 0; passes < kPassesMax; ++passes) {
        Result<Answer> answer = ask();
        if (!answer) {
            const uint32_t page = store_.channel_.damaged_page();
            if (!is_of_a_page(answer.error().code) || page == 0 || page == passed_page_) return unexpected(answer.error());
            passed_page_ = page;
            continue;
        }
        afresh_ = false;
        Step step;
        if (answer->passed_over) {
            step.gap = Gap{std::exchange(passed_page_, 0),
                           {std::string(text_of(from_)), std::string(text_of(answer->gap_end)), !inclusive_}};
            from_ = std::move(answer->gap_end);
            inclusive_ = true;
            is_end_ = from_.empty();
            return step;
        }
        is_end_ = !answer->more;
        if (answer->items.empty() && !is_end_) break;
        step.items = std::move(answer->items);
        if (step.items.empty()) return Step{{}, std::nullopt, true};
        const Bytes last = bytes_of(step.items.back().name);
        from_.assign(last.begin(), last.end());
        inclusive_ = false;
        return step;
    }
    return unexpected(store_nonsense(operation_));
}

}  // namespace festore
