// SPDX-License-Identifier: BSD-2-Clause
// Changing a store: the order of writes and syncs (rule 7), the lock (rule 6), unknown outcomes (rule 4), contents that come in parts,
// and transactions. docs/store.md. Thread safety: one thread at a time.
#pragma once
#include "client/store/readable_store.h"

namespace festore {

class ChangeableStore : public ReadableStore {
public:
    Result<ObjectInfo> put(std::string_view name, Bytes content, const PutOptions& options) override;
    Result<std::unique_ptr<ObjectWriter>> writer(std::string_view name, const PutOptions& options) override;
    // A put in parts. One that is too large for the index locks only its own file until it is finished (rule 10).
    // After an error a writer cannot be used any more.
    Result<std::unique_ptr<StoreWriter>> open_writer(std::string_view name, const PutOptions& options, bool in_batch);
    Result<void> write(StoreWriter& writer, Bytes part);
    Result<ObjectInfo> finish(StoreWriter& writer);
    Result<void> remove(std::string_view name) override;
    Result<ObjectInfo> rename(std::string_view from, std::string_view to, bool replace);

    // A transaction over several calls. One at a time; meanwhile the functions above that change the store fail with conflict.
    Result<void> begin();
    Result<ObjectInfo> batch_put(std::string_view name, Bytes content, const PutOptions& options);
    Result<void> batch_remove(std::string_view name);
    Result<ObjectInfo> batch_rename(std::string_view from, std::string_view to, bool replace);
    Result<uint64_t> batch_commit();
    void batch_abort();  // in a forked child: leaves the parent's transaction alone
    [[nodiscard]] bool is_batch_usable() const { return batch_ && !batch_->over; }

protected:
    using ReadableStore::ReadableStore;
    friend class StoreWriter;
    using ChangeRequest = StoreChannel::Request;

    // client/store/changes.cpp
    // For a put whose condition did not hold: the message names the object's version.
    Error with_version(Error error, std::string_view name, const PutOptions& options);
    template <class F>
    Result<protocol::ChangeAnswer> change_alone(const Operation& operation, Missing missing, F&& make_request);
    Result<protocol::ChangeAnswer> change_once(const Operation& operation, const ChangeRequest& request, bool& died);
    Result<void> make_pages_durable();  // in the file that has the name
    // Removes the recovery copy of a change that was not committed; the lock is held. Otherwise a later repair would make that change,
    // although its contents were removed. False: the copy may still be there, so its contents must stay.
    bool take_back_copy();
    // Removes the recovery copy of a generation that is not committed, which an interrupted program may have left. The lock is held.
    Result<void> erase_copy(uint64_t generation);
    Result<void> commit(const Operation& operation, const protocol::Id& transaction, uint64_t generation);
    Result<void> publish(const std::vector<StoreDirectory::Upload*>& uploads);
    Result<void> learn_outcome(const Operation& operation, const protocol::Id& transaction, uint64_t generation, Error error);
    static ObjectInfo stored_info(std::string_view name, const protocol::ChangeAnswer& answer, uint64_t size,
                                  const PutOptions& options);
    Result<void> check_keeping(const Operation& operation, const PutOptions& options);
    ChangeRequest put_request(std::string_view name, Bytes content, uint64_t size, const PutOptions& options,
                              const std::optional<protocol::Id>& payload, bool single);
    ChangeRequest put_request(const StoreWriter& writer, bool single);
    ChangeRequest remove_request(std::string_view name, bool single);
    ChangeRequest rename_request(std::string_view from, std::string_view to, bool replace, bool single);
    [[nodiscard]] size_t room_for(size_t changes) const;
    Result<void> keep_reserve();
    Result<bool> is_same_store();
    [[nodiscard]] Error was_exchanged(const Operation& operation) const;
    // `make_request`: as for change_alone().
    Result<protocol::ChangeAnswer> change_made_by(const Operation& operation,
                                                  const std::function<Result<ChangeRequest>(StoreDirectory::Upload*&)>& make_request);
    Result<protocol::ChangeAnswer> change_to(const Operation& operation, protocol::Command command,
                                             const std::function<void(protocol::PageArea, Writer&)>& encode);

    // client/store/payload_writing.cpp
    Result<void> check_space(const StoreWriter& writer, const Operation& operation) const;
    Result<void> begin_payload(StoreWriter& writer, const Operation& operation, Missing missing);
    Result<void> seal(StoreWriter& writer, Bytes plain, bool last);
    Result<void> write_parts(StoreWriter& writer, Bytes part);
    Result<void> complete(StoreWriter& writer);

    // client/store/batch.cpp
    Result<ObjectInfo> finish_in_batch(StoreWriter& writer);
    Result<protocol::ChangeAnswer> batch_change(const Operation& operation, const ChangeRequest& request);
    Result<void> begin_in_tee(const Operation& operation, Batch& batch);
    Result<void> prepare_batch(const Operation& operation);

    uint64_t copied_generation_ = 0;  // an uncommitted generation whose recovery copy may be in the page file; 0: none

private:
    uint64_t batches_begun_ = 0;
    StoreWriter* uploading_ = nullptr;  // whose payload the TA is sealing
    bool may_be_committed_ = false;  // the last commit() may have taken effect: what it refers to must stay
    bool has_collected_ = false;  // the leftovers of interrupted uploads
};

}  // namespace festore
