// SPDX-License-Identifier: BSD-2-Clause
#include "ree_fs/diagnosis.h"

#include "base/writer.h"

namespace festore::ree_fs {
namespace {

struct Trial {
    FileSource& file;
    const Tsk& tsk;
    const Expected& expected;
    Findings& findings;
    bool& key_fits;
};

// Calls `f(opener, view, rule, version)` for every way to read a head, until it returns one.
template <class F>
std::optional<OpenedHead> any_head(const Trial& trial, F&& f) {
    for (const HeadLayout layout : kLayouts) {
        const FileView view = view_file(trial.file, layout);
        for (uint8_t version = 0; version < 2; ++version) {
            if (!view.heads[version] || !view.roots[version]) continue;
            HeadOpener opener(trial.tsk, *view.heads[version]);
            for (const HeadRule rule : kRules) {
                if (std::optional<OpenedHead> head = f(opener, view, rule, version)) {
                    trial.key_fits = true;
                    return head;
                }
            }
        }
    }
    return std::nullopt;
}

std::optional<OpenedHead> opened(HeadOpener& opener, const FileView& view, HeadRule rule, uint8_t version,
                                 const Hash& root_hash, uint32_t counter) {
    const std::optional<Meta> meta = opener.open(view.layout, rule, root_hash, counter);
    if (!meta) return std::nullopt;
    Head head = opener.head();
    head.counter = counter;
    return OpenedHead{view.layout, rule, version, head, root_hash, *meta};
}

std::string ends_at(const Trial& trial) {
    return "the file ends at " + std::to_string(trial.file.size()) + ", before the end of this";
}

// Returns true, and adds a finding, if a structure that is needed to open anything is cut off.
bool too_short(const Trial& trial, const FileView& view) {
    for (uint8_t version = 0; version < 2; ++version) {
        if (!view.heads[version]) {
            trial.findings.damage(place_of_head(view.layout, version), ends_at(trial));
            return true;
        }
    }
    const uint8_t last = trial.expected.root_hash ? uint8_t{1} : view.chosen.value_or(1);
    for (uint8_t version = trial.expected.root_hash ? uint8_t{0} : last; version <= last; ++version) {
        if (!view.roots[version]) {
            trial.findings.damage(place_of_node(1, version), ends_at(trial));
            return true;
        }
    }
    return false;
}

// Tries the counters that the other head implies for this one: one more or one less.
std::optional<OpenedHead> with_repaired_counter(const Trial& trial) {
    return any_head(
        trial,
        [&](HeadOpener& opener, const FileView& view, HeadRule rule, uint8_t version) -> std::optional<OpenedHead> {
            const std::optional<Head>& other = view.heads[version ^ 1U];
            if (!other) return std::nullopt;
            for (const uint32_t counter : {other->counter + 1, other->counter - 1}) {
                if (counter == opener.head().counter) continue;
                auto head = opened(opener, view, rule, version, view.roots[version]->hash, counter);
                if (!head) continue;
                trial.findings.damage(place_of_counter(view.layout, version),
                                      "the counter was altered: it says " + std::to_string(opener.head().counter) +
                                          ", but the head is authentic only with " + std::to_string(counter));
                return head;
            }
            return std::nullopt;
        });
}

// For a damaged stored hash of the root: with the hash computed from the tree the head is authentic.
std::optional<OpenedHead> with_computed_root(const Trial& trial) {
    return any_head(
        trial,
        [&](HeadOpener& opener, const FileView& view, HeadRule rule, uint8_t version) -> std::optional<OpenedHead> {
            if (view.chosen != version || rule != kRules[0]) return std::nullopt;
            Tree tree;
            tree.version = version;
            tree.meta = opener.guess(view.layout);
            Findings ignored;
            load_nodes(trial.file, *view.roots[version], tree, ignored);
            Sha256 sha;
            const Hash computed = computed_hash(sha, tree, 1);
            for (const HeadRule either : kRules) {
                // This works only if the stored hash is wrong; check_nodes() then reports that it differs.
                if (auto head = opened(opener, view, either, version, computed, opener.head().counter)) return head;
            }
            return std::nullopt;
        });
}

std::optional<OpenedHead> with_own_root(const Trial& trial) {
    return any_head(
        trial,
        [&](HeadOpener& opener, const FileView& view, HeadRule rule, uint8_t version) -> std::optional<OpenedHead> {
            return opened(opener, view, rule, version, view.roots[version]->hash, opener.head().counter);
        });
}

// A view with the layout of an authentic head, else with the expected layout, else with the likely one.
FileView best_view(const Trial& trial, const std::optional<OpenedHead>& authentic) {
    if (authentic) return view_file(trial.file, authentic->layout);
    return view_file(trial.file, trial.expected.layout.value_or(likely_layout(trial.file)));
}

// A file that dirf.db records: the recorded version is damaged or missing.
std::optional<OpenedHead> explain_recorded(const Trial& trial) {
    const Hash& recorded = *trial.expected.root_hash;
    if (auto head = any_head(trial, [&](HeadOpener& opener, const FileView& view, HeadRule rule, uint8_t version) {
            return opened(opener, view, rule, version, recorded, opener.head().counter);
        })) {
        return head;  // the stored root hash differs from the recorded one: check_nodes() reports it
    }
    const std::optional<OpenedHead> other = with_own_root(trial);
    const FileView view = best_view(trial, other);
    for (uint8_t version = 0; version < 2; ++version) {
        if (!view.roots[version] || view.roots[version]->hash != recorded) continue;
        if (!view.heads[version]) {
            trial.findings.damage(place_of_head(view.layout, version), ends_at(trial));
        } else {
            trial.findings.damage(place_of_head(view.layout, version),
                                  "the head is not authentic; the root that belongs to it is the recorded one");
        }
        return std::nullopt;
    }
    if (other) {
        trial.findings.damage(
            place_of_node_hash(1, other->version),
            "an authentic file of this owner (commit " + std::to_string(other->head.counter) +
                "), but not the version that dirf.db records: an older state, or another object's file");
        if (view.roots[1] || other->version == 1) return std::nullopt;
    }
    if (too_short(trial, view)) return std::nullopt;
    trial.findings.damage(whole_file(trial.file.size()),
                          "neither version is the recorded one, nor authentic for this owner");
    return std::nullopt;
}

std::optional<OpenedHead> explain_counted(const Trial& trial) {
    std::optional<OpenedHead> before = with_own_root(trial);
    const FileView view = best_view(trial, before);
    if (too_short(trial, view)) return std::nullopt;
    if (auto head = with_repaired_counter(trial)) return head;
    if (auto head = with_computed_root(trial)) return head;
    if (!view.chosen) {
        trial.findings.damage(place_of_counter(view.layout, 0),
                              "the counters contradict each other, OP-TEE takes neither version");
    } else {
        trial.findings.damage(place_of_head(view.layout, *view.chosen), "the head is not authentic under this key");
    }
    // The previous version may be intact: enough to show what the storage held.
    if (before) {
        trial.findings.note(
            place_of_head(before->layout, before->version),
            "what is shown is the version before (commit " + std::to_string(before->head.counter) + ")");
    }
    return before;
}

}  // namespace

std::optional<Meta> HeadOpener::open(HeadLayout layout, HeadRule rule, const Hash& root_hash, uint32_t counter) {
    std::array<std::byte, 4> encoded{};
    Writer(encoded).u32(counter);
    std::array<std::byte, kMetaBytesPadded> plain{};
    const size_t size = meta_bytes(layout);
    const Bytes covered = Bytes(root_hash).first(rule == HeadRule::whole ? kHashBytes : kHashBytes / 2);
    if (!gcm_.open(head_.iv, {covered, encoded, head_.sealed_fek, head_.iv}, Bytes(head_.sealed_meta).first(size),
                   head_.tag, MutableBytes(plain).first(size))) {
        return std::nullopt;
    }
    return decode_meta(plain);
}

Meta HeadOpener::guess(HeadLayout layout) {
    std::array<std::byte, kMetaBytesPadded> plain{};
    const size_t size = meta_bytes(layout);
    gcm_.decrypt_unverified(head_.iv, Bytes(head_.sealed_meta).first(size), MutableBytes(plain).first(size));
    return decode_meta(plain).value_or(Meta{});
}

std::optional<OpenedHead> explain(FileSource& file, const Tsk& tsk, const Expected& expected, Findings& findings,
                                  bool& key_fits) {
    const Trial trial{file, tsk, expected, findings, key_fits};
    return expected.root_hash ? explain_recorded(trial) : explain_counted(trial);
}

void check_other_counter(FileSource& file, const Tsk& tsk, const OpenedHead& chosen, Findings& findings) {
    const FileView view = view_file(file, chosen.layout);
    const uint8_t other = chosen.version ^ 1U;
    if (!view.heads[other] || !view.roots[other]) return;
    HeadOpener opener(tsk, *view.heads[other]);
    if (opener.open(view.layout, chosen.rule, view.roots[other]->hash)) return;
    const uint32_t newer = chosen.head.counter + 1;
    if (!opener.open(view.layout, chosen.rule, view.roots[other]->hash, newer)) return;
    findings.damage(place_of_counter(view.layout, other),
                    "the counter was altered: it says " + std::to_string(view.heads[other]->counter) +
                        ", but the head is authentic only with " + std::to_string(newer) +
                        ", so OP-TEE goes back to the version before it");
}

}  // namespace festore::ree_fs
