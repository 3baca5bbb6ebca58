// SPDX-License-Identifier: BSD-2-Clause
// Contents in files of their own: sealed on the way there, segment by segment, and verified on the way back (rule 14).
#include "client/store.h"

#include "base/writer.h"

namespace festore {
namespace {

using protocol::SegmentRequest;
using protocol::StoreCommand;

constexpr uint32_t kSegmentBytes = limits::kSegmentBytesServed;
constexpr size_t kTagBytes = 16;

StoreChannel::Request segment_request(StoreCommand command, const SegmentRequest& message, Bytes content) {
    StoreChannel::Request request;
    request.command = command;
    request.encode = [message](protocol::PageArea, Writer& out) { encode(message, out); };
    request.use = Payload::inout;
    request.content = content;
    request.content_room = size_t{message.content_bytes} + kTagBytes;
    return request;
}

}  // namespace

Expected<StoreDirectory::Upload> Store::upload(const Doing& doing, Bytes content, protocol::Id& id) {
    StoreChannel::Request begin;
    begin.command = StoreCommand::begin_upload;
    begin.encode = [](protocol::PageArea, Writer& out) { encode(protocol::BeginUploadRequest{kSegmentBytes}, out); };
    const Expected<StoreReply> begun = channel_.call(begin, doing);
    if (!begun) return unexpected(begun.error());
    if (!begun->ok()) return unexpected(error_of_store_command(begun->result, begun->origin, doing));
    const auto answer = protocol::decode_store<protocol::BeginUploadAnswer>(begun->answer);
    if (!answer) return unexpected(store_nonsense(doing));
    id = answer->payload;
    Expected<StoreDirectory::Upload> file = directory_.create_payload(id);
    if (!file) return file;
    SegmentRequest segment{id, 0, false, 0};
    do {
        const Bytes plain = content.first(std::min<size_t>(content.size(), kSegmentBytes));
        content = content.subspan(plain.size());
        segment.last = content.empty();
        segment.content_bytes = static_cast<uint32_t>(plain.size());
        const Expected<StoreReply> sealed =
            channel_.call(segment_request(StoreCommand::seal_segment, segment, plain), doing);
        if (!sealed) return unexpected(sealed.error());
        if (!sealed->ok()) return unexpected(error_of_store_command(sealed->result, sealed->origin, doing));
        if (sealed->content.size() != plain.size() + kTagBytes) return unexpected(store_nonsense(doing));
        if (const auto written = file->write(sealed->content); !written) return unexpected(written.error());
        ++segment.number;
    } while (!segment.last);
    if (const auto finished = file->finish(); !finished) return unexpected(finished.error());
    return file;
}

// `again`: the session ended, or serves another payload: look the object up anew.
Expected<std::vector<std::byte>> Store::read_payload(const Doing& doing, StoreDirectory::Payload& file,
                                                     const protocol::StoreMetadata& m, bool& again) {
    again = false;
    const Expected<uint64_t> size = file.size();
    if (!size) return unexpected(size.error());
    if (m.segments == 0 || m.segment_bytes > kSegmentBytes || *size != m.size + uint64_t{m.segments} * kTagBytes)
        return unexpected(store_damaged(doing, directory_.path(), "the content"));
    std::vector<std::byte> content;
    content.reserve(static_cast<size_t>(m.size));
    for (uint32_t number = 0; number < m.segments; ++number) {
        const uint64_t rest = m.size - content.size();
        const auto bytes = static_cast<uint32_t>(std::min<uint64_t>(rest, m.segment_bytes));
        std::vector<std::byte> sealed(size_t{bytes} + kTagBytes);
        const uint64_t offset = uint64_t{number} * (uint64_t{m.segment_bytes} + kTagBytes);
        if (const auto read = file.read(offset, sealed); !read) return unexpected(read.error());
        const SegmentRequest segment{m.payload, number, number + 1 == m.segments, bytes};
        const Expected<StoreReply> opened =
            channel_.call(segment_request(StoreCommand::read_segment, segment, sealed), doing);
        if (!opened) return unexpected(opened.error());
        again = opened->died() || static_cast<Code>(opened->result) == Code::bad_state;
        if (static_cast<Code>(opened->result) == Code::corrupt_object)
            return unexpected(store_damaged(doing, directory_.path(), "the content"));
        if (!opened->ok()) return unexpected(error_of_store_command(opened->result, opened->origin, doing));
        if (opened->content.size() != bytes) return unexpected(store_nonsense(doing));
        content.insert(content.end(), opened->content.begin(), opened->content.end());
    }
    return content;
}

}  // namespace festore
