// SPDX-License-Identifier: BSD-2-Clause
// Which store is meant, and opening it in the TEE: the first of four layers, each of which uses those before it (readable_store.h,
// changeable_store.h, store.h). Thread safety: one thread at a time.
#pragma once
#include "client/files/process_mark.h"
#include "client/objects.h"
#include "client/store/channel.h"
#include "client/store/streams.h"
#include "protocol/store_care.h"
#include "protocol/store_rebuild.h"

#include <chrono>
#include <list>
#include <span>

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

// The owner as root's requests name it; nothing: the caller itself. usage: it is not a user or group with an id.
Result<protocol::OwnerClaim> owner_claim(const std::optional<Owner>& other);

// The error for the answer access_denied to such a request.
Error not_root(const Operation& operation, const StoreReply& reply);

class OpenStore : public Objects {
public:
    Result<StoreInfo> init(const InitOptions& options);
    Result<StoreInfo> status();
    Result<std::vector<StoreRecord>> records();
    Result<std::vector<StoreRecord>> own_stores();

protected:
    OpenStore(SessionSource& sessions, Files& files, const StoreOptions& options);

    // Opening a store calls these two, which finish an interrupted rebuild or move. The layer that can rebuild implements them.
    // Finds out which page file the record means, and gives it the name. The store is open.
    virtual Result<void> settle_if_cut(const Operation& operation) = 0;
    // Finishes a move of the record to the RPMB; true: it did, and the store is open. `refused`: why the store was not opened.
    virtual Result<bool> follow_move(const Operation& operation, Code refused) = 0;

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
    // The header in clear names the anchor of the record and the cipher of the store: these bring it up to date.
    Result<void> write_header_of_record(const Operation& operation);
    void correct_header(const Operation& operation);
    // Checks that the trusted application has that minor version of the protocol. no_tee: "is older, and LACKS: ADVICE".
    Result<void> check_minor(const Operation& operation, uint16_t minor, std::string_view lacks,
                             std::string_view advice = "install the one of this festore");

    // client/store/make.cpp
    // Pages of disk space that removing needs, and that put, rename and the like leave alone (rule 31).
    static uint32_t spare_pages(uint8_t height);

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
    // Those that this TEE has.
    Result<std::span<const stored::Anchor>> anchors();
    struct FoundRecord {
        std::optional<protocol::StoreStatus> status;  // none: no record was found
        bool is_rpmb_silent = false;                  // then, the RPMB may have one
    };
    Result<FoundRecord> find_record(const Operation& operation, const std::optional<Owner>& other);

    // client/store/whose.cpp
    enum class Whereabouts { here, elsewhere, unknown };
    Whereabouts whereabouts_of(const StoreRecord& store);
    static bool has_id(const StoreRecord& store, const protocol::Id& store_id);  // false also if the record cannot be read
    // The other directory at which the store with that id is; empty: none is known.
    std::string other_place_of(const std::vector<StoreRecord>& stores, const protocol::Id& store_id);
    // Checks that this directory, whose header names no store of which the TEE has a record, is not that of another of the owner's stores.
    enum class Hidden { last_seen_here, at_any_place };  // which stores count: also those that are not known to be elsewhere?
    Result<void> check_header_hides_no_store(const Operation& operation, Hidden hidden, std::string_view advice);
    [[nodiscard]] Error may_be_of(const Operation& operation, const StoreRecord& store, bool is_namesake) const;

    // A transaction over several calls, which holds the store's lock.
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
    bool is_settling_ = false;  // finding out which page file the record means

private:
    bool asking_ends_ta_ = false;  // asking the RPMB, when a store is opened, has ended the TA
    bool has_warned_ = false;  // that freshness was lost
};

}  // namespace festore
