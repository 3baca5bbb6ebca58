// SPDX-License-Identifier: BSD-2-Clause
// Listings of persistent objects (the storages ree and rpmb): the caller's own and, for uid 0, another's, which uid 0 may also remove.
#include "client/persistent/objects.h"
#include "base/result.h"
#include "client/errors.h"

#include <algorithm>

namespace festore {
namespace {

// Stops a listing that would never end.
constexpr size_t kListPagesMax = 100000;

// Whether a listing's entry is a name that was asked for. So a TEE that lies cannot pass other bytes to readers of names.
bool is_wanted(const protocol::ListEntry& entry, std::string_view prefix, const ClientOptions& options) {
    const std::string_view name = text_of(entry.name);
    const bool is_legacy = (entry.metadata.flags & protocol::kObjectLegacy) != 0 && may_be_legacy(name, options);
    return (is_legacy || check_name(entry.name) == NameFault::none) && name.starts_with(prefix);
}

Error only_root(Error error) {
    if (static_cast<Code>(error.tee_result) == Code::access_denied) error.message += "; only root may do that, and root cannot read them";
    return error;
}

Result<Listing> sorted(Result<Listing> listing) {
    const auto by_name = [](const ObjectInfo& a, const ObjectInfo& b) { return a.name < b.name; };
    if (listing) std::sort(listing->objects.begin(), listing->objects.end(), by_name);
    return listing;
}

}  // namespace

ObjectInfo info_of(std::string_view name, const protocol::Metadata& m) {
    ObjectInfo info;
    info.name = name;
    info.size = m.content_size;
    info.version = m.version;
    info.created = m.created;
    info.modified = m.modified;
    info.write_once = (m.flags & protocol::kObjectWriteOnce) != 0;
    info.legacy = (m.flags & protocol::kObjectLegacy) != 0;
    return info;
}

bool may_be_legacy(std::string_view name, const ClientOptions& options) {
    return options.owner.kind == Owner::Kind::public_ && options.storage == Storage::ree &&
           name.size() <= limits::kObjectIdBytesMax;
}

Result<Listing> PersistentObjects::list_all(std::string_view prefix, const std::optional<protocol::OtherOwner>& of) {
    const Operation operation{"list", prefix};
    Listing listing;
    std::vector<std::byte> cursor;
    for (size_t page = 0; page < kListPagesMax; ++page) {
        const protocol::ListRequest message{storage(), cursor, bytes_of(prefix)};
        const Encoded own(message);
        const Encoded others(protocol::ListOfRequest{of.value_or(protocol::OtherOwner()), message});
        const Bytes request = of ? others.bytes() : own.bytes();
        MutableBytes shared;
        const Result<Reply> reply = state_.run(operation, true, [&](Session& s) -> Result<Reply> {
            const MutableBytes buffer = FESTORE_TRY(s.buffer(limits::kListBufferBytesMax));
            shared = buffer.first(limits::kListBufferBytesMax);
            return s.invoke(of ? protocol::Command::list_of : protocol::Command::list, request, Payload::output, shared.size());
        });
        if (!reply) return unexpected(reply.error());
        const auto answer = protocol::decode<protocol::ListAnswer>(reply->bytes());
        if (!answer || reply->payload_size > shared.size()) return unexpected(nonsense(operation));
        const std::vector<std::byte> entries(shared.begin(),
                                             shared.begin() + static_cast<std::ptrdiff_t>(reply->payload_size));
        wipe(shared.first(reply->payload_size));
        Bytes rest = entries;
        for (uint32_t i = 0; i < answer->entries; ++i) {
            const auto entry = protocol::decode_next<protocol::ListEntry>(rest);
            if (!entry || !is_wanted(*entry, prefix, state_.options)) return unexpected(nonsense(operation));
            listing.objects.push_back(info_of(text_of(entry->name), entry->metadata));
        }
        listing.damaged += answer->damaged;
        if (!answer->more) return listing;
        // The cursor must move forward; otherwise the listing would never end.
        if (!std::lexicographical_compare(cursor.begin(), cursor.end(), answer->cursor.begin(), answer->cursor.end()))
            return unexpected(nonsense(operation));
        cursor.assign(answer->cursor.begin(), answer->cursor.end());
    }
    return unexpected(nonsense(operation));
}

Result<Listing> PersistentObjects::list(std::string_view prefix) { return sorted(list_all(prefix, {})); }

Result<Listing> PersistentObjects::list_of(const protocol::OtherOwner& owner, std::string_view prefix) {
    Result<Listing> listing = list_all(prefix, owner);
    if (!listing) return only_root(listing.error());
    return sorted(std::move(listing));
}

Result<void> PersistentObjects::remove_of(const protocol::OtherOwner& owner, std::string_view name) {
    const Encoded request(protocol::RemoveOfRequest{owner, {storage(), bytes_of(name)}});
    const Result<Reply> reply = state_.command(Operation{"remove", name}, false, protocol::Command::remove_of, request.bytes());
    if (!reply) return unexpected(only_root(reply.error()));
    return {};
}

}  // namespace festore
