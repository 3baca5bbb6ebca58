// SPDX-License-Identifier: BSD-2-Clause
#include "client/store/channel.h"

#include "base/reader.h"
#include "base/result.h"
#include "base/writer.h"

#include <algorithm>

namespace festore {
namespace {

// Each round goes a level deeper, and other writers may make it start again. The limit stops a TEE that lies.
constexpr size_t kRoundsMax = 200;
constexpr size_t kBroughtMax = 64;
// The content follows the largest page area.
constexpr size_t kContentOffset = protocol::area_bytes(protocol::kCallPagesMax);
constexpr size_t kPartSealedBytes =
    protocol::kCallContentBytesMax + protocol::kCallContentBytesMax / limits::kSegmentBytesServed * 16;

}  // namespace

Result<void> StoreChannel::add_fresh(Pages& pages, uint32_t page, uint64_t generation, bool passes_over) {
    Brought brought{std::vector<std::byte>(limits::kPageBytes), generation};
    bool is_unreadable = false;
    auto read = directory_.read_page(page, brought.bytes, &is_unreadable);
    if (passes_over && is_unreadable) read = directory_.read_page(page, brought.bytes, &is_unreadable);  // the bus may have failed once
    if (read) cache_.keep(page, brought.bytes);
    else cache_.forget(page);
    if (!read && !(passes_over && is_unreadable)) return read;
    pages[page] = std::move(brought);
    return {};
}

// A remembered page may be older than the root record by now, so it never proves damage.
Result<void> StoreChannel::add_remembered(Pages& pages, uint32_t page, bool passes_over) {
    const std::vector<std::byte>* const known = cache_.find(page);
    if (known == nullptr) return add_fresh(pages, page, kNoGeneration, passes_over);
    pages[page] = {*known, kNoGeneration};
    return {};
}

Result<void> StoreChannel::store_pages(const StoreReply& reply) {
    for (const auto& [page, bytes] : reply.written) {
        cache_.forget(page);
        FESTORE_CHECK(directory_.write_page(page, bytes));
        cache_.keep(page, bytes);
    }
    return {};
}

Result<Reply> StoreChannel::invoke(Session& session, const Request& request, const Pages& pages) {
    const size_t content_bytes = std::max(request.content.size(), request.content_room);
    // Take the largest size at once: growing the buffer step by step would share memory anew each time.
    const size_t room_for_content = content_bytes > limits::kIndexEntryBytesMax ? std::max(content_bytes, kPartSealedBytes) : content_bytes;
    const MutableBytes buffer = FESTORE_TRY(session.buffer(kContentOffset + room_for_content));
    const auto brought = static_cast<uint16_t>(pages.size());
    const auto room = static_cast<uint16_t>(std::min(request.room, protocol::kCallPagesMax - pages.size()));
    if (request.has_area) {
        Writer numbers(buffer.first(limits::kPageBytes));
        size_t slot = 0;
        for (const auto& [page, brought_page] : pages) {
            numbers.u32(page);
            copy_bytes(brought_page.bytes, buffer.subspan(protocol::slot_offset(slot++)));
        }
    }
    copy_bytes(request.content, buffer.subspan(kContentOffset + content_bytes - request.content.size()));
    std::array<std::byte, protocol::kStoreRequestBytesMax> encoded{};
    Writer out(encoded);
    request.encode({brought, room}, out);
    const Region area = request.has_area
                            ? Region{Payload::inout, 0, protocol::area_bytes(size_t{brought} + room)}
                            : Region{};
    const Region content = request.use == Payload::none ? Region{} : Region{request.use, kContentOffset, content_bytes};
    const bool overlaps = request.meanwhile && directory_.overlaps();
    if (request.meanwhile && !overlaps) request.meanwhile();
    return session.invoke(static_cast<uint32_t>(request.command), out.written(), content, area,
                          overlaps ? request.meanwhile : nullptr);
}

Result<StoreReply> StoreChannel::read_reply(Session& session, const Request& request, const Reply& reply,
                                            size_t brought, const Operation& operation) {
    StoreReply result;
    result.result = reply.result;
    result.origin = reply.origin;
    result.answer.assign(reply.bytes().begin(), reply.bytes().end());
    const MutableBytes buffer = FESTORE_TRY(session.buffer(0));
    const size_t content_bytes = std::max(request.content.size(), request.content_room);
    const MutableBytes content = buffer.subspan(kContentOffset, content_bytes);
    if (request.use == Payload::output || request.use == Payload::inout) {
        if (result.ok() && reply.payload_size > content.size()) return unexpected(store_nonsense(operation));
        const Bytes given = content.first(result.ok() ? reply.payload_size : 0);
        result.content.assign(given.begin(), given.end());
    }
    wipe(content);
    if (!request.has_area || result.answer.empty()) {
        if (request.has_area && result.ok()) return unexpected(store_nonsense(operation));
        return result;
    }
    // Every answer with pages begins with a PageAnswer (protocol/store_messages.h).
    Bytes head = result.answer;
    const size_t needs = head.size() > 11 ? static_cast<size_t>(head[11]) : 0;
    head = head.first(std::min(head.size(), 12 + 5 * needs));
    const auto pages = protocol::decode<protocol::PageAnswer>(head);
    if (!pages || brought + pages->written > protocol::kCallPagesMax || pages->written > request.room)
        return unexpected(store_nonsense(operation));
    result.pages = *pages;
    Reader numbers(buffer.subspan(protocol::number_offset(brought), pages->written * size_t{4}));
    for (size_t i = 0; i < pages->written; ++i) {
        const Bytes page = buffer.subspan(protocol::slot_offset(brought + i), limits::kPageBytes);
        result.written[numbers.u32()].assign(page.begin(), page.end());
    }
    return result;
}

Result<void> StoreChannel::take_needs(Pages& pages, const Request& request, const protocol::PageAnswer& answer,
                                      const Operation& operation) {
    if (answer.need_count == 0) return unexpected(store_nonsense(operation));
    for (size_t i = 0; i < answer.need_count; ++i) {
        const protocol::PageNeed& need = answer.needs[i];
        const auto before = pages.find(need.page);
        damaged_page_ = need.page;
        const bool is_damaged = need.mismatch && before != pages.end() && before->second.known_generation == answer.generation;
        if (is_damaged && !directory_.follow_exchange())
            return unexpected(store_damaged(operation, directory_.path(), directory_.text_of_page(need.page)));
        const bool remembered = before == pages.end() && cache_.find(need.page) != nullptr;
        const auto added = remembered ? add_remembered(pages, need.page, request.passes_over)
                                      : add_fresh(pages, need.page, answer.generation, request.passes_over);
        if (!added) return added;
        if (!request.about.empty()) cache_.keep_path(request.about, need.page);
    }
    damaged_page_ = 0;
    if (pages.size() > kBroughtMax) pages.clear();  // other writers have changed the index: start again
    return {};
}

Result<StoreReply> StoreChannel::call(const Request& request, const Operation& operation) {
    Pages pages;
    damaged_page_ = 0;
    std::vector<uint32_t> guesses;
    if (request.has_area) {
        guesses = std::exchange(expected_, {});
        for (const uint32_t page : cache_.path(request.about)) guesses.push_back(page);
    }
    for (const uint32_t page : guesses) {
        if (page == 0) continue;
        FESTORE_CHECK(add_remembered(pages, page, request.passes_over));
    }
    uint64_t generation = kNoGeneration;
    for (size_t round = 0; round < kRoundsMax; ++round) {
        Session* const session = FESTORE_TRY(sessions_.session());
        const Result<Reply> reply = invoke(*session, request, pages);
        if (!reply) {
            sessions_.drop();
            return unexpected(reply.error());
        }
        Result<StoreReply> result = read_reply(*session, request, *reply, pages.size(), operation);
        if (!result) return result;
        if (result->died()) sessions_.drop();
        if (!result->ok() || !request.has_area || result->pages.outcome != protocol::CallOutcome::need_pages)
            return result;
        if (request.got_on && request.got_on(*result)) {
            for (size_t i = 0; i < result->pages.need_count; ++i) expected_.push_back(result->pages.needs[i].page);
            return result;
        }
        // Pages that a transaction spilled to make room must be stored, although the call is not done (rule 11).
        FESTORE_CHECK(store_pages(*result));
        for (const auto& [page, bytes] : result->written) pages.erase(page);
        // Another root record needs other pages.
        if (generation != kNoGeneration && generation != result->pages.generation) pages.clear();
        generation = result->pages.generation;
        FESTORE_CHECK(take_needs(pages, request, result->pages, operation));
    }
    return unexpected({ErrorCode::busy, cannot(operation) + "other programs change the store all the time; repeat it", 0, 0});
}

}  // namespace festore
