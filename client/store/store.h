// SPDX-License-Identifier: BSD-2-Clause
// One owner's store, over a session and a directory: the order of writes and syncs (rule 7), the lock (rule 6), unknown
// outcomes (rule 4), stale reads (rule 9). docs/store.md. Thread safety: one thread at a time.
#pragma once
#include "client/files/process_mark.h"
#include "client/store/channel.h"
#include "client/store/streams.h"
#include "protocol/store_rebuild.h"

#include <chrono>
#include <list>

namespace festore {

inline Anchor api_anchor(stored::Anchor anchor) { return anchor == stored::Anchor::rpmb ? Anchor::rpmb : Anchor::ree; }

struct StoreOptions {
    std::string directory;
    std::string name;            // as in protocol messages: empty for the default store
    bool is_name_fixed = false;  // otherwise the directory's header gives the name
    Owner owner;
    std::chrono::milliseconds wait{};
    std::function<void(std::string_view)> on_warning;
};

class Store {
public:
    Store(SessionSource& sessions, Files& files, const StoreOptions& options);

    Expected<ObjectInfo> put(std::string_view name, Bytes content, const PutOptions& options);
    Expected<std::vector<std::byte>> get(std::string_view name);
    // The same in parts. A put that is too large for the index locks only its own file until it is finished (rule 10).
    // After an error a writer cannot be used any more.
    Expected<std::unique_ptr<StoreWriter>> open_writer(std::string_view name, const PutOptions& options, bool in_batch);
    Expected<void> write(StoreWriter& writer, Bytes part);
    Expected<ObjectInfo> finish(StoreWriter& writer);
    // Of the object that `operation` names.
    Expected<std::unique_ptr<StoreReader>> open_reader(const Operation& operation);
    // Fills `out`, or reads up to the end of the object. busy: it was replaced, and the TEE has forgotten the old one.
    Expected<size_t> read_on(StoreReader& reader, MutableBytes out, const Operation& operation);
    Expected<ObjectInfo> stat(std::string_view name);
    Expected<Listing> list(std::string_view prefix);
    Expected<void> remove(std::string_view name);
    Expected<ObjectInfo> rename(std::string_view from, std::string_view to, bool replace);
    Expected<StoreInfo> init(const InitOptions& options);
    Expected<StoreInfo> status();
    Expected<VerifyReport> verify(const VerifyOptions& options);
    Expected<StoreInfo> record(const std::optional<DestroyOptions::Other>& other);
    Expected<std::vector<StoreRecord>> records();
    Expected<std::vector<StoreRecord>> own_stores();
    Expected<DestroyReport> destroy(const DestroyOptions& options);
    Expected<StoreInfo> repair();
    Expected<StoreInfo> acknowledge();
    Expected<StoreInfo> rebuild(const RebuildOptions& options);
    Expected<DropReport> drop_damaged(const DropOptions& options);
    Expected<StoreInfo> undo_drop();
    Expected<StoreInfo> acknowledge_lost(std::string_view name);
    Expected<std::vector<LostRange>> lost_ranges(const Operation& operation);

    // A transaction over several calls. One at a time; meanwhile the functions above that change the store fail with conflict.
    Expected<void> begin();
    Expected<ObjectInfo> batch_put(std::string_view name, Bytes content, const PutOptions& options);
    Expected<void> batch_remove(std::string_view name);
    Expected<ObjectInfo> batch_rename(std::string_view from, std::string_view to, bool replace);
    Expected<uint64_t> batch_commit();
    void batch_abort();  // in a forked child: leaves the parent's transaction alone
    [[nodiscard]] bool is_batch_usable() const { return batch_ && !batch_->over; }

private:
    friend class StoreWriter;
    struct Batch {
        StoreLock lock;
        uint64_t number = 0;  // of this client's transactions
        uint64_t serial = 0;  // of the session that runs it
        protocol::BeginAnswer id;
        std::vector<protocol::Id> dropped;
        std::list<StoreDirectory::Upload> uploads;
        bool over = false;
        bool only_removes = true;
    };
    using ChangeRequest = StoreChannel::Request;

    // client/store/open.cpp
    enum class Missing { is_an_error, is_made };
    Expected<void> ensure_open(const Operation& operation, Missing missing);
    // `again`: the TEE and the directory disagree, perhaps because another program is making the store just now.
    Expected<void> look_and_open(const Operation& operation, Missing missing, bool& again);
    Expected<void> open_existing(const Operation& operation, const DirectoryContents& contents, bool& may_be_made);
    // True if it made the store. False: another program was faster, and its store is open now.
    Expected<bool> make(const Operation& operation, const InitOptions& options, bool& has_record);
    Expected<void> make_locked(const Operation& operation, const protocol::StoreHeader& header);
    Expected<protocol::CipherChoice> cipher_to_ask_for(const Operation& operation, Cipher cipher);
    Expected<protocol::StoreHeader> ask_for_header(const Operation& operation, const InitOptions& options);
    Expected<void> check_header(const Operation& operation, const protocol::StoreHeader& header);
    Expected<void> open_in_tee(const Operation& operation, const protocol::StoreHeader& header, Code* refused);
    Error refused_to_open(const Operation& operation, Code code) const;
    bool is_rpmb_asked(stored::Anchor anchor);
    [[nodiscard]] Error is_foreign(const Operation& operation) const;
    [[nodiscard]] Error without_header(const Operation& operation) const;
    Error is_not_there(const Operation& operation, bool& has_record);  // asks the TEE whether it has a record
    Expected<void> take_status(Bytes answer, const Operation& operation);
    [[nodiscard]] StoreInfo info() const;
    static StoreInfo described(const protocol::StoreStatus& status);
    void warn_of_lost_freshness();

    // client/store/scan.h
    class Scan;
    friend class Scan;
    // client/store/verify.cpp
    class Verification;
    friend class Verification;

    // client/store/records.cpp
    struct RecordPlace {
        stored::Anchor anchor = stored::Anchor::ree;
        uint32_t place = 0;
        bool own = false;  // only the caller's own
    };
    Expected<std::optional<StoreRecord>> record_at(const Operation& operation, const RecordPlace& at, bool& end);
    Expected<std::vector<StoreRecord>> list_records(const Operation& operation, bool own);

    // client/store/store.cpp
    // Checks that the trusted application has that minor version of the protocol. no_tee: "is older, and LACKS: ADVICE".
    Expected<void> check_minor(const Operation& operation, uint16_t minor, std::string_view lacks,
                               std::string_view advice = "install the one of this festore");

    // client/store/names.cpp
    static constexpr uint16_t kMinorThatKnowsNames = 7;
    bool ta_knows_names();
    Expected<void> take_name(const Operation& operation, const protocol::StoreHeader& header);
    Expected<void> check_name_is_known(const Operation& operation);
    protocol::StoreClaim claim();  // views into this
    [[nodiscard]] std::string name_option() const;  // for messages, like the next two
    [[nodiscard]] std::string with_name() const;
    std::string where_it_was();
    Expected<void> check_name_is_told(const Operation& operation);
    bool is_elsewhere(const StoreRecord& store);
    // The other directory at which the store with that id is; empty: none is known.
    std::string other_place_of(const protocol::Id& store_id);
    std::string other_stores();
    // Checks that this directory, whose header names no store of which the TEE has a record, is not that of another of the owner's stores.
    enum class Hidden { last_seen_here, at_any_place };  // which stores count: those that were not found elsewhere, too?
    Expected<void> check_header_hides_no_store(const Operation& operation, Hidden hidden);

    // client/store/destroy.cpp
    struct FoundRecord {
        std::optional<protocol::StoreStatus> status;  // none: no record was found
        bool is_rpmb_silent = false;                  // then, the RPMB may have one
    };
    [[nodiscard]] Error none_but_rpmb_is_silent(const Operation& operation) const;
    Expected<FoundRecord> find_record(const Operation& operation, const std::optional<DestroyOptions::Other>& other);
    // Those that this TEE has.
    Expected<std::span<const stored::Anchor>> anchors();
    // Whether there was a record, and whether the RPMB may have the record of the same store after a move.
    struct Dropped {
        bool was_there = false;
        bool may_be_in_rpmb = false;
    };
    Expected<Dropped> drop_record(const Operation& operation, const std::optional<DestroyOptions::Other>& other, stored::Anchor anchor,
                               const protocol::Id& store_id);
    Expected<Dropped> drop_record_by_id(const Operation& operation, const protocol::StoreHeader& header);
    Expected<Dropped> drop_own_record(const Operation& operation, const protocol::StoreHeader& header);
    Expected<void> check_is_lost(const Operation& operation, const protocol::StoreStatus& record);
    Expected<DestroyReport> destroy_record(const Operation& operation, const DestroyOptions& options);

    // client/store/repair.cpp
    Error refused_to_repair(const Operation& operation, Code code) const;
    Expected<StoreInfo> repair_locked(const Operation& operation);
    Expected<protocol::RepairStepAnswer> copy_index(const Operation& operation, bool older, bool& damaged);
    Expected<void> commit_repair(const Operation& operation, const protocol::RepairStepAnswer& made);

    // client/store/read.h
    template <class T, class F>
    Expected<T> read(const Operation& operation, F&& once);
    // client/store/store.cpp
    Expected<bool> list_on(const Operation& operation, Listing& listing, bool& more);
    Listing with_lost_ranges(const Operation& operation, Listing listing);
    Expected<Listing> list_past_damage(const Operation& operation, Listing listing, const Error& error);
    Expected<StoreReply> look_up(const Operation& operation, const StoreChannel::Request& request, bool& again);
    static ObjectInfo object_info(std::string_view name, const protocol::StoreMetadata& metadata);

    // client/store/changes.cpp
    // For a put whose condition did not hold: the message names the object's version.
    Error with_version(Error error, std::string_view name, const PutOptions& options);
    template <class F>
    Expected<protocol::ChangeAnswer> change_alone(const Operation& operation, Missing missing, F&& make_request);
    Expected<protocol::ChangeAnswer> change_once(const Operation& operation, const ChangeRequest& request, bool& died);
    Expected<void> commit(const Operation& operation, const protocol::Id& transaction, uint64_t generation);
    Expected<void> publish(const std::vector<StoreDirectory::Upload*>& uploads);
    Expected<void> learn_outcome(const Operation& operation, const protocol::Id& transaction, uint64_t generation, Error error);
    static ObjectInfo stored_info(std::string_view name, const protocol::ChangeAnswer& answer, uint64_t size,
                                  const PutOptions& options);
    Expected<void> check_keeping(const Operation& operation, const PutOptions& options);
    ChangeRequest put_request(std::string_view name, Bytes content, uint64_t size, const PutOptions& options,
                              const std::optional<protocol::Id>& payload, bool single);
    ChangeRequest put_request(const StoreWriter& writer, bool single);
    ChangeRequest remove_request(std::string_view name, bool single);
    ChangeRequest rename_request(std::string_view from, std::string_view to, bool replace, bool single);
    [[nodiscard]] size_t room_for(size_t changes) const;
    // Pages of disk space that removing needs, and that put, rename and the like leave alone (rule 31).
    static uint32_t spare_pages(uint8_t height);
    Expected<void> keep_reserve();
    Expected<bool> is_same_store();
    [[nodiscard]] Error was_exchanged(const Operation& operation) const;
    // `make_request`: as for change_alone().
    Expected<protocol::ChangeAnswer> change_made_by(const Operation& operation,
                                                    const std::function<Expected<ChangeRequest>(StoreDirectory::Upload*&)>& make_request);
    Expected<protocol::ChangeAnswer> change_to(const Operation& operation, protocol::Command command,
                                               const std::function<void(protocol::PageArea, Writer&)>& encode);

    // client/store/rebuild.cpp
    struct RebuildPlan {
        bool passes_over = false;  // leaves out what is damaged
        bool most = false;         // also if that is much
        std::vector<std::string> damaged_names;  // of objects whose content is damaged, sorted
        bool moves = false;  // the record, to the RPMB
        std::optional<stored::Cipher> cipher;  // of the new index, if it is another one
        bool has_passed_root = false;
        uint64_t lost = 0;  // objects
    };
    Expected<StoreLock> lock_and_open(const Operation& operation);
    Expected<void> begin_rebuild(const Operation& operation, protocol::RebuildKind kind, const RebuildPlan& plan);
    Expected<protocol::RepairStepAnswer> copy_entries(const Operation& operation, RebuildPlan& plan);
    Expected<void> commit_rebuild(const Operation& operation, const protocol::RepairStepAnswer& made);
    void give_up_rebuild(const Operation& operation);
    Expected<void> put_in_place(const Operation& operation, const protocol::RepairStepAnswer& made, bool keeps_old);
    Expected<StoreInfo> make_anew(const Operation& operation, RebuildPlan& plan);
    Expected<void> name_damaged(const VerifyReport& report, std::vector<std::string>& names);
    static Error nothing_to_undo(const Operation& operation);
    Expected<StoreInfo> undo_from(const Operation& operation, std::string_view file);
    Expected<void> undo_part(const Operation& operation);
    std::optional<bool> pages_fit(const Operation& operation);
    Expected<void> settle_if_cut(const Operation& operation);
    Expected<void> write_header_of_record(const Operation& operation);
    Expected<bool> follow_move(const Operation& operation, Code refused);
    Expected<void> settle_next_pages(const Operation& operation);

    // client/store/reseal.cpp
    struct ResealPass;
    Expected<StoreInfo> rebuild_index(const Operation& operation, const RebuildOptions& options);
    static Error not_all_resealed(const Operation& operation, const ResealPass& pass);
    Expected<void> reseal_contents(const Operation& operation, ResealPass& pass);
    Expected<void> reseal_object(const std::string& name, ResealPass& pass);
    Expected<ChangeRequest> reseal_payload(const Operation& operation, std::optional<StoreWriter>& writer, ResealPass& pass);
    Expected<void> reseal_part(StoreReader& reader, StoreWriter& writer, const Operation& operation, ResealPass& pass);
    void correct_header(const Operation& operation);

    // client/store/losses.cpp
    Expected<bool> list_ranges(const Operation& operation, std::vector<std::byte>& after, std::vector<LostRange>& ranges, bool& again);
    Expected<bool> has_unacknowledged_loss(const Operation& operation);
    void drop_old_pages_if_done(const Operation& operation);

    // client/store/payloads.cpp
    struct MissedPayload {  // a payload whose file was missing at this generation
        protocol::Id payload{};
        uint64_t generation = UINT64_MAX;
    };
    Expected<void> check_space(const StoreWriter& writer, const Operation& operation) const;
    Expected<void> begin_payload(StoreWriter& writer, const Operation& operation, Missing missing);
    Expected<void> seal(StoreWriter& writer, Bytes plain, bool last);
    Expected<void> write_parts(StoreWriter& writer, Bytes part);
    Expected<void> complete(StoreWriter& writer);
    Expected<std::unique_ptr<StoreReader>> find(const Operation& operation, MissedPayload& missed, bool& again);
    Expected<void> find_again(StoreReader& reader, const Operation& operation);
    Expected<void> load_segments(StoreReader& reader, size_t wanted, const Operation& operation, bool& lost);

    // client/store/batch.cpp
    Expected<ObjectInfo> finish_in_batch(StoreWriter& writer);
    Expected<protocol::ChangeAnswer> batch_change(const Operation& operation, const ChangeRequest& request);
    Expected<void> begin_in_tee(const Operation& operation, Batch& batch);
    Expected<void> prepare_batch(const Operation& operation);

    const ProcessMark process_;
    SessionSource& sessions_;
    Files& files_;
    StoreOptions options_;
    std::string name_;  // of the chosen store, as in protocol messages
    StoreDirectory directory_;
    StoreChannel channel_;
    uint64_t opened_serial_ = 0;  // of the session in which the store is open; 0: none
    protocol::StoreHeader header_;
    protocol::StoreStatus status_;
    std::optional<Batch> batch_;
    uint64_t batches_begun_ = 0;
    StoreWriter* uploading_ = nullptr;  // whose payload the TA is sealing
    bool may_be_committed_ = false;  // the last commit() may have taken effect: what it refers to must stay
    bool has_collected_ = false;  // the leftovers of interrupted uploads
    bool asking_ends_ta_ = false;  // asking the RPMB, when a store is opened, has ended the TA
    bool has_warned_ = false;  // that freshness was lost
    bool is_settling_ = false;  // finding out which page file the record means
};

}  // namespace festore
