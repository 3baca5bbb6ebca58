// SPDX-License-Identifier: BSD-2-Clause
// Reads one storage file with its keys: authenticates the head, verifies the whole hash tree, decrypts blocks and, if
// something does not match, finds the faulty bytes. One thread at a time; writes nothing; findings contain no secrets.
#pragma once
#include "ree_fs/crypto.h"
#include "ree_fs/keys.h"
#include "ree_fs/tree.h"

namespace festore::ree_fs {

// How much of the root's hash the seal of the head covers.
enum class HeadRule : uint8_t {
    first_half,  // 16 bytes: OP-TEE up to 3.x, and later with CFG_REE_FS_HTREE_HASH_SIZE_COMPAT=y, the default
    whole,       // all 32 bytes
};
const char* name_of(HeadRule rule);

// What the file should be. dirf.db has neither owner nor root hash; the other files have both, from their entry in dirf.db.
struct Expected {
    std::optional<Uuid> owner;
    std::optional<Hash> root_hash;
    std::optional<HeadLayout> layout = std::nullopt;  // of the directory's other files; only used to locate damage
};

// A file whose head is authentic: its checked tree, and the means to open its blocks.
class OpenedFile {
public:
    OpenedFile(Tree tree, HeadLayout layout, HeadRule rule, const Head& head, const Fek& fek)
        : tree_(std::move(tree)),
          layout_(layout),
          rule_(rule),
          counter_(head.counter),
          sealed_fek_(head.sealed_fek),
          opener_(fek.expose()) {}

    [[nodiscard]] uint64_t length() const { return tree_.meta.length; }
    [[nodiscard]] uint8_t version() const { return tree_.version; }
    [[nodiscard]] uint32_t counter() const { return counter_; }
    [[nodiscard]] HeadLayout layout() const { return layout_; }
    [[nodiscard]] HeadRule rule() const { return rule_; }
    [[nodiscard]] const Tree& tree() const { return tree_; }
    [[nodiscard]] Tree& tree() { return tree_; }
    // The structures of this version of the file. Everything else in the file is not in use.
    [[nodiscard]] std::vector<Place> in_use() const;

    // Opens block `block` into `out` (kBlockBytes). False, with a finding, if it or its node is missing or damaged.
    [[nodiscard]] bool read_block(FileSource& file, uint32_t block, MutableBytes out, Findings& findings);

private:
    Tree tree_;
    HeadLayout layout_;
    HeadRule rule_;
    uint32_t counter_;
    SealedFek sealed_fek_;
    GcmOpener opener_;
};

// Takes the content of a file, one verified block at a time.
class ContentSink {
public:
    virtual ~ContentSink() = default;
    virtual void take(Bytes content) = 0;
};

struct OpenOutcome {
    std::optional<OpenedFile> file;  // set if the metadata are authentic, even if there is damage
    Findings findings;
    // A head is authentic under this key, so the key is right, even if other things are wrong.
    bool key_fits = false;
};

OpenOutcome open_file(FileSource& file, const Tsk& tsk, const Expected& expected);

// Reads the whole content in order. True if all of it was verified; else the findings say what was not, and `sink` gets
// less.
bool read_content(FileSource& file, OpenedFile& opened, ContentSink* sink, Findings& findings);

}  // namespace festore::ree_fs
