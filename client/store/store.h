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
    bool is_name_given = false;  // by the caller, and not only by the default directory
    Owner owner;
    std::chrono::milliseconds wait{};
    std::function<void(std::string_view)> on_warning;
};

class StoreClient {
public:
    StoreClient(SessionSource& sessions, Files& files, const StoreOptions& options);

    Result<ObjectInfo> put(std::string_view name, Bytes content, const PutOptions& options);
    Result<std::vector<std::byte>> get(std::string_view name);
    // The same in parts. A put that is too large for the index locks only its own file until it is finished (rule 10).
    // After an error a writer cannot be used any more.
    Result<std::unique_ptr<StoreWriter>> open_writer(std::string_view name, const PutOptions& options, bool in_batch);
    Result<void> write(StoreWriter& writer, Bytes part);
    Result<ObjectInfo> finish(StoreWriter& writer);
    // Of the object that `operation` names.
    Result<std::unique_ptr<StoreReader>> open_reader(const Operation& operation);
    // Fills `out`, or reads up to the end of the object. busy: it was replaced, and the TEE has forgotten the old one.
    Result<size_t> read_on(StoreReader& reader, MutableBytes out, const Operation& operation);
    Result<ObjectInfo> stat(std::string_view name);
    Result<Listing> list(std::string_view prefix);
    Result<void> remove(std::string_view name);
    Result<ObjectInfo> rename(std::string_view from, std::string_view to, bool replace);
    Result<StoreInfo> init(const InitOptions& options);
    Result<StoreInfo> status();
    Result<VerifyReport> verify(const VerifyOptions& options);
    Result<StoreInfo> record(const std::optional<Owner>& other);
    Result<std::vector<StoreRecord>> records();
    Result<std::vector<StoreRecord>> own_stores();
    Result<DestroyReport> destroy(const DestroyOptions& options);
    Result<StoreInfo> repair();
    Result<StoreInfo> acknowledge();
    Result<StoreInfo> rebuild(const RebuildOptions& options);
    Result<DropReport> drop_damaged(const DropOptions& options);
    Result<StoreInfo> undo_drop();
    Result<StoreInfo> acknowledge_lost(std::string_view name);
    Result<std::vector<LostRange>> lost_ranges(const Operation& operation);

    // A transaction over several calls. One at a time; meanwhile the functions above that change the store fail with conflict.
    Result<void> begin();
    Result<ObjectInfo> batch_put(std::string_view name, Bytes content, const PutOptions& options);
    Result<void> batch_remove(std::string_view name);
    Result<ObjectInfo> batch_rename(std::string_view from, std::string_view to, bool replace);
    Result<uint64_t> batch_commit();
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
    Result<void> ensure_open(const Operation& operation, Missing missing);
    // `again`: the TEE and the directory disagree, perhaps because another program is making the store just now.
    Result<void> look_and_open(const Operation& operation, Missing missing, bool& again);
    Result<void> open_existing(const Operation& operation, const DirectoryContents& contents, bool& may_be_made);
    // True if it made the store. False: another program was faster, and its store is open now.
    Result<bool> make(const Operation& operation, const InitOptions& options, bool& has_record);
    Result<void> make_locked(const Operation& operation, const protocol::StoreHeader& header);
    Result<protocol::CipherChoice> cipher_to_ask_for(const Operation& operation, Cipher cipher);
    Result<protocol::StoreHeader> ask_for_header(const Operation& operation, const InitOptions& options);
    Result<void> check_header(const Operation& operation, const protocol::StoreHeader& header);
    Result<void> open_in_tee(const Operation& operation, const protocol::StoreHeader& header, Code* refused);
    Error refused_to_open(const Operation& operation, Code code) const;
    bool is_rpmb_asked(stored::Anchor anchor);
    [[nodiscard]] Error is_foreign(const Operation& operation) const;
    [[nodiscard]] Error without_header(const Operation& operation) const;
    Error is_not_there(const Operation& operation, bool& has_record);  // asks the TEE whether it has a record
    Result<void> take_status(Bytes answer, const Operation& operation);
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
    struct Records {
        std::vector<StoreRecord> stores;
        bool is_rpmb_silent = false;  // then, it may have more
    };
    // Adds the place's record, if there is one. False: there are no more places.
    Result<bool> add_record_at(const Operation& operation, const RecordPlace& at, Records& records);
    Result<Records> list_records(const Operation& operation, bool own);

    // client/store/store.cpp
    // Checks that the trusted application has that minor version of the protocol. no_tee: "is older, and LACKS: ADVICE".
    Result<void> check_minor(const Operation& operation, uint16_t minor, std::string_view lacks,
                             std::string_view advice = "install the one of this festore");

    // client/store/names.cpp
    static constexpr uint16_t kMinorThatKnowsNames = 7;
    bool ta_knows_names();
    Result<void> take_name(const Operation& operation, const protocol::StoreHeader& header);
    Result<void> check_name_is_known(const Operation& operation);
    protocol::StoreClaim claim();  // views into this
    [[nodiscard]] std::string name_option() const;  // for messages, like the next two
    [[nodiscard]] std::string with_name() const;
    std::string where_it_was();
    Result<void> check_name_is_told(const Operation& operation);
    std::string other_stores();

    // client/store/whose.cpp
    enum class Whereabouts { here, elsewhere, unknown };
    Whereabouts whereabouts_of(const StoreRecord& store);
    // Whether the directory has pages of the store that is open in the TEE.
    bool pages_prove_store(const Operation& operation);
    static bool has_id(const StoreRecord& store, const protocol::Id& store_id);  // false also if the record cannot be read
    // The other directory at which the store with that id is; empty: none is known.
    std::string other_place_of(const std::vector<StoreRecord>& stores, const protocol::Id& store_id);
    // Before the store that the header names is destroyed. conflict: that one is elsewhere. damaged: this may be another one's directory.
    // no_tee: that is not known.
    // `refused`: why the TEE has not opened it; success: it has.
    Result<void> check_is_meant(const Operation& operation, const protocol::StoreHeader& header, const Records& own, Code refused);
    // Checks that this directory, whose header names no store of which the TEE has a record, is not that of another of the owner's stores.
    enum class Hidden { last_seen_here, at_any_place };  // which stores count: also those that are not known to be elsewhere?
    Result<void> check_header_hides_no_store(const Operation& operation, Hidden hidden, std::string_view advice);
    [[nodiscard]] Error may_be_of(const Operation& operation, const StoreRecord& store, bool is_namesake) const;

    // client/store/destroy.cpp
    class ChosenName;
    friend class ChosenName;
    struct FoundRecord {
        std::optional<protocol::StoreStatus> status;  // none: no record was found
        bool is_rpmb_silent = false;                  // then, the RPMB may have one
    };
    [[nodiscard]] Error none_but_rpmb_is_silent(const Operation& operation) const;
    Result<FoundRecord> find_record(const Operation& operation, const std::optional<Owner>& other);
    // Those that this TEE has.
    Result<std::span<const stored::Anchor>> anchors();
    // Whether there was a record, and whether the RPMB may have the record of the same store after a move.
    struct Dropped {
        bool was_there = false;
        bool may_be_in_rpmb = false;
    };
    // `is_known`: the TEE had a record with that id, so an answer that it was destroyed is about this call.
    Result<Dropped> drop_record(const Operation& operation, const std::optional<Owner>& other, stored::Anchor anchor,
                                const protocol::Id& store_id, bool is_known);
    Result<Dropped> drop_record_by_id(const Operation& operation, const protocol::StoreHeader& header, bool is_known);
    Result<Dropped> drop_own_record(const Operation& operation, const protocol::StoreHeader& header);
    Result<void> check_is_lost(const Operation& operation, const protocol::StoreStatus& record);
    Result<DestroyReport> destroy_record(const Operation& operation, const DestroyOptions& options);

    // client/store/repair.cpp
    Error refused_to_repair(const Operation& operation, Code code) const;
    Result<StoreInfo> repair_locked(const Operation& operation);
    Result<protocol::RepairStepAnswer> copy_index(const Operation& operation, bool older, bool& damaged);
    Result<void> commit_repair(const Operation& operation, const protocol::RepairStepAnswer& made);

    // client/store/read.h
    template <class T, class F>
    Result<T> read(const Operation& operation, F&& once);
    // client/store/store.cpp
    Result<bool> list_on(const Operation& operation, Listing& listing, bool& more);
    Listing with_lost_ranges(const Operation& operation, Listing listing);
    Result<Listing> list_past_damage(const Operation& operation, Listing listing, const Error& error);
    Result<StoreReply> look_up(const Operation& operation, const StoreChannel::Request& request, bool& again);
    static ObjectInfo object_info(std::string_view name, const protocol::StoreMetadata& metadata);

    // client/store/changes.cpp
    // For a put whose condition did not hold: the message names the object's version.
    Error with_version(Error error, std::string_view name, const PutOptions& options);
    template <class F>
    Result<protocol::ChangeAnswer> change_alone(const Operation& operation, Missing missing, F&& make_request);
    Result<protocol::ChangeAnswer> change_once(const Operation& operation, const ChangeRequest& request, bool& died);
    Result<void> make_pages_durable();  // in the file that has the name
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
    // Pages of disk space that removing needs, and that put, rename and the like leave alone (rule 31).
    static uint32_t spare_pages(uint8_t height);
    Result<void> keep_reserve();
    Result<bool> is_same_store();
    [[nodiscard]] Error was_exchanged(const Operation& operation) const;
    // `make_request`: as for change_alone().
    Result<protocol::ChangeAnswer> change_made_by(const Operation& operation,
                                                  const std::function<Result<ChangeRequest>(StoreDirectory::Upload*&)>& make_request);
    Result<protocol::ChangeAnswer> change_to(const Operation& operation, protocol::Command command,
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
    Result<StoreLock> lock_and_open(const Operation& operation);
    Result<void> begin_rebuild(const Operation& operation, protocol::RebuildKind kind, const RebuildPlan& plan);
    Result<protocol::RepairStepAnswer> copy_entries(const Operation& operation, RebuildPlan& plan);
    Result<void> commit_rebuild(const Operation& operation, const protocol::RepairStepAnswer& made);
    void give_up_rebuild(const Operation& operation);
    Result<void> put_in_place(const Operation& operation, const protocol::RepairStepAnswer& made, bool keeps_old);
    Result<StoreInfo> make_anew(const Operation& operation, RebuildPlan& plan);
    Result<void> name_damaged(const VerifyReport& report, std::vector<std::string>& names);
    static Error nothing_to_undo(const Operation& operation);
    Result<StoreInfo> undo_from(const Operation& operation, std::string_view file);
    Result<void> undo_part(const Operation& operation);
    std::optional<bool> pages_fit(const Operation& operation);
    Result<void> settle_if_cut(const Operation& operation);
    Result<void> write_header_of_record(const Operation& operation);
    Result<bool> follow_move(const Operation& operation, Code refused);
    Result<void> settle_next_pages(const Operation& operation);

    // client/store/reseal.cpp
    struct ResealPass;
    Result<StoreInfo> rebuild_index(const Operation& operation, const RebuildOptions& options);
    static Error not_all_resealed(const Operation& operation, const ResealPass& pass);
    Result<void> reseal_contents(const Operation& operation, ResealPass& pass);
    Result<void> reseal_object(const std::string& name, ResealPass& pass);
    Result<ChangeRequest> reseal_payload(const Operation& operation, std::optional<StoreWriter>& writer, ResealPass& pass);
    Result<void> reseal_part(StoreReader& reader, StoreWriter& writer, const Operation& operation, ResealPass& pass);
    void correct_header(const Operation& operation);

    // client/store/losses.cpp
    Result<bool> list_ranges(const Operation& operation, std::vector<std::byte>& after, std::vector<LostRange>& ranges, bool& again);
    Result<bool> has_unacknowledged_loss(const Operation& operation);
    void drop_old_pages_if_done(const Operation& operation);

    // client/store/payloads.cpp
    struct MissedPayload {  // a payload whose file was missing at this generation
        protocol::Id payload{};
        uint64_t generation = UINT64_MAX;
    };
    Result<void> check_space(const StoreWriter& writer, const Operation& operation) const;
    Result<void> begin_payload(StoreWriter& writer, const Operation& operation, Missing missing);
    Result<void> seal(StoreWriter& writer, Bytes plain, bool last);
    Result<void> write_parts(StoreWriter& writer, Bytes part);
    Result<void> complete(StoreWriter& writer);
    Result<std::unique_ptr<StoreReader>> find(const Operation& operation, MissedPayload& missed, bool& again);
    Result<void> find_again(StoreReader& reader, const Operation& operation);
    Result<void> load_segments(StoreReader& reader, size_t wanted, const Operation& operation, bool& lost);

    // client/store/batch.cpp
    Result<ObjectInfo> finish_in_batch(StoreWriter& writer);
    Result<protocol::ChangeAnswer> batch_change(const Operation& operation, const ChangeRequest& request);
    Result<void> begin_in_tee(const Operation& operation, Batch& batch);
    Result<void> prepare_batch(const Operation& operation);

    const ProcessMark process_;
    SessionSource& sessions_;
    Files& files_;
    StoreOptions options_;
    const bool is_name_chosen_;  // by the caller
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
