// SPDX-License-Identifier: BSD-2-Clause
// Accidents and attacks on whole files of the sample: cut off, swapped, rolled back, removed, added; and a wrong key.
#include "tests/ree_fs/store.h"

#include <algorithm>

namespace festore::ree_fs::test {
namespace {

// A cut is reported, at a place that is no longer complete in the file, unless nothing in use was cut off.
void check_cut(const SampleFile& sample, const Tsk& tsk, const std::vector<Place>& in_use, size_t size) {
    const Verdict verdict = verify(Bytes(sample.bytes).first(size), tsk, sample.expected);
    // OP-TEE needs both heads of dirf.db, and of the other files the root nodes up to the recorded one.
    uint64_t needed = sample.expected.root_hash ? 0 : 2 * head_bytes(HeadLayout::padded);
    for (const Place& place : in_use) needed = std::max(needed, place.offset + place.size);
    if (size >= needed) {
        EXPECT_TRUE(verdict.whole) << sample.name << " cut to " << size << "\n" << text_of_findings(verdict.findings);
        return;
    }
    EXPECT_FALSE(verdict.whole);
    ASSERT_TRUE(verdict.findings.any_damage()) << sample.name << " cut to " << size << " unnoticed";
    EXPECT_TRUE(std::ranges::all_of(verdict.findings.list(),
                                    [size](const Finding& finding) {
                                        return finding.severity == Severity::note ||
                                               finding.place.offset + finding.place.size > size;
                                    }))
        << sample.name << " cut to " << size << "\n"
        << text_of_findings(verdict.findings);
}

TEST(Truncation, EveryLengthIsReportedWhereTheFileEnds) {
    for (const SampleFile& sample : sample_files()) {
        const Tsk tsk = derive_tsk(sample_ssk(), sample.owner);
        const Verdict intact = verify(sample.bytes, tsk, sample.expected);
        ASSERT_TRUE(intact.whole);
        const std::vector<Place> in_use = intact.file->in_use();
        std::vector<bool> try_this(sample.bytes.size(), sample.bytes.size() <= 40000);
        if (sample.bytes.size() > 40000) {
            // The large file: each length around the end and start of every structure, all of the beginning, and
            // samples.
            for (size_t size = 0; size < try_this.size(); size += size < 9000 ? 1 : 331) try_this[size] = true;
            for (const Place& place : in_use) {
                for (const uint64_t at : {place.offset, place.offset + place.size}) {
                    for (const uint64_t size : {at - 1, at, at + 1})
                        if (size < try_this.size()) try_this[static_cast<size_t>(size)] = true;
                }
            }
        }
        for (size_t size = 0; size < try_this.size(); ++size) {
            if (try_this[size]) check_cut(sample, tsk, in_use, size);
            if (HasFailure()) return;
        }
    }
}

class Store : public testing::Test {
protected:
    void SetUp() override { Scratch::fill(scratch_); }
    Inspection inspect() { return scratch_.inspect(&huk_); }
    std::string problems(const Inspection& inspection, const std::string& name) {
        return text_of_findings(find(inspection, name)->findings);
    }
    Scratch scratch_;
    Huk huk_ = zero_huk();
};

TEST_F(Store, SwappedFilesAreBothReported) {
    std::filesystem::rename(scratch_.path / "2", scratch_.path / "tmp");
    std::filesystem::rename(scratch_.path / "3", scratch_.path / "2");
    std::filesystem::rename(scratch_.path / "tmp", scratch_.path / "3");
    const Inspection inspection = inspect();
    for (const std::string name : {"2", "3"}) {
        EXPECT_NE(problems(inspection, name).find("another object's file"), std::string::npos)
            << problems(inspection, name);
        EXPECT_FALSE(find(inspection, name)->object);
    }
    EXPECT_TRUE(find(inspection, "4")->object);
}

TEST_F(Store, AFileOfAnotherOwnerIsReported) {
    save(scratch_.path / "2", load(scratch_.path / "1"));  // OP-TEE's own file in the place of a TA's
    const Inspection inspection = inspect();
    EXPECT_NE(problems(inspection, "2").find("nor authentic for this owner"), std::string::npos)
        << problems(inspection, "2");
}

TEST_F(Store, ARemovedFileIsMissedByName) {
    std::filesystem::remove(scratch_.path / "6");
    const Inspection inspection = inspect();
    EXPECT_TRUE(inspection.any_damage());
    ASSERT_EQ(inspection.without_file.size(), 1U);
    EXPECT_EQ(inspection.without_file[0].id, "epsilon");
    EXPECT_EQ(inspection.without_file[0].file_number, 6U);
}

TEST_F(Store, AnExtraFileIsAnOrphanAndNoDamage) {
    save(scratch_.path / "a0", load(scratch_.path / "4"));
    const Inspection inspection = inspect();
    EXPECT_FALSE(inspection.any_damage());
    const FileReport* const orphan = find(inspection, "a0");
    ASSERT_TRUE(orphan != nullptr && orphan->former_owner && orphan->opened);
    EXPECT_EQ(*orphan->former_owner, kSampleTa);
    EXPECT_EQ(orphan->opened->length, 10024U);
    ASSERT_EQ(orphan->findings.list().size(), 1U);
    EXPECT_EQ(orphan->findings.list()[0].severity, Severity::note);
}

TEST_F(Store, WithoutItsDirectoryFileWhatIsKnownIsStillShown) {
    std::filesystem::remove(scratch_.path / "dirf.db");
    const Inspection inspection = inspect();
    EXPECT_TRUE(inspection.no_directory_file);
    EXPECT_TRUE(inspection.any_damage());
    // OP-TEE's own files confirm the key; those of an unknown TA cannot be opened.
    EXPECT_EQ(inspection.key, KeyState::fits);
    EXPECT_TRUE(find(inspection, "1")->former_owner.has_value());
    EXPECT_FALSE(find(inspection, "2")->former_owner.has_value());
    EXPECT_TRUE(find(inspection, "2")->scan.has_value());
}

TEST_F(Store, AWrongKeyIsSaidToBeWrongAndNothingElseIsBlamed) {
    for (const size_t size : {size_t{16}, size_t{32}}) {
        const Huk wrong = *Huk::from_bytes(Buffer(size, std::byte{1}));
        const Inspection inspection = scratch_.inspect(&wrong);
        EXPECT_EQ(inspection.key, KeyState::does_not_fit);
        EXPECT_FALSE(inspection.any_damage());
        EXPECT_TRUE(find(inspection, "6")->scan.has_value());
    }
    // HMAC pads its key with zeroes: 32 of them are the same key as 16.
    const Huk longer = zero_huk(32);
    EXPECT_EQ(scratch_.inspect(&longer).key, KeyState::fits);
}

TEST_F(Store, ADamagedHeadOfTheDirectoryLeavesTheVersionBeforeToShow) {
    Buffer bytes = load(scratch_.path / "dirf.db");
    bytes[68 + 20] ^= std::byte{1};  // the tag of head version 1, the live one
    save(scratch_.path / "dirf.db", bytes);
    const Inspection inspection = inspect();
    EXPECT_EQ(inspection.key, KeyState::fits);
    const FileReport* const file = find(inspection, "dirf.db");
    EXPECT_TRUE(damage_at(file->findings, 68 + 20)) << problems(inspection, "dirf.db");
    ASSERT_TRUE(file->opened);
    EXPECT_EQ(file->opened->counter, 12U);
}

TEST_F(Store, WithoutAKeyAFlippedHashIsSeenToo) {
    for (const uint64_t offset :
         {node_offset(1, 0), node_offset(1, 0) + 40, node_offset(7, 1) + 3, node_offset(49, 1) + 50}) {
        Buffer bytes = load(kSample / "store/6");
        MemorySource intact(bytes);
        const FileView view = view_file(intact, HeadLayout::padded);
        ASSERT_TRUE(scan_tree(intact, view, *view.chosen).length);
        bytes[static_cast<size_t>(offset)] ^= std::byte{4};
        save(scratch_.path / "6", bytes);
        const Inspection inspection = scratch_.inspect(nullptr);
        const Place place = *structure_at(offset, HeadLayout::padded);
        const Verdict verdict = verify(bytes, derive_tsk(sample_ssk(), kSampleTa), sample_files()[7].expected);
        // Only if the node is in use; the verifier knows this, because it has the key.
        EXPECT_EQ(inspection.any_damage(), !verdict.whole) << describe(place);
        EXPECT_EQ(damage_at(find(inspection, "6")->findings, offset), !verdict.whole) << problems(inspection, "6");
    }
}

}  // namespace
}  // namespace festore::ree_fs::test
