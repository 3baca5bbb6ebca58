// SPDX-License-Identifier: BSD-2-Clause
// One storage file, for reading and changing: docs/format-ree-fs.md. Changes are written beside what they replace and come into
// force with commit(), as OP-TEE does it and in its order: blocks as they are written, then the nodes, children before their
// parents, then the head. One thread at a time.
//
// After a failure the file in memory fits nothing on disk any more: every later call gives corrupt_object, as OP-TEE's does,
// and who wants to go on opens the file anew: it is as its last commit left it.
#pragma once
#include "ree_fs/crypto.h"
#include "ree_fs/keys.h"
#include "ree_fs/supplicant.h"
#include "ree_fs/tree.h"
#include "ree_fs/verifier.h"

#include <memory>

namespace festore::ree_fs {

// Which of the variants of the format. The defaults are OP-TEE's, and every OP-TEE with its default options opens them.
struct Format {
    HeadLayout layout = HeadLayout::padded;
    HeadRule rule = HeadRule::first_half;
};

class TreeFile {
public:
    // An empty file, committed once. `supplicant` outlives it. On failure the file may be left on disk in part.
    static Result<std::unique_ptr<TreeFile>> create(Supplicant& supplicant, const std::string& name, const Tsk& tsk,
                                                    Format format);
    // The version with that root hash, else the one that the counters choose; its head authenticated, its tree verified.
    // item_not_found without such a file; corrupt_object when nothing authentic in this format is there.
    static Result<std::unique_ptr<TreeFile>> open(Supplicant& supplicant, const std::string& name, const Tsk& tsk,
                                                  Format format, const Hash* root_hash);
    ~TreeFile();
    TreeFile(const TreeFile&) = delete;
    TreeFile& operator=(const TreeFile&) = delete;

    [[nodiscard]] uint64_t length() const { return meta_.length; }
    // Something has failed, and every later call gives corrupt_object.
    [[nodiscard]] bool is_broken() const { return broken_; }
    [[nodiscard]] uint32_t counter() const { return head_.counter; }
    [[nodiscard]] const Hash& root_hash() const { return nodes_[0].image.hash; }  // of the last commit

    // How much was read: less than `out` where the content ends.
    Result<size_t> read(uint64_t offset, MutableBytes out);
    // Zeroes fill what lies between the end and the offset. out_of_memory beyond kNodesMax blocks: as OP-TEE, whose limit
    // is lower, and nothing is changed.
    Status write(uint64_t offset, Bytes bytes);
    // Shrinking cuts blocks off the file at once, before the commit, also those of the version in force: OP-TEE does so, and
    // a power cut between the two leaves a file that nothing opens.
    Status resize(uint64_t length);
    // Nothing is written when nothing was changed.
    Status commit();

private:
    struct Entry {
        Node image;
        bool dirty = false;
        bool block_written = false;  // since the last commit, so to the version not in force
    };

    TreeFile(Supplicant& supplicant, int file, Format format, const Head& head, Fek fek);
    Status load(const Hash& root_hash);
    Status verify();
    Status read_exactly(uint64_t offset, MutableBytes out);
    Status read_block(uint32_t block);
    Status write_block(uint32_t block, Bytes plain);
    Status write_range(uint64_t offset, const std::byte* bytes, uint64_t size);
    Status cut_to(uint64_t length);
    Status sync_node(Sha256& sha, uint32_t id);
    Status write_head();
    Status settle(Status status);  // remembers a failure
    Hash hash_of(Sha256& sha, uint32_t id) const;

    // The block that was opened last, so that going through a list entry by entry opens each block once. It is read anew all the
    // same, and has to be the same, byte by byte.
    struct Opened {
        bool any = false;
        std::array<std::byte, kIvBytes + kTagBytes> fields{};
        std::array<std::byte, kBlockBytes> sealed{};
        SecretBytes<kBlockBytes> plain;
    };

    Supplicant& supplicant_;
    int file_;
    Format format_;
    Head head_;
    Fek fek_;
    GcmOpener opener_;
    GcmSealer sealer_;
    Meta meta_;
    std::vector<Entry> nodes_{1};  // [0] is node 1, which is always there
    Opened last_;
    bool dirty_ = false;
    bool broken_ = false;
};

}  // namespace festore::ree_fs
