// SPDX-License-Identifier: BSD-2-Clause
#include "ree_fs/writer/tree_file.h"

#include "base/writer.h"
#include "ree_fs/limits.h"
#include "ree_fs/reader.h"

#include <algorithm>
#include <cstring>

namespace festore::ree_fs {
namespace {

constexpr uint64_t kLengthMax = uint64_t{kNodesMax} * kBlockBytes;

void flip(Node& node, uint16_t bits) {
    Writer(MutableBytes(node.fields).subspan(kIvBytes + kTagBytes)).u16(static_cast<uint16_t>(node.flags() ^ bits));
}

Bytes covered(const Hash& root_hash, HeadRule rule) {
    return Bytes(root_hash).first(rule == HeadRule::whole ? kHashBytes : kHashBytes / 2);
}

std::array<std::byte, 4> encoded(uint32_t counter) {
    std::array<std::byte, 4> bytes{};
    Writer(bytes).u32(counter);
    return bytes;
}

// Closes the file at the supplicant unless release() was called.
class OpenedByNumber {
public:
    OpenedByNumber(Supplicant& supplicant, int file) : supplicant_(supplicant), file_(file) {}
    OpenedByNumber(const OpenedByNumber&) = delete;
    OpenedByNumber& operator=(const OpenedByNumber&) = delete;
    ~OpenedByNumber() {
        if (file_ >= 0) supplicant_.close(file_);
    }
    [[nodiscard]] int number() const { return file_; }
    int release() { return std::exchange(file_, -1); }

    // corrupt_object: the file ends too early.
    Status read(uint64_t offset, MutableBytes out) {
        const size_t size = FESTORE_TRY(supplicant_.read(file_, offset, out));
        if (size != out.size()) return fail(Code::corrupt_object);
        return {};
    }
    Outcome<Head> read_head(HeadLayout layout, uint8_t version) {
        std::array<std::byte, head_bytes(HeadLayout::padded)> image{};
        const MutableBytes used = MutableBytes(image).first(head_bytes(layout));
        FESTORE_CHECK(read(head_offset(layout, version), used));
        return *decode_head(used, layout);
    }
    Outcome<Node> read_root(uint8_t version) {
        std::array<std::byte, kNodeBytes> image{};
        FESTORE_CHECK(read(node_offset(1, version), image));
        return *decode_node(image);
    }

private:
    Supplicant& supplicant_;
    int file_;
};

struct Start {
    Head head;
    Node root;
};

Outcome<Start> start_of(OpenedByNumber& file, HeadLayout layout, const Hash* root_hash) {
    if (root_hash == nullptr) {
        const Head head0 = FESTORE_TRY(file.read_head(layout, 0));
        const Head head1 = FESTORE_TRY(file.read_head(layout, 1));
        const std::optional<uint8_t> version = choose_by_counters(head0.counter, head1.counter);
        if (!version) return fail(Code::corrupt_object);
        return Start{*version == 0 ? head0 : head1, FESTORE_TRY(file.read_root(*version))};
    }
    for (uint8_t version = 0; version < 2; ++version) {
        const Node root = FESTORE_TRY(file.read_root(version));
        if (root.hash == *root_hash) return Start{FESTORE_TRY(file.read_head(layout, version)), root};
    }
    return fail(Code::corrupt_object);
}

}  // namespace

TreeFile::TreeFile(Supplicant& supplicant, int file, Format format, const Head& head, Fek fek)
    : supplicant_(supplicant),
      file_(file),
      format_(format),
      head_(head),
      fek_(std::move(fek)),
      opener_(fek_.expose()),
      sealer_(fek_.expose()) {}

TreeFile::~TreeFile() { supplicant_.close(file_); }

Outcome<std::unique_ptr<TreeFile>> TreeFile::create(Supplicant& supplicant, const std::string& name, const Tsk& tsk,
                                                    Format format) {
    const int number = FESTORE_TRY(supplicant.create(name));
    OpenedByNumber opened(supplicant, number);
    Fek fek;
    random_bytes(fek.fill());
    Head head;
    head.sealed_fek = seal_fek(tsk, fek);
    std::unique_ptr<TreeFile> file(new TreeFile(supplicant, opened.release(), format, head, std::move(fek)));
    file->nodes_[0].dirty = true;
    file->dirty_ = true;
    FESTORE_CHECK(file->commit());
    const std::array<std::byte, head_bytes(HeadLayout::padded)> blank{};
    FESTORE_CHECK(supplicant.write(file->file_, head_offset(format.layout, 0), Bytes(blank).first(head_bytes(format.layout))));
    return file;
}

Outcome<std::unique_ptr<TreeFile>> TreeFile::open(Supplicant& supplicant, const std::string& name, const Tsk& tsk,
                                                  Format format, const Hash* root_hash) {
    const int number = FESTORE_TRY(supplicant.open(name));
    OpenedByNumber opened(supplicant, number);
    const Start start = FESTORE_TRY(start_of(opened, format.layout, root_hash));
    std::unique_ptr<TreeFile> file(
        new TreeFile(supplicant, opened.release(), format, start.head, open_fek(tsk, start.head.sealed_fek)));
    file->nodes_[0].image = start.root;
    FESTORE_CHECK(file->load(start.root.hash));
    return file;
}

Status TreeFile::load(const Hash& root_hash) {
    std::array<std::byte, kMetaBytesPadded> plain{};
    const uint32_t size = meta_bytes(format_.layout);
    if (!opener_.open(head_.iv, {covered(root_hash, format_.rule), encoded(head_.counter), head_.sealed_fek, head_.iv},
                      Bytes(head_.sealed_meta).first(size), head_.tag, MutableBytes(plain).first(size))) {
        return fail(Code::corrupt_object);
    }
    meta_ = *decode_meta(plain);
    if (meta_.node_id_max > kNodesMax || blocks_of(meta_.length) > std::max(meta_.node_id_max, 1U))
        return fail(Code::corrupt_object);
    nodes_.reserve(std::max(meta_.node_id_max, 1U));
    for (uint32_t id = 2; id <= meta_.node_id_max; ++id) {
        std::array<std::byte, kNodeBytes> image{};
        FESTORE_CHECK(read_exactly(node_offset(id, nodes_[id / 2 - 1].image.child_version(id)), image));
        nodes_.push_back({*decode_node(image)});
    }
    return verify();
}

Status TreeFile::verify() {
    Sha256 sha;
    for (uint32_t id = 1; id <= nodes_.size(); ++id) {
        if (hash_of(sha, id) != nodes_[id - 1].image.hash) return fail(Code::corrupt_object);
    }
    return {};
}

Hash TreeFile::hash_of(Sha256& sha, uint32_t id) const {
    const auto child = [this](uint64_t child_id) {
        return child_id <= nodes_.size() ? &nodes_[static_cast<size_t>(child_id) - 1].image.hash : nullptr;
    };
    return node_hash(sha, nodes_[id - 1].image, id == 1 ? &meta_.length : nullptr, child(2 * uint64_t{id}),
                     child(2 * uint64_t{id} + 1));
}

Status TreeFile::read_exactly(uint64_t offset, MutableBytes out) {
    const size_t size = FESTORE_TRY(supplicant_.read(file_, offset, out));
    if (size != out.size()) return fail(Code::corrupt_object);
    return {};
}

// Reads the block into last_.
Status TreeFile::read_block(uint32_t block) {
    const Node& node = nodes_[block].image;
    std::array<std::byte, kBlockBytes> sealed{};
    FESTORE_CHECK(read_exactly(block_offset(block, node.block_version()), sealed));
    const Bytes fields = Bytes(node.fields).first(kIvBytes + kTagBytes);
    const bool is_last = last_.any && std::ranges::equal(fields, last_.fields) &&
                         std::memcmp(sealed.data(), last_.sealed.data(), sealed.size()) == 0;  // compilers compare arrays byte by byte
    if (!is_last) {
        last_.any = opener_.open(node.iv(), {head_.sealed_fek, node.iv()}, sealed, node.tag(), last_.plain.fill());
        if (!last_.any) return fail(Code::corrupt_object);
        copy_bytes(fields, last_.fields);
        last_.sealed = sealed;
    }
    return {};
}

Status TreeFile::write_block(uint32_t block, Bytes plain) {
    if (nodes_.size() <= block) {
        nodes_.resize(size_t{block} + 1);
        meta_.node_id_max = block + 1;  // so it stays 0 while there is only one node
    }
    Entry& entry = nodes_[block];
    if (!entry.block_written) flip(entry.image, 1);
    const MutableBytes fields(entry.image.fields);
    random_bytes(fields.first(kIvBytes));
    std::array<std::byte, kBlockBytes> sealed{};
    const Tag tag = sealer_.seal(entry.image.iv(), {head_.sealed_fek, entry.image.iv()}, plain, sealed);
    copy_bytes(tag, fields.subspan(kIvBytes));
    FESTORE_CHECK(supplicant_.write(file_, block_offset(block, entry.image.block_version()), sealed));
    entry.block_written = true;
    entry.dirty = true;
    dirty_ = true;
    return {};
}

// If `bytes` is null, writes zeroes. Each block is read before it is changed, even if all of it is replaced, as OP-TEE does.
Status TreeFile::write_range(uint64_t offset, const std::byte* bytes, uint64_t size) {
    const uint64_t end = offset + size;
    while (offset < end) {
        const auto block = static_cast<uint32_t>(offset / kBlockBytes);
        const auto from = static_cast<size_t>(offset % kBlockBytes);
        const auto count = static_cast<size_t>(std::min<uint64_t>(end - offset, kBlockBytes - from));
        std::array<std::byte, kBlockBytes> plain{};
        if (block < blocks_of(meta_.length)) {
            FESTORE_CHECK(read_block(block));
            copy_bytes(last_.plain.expose(), plain);
        }
        const MutableBytes place = MutableBytes(plain).subspan(from, count);
        if (bytes != nullptr) {
            copy_bytes(Bytes(bytes, count), place);
            bytes += count;
        } else {
            std::ranges::fill(place, std::byte{0});
        }
        const Status written = write_block(block, plain);
        wipe(plain);
        FESTORE_CHECK(written);
        offset += count;
    }
    if (end > meta_.length) {
        meta_.length = end;
        nodes_[0].dirty = true;
    }
    return {};
}

Status TreeFile::cut_to(uint64_t length) {
    const auto keep = static_cast<uint32_t>(length / kBlockBytes) + 1;
    while (nodes_.size() > keep) {
        nodes_.pop_back();
        --meta_.node_id_max;
        // The hashes of all its ancestors change.
        for (size_t id = (nodes_.size() + 1) / 2; id >= 1; id /= 2) nodes_[id - 1].dirty = true;
    }
    const auto blocks = static_cast<uint32_t>(blocks_of(length));
    FESTORE_CHECK(supplicant_.truncate(file_, block_offset(blocks, 1) + kBlockBytes));
    meta_.length = length;
    nodes_[0].dirty = true;
    dirty_ = true;
    return {};
}

Outcome<size_t> TreeFile::read(uint64_t offset, MutableBytes out) {
    if (broken_) return fail(Code::corrupt_object);
    if (offset >= meta_.length) return size_t{0};
    const auto size = static_cast<size_t>(std::min<uint64_t>(out.size(), meta_.length - offset));
    size_t done = 0;
    while (done < size) {
        const auto block = static_cast<uint32_t>((offset + done) / kBlockBytes);
        const auto from = static_cast<size_t>((offset + done) % kBlockBytes);
        const size_t count = std::min(size - done, kBlockBytes - from);
        FESTORE_CHECK(settle(read_block(block)));
        copy_bytes(last_.plain.expose().subspan(from, count), out.subspan(done));
        done += count;
    }
    return size;
}

Status TreeFile::write(uint64_t offset, Bytes bytes) {
    if (broken_) return fail(Code::corrupt_object);
    if (bytes.empty()) return {};
    if (offset > kLengthMax || bytes.size() > kLengthMax - offset) return fail(Code::out_of_memory);
    if (offset > meta_.length) FESTORE_CHECK(resize(offset));
    return settle(write_range(offset, bytes.data(), bytes.size()));
}

Status TreeFile::resize(uint64_t length) {
    if (broken_) return fail(Code::corrupt_object);
    if (length > kLengthMax) return fail(Code::out_of_memory);
    if (length > meta_.length) return settle(write_range(meta_.length, nullptr, length - meta_.length));
    return settle(cut_to(length));
}

Status TreeFile::sync_node(Sha256& sha, uint32_t id) {
    for (const uint32_t child : {2 * id, 2 * id + 1}) {
        if (child <= nodes_.size()) FESTORE_CHECK(sync_node(sha, child));  // 18 levels at most
    }
    Entry& entry = nodes_[id - 1];
    if (!entry.dirty) return {};
    // The root gets the version of the next head; the counter is not raised yet.
    uint8_t version = (head_.counter & 1U) ^ 1U;
    if (id > 1) {
        Entry& parent = nodes_[id / 2 - 1];
        parent.dirty = true;
        flip(parent.image, static_cast<uint16_t>(2U << (id & 1U)));
        version = parent.image.child_version(id);
    }
    entry.image.hash = hash_of(sha, id);
    entry.dirty = false;
    entry.block_written = false;
    std::array<std::byte, kNodeBytes> image{};
    encode_node(entry.image, image);
    return supplicant_.write(file_, node_offset(id, version), image);
}

Status TreeFile::write_head() {
    ++head_.counter;
    random_bytes(head_.iv);
    std::array<std::byte, kMetaBytesPadded> plain{};
    encode_meta(meta_, plain);
    const uint32_t size = meta_bytes(format_.layout);
    head_.tag =
        sealer_.seal(head_.iv, {covered(root_hash(), format_.rule), encoded(head_.counter), head_.sealed_fek, head_.iv},
                     Bytes(plain).first(size), MutableBytes(head_.sealed_meta).first(size));
    std::array<std::byte, head_bytes(HeadLayout::padded)> image{};
    const MutableBytes used = MutableBytes(image).first(head_bytes(format_.layout));
    encode_head(head_, format_.layout, used);
    return supplicant_.write(file_, head_offset(format_.layout, head_.counter & 1U), used);
}

Status TreeFile::commit() {
    if (broken_) return fail(Code::corrupt_object);
    if (!dirty_) return {};
    Sha256 sha;
    FESTORE_CHECK(settle(sync_node(sha, 1)));
    FESTORE_CHECK(settle(write_head()));
    dirty_ = false;
    return {};
}

Status TreeFile::settle(Status status) {
    if (!status) broken_ = true;
    return status;
}

}  // namespace festore::ree_fs
