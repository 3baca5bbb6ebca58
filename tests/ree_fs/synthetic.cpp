// SPDX-License-Identifier: BSD-2-Clause
#include "tests/ree_fs/synthetic.h"

#include "base/writer.h"

#include <openssl/evp.h>

#include <algorithm>

namespace festore::ree_fs::test {
namespace {

const unsigned char* in_ptr(Bytes b) { return reinterpret_cast<const unsigned char*>(b.data()); }
unsigned char* out_ptr(MutableBytes b) { return reinterpret_cast<unsigned char*>(b.data()); }

}  // namespace

SyntheticFile::SyntheticFile(const Ssk& ssk, const std::optional<Uuid>& owner, HeadLayout layout, HeadRule rule)
    : layout_(layout), rule_(rule) {
    for (size_t i = 0; i < sealed_fek_.size(); ++i) sealed_fek_[i] = static_cast<std::byte>(0xA0 + i);
    fek_ = open_fek(derive_tsk(ssk, owner), sealed_fek_);
}

void SyntheticFile::put(uint64_t offset, Bytes bytes) {
    const auto at = static_cast<size_t>(offset);
    if (image_.size() < at + bytes.size()) image_.resize(at + bytes.size());
    copy_bytes(bytes, MutableBytes(image_).subspan(at, bytes.size()));
}

Tag SyntheticFile::seal(Bytes iv, std::initializer_list<Bytes> associated, Bytes plain, MutableBytes sealed) const {
    Tag tag{};
    int size = 0;
    EVP_CIPHER_CTX* const context = EVP_CIPHER_CTX_new();
    bool good = EVP_EncryptInit_ex(context, EVP_aes_128_gcm(), nullptr, nullptr, nullptr) == 1 &&
                EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, kIvBytes, nullptr) == 1 &&
                EVP_EncryptInit_ex(context, nullptr, nullptr, in_ptr(fek_.expose()), in_ptr(iv)) == 1;
    for (const Bytes part : associated) {
        good = good && EVP_EncryptUpdate(context, nullptr, &size, in_ptr(part), static_cast<int>(part.size())) == 1;
    }
    good = good &&
           EVP_EncryptUpdate(context, out_ptr(sealed), &size, in_ptr(plain), static_cast<int>(plain.size())) == 1 &&
           EVP_EncryptFinal_ex(context, nullptr, &size) == 1 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTagBytes, tag.data()) == 1;
    EVP_CIPHER_CTX_free(context);
    EXPECT_TRUE(good);
    return tag;
}

void SyntheticFile::write_block(uint32_t block, Bytes content, Node& node, uint8_t version) {
    Buffer plain(kBlockBytes);
    copy_bytes(content, plain);
    Buffer sealed(kBlockBytes);
    Iv iv{};
    iv[0] = static_cast<std::byte>(++nonce_);
    iv[1] = static_cast<std::byte>(block);
    const Tag tag = seal(iv, {sealed_fek_, iv}, plain, sealed);
    copy_bytes(iv, MutableBytes(node.fields).first(kIvBytes));
    copy_bytes(tag, MutableBytes(node.fields).subspan(kIvBytes, kTagBytes));
    put(block_offset(block, version), sealed);
}

Hash SyntheticFile::commit(Bytes content) {
    const auto nodes = static_cast<uint32_t>(std::max<uint64_t>(blocks_of(content.size()), 1));
    return commit_with(content, {content.size(), nodes});
}

Hash SyntheticFile::commit_with(Bytes content, const Meta& meta) {
    const auto blocks = static_cast<uint32_t>(blocks_of(content.size()));
    const uint32_t count = std::max(blocks, 1U);
    // Every block and every child goes to the other version.
    flags_.resize(count, 0);
    for (uint32_t id = 1; id <= count; ++id) {
        uint16_t& flags = flags_[id - 1];
        if (id <= blocks) flags ^= 1U;
        if (2 * id <= count) flags ^= 2U;
        if (2 * id + 1 <= count) flags ^= 4U;
    }
    ++counter_;
    std::vector<Node> nodes(count);
    for (uint32_t id = 1; id <= count; ++id) {
        Writer(MutableBytes(nodes[id - 1].fields).subspan(kIvBytes + kTagBytes)).u16(flags_[id - 1]);
        if (id > blocks) continue;
        const Bytes rest = content.subspan(size_t{id - 1} * kBlockBytes);
        write_block(id - 1, rest.first(std::min<size_t>(rest.size(), kBlockBytes)), nodes[id - 1], flags_[id - 1] & 1U);
    }
    Sha256 sha;
    for (uint32_t id = count; id >= 1; --id) {
        const Hash* const child0 = 2 * id <= count ? &nodes[2 * id - 1].hash : nullptr;
        const Hash* const child1 = 2 * id + 1 <= count ? &nodes[2 * id].hash : nullptr;
        nodes[id - 1].hash = node_hash(sha, nodes[id - 1], id == 1 ? &meta.length : nullptr, child0, child1);
        const uint8_t version = id == 1 ? counter_ & 1U : nodes[id / 2 - 1].child_version(id);
        put(node_offset(id, version), nodes[id - 1].hash);
        put(node_offset(id, version) + kHashBytes, nodes[id - 1].fields);
    }
    std::array<std::byte, kMetaBytesPadded> plain{};
    Writer meta_out(plain);
    meta_out.u64(meta.length);
    meta_out.u32(meta.node_id_max);
    std::array<std::byte, 4> counter{};
    Writer(counter).u32(counter_);
    Iv iv{};
    iv[0] = static_cast<std::byte>(++nonce_);
    Buffer sealed(meta_bytes(layout_));
    const Bytes covered = Bytes(nodes[0].hash).first(rule_ == HeadRule::whole ? kHashBytes : kHashBytes / 2);
    const Tag tag = seal(iv, {covered, counter, sealed_fek_, iv}, Bytes(plain).first(sealed.size()), sealed);
    if (counter_ == 1) put(head_offset(layout_, 0), Buffer(head_bytes(layout_)));
    uint64_t at = head_offset(layout_, counter_ & 1U);
    for (const Bytes part : {Bytes(iv), Bytes(tag), Bytes(sealed_fek_), Bytes(sealed), Bytes(counter)}) {
        put(at, part);
        at += part.size();
    }
    return nodes[0].hash;
}

Buffer object_content(Bytes attributes, Bytes data, uint32_t type) {
    Buffer content(kObjectHeadBytes + attributes.size() + data.size());
    Writer out(content);
    out.u32(static_cast<uint32_t>(attributes.size()));
    out.u32(256);
    out.u32(512);
    out.u32(0xFFFFFFFF);
    out.u32(type);
    out.u32(0);
    out.bytes(attributes);
    out.bytes(data);
    return content;
}

Buffer entry_content(const Uuid& owner, std::string_view id, const Hash& root_hash, uint32_t file_number) {
    Buffer content(kDirEntryBytes);
    Writer out(content);
    out.bytes(uuid_in_memory(owner));
    out.bytes(bytes_of(id));
    out.bytes(Buffer(kDirEntryIdBytesMax - id.size()));
    out.u32(static_cast<uint32_t>(id.size()));
    out.bytes(root_hash);
    out.u32(file_number);
    EXPECT_TRUE(out.ok() && out.room() == 0);
    return content;
}

Buffer pattern(size_t size, uint8_t seed) {
    Buffer content(size);
    for (size_t i = 0; i < size; ++i) content[i] = static_cast<std::byte>(i * 7 + i / 256 + seed);
    return content;
}

}  // namespace festore::ree_fs::test
