// SPDX-License-Identifier: BSD-2-Clause
// Reading a store. No lock: readers go by what the TEE says the root is, and begin anew when it has moved on (rule 9).
#include "client/store_read.h"

#include "base/writer.h"

namespace festore {
namespace {

using protocol::StoreCommand;

// Whoever lists forever is stopped by this.
constexpr size_t kListCallsMax = 10'000'000;

}  // namespace

ObjectInfo Store::object_info(std::string_view name, const protocol::StoreMetadata& m) {
    ObjectInfo info;
    info.name = name;
    info.size = m.size;
    info.version = m.version;
    info.created = m.created;
    info.modified = m.modified;
    info.write_once = (m.flags & 1) != 0;
    return info;
}

Expected<StoreReply> Store::look_up(const Doing& doing, const StoreChannel::Request& request, bool& again) {
    Expected<StoreReply> reply = channel_.call(request, doing);
    if (!reply) {
        again = reply.error().code == ErrorCode::busy;
        return reply;
    }
    // bad_state: the session does not know the store, as after the TA was loaded anew.
    again = reply->died() || static_cast<Code>(reply->result) == Code::bad_state;
    if (static_cast<Code>(reply->result) == Code::bad_state) opened_serial_ = 0;
    if (!reply->ok()) return unexpected(error_of_store_command(reply->result, reply->origin, doing));
    return reply;
}

Expected<std::unique_ptr<StoreReader>> Store::open_reader(const Doing& doing) {
    MissedPayload missed;
    return read<std::unique_ptr<StoreReader>>(doing, [&](bool& again) { return find(doing, missed, again); });
}

Expected<std::vector<std::byte>> Store::get(std::string_view name) {
    const Doing doing{"get", name, Storage::store};
    MissedPayload missed;
    return read<std::vector<std::byte>>(doing, [&](bool& again) -> Expected<std::vector<std::byte>> {
        const auto reader = find(doing, missed, again);
        if (!reader) return unexpected(reader.error());
        std::vector<std::byte> content;
        const uint64_t size = (*reader)->info().size;
        if (size > content.max_size())
            return unexpected({ErrorCode::no_space, cannot(doing) + "it does not fit into memory: read it as a stream", 0, 0});
        content.resize(static_cast<size_t>(size));
        const Expected<size_t> got = read_on(**reader, content, doing);
        if (got) return content;
        again = got.error().code == ErrorCode::busy;
        wipe(content);
        return unexpected(got.error());
    });
}

Expected<ObjectInfo> Store::stat(std::string_view name) {
    const Doing doing{"stat", name, Storage::store};
    return read<ObjectInfo>(doing, [&](bool& again) -> Expected<ObjectInfo> {
        const Expected<StoreReply> reply = look_up(doing, name_request(StoreCommand::stat, name), again);
        if (!reply) return unexpected(reply.error());
        const auto answer = protocol::decode_store<protocol::GetAnswer>(reply->answer);
        if (!answer) return unexpected(store_nonsense(doing));
        return object_info(name, answer->metadata);
    });
}

Expected<Listing> Store::list(std::string_view prefix) {
    const Doing doing{"list", prefix, Storage::store};
    Listing listing;
    for (size_t call = 0; call < kListCallsMax; ++call) {
        bool more = false;
        const Expected<bool> listed = read<bool>(doing, [&](bool& again) -> Expected<bool> {
            StoreChannel::Request request;
            request.command = StoreCommand::list;
            request.got_on = has_listed;
            request.has_area = true;
            request.use = Payload::output;
            request.content_room = limits::kListBufferBytesMax;
            const std::string after = listing.objects.empty() ? "" : listing.objects.back().name;
            request.encode = [&](protocol::PageArea area, Writer& out) {
                encode(protocol::StoreListRequest{area, bytes_of(after), bytes_of(prefix)}, out);
            };
            const Expected<StoreReply> reply = look_up(doing, request, again);
            if (!reply) return unexpected(reply.error());
            const auto answer = protocol::decode_store<protocol::StoreListAnswer>(reply->answer);
            if (!answer) return unexpected(store_nonsense(doing));
            Bytes rest = reply->content;
            for (uint32_t i = 0; i < answer->items; ++i) {
                const auto item = protocol::decode_item(rest);
                const bool ascends = item && (listing.objects.empty() || listing.objects.back().name < text_of(item->name));
                if (!ascends || !text_of(item->name).starts_with(prefix)) return unexpected(store_nonsense(doing));
                listing.objects.push_back(object_info(text_of(item->name), item->metadata));
            }
            more = answer->more || answer->pages.outcome == protocol::CallOutcome::need_pages;
            return answer->items > 0;
        });
        if (!listed) return unexpected(listed.error());
        if (!more) return listing;
        if (!*listed) return unexpected(store_nonsense(doing));
    }
    return unexpected(store_nonsense(doing));
}

}  // namespace festore
