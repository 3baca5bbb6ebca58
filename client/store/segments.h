// SPDX-License-Identifier: BSD-2-Clause
// Requests for the segments of a content in its own file: each is sealed by itself, with its tag after it.
#pragma once
#include "base/limits.h"
#include "base/writer.h"
#include "client/store/channel.h"
#include "client/store/errors.h"
#include "protocol/store_messages.h"

#include <algorithm>

namespace festore {

inline constexpr uint32_t kSegmentBytes = limits::kSegmentBytesServed;
inline constexpr size_t kTagBytes = 16;

constexpr uint64_t segments_of(uint64_t bytes, uint32_t segment_bytes) {
    return std::max<uint64_t>(1, (bytes + segment_bytes - 1) / segment_bytes);
}

inline StoreChannel::Request segments_request(protocol::Command command, const protocol::SegmentsRequest& message, uint64_t segments,
                                              Bytes content) {
    StoreChannel::Request request;
    request.command = command;
    request.encode = [message](protocol::PageArea, Writer& out) { encode(message, out); };
    request.use = Payload::inout;
    request.content = content;
    request.content_room = size_t{message.content_bytes} + static_cast<size_t>(segments) * kTagBytes;
    return request;
}

// A TA of protocol 1.3 or older has other commands for this.
inline Error error_of_segments(const StoreReply& reply, const Operation& operation) {
    if (static_cast<Code>(reply.result) != Code::not_supported) return error_of_store_command(reply.result, reply.origin, operation);
    return {ErrorCode::no_tee, cannot(operation) + "the trusted application is older than this festore: install the one of this version",
            reply.result, reply.origin};
}

}  // namespace festore
