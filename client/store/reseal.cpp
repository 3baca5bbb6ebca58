// SPDX-License-Identifier: BSD-2-Clause
// Rebuilding a store, with another cipher if asked for: first its index (client/store/rebuild.cpp), in one commit; then its contents,
// each sealed anew in the TEE in a separate commit; last the index again, which records that all are done. After an interruption anywhere
// the store is whole, and the same command continues. Other programs may read and change the store meanwhile.
#include "client/store/store.h"
#include "base/result.h"
#include "client/store/read.h"
#include "client/store/scan.h"
#include "protocol/store_reseal.h"

#include <algorithm>

namespace festore {
namespace {

using protocol::Command;

constexpr uint16_t kMinorThatReseals = 7;
constexpr size_t kPartBytes = protocol::kResealBytesMax;
constexpr int kTriesMax = 3;   // of an object that others change, or whose session ends
constexpr int kPassesMax = 3;  // over the store: what others rename meanwhile may be missed once
constexpr size_t kNamesShownMax = 10;

}  // namespace

struct StoreClient::ResealPass {
    explicit ResealPass(const RebuildOptions& chosen) : options(chosen) {}
    const RebuildOptions& options;
    RebuildProgress progress;
    std::vector<Error> damaged;  // contents, or a part of the index
    std::vector<std::string> names;

    // Of the object at hand:
    bool again = false;            // its session has ended, or somebody has changed it
    bool is_over = false;          // it is gone, or needs nothing any more
    std::optional<Error> damage;

    void begin_object() {
        again = is_over = false;
        damage.reset();
    }
    void tell() const {
        if (options.on_progress) options.on_progress(progress);
    }
};

// If the index already has the wanted cipher, and contents still have the other one, the index is left as it is.
Result<StoreInfo> StoreClient::rebuild_index(const Operation& operation, const RebuildOptions& options) {
    const StoreLock lock = FESTORE_TRY(lock_and_open(operation));
    RebuildPlan plan;
    if (options.cipher != Cipher::automatic) {
        FESTORE_CHECK(check_minor(operation, kMinorThatReseals, "cannot change a store's cipher"));
        const protocol::CipherChoice cipher = FESTORE_TRY(cipher_to_ask_for(operation, options.cipher));
        if (const auto wanted = static_cast<stored::Cipher>(cipher); wanted != status_.cipher) plan.cipher = wanted;
    }
    if ((status_.flags & stored::kRootFreshnessLost) != 0)
        return unexpected({ErrorCode::conflict,
                           cannot(operation) + "a repair has not been acknowledged, and the pages it replaced may be needed again: " +
                               "'festore repair --acknowledge' first",
                           0, 0, Reason::not_acknowledged});
    const bool lost = FESTORE_TRY(has_unacknowledged_loss(operation));
    if (lost)
        return unexpected({ErrorCode::conflict,
                           cannot(operation) + "names that were lost with damage have not been acknowledged, and the pages that "
                                               "were kept for them would be lost: 'festore repair --undo' or 'festore repair "
                                               "--acknowledge NAME' first",
                           0, 0, Reason::not_acknowledged});
    if (options.anchor == Anchor::ree && status_.anchor == stored::Anchor::rpmb)
        return unexpected({ErrorCode::conflict,
                           cannot(operation) + "its record is in the RPMB, and moving it to ree would give up what that detects", 0, 0});
    if (options.cipher != Cipher::automatic && !plan.cipher && info().has_other_cipher) return info();
    plan.moves = options.anchor == Anchor::rpmb && status_.anchor == stored::Anchor::ree;
    Result<StoreInfo> done = make_anew(operation, plan);
    if (!done && done.error().code == ErrorCode::damaged)
        done.error().message += "; 'festore repair --drop-damaged' makes it whole without what is damaged";
    return done;
}

Result<StoreInfo> StoreClient::rebuild(const RebuildOptions& options) {
    const Operation operation{"rebuild the store", {}};
    if (options.anchor && options.cipher != Cipher::automatic)
        return unexpected({ErrorCode::usage, cannot(operation) + "change the anchor and the cipher one after the other", 0, 0});
    Result<StoreInfo> done = rebuild_index(operation, options);
    if (options.cipher == Cipher::automatic) return done;
    ResealPass pass(options);
    for (int passes = 0; done && done->has_other_cipher && passes < kPassesMax; ++passes) {
        FESTORE_CHECK(reseal_contents(operation, pass));
        if (!pass.damaged.empty()) return unexpected(not_all_resealed(operation, pass));
        done = rebuild_index(operation, {});
    }
    const std::string_view wanted = options.cipher == Cipher::aes_256_gcm ? "aes-256-gcm" : "chacha20-poly1305";
    if (done && (done->cipher != wanted || done->has_other_cipher))
        return unexpected({ErrorCode::busy, cannot(operation) + "another program changed it meanwhile; repeat it to go on", 0, 0});
    return done;
}

// Two ciphers stay in use until the damaged objects are given up, or their files are put back.
Error StoreClient::not_all_resealed(const Operation& operation, const ResealPass& pass) {
    std::string text = cannot(operation) + "contents still have the other cipher, since they are damaged: ";
    for (size_t i = 0; i < std::min(pass.names.size(), kNamesShownMax); ++i) text += (i == 0 ? "" : ", ") + quote(pass.names[i]);
    if (pass.names.size() > kNamesShownMax) text += ", and " + std::to_string(pass.names.size() - kNamesShownMax) + " more";
    if (pass.names.empty()) text += pass.damaged.front().message;
    text += "; all others are done. Put their files back from a copy, or give them up with 'festore repair --drop-damaged' and 'festore "
            "repair --acknowledge NAME', and repeat this";
    return {ErrorCode::damaged, std::move(text), pass.damaged.front().tee_result, pass.damaged.front().tee_origin};
}

Result<void> StoreClient::reseal_contents(const Operation& operation, ResealPass& pass) {
    constexpr size_t kStepsMax = 100'000'000;  // stops a listing that would never end
    FESTORE_CHECK(ensure_open(operation, Missing::is_an_error));
    Scan::Start start;
    start.afresh = true;
    Scan scan(*this, operation, start);
    for (size_t step = 0; step < kStepsMax; ++step) {
        const Scan::Step next = FESTORE_TRY(scan.next());
        if (next.is_end) return {};
        if (next.gap)
            pass.damaged.push_back({ErrorCode::damaged, "page " + std::to_string(next.gap->page) + " of the index is damaged", 0, 0});
        for (const Scan::Item& item : next.items) {
            if ((item.metadata.flags & protocol::kStoredOtherCipher) == 0) continue;
            FESTORE_CHECK(reseal_object(item.name, pass));
        }
    }
    return unexpected(store_nonsense(operation));
}

// A damaged object is noted, and the next one follows. The store is locked for the commit only.
Result<void> StoreClient::reseal_object(const std::string& name, ResealPass& pass) {
    const Operation operation{"seal anew", name, Storage::store};
    for (int tries = 1;; ++tries) {
        std::optional<StoreWriter> writer;
        pass.begin_object();
        uint64_t size = 0;
        const auto answer = change_made_by(operation, [&](StoreDirectory::Upload*& upload) {
            Result<ChangeRequest> request = reseal_payload(operation, writer, pass);
            if (request) upload = &*writer->file_;
            if (request) size = *writer->options_.size;
            return request;
        });
        if (answer) {
            ++pass.progress.objects;
            pass.progress.content_bytes += size;
            pass.tell();
            return {};
        }
        if (pass.damage) {
            pass.damaged.push_back(*pass.damage);
            pass.names.push_back(name);
            return {};
        }
        if (pass.is_over || answer.error().code == ErrorCode::not_found) return {};
        const auto refused = static_cast<Code>(answer.error().tee_result);
        const bool again = pass.again || refused == Code::version_conflict;
        if (!again) return unexpected(answer.error());
        if (tries == kTriesMax) return refused == Code::version_conflict ? Result<void>() : unexpected(answer.error());
    }
}

// Makes the object's new payload durable, and the request that puts it into the entry.
Result<StoreClient::ChangeRequest> StoreClient::reseal_payload(const Operation& operation, std::optional<StoreWriter>& writer,
                                                               ResealPass& pass) {
    MissedPayload missed;
    const auto reader = read<std::unique_ptr<StoreReader>>(operation, [&](bool& again) { return find(operation, missed, again); });
    if (!reader) {
        if (reader.error().code == ErrorCode::damaged) pass.damage = reader.error();
        return unexpected(reader.error());
    }
    (*reader)->part_bytes_max_ = kPartBytes;
    const protocol::StoreMetadata& m = (*reader)->metadata_;
    pass.is_over = m.inlined || (m.flags & protocol::kStoredOtherCipher) == 0;
    if (pass.is_over) return unexpected({ErrorCode::not_found, cannot(operation) + "it is done", 0, 0});
    PutOptions options;
    options.size = m.size;
    writer.emplace(*this, operation.name, options, 0);
    writer->segment_bytes_ = m.segment_bytes;
    FESTORE_CHECK(begin_payload(*writer, operation, Missing::is_an_error));
    do {
        FESTORE_CHECK(reseal_part(**reader, *writer, operation, pass));
    } while ((*reader)->position_ < m.size);
    FESTORE_CHECK(writer->write_sealed());
    FESTORE_CHECK(writer->file_->finish());
    ChangeRequest request;
    request.command = Command::store_reseal;
    request.has_area = true;
    request.room = room_for(1);
    request.about = writer->name_;
    request.encode = [payload = writer->next_.payload, name = writer->name_](protocol::PageArea area, Writer& out) {
        encode(protocol::ResealRequest{area, payload, bytes_of(name)}, out);
    };
    return request;
}

// Reseals as many segments as one call takes. While the TEE works, the last call's output is written, and the next call's input is read.
Result<void> StoreClient::reseal_part(StoreReader& reader, StoreWriter& writer, const Operation& operation, ResealPass& pass) {
    reader.load(reader.position_, {});
    protocol::SegmentsRequest part;
    const Result<std::vector<std::byte>> sealed = reader.read_sealed(kPartBytes, part);
    if (!sealed) {
        pass.damage = sealed.error();
        return unexpected(sealed.error());
    }
    StoreChannel::Request request;
    request.command = Command::store_reseal_segments;
    request.encode = [message = protocol::ResealSegmentsRequest{part.payload, writer.next_.payload, part.number, part.content_bytes}](
                         protocol::PageArea, Writer& out) { encode(message, out); };
    request.use = Payload::inout;
    request.content = *sealed;
    request.content_room = sealed->size();
    Result<void> written;
    request.meanwhile = [&] {
        written = writer.write_sealed();
        reader.read_behind(part);
    };
    Result<StoreReply> reply = channel_.call(request, operation);
    if (!written) return written;
    if (!reply) return unexpected(reply.error());
    pass.again = reply->died() || static_cast<Code>(reply->result) == Code::bad_state;
    if (pass.again) opened_serial_ = 0;
    if (static_cast<Code>(reply->result) == Code::corrupt_object) pass.damage = store_damaged(operation, directory_.path(), "the content");
    if (pass.damage) return unexpected(*pass.damage);
    if (!reply->ok()) return unexpected(error_of_store_command(reply->result, reply->origin, operation));
    if (reply->content.size() != sealed->size()) return unexpected(store_nonsense(operation));
    writer.sealed_ = std::move(reply->content);
    reader.position_ += part.content_bytes;
    return {};
}

}  // namespace festore
