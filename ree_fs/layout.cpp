// SPDX-License-Identifier: BSD-2-Clause
#include "ree_fs/layout.h"

#include "base/reader.h"
#include "base/writer.h"

#include <algorithm>

namespace festore::ree_fs {
namespace {

bool all_zero(Bytes bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

}  // namespace

bool Head::is_blank() const { return all_zero(iv) && all_zero(tag) && all_zero(sealed_fek) && all_zero(sealed_meta); }

uint16_t Node::flags() const { return Reader(Bytes(fields).subspan(kNodeFlagsOffset - kHashBytes)).u16(); }

std::optional<Head> decode_head(Bytes image, HeadLayout layout) {
    Reader in(image);
    Head head;
    in.read_into(head.iv);
    in.read_into(head.tag);
    in.read_into(head.sealed_fek);
    in.read_into(MutableBytes(head.sealed_meta).first(meta_bytes(layout)));
    head.counter = in.u32();
    if (!in.done()) return std::nullopt;
    return head;
}

std::optional<Node> decode_node(Bytes image) {
    Reader in(image);
    Node node;
    in.read_into(node.hash);
    in.read_into(node.fields);
    if (!in.done()) return std::nullopt;
    return node;
}

std::optional<Meta> decode_meta(Bytes opened) {
    Reader in(opened);
    Meta meta;
    meta.length = in.u64();
    meta.node_id_max = in.u32();
    if (!in.ok()) return std::nullopt;
    return meta;
}

void encode_head(const Head& head, HeadLayout layout, MutableBytes out) {
    Writer to(out);
    to.bytes(head.iv);
    to.bytes(head.tag);
    to.bytes(head.sealed_fek);
    to.bytes(Bytes(head.sealed_meta).first(meta_bytes(layout)));
    to.u32(head.counter);
}

void encode_meta(const Meta& meta, MutableBytes out) {
    Writer to(out);
    to.u64(meta.length);
    to.u32(meta.node_id_max);
    to.u32(0);
}

void encode_node(const Node& node, MutableBytes out) {
    Writer to(out);
    to.bytes(node.hash);
    to.bytes(node.fields);
}

}  // namespace festore::ree_fs
