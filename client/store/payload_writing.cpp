// SPDX-License-Identifier: BSD-2-Clause
// Contents in separate files: sealed segment by segment as they are written (rule 14).
#include "client/store/changeable_store.h"

#include "base/result.h"
#include "client/store/segments.h"

#include <algorithm>
#include <ctime>

namespace festore {
namespace {

using protocol::SegmentsRequest;
using protocol::Command;

constexpr size_t kPartBytes = protocol::kCallContentBytesMax;  // what one call seals

Error is_over(const Operation& operation) {
    return {ErrorCode::usage, cannot(operation) + "its stream is over: nothing was stored", 0, 0};
}

}  // namespace

StoreWriter::StoreWriter(ChangeableStore& store, std::string_view name, const PutOptions& options, uint64_t batch)
    : store_(store), name_(name), options_(options), batch_(batch) {
    if (!options_.modified) options_.modified = static_cast<int64_t>(std::time(nullptr));
}

StoreWriter::~StoreWriter() { end(); }

Result<void> StoreWriter::write(Bytes part) { return store_.write(*this, part); }
Result<ObjectInfo> StoreWriter::finish() { return store_.finish(*this); }

void StoreWriter::end() {
    over_ = true;
    wipe(pending_);
    pending_.clear();
    sealed_.clear();
    if (file_ && !store_.process_.is_here()) file_->keep();  // the parent is writing it
    file_.reset();
    if (store_.uploading_ == this) store_.uploading_ = nullptr;
}

// Grows without leaving a copy of the plaintext behind.
void StoreWriter::reserve(size_t bytes) {
    if (bytes <= pending_.capacity()) return;
    GuardedBytes larger;
    larger.reserve(bytes);
    larger.assign(pending_.begin(), pending_.end());
    wipe(pending_);
    pending_ = std::move(larger);
}

// A write error is reported one part late, but always before finish() succeeds.
Result<void> StoreWriter::write_sealed() {
    const GuardedBytes sealed = std::exchange(sealed_, {});
    return sealed.empty() ? Result<void>() : file_->write(sealed);
}

// Checks the free space before anything is written. The disk may still fill up later.
Result<void> ChangeableStore::check_space(const StoreWriter& writer, const Operation& operation) const {
    if (!writer.options_.size) return {};
    const uint64_t needed = *writer.options_.size + segments_of(*writer.options_.size, kSegmentBytes) * kTagBytes;
    const std::optional<uint64_t> free = directory_.free_bytes();
    if (!free || *free >= needed) return {};
    return unexpected({ErrorCode::no_space,
                       cannot(operation) + "it needs " + std::to_string(needed) + " bytes, and the file system of " +
                           quote(directory_.path()) + " has " + std::to_string(*free) + " free",
                       0, 0});
}

// A session has one upload at a time: the TA keeps one key for it (rule 21).
Result<void> ChangeableStore::begin_payload(StoreWriter& writer, const Operation& operation, Missing missing) {
    if (uploading_ != nullptr && uploading_ != &writer)
        return unexpected({ErrorCode::conflict, cannot(operation) + "another stream of this client is writing: finish it first", 0, 0,
                           Reason::in_use});
    FESTORE_CHECK(check_space(writer, operation));
    StoreChannel::Request request;
    request.command = Command::store_begin_upload;
    request.encode = [bytes = writer.segment_bytes_](protocol::PageArea, Writer& out) { encode(protocol::BeginUploadRequest{bytes}, out); };
    for (int attempt = 0;; ++attempt) {
        const StoreReply begun = FESTORE_TRY(channel_.call(request, operation));
        if (!begun.ok()) {
            // Nothing has been sealed yet, so it can be retried. A transaction's session cannot be replaced.
            const bool lost = begun.died() || static_cast<Code>(begun.result) == Code::bad_state;
            if (lost && attempt == 0 && !batch_) {
                opened_serial_ = 0;
                FESTORE_CHECK(ensure_open(operation, missing));
                continue;
            }
            return unexpected(error_of_store_command(begun.result, begun.origin, operation));
        }
        const auto answer = protocol::decode<protocol::BeginUploadAnswer>(begun.answer);
        if (!answer) return unexpected(store_nonsense(operation));
        writer.next_.payload = answer->payload;
        break;
    }
    StoreDirectory::Upload file = FESTORE_TRY(directory_.create_payload(writer.next_.payload));
    writer.file_.emplace(std::move(file));
    uploading_ = &writer;
    return {};
}

Result<void> ChangeableStore::seal(StoreWriter& writer, Bytes plain, bool last) {
    const Operation operation{"put", writer.name_, Storage::store};
    if (!writer.file_)
        FESTORE_CHECK(begin_payload(writer, operation, Missing::is_made));
    writer.next_.last = last;
    writer.next_.content_bytes = static_cast<uint32_t>(plain.size());
    const uint64_t segments = segments_of(plain.size(), kSegmentBytes);
    StoreChannel::Request request = segments_request(Command::store_seal_segments, writer.next_, segments, plain);
    Result<void> written;
    request.meanwhile = [&] { written = writer.write_sealed(); };
    Result<StoreReply> sealed = channel_.call(request, operation);
    if (!written) return written;
    if (!sealed) return unexpected(sealed.error());
    if (!sealed->ok()) return unexpected(error_of_segments(*sealed, operation));
    if (sealed->content.size() != plain.size() + segments * kTagBytes) return unexpected(store_nonsense(operation));
    writer.next_.number += static_cast<uint32_t>(segments);
    writer.sealed_ = std::move(sealed->content);
    return {};
}

Result<void> ChangeableStore::write_parts(StoreWriter& writer, Bytes part) {
    while (!part.empty()) {
        if (writer.pending_.size() == kPartBytes) {
            FESTORE_CHECK(seal(writer, writer.pending_, false));
            wipe(writer.pending_);
            writer.pending_.clear();
        }
        // A whole part that is not the last needs no copy.
        const bool whole = writer.pending_.empty() && part.size() > kPartBytes;
        const Bytes taken = part.first(std::min<size_t>(part.size(), kPartBytes - writer.pending_.size()));
        if (whole) {
            FESTORE_CHECK(seal(writer, taken, false));
        } else {
            const bool small = writer.pending_.size() + taken.size() <= limits::kIndexEntryBytesMax;
            writer.reserve(small ? limits::kIndexEntryBytesMax : kPartBytes);
            writer.pending_.insert(writer.pending_.end(), taken.begin(), taken.end());
        }
        writer.size_ += taken.size();
        part = part.subspan(taken.size());
    }
    return {};
}

Result<void> ChangeableStore::write(StoreWriter& writer, Bytes part) {
    const Operation operation{"put", writer.name_, Storage::store};
    if (writer.over_) return unexpected(is_over(operation));
    Result<void> written;
    if (part.size() > limits::kObjectBytesMax - writer.size_)
        written = unexpected({ErrorCode::no_space, cannot(operation) + "an object can have at most 1 TiB", 0, 0});
    else written = write_parts(writer, part);
    if (!written) writer.end();
    return written;
}

// Seals what is left, and makes the payload durable; or leaves a small content as it is.
Result<void> ChangeableStore::complete(StoreWriter& writer) {
    if (!writer.file_ && writer.size_ <= protocol::inline_content_max(writer.name_.size())) return {};
    FESTORE_CHECK(seal(writer, writer.pending_, true));
    FESTORE_CHECK(writer.write_sealed());
    return writer.file_->finish();
}

}  // namespace festore
