// SPDX-License-Identifier: BSD-2-Clause
// Contents in separate files: sealed segment by segment when they are written, and verified when they are read (rule 14).
#include "client/store/read.h"

#include "base/result.h"
#include "base/writer.h"

#include <algorithm>
#include <ctime>

namespace festore {
namespace {

using protocol::SegmentsRequest;
using protocol::Command;

constexpr uint32_t kSegmentBytes = limits::kSegmentBytesServed;
constexpr size_t kTagBytes = 16;
constexpr size_t kPartBytes = protocol::kCallContentBytesMax;  // what one call seals

constexpr uint64_t segments_of(uint64_t bytes, uint32_t segment_bytes) {
    return std::max<uint64_t>(1, (bytes + segment_bytes - 1) / segment_bytes);
}

StoreChannel::Request segments_request(Command command, const SegmentsRequest& message, uint64_t segments, Bytes content) {
    StoreChannel::Request request;
    request.command = command;
    request.encode = [message](protocol::PageArea, Writer& out) { encode(message, out); };
    request.use = Payload::inout;
    request.content = content;
    request.content_room = size_t{message.content_bytes} + static_cast<size_t>(segments) * kTagBytes;
    return request;
}

Error is_over(const Operation& operation) {
    return {ErrorCode::usage, cannot(operation) + "its stream is over: nothing was stored", 0, 0};
}

// A TA of protocol 1.3 or older has other commands for this.
Error error_of_segments(const StoreReply& reply, const Operation& operation) {
    if (static_cast<Code>(reply.result) != Code::not_supported) return error_of_store_command(reply.result, reply.origin, operation);
    return {ErrorCode::no_tee, cannot(operation) + "the trusted application is older than this festore: install the one of this version",
            reply.result, reply.origin};
}

}  // namespace

StoreWriter::StoreWriter(StoreClient& store, std::string_view name, const PutOptions& options, uint64_t batch)
    : store_(store), name_(name), options_(options), batch_(batch) {
    if (!options_.modified) options_.modified = static_cast<int64_t>(std::time(nullptr));
}

StoreWriter::~StoreWriter() { end(); }

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

size_t StoreReader::give(MutableBytes out) {
    if (!is_loaded()) return 0;
    const auto from = static_cast<size_t>(position_ - loaded_from_);
    const Bytes part = Bytes(loaded_).subspan(from, std::min(out.size(), loaded_.size() - from));
    copy_bytes(part, out);
    position_ += part.size();
    return part.size();
}

void StoreReader::load(uint64_t from, GuardedBytes content) {
    wipe(loaded_);
    loaded_ = std::move(content);
    loaded_from_ = from;
}

// Checks the free space before anything is written. The disk may still fill up later.
Result<void> StoreClient::check_space(const StoreWriter& writer, const Operation& operation) const {
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
Result<void> StoreClient::begin_payload(StoreWriter& writer, const Operation& operation, Missing missing) {
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

Result<void> StoreClient::seal(StoreWriter& writer, Bytes plain, bool last) {
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

Result<void> StoreClient::write_parts(StoreWriter& writer, Bytes part) {
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

Result<void> StoreClient::write(StoreWriter& writer, Bytes part) {
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
Result<void> StoreClient::complete(StoreWriter& writer) {
    if (!writer.file_ && writer.size_ <= protocol::inline_content_max(writer.name_.size())) return {};
    FESTORE_CHECK(seal(writer, writer.pending_, true));
    FESTORE_CHECK(writer.write_sealed());
    return writer.file_->finish();
}

// `again`: start again.
Result<std::unique_ptr<StoreReader>> StoreClient::find(const Operation& operation, MissedPayload& missed, bool& again) {
    StoreChannel::Request request = name_request(Command::store_get, operation.name);
    request.use = Payload::output;
    request.content_room = limits::kIndexEntryBytesMax;
    StoreReply reply = FESTORE_TRY(look_up(operation, request, again));
    const auto answer = protocol::decode<protocol::GetAnswer>(reply.answer);
    if (!answer) return unexpected(store_nonsense(operation));
    const protocol::StoreMetadata& m = answer->metadata;
    auto reader = std::make_unique<StoreReader>(object_info(operation.name, m), m);
    if (m.inlined) {
        if (reply.content.size() != m.size) return unexpected(store_nonsense(operation));
        reader->load(0, std::move(reply.content));
        return reader;
    }
    Result<StoreDirectory::Payload> file = directory_.open_payload(m.payload);
    if (!file && file.error().code == ErrorCode::not_found) {
        const bool surely = missed.payload == m.payload && missed.generation == answer->pages.generation;
        missed = {m.payload, answer->pages.generation};
        again = !surely;  // otherwise it may have been removed after the lookup, with its object
        return unexpected(store_damaged(operation, directory_.path(), "the content"));
    }
    if (!file) return unexpected(file.error());
    const uint64_t size = FESTORE_TRY(file->size());
    const bool fits = m.segment_bytes > 0 && m.segment_bytes <= kSegmentBytes && m.segments > 0 &&
                      m.segments == segments_of(m.size, m.segment_bytes) &&
                      size == m.size + uint64_t{m.segments} * kTagBytes;
    if (!fits) return unexpected(store_damaged(operation, directory_.path(), "the content"));
    reader->file_.emplace(std::move(*file));
    return reader;
}

// The part to read in one call, from the segment at the position on: `wanted` bytes, and beyond them the more, the longer reading has
// been sequential. `alone`: only that segment.
SegmentsRequest StoreReader::next_part(size_t wanted, bool alone) {
    const protocol::StoreMetadata& m = metadata_;
    const bool goes_on = position_ == loaded_from_ + loaded_.size();
    ahead_ = goes_on && !alone ? std::clamp<uint64_t>(2 * ahead_, m.segment_bytes, part_bytes_max_) : m.segment_bytes;
    SegmentsRequest part{m.payload, static_cast<uint32_t>(position_ / m.segment_bytes), false, 0};
    const uint64_t from = uint64_t{part.number} * m.segment_bytes;
    const uint64_t most = alone ? 1 : std::max(std::min<uint64_t>(position_ - from + wanted, part_bytes_max_), ahead_);
    const uint64_t whole = segments_of(most, m.segment_bytes) * m.segment_bytes;
    const uint64_t bytes = std::min({m.size - from, whole, part_bytes_max_});
    part.content_bytes = static_cast<uint32_t>(bytes);
    part.last = from + bytes == m.size;
    return part;
}

// If read-ahead fails, the first segment is read alone.
Result<std::vector<std::byte>> StoreReader::read_sealed(size_t wanted, SegmentsRequest& part) {
    for (const bool alone : {false, true}) {
        part = next_part(wanted, alone);
        const uint64_t from = uint64_t{part.number} * metadata_.segment_bytes;
        const uint64_t segments = segments_of(part.content_bytes, metadata_.segment_bytes);
        const uint64_t offset = from + uint64_t{part.number} * kTagBytes;
        const size_t bytes = part.content_bytes + static_cast<size_t>(segments) * kTagBytes;
        std::vector<std::byte> sealed = std::exchange(sealed_, {});
        if (sealed_from_ == offset && sealed.size() == bytes) return sealed;
        sealed.resize(bytes);
        if (const auto read = file_->read(offset, sealed); read) {
            if (!alone) file_->read_soon(offset + sealed.size(), sealed.size());
            return sealed;
        } else if (alone || segments == 1) {
            return unexpected(read.error());
        }
    }
    return unexpected({ErrorCode::failure, "the content cannot be read", 0, 0});
}

// Reads the next part ahead once reading has been sequential for so long that whole parts are read: it most likely continues. An error
// is ignored here, since reading that part again will report it.
void StoreReader::read_behind(const SegmentsRequest& part) {
    const protocol::StoreMetadata& m = metadata_;
    const uint64_t from = uint64_t{part.number} * m.segment_bytes + part.content_bytes;
    if (ahead_ != part_bytes_max_ || from >= m.size) return;
    const uint64_t content = std::min<uint64_t>(m.size - from, part_bytes_max_);
    sealed_from_ = from + from / m.segment_bytes * kTagBytes;
    sealed_.resize(static_cast<size_t>(content + segments_of(content, m.segment_bytes) * kTagBytes));
    if (const auto read = file_->read(sealed_from_, sealed_); !read) sealed_.clear();
    else file_->read_soon(sealed_from_ + sealed_.size(), sealed_.size());
}

// `lost`: the session ended, or has looked up another object since.
Result<void> StoreClient::load_segments(StoreReader& reader, size_t wanted, const Operation& operation, bool& lost) {
    const protocol::StoreMetadata& m = reader.metadata_;
    SegmentsRequest part;
    const std::vector<std::byte> sealed = FESTORE_TRY(reader.read_sealed(wanted, part));
    const uint64_t from = uint64_t{part.number} * m.segment_bytes;
    const uint64_t segments = segments_of(part.content_bytes, m.segment_bytes);
    StoreChannel::Request request = segments_request(Command::store_read_segments, part, segments, sealed);
    request.meanwhile = [&] { reader.read_behind(part); };
    StoreReply opened = FESTORE_TRY(channel_.call(request, operation));
    lost = opened.died() || static_cast<Code>(opened.result) == Code::bad_state;
    if (static_cast<Code>(opened.result) == Code::corrupt_object)
        return unexpected(store_damaged(operation, directory_.path(), "the content"));
    if (!opened.ok()) return unexpected(error_of_segments(opened, operation));
    // Less content: the segment after it does not open, which the next call reports.
    const size_t size = opened.content.size();
    const bool whole = size > 0 && size < part.content_bytes && size % m.segment_bytes == 0;
    if (size != part.content_bytes && !whole) return unexpected(store_nonsense(operation));
    reader.load(from, std::move(opened.content));
    return {};
}

// Rule 9: the TEE has the key of the payload that was looked up last. It can no longer find the key of a payload that the index
// does not refer to any more.
Result<void> StoreClient::find_again(StoreReader& reader, const Operation& operation) {
    opened_serial_ = opened_serial_ == sessions_.serial() ? opened_serial_ : 0;
    const Result<std::unique_ptr<StoreReader>> found = open_reader(operation);
    const bool gone = !found && found.error().code == ErrorCode::not_found;
    if (!found && !gone) return unexpected(found.error());
    if (!gone && !(*found)->metadata_.inlined && (*found)->metadata_.payload == reader.metadata_.payload) return {};
    // The same version has the same content: it was sealed anew.
    const auto is_same = [&](const protocol::StoreMetadata& now) {
        return !now.inlined && now.version == reader.metadata_.version && now.size == reader.metadata_.size;
    };
    if (!gone && is_same((*found)->metadata_)) {
        reader.metadata_ = (*found)->metadata_;
        reader.file_.reset();
        reader.file_.emplace(std::move(*(*found)->file_));
        reader.sealed_.clear();
        return {};
    }
    return unexpected({ErrorCode::busy, cannot(operation) + "it was replaced or removed while it was being read; repeat it", 0, 0});
}

// An error leaves the position where it was: the caller does not get what was read before the error.
Result<size_t> StoreClient::read_on(StoreReader& reader, MutableBytes out, const Operation& operation) {
    constexpr int kTriesMax = 3;
    const uint64_t begin = reader.position_;
    size_t given = 0;
    while (given < out.size() && reader.position_ < reader.info_.size) {
        for (int tries = 1; !reader.is_loaded(); ++tries) {
            bool lost = false;
            auto loaded = load_segments(reader, out.size() - given, operation, lost);
            if (loaded) break;
            if (lost && tries < kTriesMax) loaded = find_again(reader, operation);
            if (loaded) continue;
            reader.position_ = begin;
            return unexpected(loaded.error());
        }
        given += reader.give(out.subspan(given));
    }
    return given;
}

}  // namespace festore
