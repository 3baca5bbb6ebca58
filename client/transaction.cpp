// SPDX-License-Identifier: BSD-2-Clause
#include "client/transaction_state.h"

#include "base/result.h"

namespace festore {

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
