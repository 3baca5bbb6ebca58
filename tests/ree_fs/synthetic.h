// SPDX-License-Identifier: BSD-2-Clause
// A small writer of storage files for the tests, for the variants that no sample has: the packed head, the head
// rule that covers the whole root hash, other keys, many nodes, interrupted changes. Written from
// docs/format-ree-fs.md.
#pragma once
#include "tests/ree_fs/store.h"

namespace festore::ree_fs::test {

class SyntheticFile {
public:
    SyntheticFile(const Ssk& ssk, const std::optional<Uuid>& owner, HeadLayout layout, HeadRule rule);

    // Writes a new version of the whole content beside the previous one, as OP-TEE does. Returns the hash of its root.
    Hash commit(Bytes content);
    // The same, with metadata of the test's choice.
    Hash commit_with(Bytes content, const Meta& meta);

    [[nodiscard]] const Buffer& image() const { return image_; }
    [[nodiscard]] Buffer& image() { return image_; }

private:
    void put(uint64_t offset, Bytes bytes);
    Tag seal(Bytes iv, std::initializer_list<Bytes> associated, Bytes plain, MutableBytes sealed) const;
    void write_block(uint32_t block, Bytes content, Node& node, uint8_t version);

    HeadLayout layout_;
    HeadRule rule_;
    SealedFek sealed_fek_{};
    Fek fek_;
    uint32_t counter_ = 0;
    uint8_t nonce_ = 0;
    std::vector<uint16_t> flags_;
    Buffer image_;
};

// A TA's object: header, attributes, data.
Buffer object_content(Bytes attributes, Bytes data, uint32_t type = kTypeData);
// One entry of dirf.db.
Buffer entry_content(const Uuid& owner, std::string_view id, const Hash& root_hash, uint32_t file_number);
// Bytes that depend on their position.
Buffer pattern(size_t size, uint8_t seed = 0);

}  // namespace festore::ree_fs::test
