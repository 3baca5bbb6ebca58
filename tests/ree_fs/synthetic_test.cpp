// SPDX-License-Identifier: BSD-2-Clause
// The variants of the format that no sample has.
#include "tests/ree_fs/synthetic.h"

#include <algorithm>
#include <tuple>

namespace festore::ree_fs::test {
namespace {

using Variant = std::tuple<HeadLayout, HeadRule, Derivation, size_t>;

class Variants : public testing::TestWithParam<Variant> {};

Buffer join(std::initializer_list<Buffer> parts) {
    Buffer all;
    for (const Buffer& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
}

TEST_P(Variants, AWholeDirectoryIsRead) {
    const auto [layout, rule, derivation, huk_size] = GetParam();
    const Huk huk = *Huk::from_bytes(pattern(huk_size, 3));
    const Ssk ssk = derive_ssk(huk, derivation);
    const Buffer data = pattern(9000);
    SyntheticFile object(ssk, kSampleTa, layout, rule);
    object.commit(object_content({}, pattern(5)));
    const Hash root = object.commit(object_content(pattern(100, 9), data, 0xA0000010));
    SyntheticFile directory(ssk, std::nullopt, layout, rule);
    directory.commit({});
    directory.commit(join({entry_content(kSampleTa, "odd \x01\xff id", root, 0x1f), Buffer(kDirEntryBytes)}));
    Scratch scratch;
    save(scratch.path / "dirf.db", directory.image());
    save(scratch.path / "1f", object.image());

    const Inspection inspection = scratch.inspect(&huk);
    EXPECT_FALSE(inspection.any_damage());
    ASSERT_EQ(inspection.key, KeyState::fits);
    EXPECT_EQ(inspection.derivation, derivation);
    EXPECT_EQ(inspection.entries, 1U);
    EXPECT_EQ(inspection.free_entries, 1U);
    const FileReport* const file = find(inspection, "1f");
    ASSERT_TRUE(file != nullptr && file->opened && file->object && file->object->head);
    EXPECT_EQ(file->opened->layout, layout);
    EXPECT_EQ(file->opened->rule, rule);
    EXPECT_EQ(file->opened->counter, 2U);
    EXPECT_EQ(file->entry->id, "odd \x01\xff id");
    EXPECT_EQ(file->object->head->attributes_bytes, 100U);
    EXPECT_EQ(file->object->head->type, 0xA0000010U);
    Sha256 sha;
    sha.add(data);
    EXPECT_EQ(file->object->data_bytes, data.size());
    EXPECT_EQ(file->object->data_hash, sha.finish());

    // Without the key the same tree is found.
    const Inspection without = scratch.inspect(nullptr);
    EXPECT_FALSE(without.any_damage());
    const FileReport* const plain = find(without, "1f");
    ASSERT_TRUE(plain != nullptr && plain->scan);
    EXPECT_EQ(plain->scan->length, kObjectHeadBytes + 100 + data.size());
    EXPECT_EQ(plain->view.layout, layout);
}

INSTANTIATE_TEST_SUITE_P(All, Variants,
                         testing::Combine(testing::Values(HeadLayout::padded, HeadLayout::packed),
                                          testing::Values(HeadRule::first_half, HeadRule::whole),
                                          testing::Values(Derivation::compatible, Derivation::subkey),
                                          testing::Values(size_t{16}, size_t{32})));

TEST(Synthetic, TreesOverSeveralNodeBlocksAreRead) {
    for (const size_t blocks : {30U, 31U, 32U, 61U, 62U, 63U, 94U, 200U}) {
        const Buffer content = pattern(blocks * kBlockBytes - 5);
        SyntheticFile file(sample_ssk(), kSampleTa, HeadLayout::padded, HeadRule::first_half);
        file.commit(pattern(blocks * kBlockBytes, 77));
        const Hash root = file.commit(content);
        MemorySource source(file.image());
        OpenOutcome outcome = open_file(source, derive_tsk(sample_ssk(), kSampleTa), {kSampleTa, root});
        ASSERT_TRUE(outcome.file);
        Memory got;
        EXPECT_TRUE(read_content(source, *outcome.file, &got, outcome.findings)) << text_of_findings(outcome.findings);
        EXPECT_EQ(got.bytes, content) << blocks << " blocks";
    }
}

TEST(Synthetic, AnInterruptedChangeIsANoteAndTheRecordedVersionIsServed) {
    SyntheticFile file(sample_ssk(), kSampleTa, HeadLayout::padded, HeadRule::first_half);
    file.commit(pattern(9000, 1));
    const Hash recorded = file.commit(pattern(9000, 2));
    file.commit(pattern(9000, 3));  // dirf.db does not record it
    const Verdict verdict = verify(file.image(), derive_tsk(sample_ssk(), kSampleTa), {kSampleTa, recorded});
    ASSERT_TRUE(verdict.whole) << text_of_findings(verdict.findings);
    EXPECT_EQ(verdict.file->counter(), 2U);
    ASSERT_EQ(verdict.findings.list().size(), 1U);
    EXPECT_EQ(verdict.findings.list()[0].severity, Severity::note);
    EXPECT_EQ(verdict.findings.list()[0].place.version, 1);
}

TEST(Synthetic, AnOlderVersionIsNotTheRecordedOne) {
    SyntheticFile file(sample_ssk(), kSampleTa, HeadLayout::padded, HeadRule::first_half);
    file.commit(pattern(5000, 1));
    const Buffer old = file.image();
    file.commit(pattern(5000, 2));
    const Hash recorded = file.commit(pattern(5000, 3));
    const Verdict verdict = verify(old, derive_tsk(sample_ssk(), kSampleTa), {kSampleTa, recorded});
    EXPECT_FALSE(verdict.file);
    ASSERT_TRUE(verdict.findings.any_damage());
    EXPECT_NE(verdict.findings.list()[0].text.find("older state"), std::string::npos)
        << text_of_findings(verdict.findings);
}

TEST(Synthetic, AuthenticMetadataThatPromiseTheWorldAllocateNothing) {
    for (const Meta meta : {Meta{10, 0xFFFFFFFF}, Meta{uint64_t{1} << 62, 1}, Meta{5000, 1}}) {
        SyntheticFile file(sample_ssk(), kSampleTa, HeadLayout::padded, HeadRule::first_half);
        const Hash root = file.commit_with(pattern(10), meta);
        const Verdict verdict = verify(file.image(), derive_tsk(sample_ssk(), kSampleTa), {kSampleTa, root});
        EXPECT_FALSE(verdict.whole);
        EXPECT_TRUE(verdict.findings.any_damage()) << meta.length << " " << meta.node_id_max;
    }
}

TEST(Synthetic, ASingleNodeNeedsNoNumber) {
    // OP-TEE counts the root only when there is a second node: files of one block have 0.
    SyntheticFile file(sample_ssk(), kSampleTa, HeadLayout::padded, HeadRule::first_half);
    const Hash root = file.commit_with(pattern(10), {10, 0});
    EXPECT_TRUE(verify(file.image(), derive_tsk(sample_ssk(), kSampleTa), {kSampleTa, root}).whole);
}

TEST(Synthetic, ContradictionsInTheDirectoryAreFound) {
    Buffer too_long = entry_content(kSampleTa, "d", {}, 9);
    too_long[80] = std::byte{65};
    const DirFile directory =
        parse_dirfile(join({entry_content(kSampleTa, "a", {}, 1), entry_content(kSampleTa, "b", {}, 1),
                            entry_content(kSampleTa, "a", {}, 2), too_long, Buffer(kDirEntryBytes), Buffer(7)}));
    EXPECT_EQ(directory.entries.size(), 2U);
    EXPECT_EQ(directory.free_entries, 1U);
    ASSERT_EQ(directory.findings.list().size(), 4U);
    EXPECT_EQ(directory.findings.list()[0].place.number, 1U);  // the same file number
    EXPECT_EQ(directory.findings.list()[1].place.number, 2U);  // the same object
    EXPECT_EQ(directory.findings.list()[2].place.number, 3U);  // an id of 65 bytes
    EXPECT_EQ(directory.findings.list()[3].place.offset, 5U * kDirEntryBytes);
    EXPECT_EQ(directory.findings.list()[3].severity, Severity::note);
}

TEST(Synthetic, AnObjectWithoutAProperHeaderIsDamage) {
    for (const Buffer& content : {pattern(3), join({Buffer(4, std::byte{0xFF}), pattern(40)}), Buffer{}}) {
        SyntheticFile object(sample_ssk(), kSampleTa, HeadLayout::padded, HeadRule::first_half);
        const Hash root = object.commit(content);
        SyntheticFile directory(sample_ssk(), std::nullopt, HeadLayout::padded, HeadRule::first_half);
        directory.commit({});
        directory.commit(entry_content(kSampleTa, "x", root, 0));
        Scratch scratch;
        save(scratch.path / "dirf.db", directory.image());
        save(scratch.path / "0", object.image());
        const Huk huk = zero_huk();
        const Inspection inspection = scratch.inspect(&huk);
        EXPECT_TRUE(inspection.any_damage());
        EXPECT_FALSE(find(inspection, "0")->object);
    }
}

}  // namespace
}  // namespace festore::ree_fs::test
