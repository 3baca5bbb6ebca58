// SPDX-License-Identifier: BSD-2-Clause
// One owner's store, over a session and a directory, with its care: verifying, repairing, rebuilding, destroying. docs/store.md.
// Thread safety: one thread at a time.
#pragma once
#include "client/store/changeable_store.h"

namespace festore {

class StoreClient final : public ChangeableStore {
public:
    StoreClient(SessionSource& sessions, Files& files, const StoreOptions& options) : ChangeableStore(sessions, files, options) {}

    Result<VerifyReport> verify(const VerifyOptions& options) override;
    Result<StoreInfo> record(const std::optional<Owner>& other);
    Result<DestroyReport> destroy(const DestroyOptions& options);
    Result<StoreInfo> repair();
    Result<StoreInfo> acknowledge();
    Result<StoreInfo> rebuild(const RebuildOptions& options);
    Result<DropReport> drop_damaged(const DropOptions& options);
    Result<StoreInfo> undo_drop();
    Result<StoreInfo> acknowledge_lost(std::string_view name);

private:
    // client/store/verify.cpp
    class Verification;

    // client/store/whose.cpp
    // Whether the directory has pages of the store that is open in the TEE.
    bool pages_prove_store(const Operation& operation);
    // Before the store that the header names is destroyed. conflict: that one is elsewhere. damaged: this may be another one's directory.
    // no_tee: that is not known.
    // `refused`: why the TEE has not opened it; success: it has.
    Result<void> check_is_meant(const Operation& operation, const protocol::StoreHeader& header, const Records& own, Code refused);

    // client/store/destroy.cpp
    class ChosenName;
    [[nodiscard]] Error none_but_rpmb_is_silent(const Operation& operation) const;
    // Whether there was a record, and whether the RPMB may have the record of the same store after a move.
    struct Dropped {
        bool was_there = false;
        bool may_be_in_rpmb = false;
    };
    // `is_known`: the TEE had a record with that id, so an answer that it was destroyed is about this call.
    Result<Dropped> drop_record(const Operation& operation, const std::optional<Owner>& other, stored::Anchor anchor,
                                const protocol::Id& store_id, bool is_known);
    Result<Dropped> drop_record_by_id(const Operation& operation, const protocol::StoreHeader& header, bool is_known);
    // damaged: that store of the owner's has another name than the chosen one.
    Result<void> check_has_chosen_name(const Operation& operation, const StoreRecord& its);
    Result<Dropped> drop_own_record(const Operation& operation, const protocol::StoreHeader& header);
    Result<void> check_is_lost(const Operation& operation, const protocol::StoreStatus& record);
    Result<DestroyReport> destroy_record(const Operation& operation, const DestroyOptions& options);

    // client/store/repair.cpp
    Error refused_to_repair(const Operation& operation, Code code) const;
    Result<StoreInfo> repair_locked(const Operation& operation);
    Result<protocol::RepairStepAnswer> copy_index(const Operation& operation, bool older, bool& damaged);
    Result<void> commit_repair(const Operation& operation, const protocol::RepairStepAnswer& made);

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

    // client/store/settle.cpp
    std::optional<bool> pages_fit(const Operation& operation);
    Result<void> settle_next_pages(const Operation& operation);
    Result<void> settle_if_cut(const Operation& operation) override;
    Result<bool> follow_move(const Operation& operation, Code refused) override;

    // client/store/reseal.cpp
    struct ResealPass;
    Result<StoreInfo> rebuild_index(const Operation& operation, const RebuildOptions& options);
    static Error not_all_resealed(const Operation& operation, const ResealPass& pass);
    Result<void> reseal_contents(const Operation& operation, ResealPass& pass);
    Result<void> reseal_object(const std::string& name, ResealPass& pass);
    Result<ChangeRequest> reseal_payload(const Operation& operation, std::optional<StoreWriter>& writer, ResealPass& pass);
    Result<void> reseal_part(StoreReader& reader, StoreWriter& writer, const Operation& operation, ResealPass& pass);
};

}  // namespace festore
