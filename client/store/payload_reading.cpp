// SPDX-License-Identifier: BSD-2-Clause
// Contents in separate files, verified segment by segment when they are read (rule 14).
#include "client/store/read.h"

#include "base/result.h"
#include "client/store/segments.h"

#include <algorithm>

namespace festore {
namespace {

using protocol::Command;
using protocol::SegmentsRequest;

}  // namespace

Result<size_t> StoreReader::read(MutableBytes out) { return store_.read_on(*this, out, {"get", info_.name, Storage::store}); }

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

// `again`: start again.
Result<std::unique_ptr<StoreReader>> ReadableStore::find(const Operation& operation, MissedPayload& missed, bool& again) {
    StoreChannel::Request request = name_request(Command::store_get, operation.name);
    request.use = Payload::output;
    request.content_room = limits::kIndexEntryBytesMax;
    StoreReply reply = FESTORE_TRY(look_up(operation, request, again));
    const auto answer = protocol::decode<protocol::GetAnswer>(reply.answer);
    if (!answer) return unexpected(store_nonsense(operation));
    const protocol::StoreMetadata& m = answer->metadata;
    auto reader = std::make_unique<StoreReader>(*this, object_info(operation.name, m), m);
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
Result<void> ReadableStore::load_segments(StoreReader& reader, size_t wanted, const Operation& operation, bool& lost) {
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
Result<void> ReadableStore::find_again(StoreReader& reader, const Operation& operation) {
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
Result<size_t> ReadableStore::read_on(StoreReader& reader, MutableBytes out, const Operation& operation) {
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
