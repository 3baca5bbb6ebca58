// SPDX-License-Identifier: BSD-2-Clause
// Reading a store: objects, listings, and contents in parts, however other programs change it meanwhile (rule 9).
// Thread safety: one thread at a time.
#pragma once
#include "client/store/open_store.h"

namespace festore {

class ReadableStore : public OpenStore {
public:
    Result<std::vector<std::byte>> get(std::string_view name) override;
    Result<std::unique_ptr<ObjectReader>> reader(std::string_view name) override;
    // Of the object that `operation` names.
    Result<std::unique_ptr<StoreReader>> open_reader(const Operation& operation);
    // Fills `out`, or reads up to the end of the object. busy: it was replaced, and the TEE has forgotten the old one.
    Result<size_t> read_on(StoreReader& reader, MutableBytes out, const Operation& operation);
    Result<ObjectInfo> stat(std::string_view name) override;
    Result<Listing> list(std::string_view prefix) override;
    Result<std::vector<LostRange>> lost_ranges(const Operation& operation);

protected:
    using OpenStore::OpenStore;

    // client/store/scan.h
    class Scan;

    // client/store/read.h
    template <class T, class F>
    Result<T> read(const Operation& operation, F&& once);

    // client/store/reading.cpp
    Result<bool> list_on(const Operation& operation, Listing& listing, bool& more);
    Listing with_lost_ranges(const Operation& operation, Listing listing);
    Result<Listing> list_past_damage(const Operation& operation, Listing listing, const Error& error);
    Result<StoreReply> look_up(const Operation& operation, const StoreChannel::Request& request, bool& again);
    static ObjectInfo object_info(std::string_view name, const protocol::StoreMetadata& metadata);

    // client/store/losses.cpp
    Result<bool> list_ranges(const Operation& operation, std::vector<std::byte>& after, std::vector<LostRange>& ranges, bool& again);
    Result<bool> has_unacknowledged_loss(const Operation& operation);
    void drop_old_pages_if_done(const Operation& operation);

    // client/store/payload_reading.cpp
    struct MissedPayload {  // a payload whose file was missing at this generation
        protocol::Id payload{};
        uint64_t generation = UINT64_MAX;
    };
    Result<std::unique_ptr<StoreReader>> find(const Operation& operation, MissedPayload& missed, bool& again);
    Result<void> find_again(StoreReader& reader, const Operation& operation);
    Result<void> load_segments(StoreReader& reader, size_t wanted, const Operation& operation, bool& lost);
};

}  // namespace festore
