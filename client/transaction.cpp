// SPDX-License-Identifier: BSD-2-Clause
// The part of the public API that only stores have.
#include "client/transaction_state.h"

#include "base/result.h"

namespace festore {
namespace {

Error needs_store() {
    return {ErrorCode::usage, "only a store can do that: use the storage 'store'", 0, 0};
}

}  // namespace

Result<Client::State::Use> Client::State::use_store() {
    if (!store) return unexpected(needs_store());
    return use();
}

Result<void> Client::State::name_store(Files& files) {
    if (options.owner.kind == Owner::Kind::everybody)
        return unexpected({ErrorCode::usage,
                           "a store belongs to a user or a group: everybody's objects are in the storage ree or rpmb", 0, 0});
    const StoreChoice chosen = FESTORE_TRY(choose_store(options.owner, options.store_directory, options.store_name));
    const std::string absolute = FESTORE_TRY(absolute_path(chosen.directory));
    const StoreOptions named{absolute, chosen.name, chosen.is_name_fixed, chosen.is_name_given, options.owner, options.wait,
                             options.on_warning};
    store = std::make_unique<Store>(*this, files, named);
    return {};
}

Result<ObjectInfo> Client::rename(std::string_view from, std::string_view to, bool replace) {
    for (const std::string_view name : {from, to})
        FESTORE_CHECK(require_name(name));
    const auto use = FESTORE_TRY(state_->use_store());
    return state_->store->rename(from, to, replace);
}

Result<StoreInfo> Client::init(const InitOptions& options) {
    const auto use = FESTORE_TRY(state_->use_store());
    return state_->store->init(options);
}

Result<StoreInfo> Client::store_status() {
    const auto use = FESTORE_TRY(state_->use_store());
    return state_->store->status();
}

Result<StoreInfo> Client::store_record(const std::optional<DestroyOptions::Other>& other) {
    const auto use = FESTORE_TRY(state_->use_store());
    return state_->store->record(other);
}

Result<std::vector<StoreRecord>> Client::own_stores() {
    const auto use = FESTORE_TRY(state_->use_store());
    return state_->store->own_stores();
}

Result<std::vector<StoreRecord>> Client::store_records() {
    const auto use = FESTORE_TRY(state_->use_store());
    return state_->store->records();
}

Result<DestroyReport> Client::destroy(const DestroyOptions& options) {
    const auto use = FESTORE_TRY(state_->use_store());
    return state_->store->destroy(options);
}

Result<StoreInfo> Client::repair() {
    const auto use = FESTORE_TRY(state_->use_store());
    return state_->store->repair();
}

Result<StoreInfo> Client::acknowledge() {
    const auto use = FESTORE_TRY(state_->use_store());
    return state_->store->acknowledge();
}

Result<StoreInfo> Client::rebuild(const RebuildOptions& options) {
    const auto use = FESTORE_TRY(state_->use_store());
    return state_->store->rebuild(options);
}

Result<DropReport> Client::drop_damaged(const DropOptions& options) {
    const auto use = FESTORE_TRY(state_->use_store());
    return state_->store->drop_damaged(options);
}

Result<StoreInfo> Client::undo_drop() {
    const auto use = FESTORE_TRY(state_->use_store());
    return state_->store->undo_drop();
}

Result<std::vector<LostRange>> Client::lost_ranges() {
    const auto use = FESTORE_TRY(state_->use_store());
    return state_->store->lost_ranges({"look at the store", {}});
}

Result<StoreInfo> Client::acknowledge_lost(std::string_view name) {
    const auto use = FESTORE_TRY(state_->use_store());
    FESTORE_CHECK(require_name(name));
    return state_->store->acknowledge_lost(name);
}

Result<Transaction> Client::begin() {
    auto use = FESTORE_TRY(state_->use_store());
    FESTORE_CHECK(state_->store->begin());
    auto state = std::make_unique<Transaction::State>(state_, std::move(use));
    return Transaction(std::move(state));
}

Transaction::Transaction(std::unique_ptr<State> state) : state_(std::move(state)) {}
Transaction::Transaction(Transaction&&) noexcept = default;
Transaction& Transaction::operator=(Transaction&&) noexcept = default;
Transaction::~Transaction() = default;

bool Transaction::is_over() const { return !state_ || !state_->use || !state_->client->store->is_batch_usable(); }

namespace {

Error is_over_error() { return {ErrorCode::usage, "the transaction is over", 0, 0}; }

}  // namespace

Result<ObjectInfo> Transaction::put(std::string_view name, std::span<const std::byte> content,
                                    const PutOptions& options) {
    FESTORE_CHECK(check_put(name, options));
    if (is_over()) return unexpected(is_over_error());
    FESTORE_CHECK(state_->client->check_caller());
    return state_->client->store->batch_put(name, content, options);
}

Result<void> Transaction::remove(std::string_view name) {
    FESTORE_CHECK(require_name(name));
    if (is_over()) return unexpected(is_over_error());
    FESTORE_CHECK(state_->client->check_caller());
    return state_->client->store->batch_remove(name);
}

Result<ObjectInfo> Transaction::rename(std::string_view from, std::string_view to, bool replace) {
    for (const std::string_view name : {from, to})
        FESTORE_CHECK(require_name(name));
    if (is_over()) return unexpected(is_over_error());
    FESTORE_CHECK(state_->client->check_caller());
    return state_->client->store->batch_rename(from, to, replace);
}

Result<uint64_t> Transaction::commit() {
    if (is_over()) return unexpected(is_over_error());
    FESTORE_CHECK(state_->client->check_caller());
    const Result<uint64_t> committed = state_->client->store->batch_commit();
    state_->use.reset();
    return committed;
}

}  // namespace festore
