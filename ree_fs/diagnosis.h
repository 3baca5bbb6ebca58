// SPDX-License-Identifier: BSD-2-Clause
// Internal to the verifier: trying heads against keys, and explaining a file that does not open.
#pragma once
#include "ree_fs/verifier.h"

namespace festore::ree_fs {

inline constexpr std::array<HeadLayout, 2> kLayouts = {HeadLayout::padded, HeadLayout::packed};
inline constexpr std::array<HeadRule, 2> kRules = {HeadRule::first_half, HeadRule::whole};

// One head with its file key.
class HeadOpener {
public:
    HeadOpener(const Tsk& tsk, const Head& head)
        : head_(head), fek_(open_fek(tsk, head.sealed_fek)), gcm_(fek_.expose()) {}
    // The metadata, if the head is authentic with this root hash and counter.
    std::optional<Meta> open(HeadLayout layout, HeadRule rule, const Hash& root_hash, uint32_t counter);
    std::optional<Meta> open(HeadLayout layout, HeadRule rule, const Hash& root_hash) {
        return open(layout, rule, root_hash, head_.counter);
    }
    Meta guess(HeadLayout layout);  // decrypted, not verified
    [[nodiscard]] const Head& head() const { return head_; }
    [[nodiscard]] const Fek& fek() const { return fek_; }

private:
    Head head_;
    Fek fek_;
    GcmOpener gcm_;
};

// An authentic head, and the parameters with which it is authentic.
struct OpenedHead {
    HeadLayout layout = HeadLayout::padded;
    HeadRule rule = HeadRule::first_half;
    uint8_t version = 0;
    Head head;
    Hash root_hash{};  // authenticated by the seal (only its first half if `rule` is first_half)
    Meta meta;
};

// Explains why no version opened as expected. Adds findings, at least one of them damage. Returns a head that is authentic
// if a single damaged field is corrected, if there is one. Sets `key_fits` if any head is authentic in any way.
std::optional<OpenedHead> explain(FileSource& file, const Tsk& tsk, const Expected& expected, Findings& findings,
                                  bool& key_fits);

// For dirf.db, after version `opened` was taken: adds damage if the other version is the newer one and its counter was altered.
void check_other_counter(FileSource& file, const Tsk& tsk, const OpenedHead& opened, Findings& findings);

}  // namespace festore::ree_fs
