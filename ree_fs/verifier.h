// SPDX-License-Identifier: BSD-2-Clause
// One storage file with its keys: the head authenticated, the whole hash tree verified, blocks decrypted, and when
// something does not fit, which bytes are at fault. One thread at a time; nothing is written; no secrets in findings.
#pragma once
#include "ree_fs/crypto.h"
#include "ree_fs/keys.h"
#include "ree_fs/tree.h"

namespace festore::ree_fs {

// How much of the root's hash the seal of the head covers.
enum class HeadRule : uint8_t {
    first_half,  // 16 bytes: OP-TEE up to 3.x, and later ones with CFG_REE_FS_HTREE_HASH_SIZE_COMPAT=y, their default
    whole,       // all 32 bytes
};
const char* name_of(HeadRule rule);

// What the file is supposed to be. dirf.db has neither; the other files have both, from their entry in dirf.db.
struct Expected {
    std::optional<Uuid> owner;
    std::optional<Hash> root_hash;
    std::optional<HeadLayout> layout = std::nullopt;  // what the directory's other files have; only to place damage
};

// A file whose head is authentic: its tree, checked, and the means to open its blocks.
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
    // The structures that this version of the file consists of. Everything else in the file is not in use.
    [[nodiscard]] std::vector<Place> in_use() const;

    // Opens block `block` into `out` (kBlockBytes). False, and a finding, when it is missing or damaged or its node is.
    [[nodiscard]] bool read_block(FileSource& file, uint32_t block, MutableBytes out, Findings& findings);

private:
    Tree tree_;
    HeadLayout layout_;
    HeadRule rule_;
    uint32_t counter_;
    SealedFek sealed_fek_;
    GcmOpener opener_;
};

// Gets the content of a file, block by block, each verified.
class ContentSink {
public:
    virtual ~ContentSink() = default;
    virtual void take(Bytes content) = 0;
};

struct OpenOutcome {
    std::optional<OpenedFile> file;  // also when there is damage, as long as the metadata are authentic
    Findings findings;
    // Some head is authentic under this key (so the key is right, whatever else is wrong).
    bool key_fits = false;
};

OpenOutcome open_file(FileSource& file, const Tsk& tsk, const Expected& expected);

// The whole content in order. True when all of it was verified; else the findings say what was not, and `sink` got
// less.
bool read_content(FileSource& file, OpenedFile& opened, ContentSink* sink, Findings& findings);

}  // namespace festore::ree_fs
