// SPDX-License-Identifier: BSD-2-Clause
// Sealing and opening the segments of larger contents (rules 14, 15, 21).
#include "gp/heap_buffer.h"
#include "ta/call.h"

namespace festore::ta {
namespace {

using engine::kTagBytes;

// The segments of one call, one after another: each is copied into the TA once, and only TA memory is sealed or opened.
class Segments {
public:
    // bad_parameters: the memory has not the size that SegmentsRequest needs.
    static Outcome<Segments> of(Call& call, const protocol::SegmentsRequest& request, uint32_t segment_bytes) {
        if (segment_bytes > limits::kSegmentBytesServed) return fail(Code::limit_exceeded);
        const size_t tags = static_cast<size_t>(engine::segments_of(request.content_bytes, segment_bytes)) * kTagBytes;
        if (call.content.memref.buffer == nullptr || call.content.memref.size != request.content_bytes + tags)
            return fail(Code::bad_parameters);
        SegmentBuffer* const buffer = FESTORE_TRY(call.instance.segment_buffer());
        return Segments(*buffer, call.content, request, segment_bytes);
    }

    // A copy of the whole content in TA memory; given to seal(), exactly this copy is sealed.
    [[nodiscard]] Outcome<gp::HeapBuffer> copy_of_all() const {
        gp::HeapBuffer all = FESTORE_TRY(gp::HeapBuffer::allocate(request_.content_bytes));
        if (request_.content_bytes > 0)
            TEE_MemMove(all.bytes().data(), at(content_offset()), static_cast<gp::Size>(request_.content_bytes));
        return all;
    }

    // Calls `do_one`(number, last, plain, sealed) for each segment. `all`: the content, if it has been copied already.
    template <class F>
    Status seal(const std::optional<gp::HeapBuffer>& all, F&& do_one) {
        const size_t begin = content_offset();
        size_t from = begin;
        size_t to = 0;
        for (uint32_t i = 0; i < count(); ++i) {
            const MutableBytes plain = plain_of(i);
            const MutableBytes sealed = sealed_of(i);
            if (all) copy_bytes(all->view().subspan(from - begin, plain.size()), plain);
            else TEE_MemMove(plain.data(), at(from), static_cast<gp::Size>(plain.size()));
            const Status done = do_one(request_.number + i, request_.last && i + 1 == count(), plain, sealed);
            wipe(plain);
            FESTORE_CHECK(done);
            TEE_MemMove(at(to), sealed.data(), static_cast<gp::Size>(sealed.size()));
            from += plain.size();
            to += sealed.size();
        }
        return {};
    }

    // Calls `do_one`(number, sealed, plain) for each segment, up to the first that fails: an error only if the very first fails.
    template <class F>
    Status open(F&& do_one) {
        size_t from = 0;
        size_t to = 0;
        for (uint32_t i = 0; i < count(); ++i) {
            const MutableBytes plain = plain_of(i);
            const MutableBytes sealed = sealed_of(i);
            TEE_MemMove(sealed.data(), at(from), static_cast<gp::Size>(sealed.size()));
            const Status done = do_one(request_.number + i, sealed, plain);
            if (done) TEE_MemMove(at(to), plain.data(), static_cast<gp::Size>(plain.size()));
            wipe(plain);
            if (!done && i == 0) memory_.memref.size = 0;
            if (!done && i == 0) return done;
            if (!done) break;
            from += sealed.size();
            to += plain.size();
        }
        memory_.memref.size = static_cast<gp::Size>(to);
        return {};
    }

private:
    Segments(SegmentBuffer& buffer, TEE_Param& memory, const protocol::SegmentsRequest& request, uint32_t segment_bytes)
        : buffer_(buffer), memory_(memory), request_(request), segment_bytes_(segment_bytes) {}
    [[nodiscard]] uint32_t count() const {
        return static_cast<uint32_t>(engine::segments_of(request_.content_bytes, segment_bytes_));
    }
    [[nodiscard]] size_t content_bytes(uint32_t i) const {
        return engine::segment_content_bytes(i, request_.content_bytes, segment_bytes_);
    }
    [[nodiscard]] MutableBytes plain_of(uint32_t i) { return MutableBytes(buffer_.plain).first(content_bytes(i)); }
    [[nodiscard]] MutableBytes sealed_of(uint32_t i) {
        return MutableBytes(buffer_.sealed).first(content_bytes(i) + kTagBytes);
    }
    [[nodiscard]] size_t content_offset() const { return memory_.memref.size - request_.content_bytes; }
    [[nodiscard]] std::byte* at(size_t offset) const { return static_cast<std::byte*>(memory_.memref.buffer) + offset; }

    SegmentBuffer& buffer_;
    TEE_Param& memory_;
    const protocol::SegmentsRequest& request_;
    const uint32_t segment_bytes_;
};

// The key depends on the whole content of the first call, so the copy that the key was made from is what is sealed.
Status seal_call(Call& call, const protocol::SegmentsRequest& request, engine::Upload& upload) {
    Segments segments = FESTORE_TRY(Segments::of(call, request, upload.segment_bytes()));
    engine::Crypto& crypto = call.instance.crypto();
    std::optional<gp::HeapBuffer> all;
    if (upload.is_new()) {
        all.emplace(FESTORE_TRY(segments.copy_of_all()));
        const auto salt = call.instance.next_salt();
        FESTORE_CHECK(upload.bind(crypto, salt, all->view()));
    }
    return segments.seal(all, [&](uint32_t number, bool last, Bytes plain, MutableBytes sealed) {
        return upload.seal(crypto, number, last, plain, sealed);
    });
}

}  // namespace

Status store_begin_upload(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::BeginUploadRequest>(call.request));
    if (request.segment_bytes > limits::kSegmentBytesServed) return fail(Code::limit_exceeded);
    const engine::RootRecord record = FESTORE_TRY(call.record());
    const Workspace* workspace = FESTORE_TRY(call.workspace(record));
    const auto salt = call.instance.next_salt();
    engine::NewPayload payload = FESTORE_TRY(
        engine::make_payload(call.instance.crypto(), workspace->keys(), record.generation, salt));
    call.session.store.end_upload();
    call.session.store.upload.emplace(FESTORE_TRY(
        engine::Upload::begin(record.cipher, record.store_id, std::move(payload), request.segment_bytes)));
    encode(protocol::BeginUploadAnswer{call.session.store.upload->id()}, call.answer);
    return {};
}

Status store_seal_segments(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::SegmentsRequest>(call.request));
    StoreSession& store = call.session.store;
    if (!store.upload || store.upload->id() != request.payload) return fail(Code::bad_state);
    // No content from outside may get into an upload that is resealed from a payload.
    const Status sealed = store.resealed ? fail(Code::bad_state) : seal_call(call, request, *store.upload);
    if (!sealed) store.end_upload();
    return sealed;
}

Status store_read_segments(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::SegmentsRequest>(call.request));
    const engine::RootRecord record = FESTORE_TRY(call.record());
    const auto& payload = call.session.store.payload;
    if (!payload || payload->id != request.payload) return fail(Code::bad_state);
    const engine::Entry entry = payload->entry();
    Segments segments = FESTORE_TRY(Segments::of(call, request, payload->segment_bytes));
    return segments.open([&](uint32_t number, Bytes sealed, MutableBytes plain) {
        return engine::open_segment(call.instance.crypto(), payload->cipher, record.store_id, entry, number, sealed, plain);
    });
}

}  // namespace festore::ta
