// SPDX-License-Identifier: BSD-2-Clause
// Objects in the TEE's own storages, ree and rpmb: each is one persistent object, which a call carries as a whole.
// Thread safety: one thread at a time.
#pragma once
#include "client/client_state.h"

namespace festore {

class PersistentObjects final : public Objects {
public:
    // `state` must outlive this.
    explicit PersistentObjects(ClientState& state) : state_(state) {}

    Result<ObjectInfo> put(std::string_view name, Bytes content, const PutOptions& options) override;
    Result<std::vector<std::byte>> get(std::string_view name) override;
    Result<std::unique_ptr<ObjectWriter>> writer(std::string_view name, const PutOptions& options) override;
    Result<std::unique_ptr<ObjectReader>> reader(std::string_view name) override;
    Result<ObjectInfo> stat(std::string_view name) override;
    Result<void> remove(std::string_view name) override;
    Result<Listing> list(std::string_view prefix) override;
    Result<VerifyReport> verify(const VerifyOptions& options) override;

    // For uid 0: another owner's objects.
    Result<Listing> list_of(const protocol::OtherOwner& owner, std::string_view prefix);
    Result<void> remove_of(const protocol::OtherOwner& owner, std::string_view name);

private:
    class Writer;
    class Reader;
    [[nodiscard]] protocol::Storage storage() const;
    // Reads the object and gives the whole content to `take`.
    Result<ObjectInfo> get_to(std::string_view name, const std::function<void(Bytes)>& take);

    // client/persistent/listing.cpp
    // `of`: for uid 0, another owner.
    Result<Listing> list_all(std::string_view prefix, const std::optional<protocol::OtherOwner>& of);

    // client/persistent/verify.cpp
    // The names to verify. Sets the totals in `progress`, and adds damaged objects without names to `report`.
    Result<std::vector<std::string>> names_to_verify(const VerifyOptions& options, VerifyProgress& progress, VerifyReport& report);
    // Objects of any owner whose names the TEE has lost; 0 if the TA is too old to report them (its listings count them).
    Result<uint32_t> count_damaged();

    ClientState& state_;
};

}  // namespace festore
