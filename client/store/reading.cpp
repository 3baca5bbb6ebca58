// SPDX-License-Identifier: BSD-2-Clause
// Reading a store. Readers take no lock: they use the root that the TEE has, and start again if it has changed (rule 9).
#include "client/store/read.h"
#include "base/result.h"
#include "client/store/scan.h"

#include "base/writer.h"

namespace festore {
namespace {

using protocol::Command;

// Stops a listing that would never end.
constexpr size_t kListCallsMax = 10'000'000;

}  // namespace

ObjectInfo ReadableStore::object_info(std::string_view name, const protocol::StoreMetadata& m) {
    ObjectInfo info;
    info.name = name;
    info.size = m.size;
    info.version = m.version;
    info.created = m.created;
    info.modified = m.modified;
    info.write_once = (m.flags & protocol::kStoredWriteOnce) != 0;
    info.kept = (m.flags & protocol::kStoredKept) != 0;
    return info;
}

Result<StoreReply> ReadableStore::look_up(const Operation& operation, const StoreChannel::Request& request, bool& again) {
    Result<StoreReply> reply = channel_.call(request, operation);
    if (!reply) {
        // A rebuild in another program has written the record, but not yet renamed its page file.
        const bool is_between = !is_settling_ && reply.error().code == ErrorCode::damaged && directory_.has_next_pages().value_or(false);
        if (is_between) opened_serial_ = 0;
        again = is_between || reply.error().code == ErrorCode::busy;
        return reply;
    }
    // bad_state: the session does not know the store, for example after the TA was loaded anew.
    again = reply->died() || static_cast<Code>(reply->result) == Code::bad_state;
    if (static_cast<Code>(reply->result) == Code::bad_state) opened_serial_ = 0;
    if (!reply->ok()) return unexpected(error_of_store_command(reply->result, reply->origin, operation));
    return reply;
}

Result<std::unique_ptr<ObjectReader>> ReadableStore::reader(std::string_view name) {
    std::unique_ptr<StoreReader> opened = FESTORE_TRY(open_reader({"get", name, Storage::store}));
    return std::unique_ptr<ObjectReader>(std::move(opened));
}

Result<std::unique_ptr<StoreReader>> ReadableStore::open_reader(const Operation& operation) {
    MissedPayload missed;
    return read<std::unique_ptr<StoreReader>>(operation, [&](bool& again) { return find(operation, missed, again); });
}

Result<std::vector<std::byte>> ReadableStore::get(std::string_view name) {
    const Operation operation{"get", name, Storage::store};
    MissedPayload missed;
    return read<std::vector<std::byte>>(operation, [&](bool& again) -> Result<std::vector<std::byte>> {
        const auto reader = FESTORE_TRY(find(operation, missed, again));
        std::vector<std::byte> content;
        const uint64_t size = reader->info().size;
        if (size > content.max_size())
            return unexpected({ErrorCode::no_space, cannot(operation) + "it does not fit into memory: read it as a stream", 0, 0});
        content.resize(static_cast<size_t>(size));
        const Result<size_t> got = read_on(*reader, content, operation);
        if (got) return content;
        again = got.error().code == ErrorCode::busy;
        wipe(content);
        return unexpected(got.error());
    });
}

Result<ObjectInfo> ReadableStore::stat(std::string_view name) {
    const Operation operation{"stat", name, Storage::store};
    return read<ObjectInfo>(operation, [&](bool& again) -> Result<ObjectInfo> {
        const StoreReply reply = FESTORE_TRY(look_up(operation, name_request(Command::store_stat, name), again));
        const auto answer = protocol::decode<protocol::GetAnswer>(reply.answer);
        if (!answer) return unexpected(store_nonsense(operation));
        return object_info(name, answer->metadata);
    });
}

// Appends the names after those in `listing`. True if there was one.
Result<bool> ReadableStore::list_on(const Operation& operation, Listing& listing, bool& more) {
    const std::string_view prefix = operation.name;
    return read<bool>(operation, [&](bool& again) -> Result<bool> {
        StoreChannel::Request request;
        request.command = Command::store_list;
        request.got_on = has_listed;
        request.passes_over = true;
        request.has_area = true;
        request.use = Payload::output;
        request.content_room = limits::kListBufferBytesMax;
        const std::string after = listing.objects.empty() ? "" : listing.objects.back().name;
        request.encode = [&](protocol::PageArea area, Writer& out) {
            encode(protocol::StoreListRequest{area, bytes_of(after), bytes_of(prefix)}, out);
        };
        const StoreReply reply = FESTORE_TRY(look_up(operation, request, again));
        const auto answer = protocol::decode<protocol::StoreListAnswer>(reply.answer);
        if (!answer) return unexpected(store_nonsense(operation));
        Bytes rest = reply.content;
        for (uint32_t i = 0; i < answer->items; ++i) {
            const auto item = protocol::decode_next<protocol::StoreListItem>(rest);
            const bool ascends = item && (listing.objects.empty() || listing.objects.back().name < text_of(item->name));
            if (!ascends || !text_of(item->name).starts_with(prefix)) return unexpected(store_nonsense(operation));
            listing.objects.push_back(object_info(text_of(item->name), item->metadata));
        }
        more = answer->more || answer->pages.outcome == protocol::CallOutcome::need_pages;
        return answer->items > 0;
    });
}

Result<Listing> ReadableStore::list(std::string_view prefix) {
    const Operation operation{"list", prefix, Storage::store};
    Listing listing;
    for (size_t call = 0; call < kListCallsMax; ++call) {
        bool more = false;
        const Result<bool> listed = list_on(operation, listing, more);
        const bool is_of_a_page = !listed && listed.error().code == ErrorCode::damaged && channel_.damaged_page() != 0;
        if (is_of_a_page) return list_past_damage(operation, std::move(listing), listed.error());
        if (!listed) return unexpected(listed.error());
        if (!more) return with_lost_ranges(operation, std::move(listing));
        if (!*listed) return unexpected(store_nonsense(operation));
    }
    return unexpected(store_nonsense(operation));
}

// Adds the lost ranges that nobody has acknowledged. If they cannot be read, the listing is returned all the same, with all names as
// a missing range.
Listing ReadableStore::with_lost_ranges(const Operation& operation, Listing listing) {
    const std::string_view prefix = operation.name;
    const auto ranges = lost_ranges(operation);
    if (!ranges) {
        listing.missing.emplace_back();
        return listing;
    }
    for (const LostRange& range : *ranges) {
        const bool ends_before = !range.before.empty() && range.before <= prefix;
        const bool begins_behind = range.from > prefix && !range.from.starts_with(prefix);
        if (!range.acknowledged && !ends_before && !begins_behind) listing.missing.push_back(missing_of(range));
    }
    return listing;
}

// Rule 30: a damaged page of the index costs the names in it, and no others. `error`: what reading the page gave; returned if no name can
// be listed.
Result<Listing> ReadableStore::list_past_damage(const Operation& operation, Listing listing, const Error& error) {
    const std::string_view prefix = operation.name;
    const auto is_behind = [prefix](std::string_view name) { return name > prefix && !name.starts_with(prefix); };
    const auto what_there_is = [&]() -> Result<Listing> {
        if (listing.objects.empty()) return unexpected(error);
        return with_lost_ranges(operation, std::move(listing));
    };
    const std::string last = listing.objects.empty() ? std::string(prefix) : listing.objects.back().name;
    Scan scan(*this, operation, {bytes_of(last), listing.objects.empty(), channel_.damaged_page(), false});
    for (size_t call = 0; call < kListCallsMax; ++call) {
        const Result<Scan::Step> step = scan.next();
        if (!step && step.error().code == ErrorCode::no_tee) return unexpected(error);  // the trusted application does not know scan
        if (!step) return unexpected(step.error());
        if (step->is_end) return what_there_is();
        for (const Scan::Item& item : step->items) {
            if (is_behind(item.name)) return what_there_is();
            listing.objects.push_back(object_info(item.name, item.metadata));
        }
        if (!step->gap) continue;
        const MissingRange& names = step->gap->names;
        if (is_behind(names.from)) return what_there_is();
        listing.missing.push_back(names);
        if (names.before.empty() || is_behind(names.before)) return what_there_is();
    }
    return unexpected(store_nonsense(operation));
}

}  // namespace festore
