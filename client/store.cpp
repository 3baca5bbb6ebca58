// SPDX-License-Identifier: BSD-2-Clause
// The public Store: what a Client with the storage `store` has chosen.
#include "client/transaction_state.h"

#include "base/result.h"

namespace festore {

Result<void> ClientState::name_store(Files& files) {
    if (options.owner.kind == Owner::Kind::public_)
        return unexpected(public_has_no_store());
    const StoreChoice chosen = FESTORE_TRY(choose_store(options.owner, options.store_directory, options.store_name));
    const std::string absolute = FESTORE_TRY(absolute_path(chosen.directory));
    const StoreOptions named{absolute, chosen.name, chosen.is_name_fixed, chosen.is_name_given, options.owner, options.wait,
                             options.on_warning};
    store = std::make_unique<StoreClient>(*this, files, named);
    return {};
}

Store::Store(std::shared_ptr<ClientState> state) : state_(std::move(state)) {}

Result<Store> Client::store() {
    if (!state_->store) return unexpected({ErrorCode::usage, "only a store can do that: use the storage 'store'", 0, 0});
    return Store(state_);
}

Result<ObjectInfo> Store::rename(std::string_view from, std::string_view to, bool replace) {
    for (const std::string_view name : {from, to})
        FESTORE_CHECK(require_name(name));
    const auto use = FESTORE_TRY(state_->use());
    return state_->store->rename(from, to, replace);
}

Result<StoreInfo> Store::init(const InitOptions& options) {
    const auto use = FESTORE_TRY(state_->use());
    return state_->store->init(options);
}

Result<StoreInfo> Store::status() {
    const auto use = FESTORE_TRY(state_->use());
    return state_->store->status();
}

Result<StoreInfo> Store::record(const std::optional<Owner>& other) {
    const auto use = FESTORE_TRY(state_->use());
    return state_->store->record(other);
}

Result<std::vector<StoreRecord>> Store::own_records() {
    const auto use = FESTORE_TRY(state_->use());
    return state_->store->own_stores();
}

Result<std::vector<StoreRecord>> Store::all_records() {
    const auto use = FESTORE_TRY(state_->use());
    return state_->store->records();
}

Result<DestroyReport> Store::destroy(const DestroyOptions& options) {
    const auto use = FESTORE_TRY(state_->use());
    return state_->store->destroy(options);
}

Result<StoreInfo> Store::repair() {
    const auto use = FESTORE_TRY(state_->use());
    return state_->store->repair();
}

Result<StoreInfo> Store::acknowledge() {
    const auto use = FESTORE_TRY(state_->use());
    return state_->store->acknowledge();
}

Result<StoreInfo> Store::rebuild(const RebuildOptions& options) {
    const auto use = FESTORE_TRY(state_->use());
    return state_->store->rebuild(options);
}

Result<DropReport> Store::drop_damaged(const DropOptions& options) {
    const auto use = FESTORE_TRY(state_->use());
    return state_->store->drop_damaged(options);
}

Result<StoreInfo> Store::undo_drop() {
    const auto use = FESTORE_TRY(state_->use());
    return state_->store->undo_drop();
}

Result<std::vector<LostRange>> Store::lost_ranges() {
    const auto use = FESTORE_TRY(state_->use());
    return state_->store->lost_ranges({"look at the store", {}});
}

Result<StoreInfo> Store::acknowledge_lost(std::string_view name) {
    const auto use = FESTORE_TRY(state_->use());
    FESTORE_CHECK(require_name(name));
    return state_->store->acknowledge_lost(name);
}

Result<Transaction> Store::begin() {
    auto use = FESTORE_TRY(state_->use());
    FESTORE_CHECK(state_->store->begin());
    auto state = std::make_unique<Transaction::State>(state_, std::move(use));
    return Transaction(std::move(state));
}

}  // namespace festore
