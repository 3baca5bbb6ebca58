// SPDX-License-Identifier: BSD-2-Clause
#include "ree_fs/object.h"

#include "base/reader.h"
#include "base/writer.h"

#include <algorithm>

namespace festore::ree_fs {

std::optional<ObjectHead> decode_object_head(Bytes start, uint64_t length) {
    Reader in(start);
    ObjectHead head;
    head.attributes_bytes = in.u32();
    head.object_size = in.u32();
    head.object_size_max = in.u32();
    head.usage = in.u32();
    head.type = in.u32();
    head.attributes_set = in.u32();
    if (!in.ok() || length < kObjectHeadBytes || head.attributes_bytes > length - kObjectHeadBytes) return std::nullopt;
    return head;
}

std::array<std::byte, kObjectHeadBytes> encode_object_head(const ObjectHead& head) {
    std::array<std::byte, kObjectHeadBytes> image{};
    Writer out(image);
    out.u32(head.attributes_bytes);
    out.u32(head.object_size);
    out.u32(head.object_size_max);
    out.u32(head.usage);
    out.u32(head.type);
    out.u32(head.attributes_set);
    return image;
}

void ObjectSplitter::take(Bytes content) {
    // The header is never split over two blocks: it is at the start of the first.
    if (taken_ == 0 && has_header_) head_ = decode_object_head(content, length_);
    const uint64_t data_from = head_ ? uint64_t{kObjectHeadBytes} + head_->attributes_bytes : 0;
    const size_t skip =
        data_from > taken_ ? static_cast<size_t>(std::min<uint64_t>(data_from - taken_, content.size())) : 0;
    taken_ += content.size();
    if (!well_formed()) return;
    const Bytes data = content.subspan(skip);
    data_bytes_ += data.size();
    sha_.add(data);
    if (data_ != nullptr) data_->take(data);
}

}  // namespace festore::ree_fs
