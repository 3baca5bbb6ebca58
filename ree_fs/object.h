// SPDX-License-Identifier: BSD-2-Clause
// The content of a GlobalPlatform object's file: a header, the attributes (of keys), then the data. Files that OP-TEE
// keeps for itself (owner: the nil UUID; "ta.db", "ta_ver.db") have no header, only data.
#pragma once
#include "ree_fs/layout.h"
#include "ree_fs/verifier.h"

namespace festore::ree_fs {

// 24 bytes: offset 0 attr_size, 4 size of the key in bits, 8 its maximum, 12 usage, 16 type, 20 which attributes are
// set.
struct ObjectHead {
    uint32_t attributes_bytes = 0;
    uint32_t object_size = 0;  // "keySize" in older versions of OP-TEE
    uint32_t object_size_max = 0;
    uint32_t usage = 0;  // TEE_USAGE_*
    uint32_t type = 0;   // TEE_TYPE_*; 0xA00000BF is plain data
    uint32_t attributes_set = 0;
};
inline constexpr uint32_t kTypeData = 0xA00000BF;

// Nothing if `start` is too short for a header or the attributes do not fit into `length` bytes.
std::optional<ObjectHead> decode_object_head(Bytes start, uint64_t length);
std::array<std::byte, kObjectHeadBytes> encode_object_head(const ObjectHead& head);

// Removes header and attributes from a content that passes through, and hashes the data after them.
class ObjectSplitter final : public ContentSink {
public:
    // `data` gets the data after header and attributes; may be null.
    ObjectSplitter(bool has_header, uint64_t length, ContentSink* data)
        : has_header_(has_header), length_(length), data_(data) {}
    void take(Bytes content) override;

    // After everything was taken. Nothing if the file should have a header and does not begin with one.
    [[nodiscard]] const std::optional<ObjectHead>& head() const { return head_; }
    [[nodiscard]] bool well_formed() const { return !has_header_ || head_.has_value(); }
    [[nodiscard]] uint64_t data_bytes() const { return data_bytes_; }
    [[nodiscard]] Hash data_hash() { return sha_.finish(); }

private:
    bool has_header_;
    uint64_t length_;
    ContentSink* data_;
    std::optional<ObjectHead> head_;
    uint64_t taken_ = 0;
    uint64_t data_bytes_ = 0;
    Sha256 sha_;
};

}  // namespace festore::ree_fs
