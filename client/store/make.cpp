// SPDX-License-Identifier: BSD-2-Clause
// Making a store (rules 3, 7, 20).
#include "client/allow.h"
#include "base/result.h"
#include "client/store/requests.h"
#include "client/store/open_store.h"

#include <ctime>

namespace festore {

// Pages beyond those in use. A removal takes at most two for each level and three more (engine/tree_change.h), and three for the free
// list. The next removal takes those that it frees, so all removals together take little more than the first. Twice that is reserved.
uint32_t OpenStore::spare_pages(uint8_t height) { return 4U * height + 12; }

using protocol::Command;

// A TA before protocol 1.3, or from a kit without mbedTLS, has one cipher only.
Result<protocol::CipherChoice> OpenStore::cipher_to_ask_for(const Operation& operation, Cipher cipher) {
    Session* const session = FESTORE_TRY(sessions_.session());
    const bool has_both = (session->hello().features & protocol::kFeatureChaCha20) != 0;
    if (cipher == Cipher::automatic) return has_both ? protocol::CipherChoice::faster : protocol::CipherChoice::aes_256_gcm;
    if (cipher == Cipher::aes_256_gcm) return protocol::CipherChoice::aes_256_gcm;
    if (has_both) return protocol::CipherChoice::chacha20_poly1305;
    return unexpected({ErrorCode::no_tee,
                       cannot(operation) + "the trusted application was built without ChaCha20-Poly1305 (its dev kit's mbedTLS lacks it)",
                       0, 0});
}

Result<protocol::StoreHeader> OpenStore::ask_for_header(const Operation& operation, const InitOptions& options) {
    protocol::MakeRequest message;
    const protocol::CipherChoice cipher = FESTORE_TRY(cipher_to_ask_for(operation, options.cipher));
    message.cipher = cipher;
    message.anchor = options.anchor == Anchor::rpmb ? stored::Anchor::rpmb : stored::Anchor::ree;
    message.without_asking_rpmb = options.anchor == Anchor::ree && options.without_asking_rpmb;
    message.created = static_cast<int64_t>(std::time(nullptr));
    FESTORE_CHECK(check_name_is_known(operation));
    message.claim = claim();
    auto request = request_of(Command::store_make, message);
    request.use = Payload::output;
    request.content_room = protocol::kNamedStoreHeaderBytes;
    const StoreReply reply = FESTORE_TRY(channel_.call(request, operation));
    const auto header = reply.ok() ? protocol::decode_store_header(reply.content) : fail(static_cast<Code>(reply.result));
    if (header && header->name() == name_) return *header;
    if (static_cast<Code>(reply.result) == Code::access_conflict)
        return unexpected({ErrorCode::conflict,
                           cannot(operation) + where_it_was() + "the TEE has a record of a store of yours" + with_name() +
                               " already, and it is not at " + quote(directory_.path()) +
                               "; name its directory with --store, or give this one another name with --name; if that is lost, drop the "
                               "record with 'festore destroy --lost" + name_option() + "'",
                           reply.result, reply.origin, Reason::store_exists});
    if (static_cast<Code>(reply.result) == Code::rpmb_no_answer)
        return unexpected({ErrorCode::no_tee,
                           cannot(operation) + "root limits how many stores you may have, and the RPMB, where some of yours may be, "
                                               "gives no answer. " + std::string(kNoRpmbHint),
                           reply.result, reply.origin});
    if (rpmb_gave_no_answer(reply.result) && options.anchor == Anchor::ree && !options.without_asking_rpmb)
        return unexpected({ErrorCode::no_tee,
                           cannot(operation) + "the RPMB, which is built into this TEE, gave no answer when it was asked for a record of "
                                           "yours; 'festore init --anchor ree' makes the store without it",
                           reply.result, reply.origin});
    if (reply.ok()) return unexpected(store_nonsense(operation));
    const Storage storage = options.anchor == Anchor::rpmb ? Storage::rpmb : Storage::ree;
    const Error error = error_of_store_command(reply.result, reply.origin, {operation.verb, operation.name, storage});
    return unexpected(explain_refusal(sessions_, error, operation, {Storage::store, 0, !options.without_asking_rpmb}));
}

// Rule 7: the directory is durable before the record exists.
Result<void> OpenStore::make_locked(const Operation& operation, const protocol::StoreHeader& header) {
    FESTORE_CHECK(directory_.write_header(header));
    const protocol::TransactionRequest create{header.store_id, 0};
    const StoreReply reply = FESTORE_TRY(channel_.call(request_of(Command::store_create, create), operation));
    if (reply.ok()) {
        header_ = header;
        opened_serial_ = sessions_.serial();
        options_.is_name_fixed = true;
        return take_status(reply.answer, operation);
    }
    // Rule 4: the TEE knows whether the record was written.
    Code refused = Code::success;
    if (open_in_tee(operation, header, &refused)) return {};
    const Error error = error_of_store_command(reply.result, reply.origin, operation);
    return unexpected(explain_refusal(sessions_, error, operation, {Storage::store, 0, false}));
}

// Rule 20: if the TEE has a record, no folder is made. `has_record`: the TEE has one by now.
Result<bool> OpenStore::make(const Operation& operation, const InitOptions& options, bool& has_record) {
    const Result<protocol::StoreHeader> header = ask_for_header(operation, options);
    has_record = !header && header.error().code == ErrorCode::conflict;
    if (!header) return unexpected(header.error());
    FESTORE_CHECK(directory_.make_files());
    const StoreLock lock = FESTORE_TRY(directory_.lock(LockKind::exclusive, options_.wait));
    const Result<DirectoryContents> contents = directory_.look();  // somebody may have been faster
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
    FESTORE_CHECK(directory_.make_files());
    FESTORE_CHECK(directory_.keep_reserve(0, spare_pages(1)));
    FESTORE_CHECK(make_locked(operation, *header));
    return true;
}

Result<StoreInfo> OpenStore::init(const InitOptions& options) {
    const Operation operation{"make a store", {}};
    const auto there_is_one = [&] {
        return Error{ErrorCode::conflict, cannot(operation) + "there is one at " + quote(directory_.path()), 0, 0, Reason::store_exists};
    };
    const DirectoryContents contents = FESTORE_TRY(directory_.look());
    using Kind = DirectoryContents::Kind;
    if (contents.kind == Kind::foreign) return unexpected(is_foreign(operation));
    if (contents.kind == Kind::headless) return unexpected(without_header(operation));
    if (contents.header) {
        bool may_be_made = false;
        const auto opened = open_existing(operation, contents, may_be_made);
        if (opened) return unexpected(there_is_one());
        if (!may_be_made) return unexpected(opened.error());
    }
    bool has_record = false;
    const Result<bool> made = make(operation, options, has_record);
    if (!made && has_record) {  // another program has made a store meanwhile, perhaps here
        directory_.wait_for_writer(options_.wait);
        if (const auto now = directory_.look(); now && now->header) return unexpected(there_is_one());
    }
    if (!made) return unexpected(made.error());
    if (!*made) return unexpected(there_is_one());  // made by another program, perhaps with other options
    return info();
}

}  // namespace festore
