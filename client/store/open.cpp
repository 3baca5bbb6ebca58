// SPDX-License-Identifier: BSD-2-Clause
// Opening a store (rules 3, 18, 20).
#include "client/store/open_store.h"

#include "base/host/hex.h"
#include "base/result.h"
#include "client/store/requests.h"

namespace festore {
namespace {

using protocol::Command;

constexpr uint16_t kMinorThatAsksRpmb = 6;

}  // namespace

OpenStore::OpenStore(SessionSource& sessions, Files& files, const StoreOptions& options)
    : sessions_(sessions), files_(files), options_(options), is_name_chosen_(options.is_name_fixed), name_(options.name),
      directory_(files, options.directory,
                 options.owner.kind == Owner::Kind::group ? options.owner.id : std::nullopt),
      channel_(sessions, directory_) {}

StoreInfo OpenStore::info() const {
    StoreInfo info = described(status_);
    info.directory = directory_.path();
    info.name = std::string(shown_store_name(name_));
    info.tee = header_.tee == protocol::TeeKind::simulated ? TeeKind::sim : TeeKind::optee;
    return info;
}

StoreInfo OpenStore::described(const protocol::StoreStatus& status) {
    StoreInfo info;
    info.store_id = hex(status.store_id);
    info.anchor = api_anchor(status.anchor);
    info.cipher = name_of(status.cipher);
    info.epoch = status.epoch;
    info.generation = status.generation;
    info.objects = status.objects;
    info.content_bytes = status.content_bytes;
    info.height = status.height;
    info.pages = status.page_count;
    info.free_pages = status.free_pages;
    info.pages_sealed = status.pages_sealed;
    info.freshness_lost = (status.flags & stored::kRootFreshnessLost) != 0;
    info.made_without_rpmb_answer = (status.flags & stored::kRootMadeUnasked) != 0;
    info.freshness_lost_count = status.freshness_lost_count;
    info.freshness_lost_generation = status.freshness_lost_generation;
    info.created = status.created;
    info.has_other_cipher = (status.flags & stored::kRootTwoCiphers) != 0;
    return info;
}

Result<void> OpenStore::take_status(Bytes answer, const Operation& operation) {
    const auto status = protocol::decode<protocol::StoreStatus>(answer);
    if (!status) return unexpected(store_nonsense(operation));
    status_ = *status;
    warn_of_lost_freshness();
    channel_.expect({status_.index_page});
    return {};
}

// Rule 19: every opening warns, until the loss is acknowledged.
void OpenStore::warn_of_lost_freshness() {
    if ((status_.flags & stored::kRootFreshnessLost) == 0 || std::exchange(has_warned_, true) || !options_.on_warning) return;
    options_.on_warning(freshness_lost_text(info()));
}

// The header is in clear, so these checks only choose the message; the TA repeats those that it can.
Result<void> OpenStore::check_header(const Operation& operation, const protocol::StoreHeader& header) {
    Session* const session = FESTORE_TRY(sessions_.session());
    const protocol::HelloAnswer& hello = session->hello();
    const auto kind = (hello.features & protocol::kFeatureSimulated) != 0 ? protocol::TeeKind::simulated
                                                                          : protocol::TeeKind::optee;
    const std::string where = "the store at " + quote(directory_.path());
    if (header.tee != kind)
        return unexpected({ErrorCode::no_tee,
                           cannot(operation) + where + " was made by " +
                               (kind == protocol::TeeKind::optee ? "the simulated TEE, and this is OP-TEE"
                                                                 : "OP-TEE, and this is the simulated TEE") +
                               ": choose with --tee, or another directory with --store",
                           0, 0});
    if (header.login != static_cast<uint32_t>(hello.login) || header.identity != hello.identity)
        return unexpected({ErrorCode::not_permitted,
                           cannot(operation) + where + " belongs to another user or group; yours is elsewhere (--store, --group)",
                           0, 0});
    return take_name(operation, header);
}

Error OpenStore::refused_to_open(const Operation& operation, Code code) const {
    const std::string where = "the store at " + quote(directory_.path());
    switch (code) {
    case Code::security:
        return {ErrorCode::damaged,
                cannot(operation) + where + " was made by another device, or this one's hardware key has changed; nothing was touched",
                static_cast<uint32_t>(code), TEEC_ORIGIN_TRUSTED_APP};
    case Code::bad_parameters:
        return {ErrorCode::damaged,
                cannot(operation) + where + " is not the one that the TEE has a record of for you: a wrong or exchanged directory",
                static_cast<uint32_t>(code), TEEC_ORIGIN_TRUSTED_APP};
    case Code::item_not_found:
        return {ErrorCode::damaged,
                cannot(operation) + "the TEE has no record of " + where +
                    ": its storage was lost or replaced, or the directory's header changed",
                static_cast<uint32_t>(code), TEEC_ORIGIN_TRUSTED_APP};
    case Code::store_in_rpmb:
        return {ErrorCode::damaged,
                cannot(operation) + "the TEE has a record of a store of yours under rpmb, and " + where +
                    " is one of ree: a wrong or exchanged directory. Put back that of rpmb, or name it with --store; if you have both, "
                    "'festore destroy' gives up this one, once that one is back at its place, and its record in the RPMB if it was moved "
                    "there",
                static_cast<uint32_t>(code), TEEC_ORIGIN_TRUSTED_APP, Reason::store_in_rpmb};
    case Code::store_destroyed:
        return {ErrorCode::damaged,
                cannot(operation) + where + " had moved to the RPMB, and was destroyed there: the TEE's record of before has "
                                "been put back. Nothing of it is served; 'festore destroy' removes what is here",
                static_cast<uint32_t>(code), TEEC_ORIGIN_TRUSTED_APP, Reason::store_destroyed};
    case Code::rpmb_no_answer:
        return {ErrorCode::no_tee,
                cannot(operation) + "the RPMB gives no answer, and it did when " + where +
                    " was made: whether a store of yours is there is not known. What is stored is unharmed. " + std::string(kNoRpmbHint),
                static_cast<uint32_t>(code), TEEC_ORIGIN_TRUSTED_APP};
    case Code::target_dead:
        return {ErrorCode::no_tee,
                cannot(operation) + "the trusted application died, as it does when it asks an RPMB that gives no answer. What is stored is "
                                "unharmed. " + std::string(kNoRpmbHint),
                static_cast<uint32_t>(code), TEEC_ORIGIN_TEE};
    default: return error_of_store_command(static_cast<uint32_t>(code), TEEC_ORIGIN_TRUSTED_APP, operation);
    }
}

// Whether the TA asks the RPMB when this store is opened, and can be told not to.
bool OpenStore::is_rpmb_asked(stored::Anchor anchor) {
    const Result<Session*> session = sessions_.session();
    if (!session || anchor != stored::Anchor::ree) return false;
    const protocol::HelloAnswer& hello = (*session)->hello();
    return (hello.features & protocol::kFeatureRpmb) != 0 && hello.version_minor >= kMinorThatAsksRpmb;
}

Result<void> OpenStore::open_in_tee(const Operation& operation, const protocol::StoreHeader& header, Code* refused) {
    *refused = Code::success;
    protocol::OpenRequest message{header.store_id, header.anchor, header.key_check, false, bytes_of(header.name())};
    message.without_asking_rpmb = asking_ends_ta_ && is_rpmb_asked(header.anchor);
    Result<StoreReply> reply = channel_.call(request_of(Command::store_open, message), operation);
    if (reply && reply->died()) {  // nothing was changed: try again
        // Asking the RPMB may have ended the TA. The TA decides whether it opens this store without asking.
        message.without_asking_rpmb = is_rpmb_asked(header.anchor);
        reply = channel_.call(request_of(Command::store_open, message), operation);
        asking_ends_ta_ = message.without_asking_rpmb && reply && !reply->died();
    }
    if (!reply) return unexpected(reply.error());
    if (!reply->ok()) {
        const bool asked = message.without_asking_rpmb;
        if (reply->died() && !asked) return unexpected(error_of_store_command(reply->result, reply->origin, operation));
        *refused = reply->died() ? Code::target_dead : static_cast<Code>(reply->result);
        return unexpected(refused_to_open(operation, *refused));
    }
    FESTORE_CHECK(take_status(reply->answer, operation));
    header_ = header;
    opened_serial_ = sessions_.serial();
    options_.is_name_fixed = true;  // from now on only this store is used
    return {};
}

Result<void> OpenStore::open_existing(const Operation& operation, const DirectoryContents& contents, bool& may_be_made) {
    may_be_made = false;
    FESTORE_CHECK(check_header(operation, *contents.header));
    Code refused = Code::success;
    auto opened = open_in_tee(operation, *contents.header, &refused);
    if (!opened) {
        header_ = *contents.header;
        const bool moved = FESTORE_TRY(follow_move(operation, refused));
        if (moved) opened = {}, refused = Code::success;
    }
    // The store's creation was interrupted before the TEE had a record of it: nothing was ever in it.
    may_be_made = refused == Code::item_not_found && contents.kind == DirectoryContents::Kind::unused;
    return opened;
}

Result<void> OpenStore::ensure_open(const Operation& operation, Missing missing) {
    constexpr int kTriesMax = 3;
    for (int tries = 1;; ++tries) {
        FESTORE_CHECK(sessions_.session());
        if (opened_serial_ != 0 && opened_serial_ == sessions_.serial()) return {};
        bool again = false;
        const Result<void> opened = look_and_open(operation, missing, again);
        if (opened || !again || tries == kTriesMax) return opened;
        directory_.wait_for_writer(options_.wait);
    }
}

Result<void> OpenStore::look_and_open(const Operation& operation, Missing missing, bool& again) {
    const DirectoryContents contents = FESTORE_TRY(directory_.look());
    using Kind = DirectoryContents::Kind;
    if (contents.kind == Kind::foreign) return unexpected(is_foreign(operation));
    if (contents.kind == Kind::headless) return unexpected(without_header(operation));
    bool may_be_made = contents.kind == Kind::absent || contents.kind == Kind::empty;
    if (!may_be_made) {
        const auto opened = open_existing(operation, contents, may_be_made);
        const auto refused = static_cast<Code>(opened ? 0 : opened.error().tee_result);
        again = refused == Code::item_not_found || refused == Code::bad_parameters;
        if (opened)
            FESTORE_CHECK(settle_if_cut(operation));
        if (opened) correct_header(operation);
        if (opened || !may_be_made) return opened;
        FESTORE_CHECK(check_header_hides_no_store(operation, is_name_chosen_ ? Hidden::last_seen_here : Hidden::at_any_place,
                                                  "else choose with --name"));
    }
    if (missing == Missing::is_made) {
        const Result<bool> made = make(operation, {}, again);
        return made ? Result<void>() : unexpected(made.error());
    }
    return unexpected(is_not_there(operation, again));
}

Error OpenStore::is_foreign(const Operation& operation) const {
    return {ErrorCode::failure,
            cannot(operation) + quote(directory_.path()) +
                " is not a store, and not an empty folder that could become one; choose with --store",
            0, 0};
}

Error OpenStore::without_header(const Operation& operation) const {
    return {ErrorCode::damaged,
            cannot(operation) + "the store at " + quote(directory_.path()) + " has lost its header, " +
                std::string(protocol::kHeaderFile) + ": put that back from any copy of the directory",
            0, 0};
}

// An owner has one store of a name: if the TEE has its record, a missing directory does not mean that the store was never made.
Error OpenStore::is_not_there(const Operation& operation, bool& has_record) {
    if (const auto known = check_name_is_known(operation); !known) return known.error();
    const auto record = find_record(operation, {});
    has_record = record && record->status;
    if (!record) return record.error();  // whether there is one is not known
    if (const auto told = check_name_is_told(operation); !told) {
        Error error = told.error();
        error.code = has_record ? ErrorCode::damaged : ErrorCode::not_found;
        return error;
    }
    if (has_record)
        return {ErrorCode::damaged,
                cannot(operation) + where_it_was() + "the TEE has the record of a store of yours" + with_name() + ", and it is not at " +
                    quote(directory_.path()) + ": put its directory back, or name it with --store; another store beside it needs a "
                    "name (--name); if it is lost, 'festore destroy --lost" + name_option() + "' gives it up",
                0, 0};
    return {ErrorCode::not_found,
            cannot(operation) + "there is no store at " + quote(directory_.path()) +
                "; 'festore init' or the first 'festore put' makes one" + other_stores(),
            0, 0};
}

Result<StoreInfo> OpenStore::status() {
    opened_serial_ = batch_ ? opened_serial_ : 0;  // ask the TEE anew
    FESTORE_CHECK(ensure_open({"look at the store", {}}, Missing::is_an_error));
    return info();
}

// The header in clear names the anchor of the record and the cipher of the store.
Result<void> OpenStore::write_header_of_record(const Operation& operation) {
    protocol::StoreHeader moved = header_;
    moved.anchor = status_.anchor;
    moved.cipher = status_.cipher;
    FESTORE_CHECK(directory_.write_header(moved));
    header_ = moved;
    Code refused = Code::success;
    return open_in_tee(operation, moved, &refused);
}

// The record says which cipher a store has; the header only informs people. If it names another one (a rebuild was interrupted, an older
// header was put back), a program that can writes it anew, without waiting: nothing depends on it.
void OpenStore::correct_header(const Operation& operation) {
    if (header_.cipher == status_.cipher || batch_ || !directory_.may_lock()) return;
    const Result<StoreLock> lock = directory_.lock(LockKind::exclusive, {});
    if (!lock) return;
    const Result<DirectoryContents> contents = directory_.look();
    Code refused = Code::success;
    if (!contents || !contents->header || contents->header->store_id != header_.store_id) return;
    if (contents->header->anchor != header_.anchor || !open_in_tee(operation, *contents->header, &refused)) return;
    if (header_.cipher != status_.cipher) (void)write_header_of_record(operation);
}

Result<void> OpenStore::check_minor(const Operation& operation, uint16_t minor, std::string_view lacks, std::string_view advice) {
    Session* const session = FESTORE_TRY(sessions_.session());
    if (session->hello().version_minor >= minor) return {};
    return unexpected({ErrorCode::no_tee,
                       cannot(operation) + "this trusted application is older, and " + std::string(lacks) + ": " + std::string(advice),
                       0, 0});
}

}  // namespace festore
