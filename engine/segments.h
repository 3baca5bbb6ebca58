// SPDX-License-Identifier: BSD-2-Clause
// The content of an object in a file of its own, sealed segment by segment under a key of its own (rule 14).
//
//   file      segment 0, segment 1, …: each is `segment_bytes` of sealed content and its tag (16); the last may be shorter
//   nonce     u64 number, u8 1 for the last segment and 0 for others, 3 zeroes
//   associated data   "FSPS", u8 major, u8 cipher, u16 zero, store id (16), payload id (16), u32 segment_bytes, u32 zero
//
// So segments can be read in any order, and a missing, repeated, swapped or foreign segment is detected. An empty
// content is one empty last segment. Length, segment size and count are in the index. Not thread safe.
#pragma once
#include "engine/entry.h"
#include "engine/keys.h"

namespace festore::engine {

// Offset of a segment in its file.
[[nodiscard]] inline uint64_t segment_offset(uint32_t number, uint32_t segment_bytes) {
    return uint64_t{number} * (uint64_t{segment_bytes} + kTagBytes);
}
// Size of the file.
[[nodiscard]] uint64_t payload_file_bytes(uint64_t size, uint32_t segment_bytes);
// Content bytes of segment `number` of an object of this size. number < segments_of(size, segment_bytes).
[[nodiscard]] uint32_t segment_content_bytes(uint32_t number, uint64_t size, uint32_t segment_bytes);

// Seals one content, from its beginning on. Any error ends the upload for good and wipes its key.
class Upload {
public:
    // `segment_bytes`: a power of two within the limits, else bad_parameters.
    static Outcome<Upload> begin(Cipher cipher, const StoreId& store_id, NewPayload payload, uint32_t segment_bytes);

    // Before the first segment: makes the key depend on the content (bind_payload()). bad_state: is_new() is false.
    Status bind(Crypto& crypto, Bytes salt, Bytes content);
    // Whether bind() can still be called.
    [[nodiscard]] bool is_new() const { return state_ == State::open && !bound_ && next_ == 0; }

    // Seals segment `number`, which must be the next; all but the last must be full. `sealed`: plain.size() + 16 bytes, not
    // overlapping. Errors: bad_parameters, limit_exceeded; after any error, bad_state.
    Status seal(Crypto& crypto, uint32_t number, bool last, Bytes plain, MutableBytes sealed);

    [[nodiscard]] bool is_complete() const { return state_ == State::complete; }
    [[nodiscard]] const PayloadId& id() const { return payload_.id; }
    [[nodiscard]] uint32_t segment_bytes() const { return segment_bytes_; }
    [[nodiscard]] Cipher cipher() const { return cipher_; }
    // The entry for the index. Its views point into this upload, which must be complete.
    [[nodiscard]] Entry entry() const;

private:
    enum class State : uint8_t { open, complete, broken };
    Upload(Cipher cipher, const StoreId& store_id, NewPayload payload, uint32_t segment_bytes)
        : cipher_(cipher), segment_bytes_(segment_bytes), store_id_(store_id), payload_(std::move(payload)) {}
    Status discard(Code code);

    Cipher cipher_;
    State state_ = State::open;
    bool bound_ = false;
    uint32_t segment_bytes_;
    uint32_t next_ = 0;
    uint64_t size_ = 0;
    StoreId store_id_;
    NewPayload payload_;
};
static_assert(sizeof(Upload) <= 256, "rule 21: state per upload");

// Opens one segment of the object that `entry` (of kind payload, in a store whose cipher is `of_store`) describes. `sealed`: content
// and tag, from segment_offset() of the file; `plain` is as large as the content. corrupt_object: the size is not what the index
// says, or the segment is not authentic (then `plain` is wiped).
Status open_segment(Crypto& crypto, Cipher of_store, const StoreId& store_id, const Entry& entry, uint32_t number,
                    Bytes sealed, MutableBytes plain);

}  // namespace festore::engine
