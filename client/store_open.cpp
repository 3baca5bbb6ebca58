// SPDX-License-Identifier: BSD-2-Clause
// Opening a store, and making one (rules 3, 7, 18, 20).
#include "client/store.h"

#include "base/host/hex.h"
#include "base/writer.h"
#include "client/allow.h"

#include <ctime>

namespace festore {
namespace {

using protocol::Command;

template <class M>
StoreChannel::Request request_of(Command command, const M& message) {
    StoreChannel::Request request;
    request.command = command;
    request.encode = [message](protocol::PageArea, Writer& out) { encode(message, out); };
    return request;
}

constexpr uint16_t kMinorThatAsksRpmb = 6;

std::string no_rpmb_hint() {
    return "Start tee-supplicant, or whatever reaches the RPMB; if this device has none, root can say so: "
           "'festore rpmb --none --without-asking'";
}

}  // namespace

Store::Store(SessionSource& sessions, Files& files, const StoreOptions& options)
    : sessions_(sessions), files_(files), options_(options), name_(options.name),
      directory_(files, options.directory,
                 options.owner.kind == Owner::Kind::group ? std::optional(options.owner.gid) : std::nullopt),
      channel_(sessions, directory_) {}

StoreInfo Store::info() const {
    StoreInfo info = described(status_);
    info.directory = directory_.path();
    info.name = std::string(shown_store_name(name_));
    info.tee = header_.tee == protocol::TeeKind::simulated ? TeeKind::sim : TeeKind::optee;
    return info;
}

StoreInfo Store::described(const protocol::StoreStatus& status) {
    StoreInfo info;
    info.store_id = hex(status.store_id);
    info.anchor = api_anchor(status.anchor);
    info.cipher = status.cipher == stored::Cipher::chacha20_poly1305 ? "chacha20-poly1305" : "aes-256-gcm";
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

Expected<void> Store::take_status(Bytes answer, const Operation& operation) {
    const auto status = protocol::decode<protocol::StoreStatus>(answer);
    if (!status) return unexpected(store_nonsense(operation));
    status_ = *status;
    warn_of_lost_freshness();
    channel_.expect({status_.index_page});
    return {};
}

// Rule 19: every opening warns, until the loss is acknowledged.
void Store::warn_of_lost_freshness() {
    if ((status_.flags & stored::kRootFreshnessLost) == 0 || std::exchange(has_warned_, true) || !options_.on_warning) return;
    options_.on_warning(freshness_lost_text(info()));
}

// The header is in clear, so these checks only choose the message; the TA repeats those that it can.
Expected<void> Store::check_header(const Operation& operation, const protocol::StoreHeader& header) {
    const Expected<Session*> session = sessions_.session();
    if (!session) return unexpected(session.error());
    const protocol::HelloAnswer& hello = (*session)->hello();
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

Error Store::refused_to_open(const Operation& operation, Code code) const {
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
                    "'festore destroy' here gives up this one, and its record in the RPMB if it was moved there",
                static_cast<uint32_t>(code), TEEC_ORIGIN_TRUSTED_APP, Reason::store_in_rpmb};
    case Code::store_destroyed:
        return {ErrorCode::damaged,
                cannot(operation) + where + " had moved to the RPMB, and was destroyed there: the TEE's record of before has "
                                "been put back. Nothing of it is served; 'festore destroy' removes what is here",
                static_cast<uint32_t>(code), TEEC_ORIGIN_TRUSTED_APP, Reason::store_destroyed};
    case Code::rpmb_no_answer:
        return {ErrorCode::no_tee,
                cannot(operation) + "the RPMB gives no answer, and it did when " + where +
                    " was made: whether a store of yours is there is not known. What is stored is unharmed. " + no_rpmb_hint(),
                static_cast<uint32_t>(code), TEEC_ORIGIN_TRUSTED_APP};
    case Code::target_dead:
        return {ErrorCode::no_tee,
                cannot(operation) + "the trusted application died, as it does when it asks an RPMB that gives no answer. What is stored is "
                                "unharmed. " + no_rpmb_hint(),
                static_cast<uint32_t>(code), TEEC_ORIGIN_TEE};
    default: return error_of_store_command(static_cast<uint32_t>(code), TEEC_ORIGIN_TRUSTED_APP, operation);
    }
}

// Whether the TA asks the RPMB when this store is opened, and can be told not to.
bool Store::is_rpmb_asked(stored::Anchor anchor) {
    const Expected<Session*> session = sessions_.session();
    if (!session || anchor != stored::Anchor::ree) return false;
    const protocol::HelloAnswer& hello = (*session)->hello();
    return (hello.features & protocol::kFeatureRpmb) != 0 && hello.version_minor >= kMinorThatAsksRpmb;
}

Expected<void> Store::open_in_tee(const Operation& operation, const protocol::StoreHeader& header, Code* refused) {
    *refused = Code::success;
    protocol::OpenRequest message{header.store_id, header.anchor, header.key_check, false, bytes_of(header.name())};
    message.without_asking_rpmb = asking_ends_ta_ && is_rpmb_asked(header.anchor);
    Expected<StoreReply> reply = channel_.call(request_of(Command::store_open, message), operation);
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
    if (const auto taken = take_status(reply->answer, operation); !taken) return taken;
    header_ = header;
    opened_serial_ = sessions_.serial();
    options_.is_name_fixed = true;  // from now on only this store is used
    return {};
}

Expected<void> Store::open_existing(const Operation& operation, const DirectoryContents& contents, bool& may_be_made) {
    may_be_made = false;
    if (const auto checked = check_header(operation, *contents.header); !checked) return checked;
    Code refused = Code::success;
    auto opened = open_in_tee(operation, *contents.header, &refused);
    if (!opened) {
        header_ = *contents.header;
        const Expected<bool> moved = follow_move(operation, refused);
        if (!moved) return unexpected(moved.error());
        if (*moved) opened = {}, refused = Code::success;
    }
    // The store's creation was interrupted before the TEE had a record of it: nothing was ever in it.
    may_be_made = refused == Code::item_not_found && contents.kind == DirectoryContents::Kind::unused;
    return opened;
}

Expected<void> Store::ensure_open(const Operation& operation, Missing missing) {
    constexpr int kTriesMax = 3;
    for (int tries = 1;; ++tries) {
        const Expected<Session*> session = sessions_.session();
        if (!session) return unexpected(session.error());
        if (opened_serial_ != 0 && opened_serial_ == sessions_.serial()) return {};
        bool again = false;
        const Expected<void> opened = look_and_open(operation, missing, again);
        if (opened || !again || tries == kTriesMax) return opened;
        directory_.wait_for_writer(options_.wait);
    }
}

Expected<void> Store::look_and_open(const Operation& operation, Missing missing, bool& again) {
    const Expected<DirectoryContents> contents = directory_.look();
    if (!contents) return unexpected(contents.error());
    using Kind = DirectoryContents::Kind;
    if (contents->kind == Kind::foreign) return unexpected(is_foreign(operation));
    if (contents->kind == Kind::headless) return unexpected(without_header(operation));
    bool may_be_made = contents->kind == Kind::absent || contents->kind == Kind::empty;
    if (!may_be_made) {
        const auto opened = open_existing(operation, *contents, may_be_made);
        const auto refused = static_cast<Code>(opened ? 0 : opened.error().tee_result);
        again = refused == Code::item_not_found || refused == Code::bad_parameters;
        if (opened)
            if (const auto settled = settle_if_cut(operation); !settled) return settled;
        if (opened) correct_header(operation);
        if (opened || !may_be_made) return opened;
    }
    if (missing == Missing::is_made) {
        const Expected<bool> made = make(operation, {}, again);
        return made ? Expected<void>() : unexpected(made.error());
    }
    return unexpected(is_not_there(operation, again));
}

Error Store::is_foreign(const Operation& operation) const {
    return {ErrorCode::failure,
            cannot(operation) + quote(directory_.path()) +
                " is not a store, and not an empty folder that could become one; choose with --store",
            0, 0};
}

Error Store::without_header(const Operation& operation) const {
    return {ErrorCode::damaged,
            cannot(operation) + "the store at " + quote(directory_.path()) + " has lost its header, " +
                std::string(protocol::kHeaderFile) + ": put that back from any copy of the directory",
            0, 0};
}

// An owner has one store of a name: if the TEE has its record, a missing directory does not mean that the store was never made.
Error Store::is_not_there(const Operation& operation, bool& has_record) {
    if (const auto known = check_name_is_known(operation); !known) return known.error();
    const auto record = find_record(operation, {});
    has_record = record && *record;
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
            cannot(operation) + "there is no store at " + quote(directory_.path()) + "; 'festore init' or the first 'festore put' "
                                "makes one" +
                other_stores(),
            0, 0};
}

// A TA before protocol 1.3, or from a kit without mbedTLS, has one cipher only.
Expected<protocol::CipherChoice> Store::cipher_to_ask_for(const Operation& operation, Cipher cipher) {
    const Expected<Session*> session = sessions_.session();
    if (!session) return unexpected(session.error());
    const bool has_both = ((*session)->hello().features & protocol::kFeatureChaCha20) != 0;
    if (cipher == Cipher::automatic) return has_both ? protocol::CipherChoice::faster : protocol::CipherChoice::aes_256_gcm;
    if (cipher == Cipher::aes_256_gcm) return protocol::CipherChoice::aes_256_gcm;
    if (has_both) return protocol::CipherChoice::chacha20_poly1305;
    return unexpected({ErrorCode::no_tee,
                       cannot(operation) + "the trusted application was built without ChaCha20-Poly1305 (its dev kit's mbedTLS lacks it)",
                       0, 0});
}

Expected<protocol::StoreHeader> Store::ask_for_header(const Operation& operation, const InitOptions& options) {
    protocol::MakeRequest message;
    const Expected<protocol::CipherChoice> cipher = cipher_to_ask_for(operation, options.cipher);
    if (!cipher) return unexpected(cipher.error());
    message.cipher = *cipher;
    message.anchor = options.anchor == Anchor::rpmb ? stored::Anchor::rpmb : stored::Anchor::ree;
    message.without_asking_rpmb = options.anchor == Anchor::ree && options.without_asking_rpmb;
    message.created = static_cast<int64_t>(std::time(nullptr));
    if (const auto known = check_name_is_known(operation); !known) return unexpected(known.error());
    message.claim = claim();
    auto request = request_of(Command::store_make, message);
    request.use = Payload::output;
    request.content_room = protocol::kNamedStoreHeaderBytes;
    const Expected<StoreReply> reply = channel_.call(request, operation);
    if (!reply) return unexpected(reply.error());
    const auto header = reply->ok() ? protocol::decode_store_header(reply->content) : fail(static_cast<Code>(reply->result));
    if (header && header->name() == name_) return *header;
    if (static_cast<Code>(reply->result) == Code::access_conflict)
        return unexpected({ErrorCode::conflict,
                           cannot(operation) + where_it_was() + "the TEE has a record of a store of yours" + with_name() +
                               " already, and it is not at " + quote(directory_.path()) +
                               "; name its directory with --store, or give this one another name with --name; if that is lost, drop the "
                               "record with 'festore destroy --lost" + name_option() + "'",
                           reply->result, reply->origin, Reason::store_exists});
    if (static_cast<Code>(reply->result) == Code::rpmb_no_answer)
        return unexpected({ErrorCode::no_tee,
                           cannot(operation) + "root limits how many stores you may have, and the RPMB, where some of yours may be, "
                                               "gives no "
                                           "answer. " + no_rpmb_hint(),
                           reply->result, reply->origin});
    if (rpmb_gave_no_answer(reply->result) && options.anchor == Anchor::ree && !options.without_asking_rpmb)
        return unexpected({ErrorCode::no_tee,
                           cannot(operation) + "the RPMB, which is built into this TEE, gave no answer when it was asked for a record of "
                                           "yours; 'festore init --anchor ree' makes the store without it",
                           reply->result, reply->origin});
    if (reply->ok()) return unexpected(store_nonsense(operation));
    const Storage storage = options.anchor == Anchor::rpmb ? Storage::rpmb : Storage::ree;
    const Error error = error_of_store_command(reply->result, reply->origin, {operation.verb, operation.name, storage});
    return unexpected(explain_refusal(sessions_, error, operation, {Storage::store, 0, !options.without_asking_rpmb}));
}

// Rule 7: the directory is durable before the record exists.
Expected<void> Store::make_locked(const Operation& operation, const protocol::StoreHeader& header) {
    if (const auto written = directory_.write_header(header); !written) return written;
    const Expected<StoreReply> reply =
        channel_.call(request_of(Command::store_create, protocol::TransactionRequest{header.store_id, 0}), operation);
    if (!reply) return unexpected(reply.error());
    if (reply->ok()) {
        header_ = header;
        opened_serial_ = sessions_.serial();
        options_.is_name_fixed = true;
        return take_status(reply->answer, operation);
    }
    // Rule 4: the TEE knows whether the record was written.
    Code refused = Code::success;
    if (open_in_tee(operation, header, &refused)) return {};
    const Error error = error_of_store_command(reply->result, reply->origin, operation);
    return unexpected(explain_refusal(sessions_, error, operation, {Storage::store, 0, false}));
}

// Rule 20: if the TEE has a record, no folder is made. `has_record`: the TEE has one by now.
Expected<bool> Store::make(const Operation& operation, const InitOptions& options, bool& has_record) {
    const Expected<protocol::StoreHeader> header = ask_for_header(operation, options);
    has_record = !header && header.error().code == ErrorCode::conflict;
    if (!header) return unexpected(header.error());
    if (const auto made = directory_.make_files(); !made) return unexpected(made.error());
    const Expected<StoreLock> lock = directory_.lock(LockKind::exclusive, options_.wait);
    if (!lock) return unexpected(lock.error());
    const Expected<DirectoryContents> contents = directory_.look();  // somebody may have been faster
    if (!contents) return unexpected(contents.error());
    using Kind = DirectoryContents::Kind;
    if (contents->kind == Kind::headless) return unexpected(without_header(operation));
    if (contents->kind == Kind::foreign) return unexpected(is_foreign(operation));
    if (contents->header) {
        bool may_be_made = false;
        const auto opened = open_existing(operation, *contents, may_be_made);
        if (opened) return false;
        if (!may_be_made) return unexpected(opened.error());
    }
    // A program that destroys a store removes files under its lock, and may have removed these.
    if (const auto there = directory_.make_files(); !there) return unexpected(there.error());
    if (const auto kept = directory_.keep_reserve(0, spare_pages(1)); !kept) return unexpected(kept.error());
    if (const auto made = make_locked(operation, *header); !made) return unexpected(made.error());
    return true;
}

Expected<StoreInfo> Store::init(const InitOptions& options) {
    const Operation operation{"make a store", {}};
    const auto there_is_one = [&] {
        return Error{ErrorCode::conflict, cannot(operation) + "there is one at " + quote(directory_.path()), 0, 0, Reason::store_exists};
    };
    const Expected<DirectoryContents> contents = directory_.look();
    if (!contents) return unexpected(contents.error());
    using Kind = DirectoryContents::Kind;
    if (contents->kind == Kind::foreign) return unexpected(is_foreign(operation));
    if (contents->kind == Kind::headless) return unexpected(without_header(operation));
    if (contents->header) {
        bool may_be_made = false;
        const auto opened = open_existing(operation, *contents, may_be_made);
        if (opened) return unexpected(there_is_one());
        if (!may_be_made) return unexpected(opened.error());
    }
    bool has_record = false;
    const Expected<bool> made = make(operation, options, has_record);
    if (!made && has_record) {  // another program has made a store meanwhile, perhaps here
        directory_.wait_for_writer(options_.wait);
        if (const auto now = directory_.look(); now && now->header) return unexpected(there_is_one());
    }
    if (!made) return unexpected(made.error());
    if (!*made) return unexpected(there_is_one());  // made by another program, perhaps with other options
    return info();
}

Expected<StoreInfo> Store::status() {
    opened_serial_ = batch_ ? opened_serial_ : 0;  // ask the TEE anew
    if (const auto open = ensure_open({"look at the store", {}}, Missing::is_an_error); !open) return unexpected(open.error());
    return info();
}

}  // namespace festore
