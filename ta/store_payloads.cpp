// SPDX-License-Identifier: BSD-2-Clause
// Sealing and opening the segments of larger contents (rules 14, 15, 21).
#include "ta/store_call.h"

namespace festore::ta {
namespace {

using engine::kTagBytes;

// Sealed and plain side by side in TA memory; what the normal world sees is copied in and out once.
struct Segment {
    MutableBytes plain;
    MutableBytes sealed;

    static Result<Segment> of(Instance& instance, size_t content_bytes) {
        if (content_bytes > limits::kSegmentBytesServed) return fail(Code::limit_exceeded);
        SegmentBuffer* const buffer = FESTORE_TRY(instance.segment_buffer());
        return Segment{MutableBytes(buffer->plain).first(content_bytes),
                       MutableBytes(buffer->sealed).first(content_bytes + kTagBytes)};
    }
};

bool holds(const TEE_Param& memory, size_t bytes) {
    return memory.memref.buffer != nullptr && memory.memref.size >= bytes;
}
void copy_in(MutableBytes to, const TEE_Param& from) {
    if (!to.empty()) TEE_MemMove(to.data(), from.memref.buffer, static_cast<gp::Size>(to.size()));
}
void copy_out(TEE_Param& to, Bytes from) {
    if (!from.empty()) TEE_MemMove(to.memref.buffer, from.data(), static_cast<gp::Size>(from.size()));
    to.memref.size = static_cast<gp::Size>(from.size());
}

}  // namespace

Status store_begin_upload(StoreCall& call) {
    const auto request = FESTORE_TRY(protocol::decode_store<protocol::BeginUploadRequest>(call.request));
    if (request.segment_bytes > limits::kSegmentBytesServed) return fail(Code::limit_exceeded);
    const engine::RootRecord record = FESTORE_TRY(call.record());
    const Workspace* workspace = FESTORE_TRY(call.workspace(record));
    const auto salt = call.instance.next_salt();
    engine::NewPayload payload = FESTORE_TRY(
        engine::make_payload(call.instance.crypto(), workspace->keys(), record.generation, salt));
    auto& upload = call.session.store.upload;
    upload.reset();
    upload.emplace(FESTORE_TRY(
        engine::Upload::begin(record.cipher, record.store_id, std::move(payload), request.segment_bytes)));
    encode(protocol::BeginUploadAnswer{upload->id()}, call.answer);
    return {};
}

Status store_seal_segment(StoreCall& call) {
    const auto request = FESTORE_TRY(protocol::decode_store<protocol::SegmentRequest>(call.request));
    auto& upload = call.session.store.upload;
    if (!upload || upload->id() != request.payload) return fail(Code::bad_state);
    const auto segment = Segment::of(call.instance, request.content_bytes);
    if (!segment || !holds(call.content, segment->sealed.size())) {
        upload.reset();
        return fail(segment ? Code::bad_parameters : segment.error().code);
    }
    copy_in(segment->plain, call.content);
    const Status sealed =
        upload->seal(call.instance.crypto(), request.number, request.last, segment->plain, segment->sealed);
    wipe(segment->plain);
    if (!sealed) {
        upload.reset();
        return sealed;
    }
    copy_out(call.content, segment->sealed);
    return {};
}

Status store_read_segment(StoreCall& call) {
    const auto request = FESTORE_TRY(protocol::decode_store<protocol::SegmentRequest>(call.request));
    const engine::RootRecord record = FESTORE_TRY(call.record());
    const auto& payload = call.session.store.payload;
    if (!payload || payload->id != request.payload) return fail(Code::bad_state);
    const Segment segment = FESTORE_TRY(Segment::of(call.instance, request.content_bytes));
    if (!holds(call.content, segment.sealed.size())) return fail(Code::bad_parameters);
    copy_in(segment.sealed, call.content);
    call.content.memref.size = 0;
    engine::Entry entry;
    entry.kind = engine::EntryKind::payload;
    entry.size = payload->size;
    entry.payload = {payload->id, payload->key.expose(), payload->segment_bytes, payload->segments};
    FESTORE_CHECK(engine::open_segment(call.instance.crypto(), record.cipher, record.store_id, entry, request.number,
                                       segment.sealed, segment.plain));
    copy_out(call.content, segment.plain);
    wipe(segment.plain);
    return {};
}

}  // namespace festore::ta
