// SPDX-License-Identifier: BSD-2-Clause
// Sealing a content again, from one payload into another one; the plaintext does not leave the TEE (protocol/store_reseal.h).
#include "gp/heap_buffer.h"
#include "ta/call.h"

namespace festore::ta {
namespace {

using engine::kTagBytes;

// The segments of one call. Each is copied into the TA once, and all are opened before the first is sealed; only TA memory is opened or
// sealed.
class Resealing {
public:
    // bad_parameters: the memory does not hold exactly the requested segments; bad_state: the payload does not have them.
    static Outcome<Resealing> of(Call& call, const protocol::ResealSegmentsRequest& request, const OpenPayload& from) {
        if (from.segment_bytes > limits::kSegmentBytesServed) return fail(Code::limit_exceeded);
        const uint64_t count = engine::segments_of(request.content_bytes, from.segment_bytes);
        if (request.number >= from.segments || count > from.segments - request.number) return fail(Code::bad_state);
        const uint64_t begin = uint64_t{request.number} * from.segment_bytes;
        const uint64_t end = std::min(from.size, begin + count * from.segment_bytes);
        const size_t sealed_bytes = request.content_bytes + static_cast<size_t>(count) * kTagBytes;
        const bool fits = call.content.memref.buffer != nullptr && call.content.memref.size == sealed_bytes;
        if (!fits || end - begin != request.content_bytes) return fail(Code::bad_parameters);
        SegmentBuffer* const buffer = FESTORE_TRY(call.instance.segment_buffer());
        gp::HeapBuffer plain = FESTORE_TRY(gp::HeapBuffer::allocate(request.content_bytes));
        return Resealing(*buffer, call.content, from, request.number, static_cast<uint32_t>(count), std::move(plain));
    }

    [[nodiscard]] Bytes plain() const { return plain_.view(); }

    Status open(engine::Crypto& crypto, const engine::StoreId& store_id) {
        const engine::Entry entry = from_.entry();
        return each([&](uint32_t number, MutableBytes plain, MutableBytes sealed, std::byte* memory) -> Status {
            TEE_MemMove(sealed.data(), memory, static_cast<gp::Size>(sealed.size()));
            return engine::open_segment(crypto, from_.cipher, store_id, entry, number, sealed, plain);
        });
    }
    Status seal(engine::Crypto& crypto, engine::Upload& upload) {
        return each([&](uint32_t number, MutableBytes plain, MutableBytes sealed, std::byte* memory) -> Status {
            FESTORE_CHECK(upload.seal(crypto, number, number + 1 == from_.segments, plain, sealed));
            TEE_MemMove(memory, sealed.data(), static_cast<gp::Size>(sealed.size()));
            return {};
        });
    }

private:
    Resealing(SegmentBuffer& buffer, TEE_Param& memory, const OpenPayload& from, uint32_t number, uint32_t count, gp::HeapBuffer plain)
        : buffer_(buffer), memory_(static_cast<std::byte*>(memory.memref.buffer)), from_(from), number_(number), count_(count),
          plain_(std::move(plain)) {}

    // Calls `do_one`(number, plain, buffer for the sealed segment, its place in the shared memory) for each segment.
    template <class F>
    Status each(F&& do_one) {
        size_t at = 0;
        size_t in_memory = 0;
        for (uint32_t i = 0; i < count_; ++i) {
            const size_t size = engine::segment_content_bytes(number_ + i, from_.size, from_.segment_bytes);
            FESTORE_CHECK(do_one(number_ + i, plain_.bytes().subspan(at, size), MutableBytes(buffer_.sealed).first(size + kTagBytes),
                                 memory_ + in_memory));
            at += size;
            in_memory += size + kTagBytes;
        }
        return {};
    }

    SegmentBuffer& buffer_;
    std::byte* memory_;
    const OpenPayload& from_;
    const uint32_t number_;
    const uint32_t count_;
    gp::HeapBuffer plain_;  // the plaintext of all segments
};

// The first call decides which payload the upload is made from; that is kept, whatever else the session looks up meanwhile.
Status begin_resealing(StoreSession& store) {
    if (!store.upload->is_new() || !store.payload) return fail(Code::bad_state);
    const OpenPayload& from = *store.payload;
    if (from.segment_bytes != store.upload->segment_bytes() || from.cipher == store.upload->cipher()) return fail(Code::bad_parameters);
    OpenPayload& kept = store.resealed.emplace();
    kept.id = from.id;
    copy_bytes(from.key.expose(), kept.key.fill());
    kept.segment_bytes = from.segment_bytes;
    kept.segments = from.segments;
    kept.size = from.size;
    kept.cipher = from.cipher;
    return {};
}

Status reseal(Call& call, const protocol::ResealSegmentsRequest& request) {
    StoreSession& store = call.session.store;
    const engine::RootRecord record = FESTORE_TRY(call.record());
    if (!store.resealed) FESTORE_CHECK(begin_resealing(store));
    if (store.resealed->id != request.from) return fail(Code::bad_state);
    engine::Crypto& crypto = call.instance.crypto();
    Resealing segments = FESTORE_TRY(Resealing::of(call, request, *store.resealed));
    FESTORE_CHECK(segments.open(crypto, record.store_id));
    if (store.upload->is_new()) {  // as for any upload, the key depends on the whole content of the first call
        const auto salt = call.instance.next_salt();
        FESTORE_CHECK(store.upload->bind(crypto, salt, segments.plain()));
    }
    return segments.seal(crypto, *store.upload);
}

}  // namespace

Status store_reseal_segments(Call& call) {
    const auto request = FESTORE_TRY(protocol::decode<protocol::ResealSegmentsRequest>(call.request));
    StoreSession& store = call.session.store;
    if (!store.upload || store.upload->id() != request.to) return fail(Code::bad_state);
    const Status done = reseal(call, request);
    if (!done) store.end_upload();
    if (!done) call.content.memref.size = 0;
    return done;
}

}  // namespace festore::ta
