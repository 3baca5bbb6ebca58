// SPDX-License-Identifier: BSD-2-Clause
// One storage file, for reading and changing: docs/format-ree-fs.md. Changes are written next to what they replace and take
// effect with commit(), as in OP-TEE and in its order: blocks as they are written, then the nodes, children before their
// parents, then the head. One thread at a time.
//
// After a failure the file in memory no longer matches the disk: every later call fails with corrupt_object, as in OP-TEE. To
// continue, open the file again: it is as its last commit left it.
#pragma once
#include "ree_fs/crypto.h"
#include "ree_fs/keys.h"
#include "ree_fs/writer/supplicant.h"
#include "ree_fs/tree.h"
#include "ree_fs/verifier.h"

#include <memory>

namespace festore::ree_fs {

// The variant of the format. The defaults are OP-TEE's; every OP-TEE with its default options opens such files.
struct Format {
    HeadLayout layout = HeadLayout::padded;
    HeadRule rule = HeadRule::first_half;
};

class TreeFile {
public:
    // Makes an empty file, committed once. `supplicant` must outlive it. On failure a part of the file may be left on disk.
    static Outcome<std::unique_ptr<TreeFile>> create(Supplicant& supplicant, const std::string& name, const Tsk& tsk,
                                                     Format format);
    // Opens the version with that root hash or, if `root_hash` is null, the one that the counters choose; authenticates its
    // head and verifies its tree. item_not_found: there is no such file; corrupt_object: it is not authentic in this format.
    static Outcome<std::unique_ptr<TreeFile>> open(Supplicant& supplicant, const std::string& name, const Tsk& tsk,
                                                   Format format, const Hash* root_hash);
    ~TreeFile();
    TreeFile(const TreeFile&) = delete;
    TreeFile& operator=(const TreeFile&) = delete;

    [[nodiscard]] uint64_t length() const { return meta_.length; }
    // Something has failed, and every later call fails with corrupt_object.
    [[nodiscard]] bool is_broken() const { return broken_; }
    [[nodiscard]] uint32_t counter() const { return head_.counter; }
    [[nodiscard]] const Hash& root_hash() const { return nodes_[0].image.hash; }  // of the last commit

    // Returns how much was read: less than `out` at the end of the content.
    Outcome<size_t> read(uint64_t offset, MutableBytes out);
    // A gap between the end and the offset is filled with zeroes. out_of_memory: more than kNodesMax blocks (as in OP-TEE,
    // whose limit is lower); nothing is changed then.
    Status write(uint64_t offset, Bytes bytes);
    // Shrinking cuts blocks off the file at once, before the commit, including those of the version in force. OP-TEE does the
    // same. A power cut between the two leaves a file that cannot be opened.
    Status resize(uint64_t length);
    // Writes nothing if nothing was changed.
    Status commit();

private:
    struct Entry {
        Node image;
        bool dirty = false;
        bool block_written = false;  // since the last commit, so it was written to the version that is not in force
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

    // The block that was opened last, kept so that reading a list entry by entry opens each block once. The block is still read
    // again each time, and must be identical.
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
