// SPDX-License-Identifier: BSD-2-Clause
// Destroying a store: the TEE's record first, then the directory (rule 7, in reverse). If it is interrupted between the two, the
// TEE has no record of the directory, and nothing opens it; another call of destroy removes it.
#include "client/store/store.h"

#include "base/result.h"
#include "client/store/requests.h"
#include "client/tee/caller.h"
#include "protocol/store_care.h"

namespace festore {
namespace {

using protocol::Command;
using Other = std::optional<Owner>;

}  // namespace

// Repeating is safe, so a second call shows the outcome of the first (rule 4): store_destroyed.
Result<StoreClient::Dropped> StoreClient::drop_record(const Operation& operation, const Other& other, stored::Anchor anchor,
                                                      const protocol::Id& store_id, bool is_known) {
    const bool any_name = !options_.is_name_fixed && ta_knows_names();
    protocol::DestroyRequest request{anchor, FESTORE_TRY(owner_claim(other)), store_id, bytes_of(name_), false, any_name};
    Result<StoreReply> reply = channel_.call(request_of(Command::store_destroy, request), operation);
    const bool unknown = !reply || reply->died();
    if (unknown) FESTORE_CHECK(sessions_.session());
    // Asking the RPMB may have ended the TA. (A TA that does not know names does not ask.)
    const bool may_have_asked = unknown && ta_knows_names() && is_rpmb_asked(anchor);
    request.without_asking_rpmb = may_have_asked && reply;
    if (unknown) reply = channel_.call(request_of(Command::store_destroy, request), operation);
    if (!reply) return unexpected(reply.error());
    const auto answer = protocol::decode<protocol::DestroyAnswer>(reply->answer);  // none from an older TA
    if (reply->ok()) return Dropped{true, answer && answer->may_be_in_rpmb};
    const auto code = static_cast<Code>(reply->result);
    // A trusted application that does not know names does not tell a destroyed store from one that it never had.
    if (code == Code::item_not_found) return Dropped{unknown && !ta_knows_names(), may_have_asked};
    if (code == Code::store_destroyed) return Dropped{unknown && is_known, may_have_asked};
    if (code == Code::access_denied && other) return unexpected(not_root(operation, *reply));
    return unexpected(error_of_store_command(reply->result, reply->origin, operation));
}

// Under each anchor, by the store's id: somebody may have changed the name or the anchor in the header to keep the record.
Result<StoreClient::Dropped> StoreClient::drop_record_by_id(const Operation& operation, const protocol::StoreHeader& header,
                                                            bool is_known) {
    Dropped dropped{};
    std::optional<Error> fault;
    for (const stored::Anchor anchor : FESTORE_TRY(anchors())) {
        const Result<Dropped> here = drop_record(operation, {}, anchor, header.store_id, is_known);
        if (here && here->was_there) return here;
        if (here) continue;
        const uint32_t result = here.error().tee_result;
        const bool is_of_another = static_cast<Code>(result) == Code::bad_parameters;
        if (is_silent_rpmb(anchor, result)) dropped.may_be_in_rpmb = true;
        else if (!fault) fault = is_of_another ? refused_to_open(operation, Code::bad_parameters) : here.error();
    }
    if (fault) return unexpected(std::move(*fault));
    return dropped;
}

// The TA compares the name, which the record does not tell.
Result<void> StoreClient::check_has_chosen_name(const Operation& operation, const StoreRecord& its) {
    const stored::Anchor anchor = its.anchor == Anchor::rpmb ? stored::Anchor::rpmb : stored::Anchor::ree;
    const protocol::FindRequest request{anchor, {}, bytes_of(name_)};
    const StoreReply reply = FESTORE_TRY(channel_.call(request_of(Command::store_find, request), operation));
    const auto chosen = protocol::decode<protocol::StoreStatus>(reply.answer);
    if (reply.ok() && chosen && has_id(its, chosen->store_id)) return {};
    if (!reply.ok() && static_cast<Code>(reply.result) != Code::item_not_found)
        return unexpected(error_of_store_command(reply.result, reply.origin, operation));
    const std::string name = its.name.empty() ? "another name" : "the name " + quote(its.name);
    return unexpected({ErrorCode::damaged,
                       cannot(operation) + "the store at " + quote(directory_.path()) + " has " + name + ", and not " +
                           quote(shown_store_name(name_)) + ": choose with --name, or another directory with --store",
                       0, 0});
}

// Drops the record of the store whose directory this is.
Result<StoreClient::Dropped> StoreClient::drop_own_record(const Operation& operation, const protocol::StoreHeader& header) {
    Code refused = Code::success;
    const auto opened = open_in_tee(operation, header, &refused);
    bool is_known = opened.has_value() || !ta_knows_names();
    std::optional<Error> unlisted;  // whether the TEE has a record of this store is not known
    if (ta_knows_names()) {
        const Result<Records> listed = list_records(operation, true);
        if (!listed && !is_name_chosen_) return unexpected(listed.error());
        if (!listed) unlisted = listed.error();
        const Records own = listed ? *listed : Records();
        const auto is_its = [&](const StoreRecord& store) { return has_id(store, header.store_id); };
        const auto its = std::find_if(own.stores.begin(), own.stores.end(), is_its);
        is_known = is_known || its != own.stores.end();
        if (its != own.stores.end() && is_name_chosen_) FESTORE_CHECK(check_has_chosen_name(operation, *its));
        const Code why = !opened && refused == Code::success ? Code::target_dead : refused;
        if (listed) FESTORE_CHECK(check_is_meant(operation, header, own, why));
    }
    // A record or tombstone in the RPMB, or no answer from it, does not prevent dropping the record under ree: the TA has compared that
    // record before it asked the RPMB.
    const bool is_beside_rpmb = refused == Code::store_in_rpmb || refused == Code::rpmb_no_answer || refused == Code::store_destroyed;
    // Neither does a damaged record: the TA compares what is left of it with the store's id.
    const bool is_damaged = refused == Code::corrupt_object || refused == Code::corrupt_object_2;
    if (opened || is_beside_rpmb || is_damaged) {
        const Dropped dropped = FESTORE_TRY(drop_record(operation, {}, header.anchor, header.store_id, is_known));
        if (dropped.was_there) return dropped;
    } else if (refused != Code::item_not_found) {
        return unexpected(opened.error());
    }
    const Dropped dropped = FESTORE_TRY(drop_record_by_id(operation, header, is_known));
    if (!dropped.was_there && unlisted) return unexpected(*unlisted);
    return dropped;
}

// For what goes by the name alone: having opened a store is no choice of its name.
class StoreClient::ChosenName {
public:
    explicit ChosenName(StoreClient& store) : store_(store), name_(std::exchange(store.name_, store.options_.name)) {}
    ~ChosenName() { store_.name_ = name_; }
    ChosenName(const ChosenName&) = delete;
    ChosenName& operator=(const ChosenName&) = delete;

private:
    StoreClient& store_;
    std::string name_;
};

Error StoreClient::none_but_rpmb_is_silent(const Operation& operation) const {
    return {ErrorCode::no_tee,
            cannot(operation) + "the TEE has no record of one" + with_name() + " under ree, and the RPMB gives no answer. " +
                std::string(kNoRpmbHint),
            0, 0};
}

Result<StoreInfo> StoreClient::record(const Other& other) {
    const Operation operation{"look for a store's record", {}};
    const ChosenName chosen(*this);
    FESTORE_CHECK(check_name_is_known(operation));
    if (!other)
        FESTORE_CHECK(check_name_is_told(operation));
    const FoundRecord found = FESTORE_TRY(find_record(operation, other));
    if (!found.status) {
        if (found.is_rpmb_silent) return unexpected(none_but_rpmb_is_silent(operation));
        const std::string others = other ? "" : other_stores();
        return unexpected({ErrorCode::not_found, cannot(operation) + "the TEE has none" + with_name() + others, 0, 0});
    }
    StoreInfo info = described(*found.status);
    info.name = std::string(shown_store_name(name_));
    return info;
}

// Checks that nothing at the path may be the directory of that store, even with its header lost or replaced.
Result<void> StoreClient::check_is_lost(const Operation& operation, const protocol::StoreStatus& record) {
    using Kind = DirectoryContents::Kind;
    const Result<DirectoryContents> contents = directory_.look();
    if (!contents) {
        Error error = contents.error();
        error.message = cannot(operation) + "what is at " + quote(directory_.path()) + " may be its directory (" + error.message +
                        "): move it away, or name another place with --store";
        return unexpected(std::move(error));
    }
    const bool is_its_own = contents->header && contents->header->store_id == record.store_id;
    const std::string where = quote(directory_.path());
    if (is_its_own)
        return unexpected({ErrorCode::conflict,
                           cannot(operation) + "its directory is not lost, but at " + where + ": destroy both together, without --lost",
                           0, 0, Reason::not_lost});
    const bool may_be = contents->kind == Kind::headless || contents->kind == Kind::store ||
                        (contents->kind == Kind::foreign && !directory_.is_not_a_folder());
    if (!may_be) return {};
    return unexpected({ErrorCode::conflict,
                       cannot(operation) + "what is at " + where +
                           " may be its directory, without its header or with another one: put the header back, move the directory away, "
                           "or name another place with --store",
                       0, 0, Reason::not_lost});
}

Result<DestroyReport> StoreClient::destroy_record(const Operation& operation, const DestroyOptions& options) {
    const ChosenName chosen(*this);
    FESTORE_CHECK(check_name_is_known(operation));
    if (!options.other)
        FESTORE_CHECK(check_name_is_told(operation));
    const FoundRecord found = FESTORE_TRY(find_record(operation, options.other));
    if (!found.status && found.is_rpmb_silent) return unexpected(none_but_rpmb_is_silent(operation));
    if (!found.status)
        return unexpected({ErrorCode::not_found, cannot(operation) + "the TEE has no record of one" + with_name(), 0, 0});
    const protocol::StoreStatus& record = *found.status;
    if (!options.other) {
        FESTORE_CHECK(check_is_lost(operation, record));
        const Records own = ta_knows_names() ? FESTORE_TRY(list_records(operation, true)) : Records();
        if (const std::string place = other_place_of(own.stores, record.store_id); !place.empty())
            return unexpected({ErrorCode::conflict,
                               cannot(operation) + "its directory is not lost, but at " + quote(place) +
                                   ": name it with --store, and destroy both together, without --lost",
                               0, 0, Reason::not_lost});
    }
    const Dropped dropped = FESTORE_TRY(drop_record(operation, options.other, record.anchor, record.store_id, true));
    opened_serial_ = 0;
    return DestroyReport{true, 0, {}, dropped.may_be_in_rpmb};
}

Result<DestroyReport> StoreClient::destroy(const DestroyOptions& options) {
    const Operation operation{"destroy the store", {}};
    if (batch_) return unexpected(transaction_is_running(operation));
    if (options.lost_directory || options.other) return destroy_record(operation, options);
    Result<DirectoryContents> contents = directory_.look();
    if (!contents) return unexpected(contents.error());
    const auto there_is_none = [&] {
        return unexpected({ErrorCode::not_found,
                           cannot(operation) + "there is none at " + quote(directory_.path()) +
                               "; name its directory with --store, or, if that is lost, use --lost",
                           0, 0});
    };
    using Kind = DirectoryContents::Kind;
    if (contents->kind == Kind::absent) return there_is_none();
    if (contents->kind == Kind::foreign)
        return unexpected({ErrorCode::failure, cannot(operation) + quote(directory_.path()) + " is not a store", 0, 0});
    if (contents->kind == Kind::headless) return unexpected(without_header(operation));
    // Somebody may have changed the name in the header: the TA compares the chosen one with the record's.
    const auto use_chosen_name = [&] {
        if (contents->header && is_name_chosen_) contents->header->set_name(options_.name);
    };
    use_chosen_name();
    if (contents->header)
        FESTORE_CHECK(check_header(operation, *contents->header));
    const std::optional<protocol::StoreHeader> before = contents->header;
    const StoreLock lock = FESTORE_TRY(directory_.lock(LockKind::exclusive, options_.wait));
    contents = directory_.look();
    if (!contents) return unexpected(contents.error());
    use_chosen_name();
    // Somebody may have exchanged the directory since, or moved its header away.
    if (contents->kind == Kind::headless) return unexpected(without_header(operation));
    if (contents->kind == Kind::foreign)
        return unexpected({ErrorCode::failure, cannot(operation) + quote(directory_.path()) + " is not a store", 0, 0});
    const bool is_same = before.has_value() == contents->header.has_value() &&
                         (!before || before->store_id == contents->header->store_id);
    if (!is_same)
        return unexpected({ErrorCode::busy,
                           cannot(operation) + quote(directory_.path()) + " was changed at the same time; look, and repeat it",
                           0, 0});
    FESTORE_CHECK(directory_.check_removable());
    DestroyReport report;
    if (contents->header) {
        const Dropped dropped = FESTORE_TRY(drop_own_record(operation, *contents->header));
        report.record_dropped = dropped.was_there;
        report.may_be_in_rpmb = dropped.may_be_in_rpmb;
        if (!dropped.was_there && contents->kind != Kind::unused)
            FESTORE_CHECK(check_header_hides_no_store(operation, Hidden::at_any_place, "else remove it as any folder"));
    }
    opened_serial_ = 0;
    FESTORE_CHECK(directory_.remove_files(report.files, report.left));
    // Without a header there was no store, only what an interrupted creation or destruction had left.
    if (!contents->header) return there_is_none();
    return report;
}

}  // namespace festore
