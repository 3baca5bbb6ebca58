// SPDX-License-Identifier: BSD-2-Clause
#include "engine/segments.h"

#include <algorithm>
#include <bit>

namespace festore::engine {
namespace {

constexpr std::string_view kMagic = "FSPS";

struct SegmentContext {
    std::array<std::byte, 48> associated{};
    Nonce nonce{};

    SegmentContext(Cipher cipher, const StoreId& store_id, Bytes payload_id, uint32_t segment_bytes, uint32_t number,
                   bool last) {
        Writer out(associated);
        out.bytes(bytes_of(kMagic));
        out.u8(kFormatMajor);
        out.u8(static_cast<uint8_t>(cipher));
        out.u16(0);
        out.bytes(store_id);
        out.bytes(payload_id);
        out.u32(segment_bytes);
        Writer nonce_out(nonce);
        nonce_out.u64(number);
        nonce_out.u8(last ? 1 : 0);
    }
};

}  // namespace

uint64_t payload_file_bytes(uint64_t size, uint32_t segment_bytes) {
    return size + segments_of(size, segment_bytes) * kTagBytes;
}

uint32_t segment_content_bytes(uint32_t number, uint64_t size, uint32_t segment_bytes) {
    return static_cast<uint32_t>(std::min<uint64_t>(size - uint64_t{number} * segment_bytes, segment_bytes));
}

Outcome<Upload> Upload::begin(Cipher cipher, const StoreId& store_id, NewPayload payload, uint32_t segment_bytes) {
    if (!is_known(cipher) || !std::has_single_bit(segment_bytes) || segment_bytes < limits::kSegmentBytesMin ||
        segment_bytes > limits::kSegmentBytesMax)
        return fail(Code::bad_parameters);
    return Upload(cipher, store_id, std::move(payload), segment_bytes);
}

Status Upload::discard(Code code) {
    state_ = State::broken;
    wipe(payload_.key.fill());
    return fail(code);
}

Status Upload::bind(Crypto& crypto, Bytes salt, Bytes content) {
    if (!is_new()) return discard(Code::bad_state);
    if (const Status done = bind_payload(crypto, payload_, salt, content); !done) return discard(done.error().code);
    bound_ = true;
    return {};
}

Status Upload::seal(Crypto& crypto, uint32_t number, bool last, Bytes plain, MutableBytes sealed) {
    if (state_ != State::open) return discard(Code::bad_state);
    const bool fits = last ? plain.size() <= segment_bytes_ && (number == 0 || !plain.empty())
                           : plain.size() == segment_bytes_;
    if (number != next_ || !fits || sealed.size() != plain.size() + kTagBytes) return discard(Code::bad_parameters);
    if (size_ + plain.size() > limits::kObjectBytesMax) return discard(Code::limit_exceeded);
    const SegmentContext context(cipher_, store_id_, payload_.id, segment_bytes_, number, last);
    Tag tag{};
    if (const Status done = crypto.seal({cipher_, payload_.key.expose(), context.nonce, context.associated}, plain,
                                        sealed.first(plain.size()), tag);
        !done)
        return discard(done.error().code);
    copy_bytes(tag, sealed.last(kTagBytes));
    size_ += plain.size();
    ++next_;
    if (last) state_ = State::complete;
    return {};
}

Entry Upload::entry() const {
    Entry entry;
    entry.kind = EntryKind::payload;
    entry.size = size_;
    entry.payload = {payload_.id, payload_.key.expose(), segment_bytes_, next_};
    return entry;
}

Status open_segment(Crypto& crypto, Cipher of_store, const StoreId& store_id, const Entry& entry, uint32_t number,
                    Bytes sealed, MutableBytes plain) {
    const PayloadRef& ref = entry.payload;
    if (entry.kind != EntryKind::payload || number >= ref.segments) return fail(Code::bad_parameters);
    const uint32_t size = segment_content_bytes(number, entry.size, ref.segment_bytes);
    if (plain.size() != size) return fail(Code::bad_parameters);
    if (sealed.size() != size + kTagBytes) return fail(Code::corrupt_object);
    const Cipher cipher = content_cipher(of_store, entry);
    const SegmentContext context(cipher, store_id, ref.id, ref.segment_bytes, number, number + 1 == ref.segments);
    Tag tag{};
    copy_bytes(sealed.last(kTagBytes), tag);
    const Status opened =
        crypto.open({cipher, ref.key, context.nonce, context.associated}, sealed.first(size), tag, plain);
    if (opened) return {};
    wipe(plain);
    return fail(opened.error().code == Code::security ? Code::corrupt_object : opened.error().code);
}

}  // namespace festore::engine
