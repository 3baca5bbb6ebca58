// SPDX-License-Identifier: BSD-2-Clause
// One flipped byte, at every place of every file of the sample: either it is reported, by a finding that names the
// bytes around it, or it is in no part of the version in use. Exactly one of the two is true.
//
// To make every byte affordable, the work is split, and the test proves that the split is right. A source that
// records what is read shows which bytes a verdict depends on; all others are flipped at once, and the verdict must
// stay the same. Only the opening of a block reads the block's bytes, so for each of them only the opening is
// repeated.
#include "tests/ree_fs/synthetic.h"

#include <algorithm>

namespace festore::ree_fs::test {
namespace {

class RecordingSource final : public FileSource {
public:
    explicit RecordingSource(Bytes content) : inner_(content), read_(content.size(), false) {}
    [[nodiscard]] uint64_t size() const override { return inner_.size(); }
    [[nodiscard]] bool read(uint64_t offset, MutableBytes out) override {
        if (!inner_.read(offset, out)) return false;
        std::fill_n(read_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), true);
        return true;
    }
    [[nodiscard]] const std::vector<bool>& read_bytes() const { return read_; }

private:
    MemorySource inner_;
    std::vector<bool> read_;
};

constexpr std::byte kFlip{0x40};

std::optional<Place> in_use_at(const std::vector<Place>& in_use, uint64_t offset) {
    for (const Place& place : in_use) {
        if (place.contains(offset)) return place;
    }
    return std::nullopt;
}

// Why a byte may change unnoticed.
enum class Unused { between_structures, other_version, beyond_the_content };

Unused why_unused(const OpenedFile& opened, uint64_t offset) {
    const std::optional<Place> place = structure_at(offset, opened.layout());
    if (!place) return Unused::between_structures;
    const uint32_t id = place->part == Part::node ? place->number : place->part == Part::block ? place->number + 1 : 1;
    const TreeNode* const node = opened.tree().find(id);
    if (node == nullptr) return Unused::beyond_the_content;
    if (place->part == Part::block && place->number >= blocks_of(opened.length())) return Unused::beyond_the_content;
    const uint8_t used = place->part == Part::head   ? opened.version()
                         : place->part == Part::node ? node->version
                                                     : node->image.block_version();
    EXPECT_NE(place->version, used) << "offset " << offset << " is in " << describe(*place) << ", which is in use";
    return Unused::other_version;
}

struct Counts {
    size_t reported = 0;
    std::map<Unused, size_t> unused;
};

// For heads and nodes: repeats the whole verdict. Fails if the byte is neither reported nor unused.
void flip_structure_byte(const SampleFile& sample, const Tsk& tsk, const OpenedFile& intact, MutableBytes bytes,
                         uint64_t offset, Counts& counts) {
    std::byte& flipped = bytes[static_cast<size_t>(offset)];
    flipped ^= kFlip;
    const Verdict verdict = verify(bytes, tsk, sample.expected);
    flipped ^= kFlip;
    const bool used = in_use_at(intact.in_use(), offset).has_value();
    if (verdict.findings.any_damage()) {
        ++counts.reported;
        ASSERT_TRUE(damage_at(verdict.findings, offset)) << sample.name << " offset " << offset << " is blamed on\n"
                                                         << text_of_findings(verdict.findings);
        ASSERT_FALSE(verdict.whole);
        // A byte outside the version in use may be reported only if it decides which version that is.
        const std::optional<Place> place = structure_at(offset, intact.layout());
        ASSERT_TRUE(used || (!sample.expected.root_hash && place && place->part == Part::head))
            << sample.name << " offset " << offset;
    } else {
        ASSERT_FALSE(used) << sample.name << " offset " << offset << " was changed unnoticed";
        ASSERT_TRUE(verdict.whole);
        ++counts.unused[why_unused(intact, offset)];
    }
}

void flip_block_bytes(const SampleFile& sample, OpenedFile& opened, Buffer& bytes, uint32_t block, Counts& counts) {
    const Place place = place_of_block(block, opened.tree().find(block + 1)->image.block_version());
    MemorySource source(bytes);
    Buffer out(kBlockBytes);
    for (uint64_t offset = place.offset; offset < place.offset + place.size; ++offset) {
        std::byte& flipped = bytes[static_cast<size_t>(offset)];
        flipped ^= kFlip;
        Findings findings;
        const bool accepted = opened.read_block(source, block, out, findings);
        flipped ^= kFlip;
        ASSERT_FALSE(accepted) << sample.name << " offset " << offset << " was changed unnoticed";
        ASSERT_TRUE(damage_at(findings, offset)) << sample.name << " offset " << offset;
        ++counts.reported;
    }
}

void flip_every_byte(const SampleFile& sample, Counts& counts) {
    const Tsk tsk = derive_tsk(sample_ssk(), sample.owner);
    Buffer bytes = sample.bytes;
    RecordingSource source(sample.bytes);
    OpenOutcome outcome = open_file(source, tsk, sample.expected);
    ASSERT_TRUE(outcome.file && !outcome.findings.any_damage());
    OpenedFile& intact = *outcome.file;
    const std::vector<bool> read_by_tree = source.read_bytes();
    ASSERT_TRUE(read_content(source, intact, nullptr, outcome.findings));
    const std::vector<bool>& read_at_all = source.read_bytes();

    // Flipping all bytes that nothing reads, at once, changes nothing.
    for (size_t offset = 0; offset < bytes.size(); ++offset) {
        if (read_at_all[offset]) continue;
        ASSERT_FALSE(in_use_at(intact.in_use(), offset))
            << sample.name << " offset " << offset << " is in use, but never read";
        bytes[offset] ^= kFlip;
        ++counts.unused[why_unused(intact, offset)];
    }
    ASSERT_TRUE(verify(bytes, tsk, sample.expected).whole);
    bytes = sample.bytes;

    for (size_t offset = 0; offset < bytes.size(); ++offset) {
        if (read_by_tree[offset]) flip_structure_byte(sample, tsk, intact, bytes, offset, counts);
        if (testing::Test::HasFatalFailure()) return;
    }
    for (uint32_t block = 0; block < blocks_of(intact.length()); ++block) {
        const Place place = place_of_block(block, intact.tree().find(block + 1)->image.block_version());
        const auto start = static_cast<size_t>(place.offset);
        for (size_t offset = start; offset < start + place.size; ++offset) ASSERT_FALSE(read_by_tree[offset]);
        flip_block_bytes(sample, intact, bytes, block, counts);
        if (testing::Test::HasFatalFailure()) return;
        // Once more with the full check, as the command does it.
        std::byte& flipped = bytes[start + block % kBlockBytes];
        flipped ^= kFlip;
        const Verdict verdict = verify(bytes, tsk, sample.expected);
        flipped ^= kFlip;
        ASSERT_TRUE(!verdict.whole && damage_at(verdict.findings, start + block % kBlockBytes));
    }
}

class Flips : public testing::TestWithParam<std::string> {};

TEST_P(Flips, EveryByteIsReportedOrNotInUse) {
    for (const SampleFile& sample : sample_files()) {
        if (sample.name != GetParam()) continue;
        Counts counts;
        flip_every_byte(sample, counts);
        if (testing::Test::HasFatalFailure()) return;
        size_t all = counts.reported;
        for (const auto& [why, count] : counts.unused) all += count;
        EXPECT_EQ(all, sample.bytes.size()) << "each byte is counted exactly once";
        RecordProperty("reported", static_cast<int>(counts.reported));
        return;
    }
    FAIL() << "no such file";
}

INSTANTIATE_TEST_SUITE_P(Sample, Flips, testing::Values("dirf.db", "0", "1", "2", "3", "4", "5", "6", "7", "8"),
                         [](const auto& test) {
                             return test.param == "dirf.db" ? std::string("dirf") : "file" + test.param;
                         });

// The variants that no sample has: both layouts, both head rules, with and without a recorded root hash.
TEST(FlipsOfVariants, EveryByteIsReportedOrNotInUse) {
    for (const HeadLayout layout : {HeadLayout::padded, HeadLayout::packed}) {
        for (const HeadRule rule : {HeadRule::first_half, HeadRule::whole}) {
            SyntheticFile object(sample_ssk(), kSampleTa, layout, rule);
            object.commit(pattern(4 * kBlockBytes, 1));
            const Hash root = object.commit(pattern(3 * kBlockBytes + 100, 2));
            SyntheticFile directory(sample_ssk(), std::nullopt, layout, rule);
            directory.commit({});
            directory.commit(pattern(2 * kBlockBytes, 1));
            directory.commit(pattern(2 * kBlockBytes, 2));
            Counts counts;
            flip_every_byte({"object", object.image(), kSampleTa, {kSampleTa, root}}, counts);
            flip_every_byte({"directory", directory.image(), std::nullopt, {}}, counts);
            if (HasFatalFailure()) return;
            EXPECT_GT(counts.unused[Unused::other_version], 0U);
            EXPECT_GT(counts.unused[Unused::between_structures], 0U);
        }
    }
}

// Each single bit of the counters of dirf.db, which choose the version: no flipped bit rolls it back unnoticed.
TEST(Counters, NoBitOfACounterTurnsTheDirectoryBack) {
    const SampleFile sample = sample_files().front();
    const Tsk tsk = derive_tsk(sample_ssk(), std::nullopt);
    const Verdict intact = verify(sample.bytes, tsk, {});
    ASSERT_TRUE(intact.whole);
    for (uint8_t version = 0; version < 2; ++version) {
        const Place place = place_of_counter(HeadLayout::padded, version);
        for (size_t bit = 0; bit < 32; ++bit) {
            Buffer bytes = sample.bytes;
            bytes[static_cast<size_t>(place.offset) + bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
            const Verdict verdict = verify(bytes, tsk, {});
            if (verdict.findings.any_damage()) {
                EXPECT_TRUE(damage_at(verdict.findings, place.offset + bit / 8)) << text_of_findings(verdict.findings);
            } else {
                ASSERT_TRUE(verdict.file);
                EXPECT_NE(version, intact.file->version());
                EXPECT_EQ(verdict.file->counter(), intact.file->counter()) << "bit " << bit;
            }
        }
    }
}

}  // namespace
}  // namespace festore::ree_fs::test
