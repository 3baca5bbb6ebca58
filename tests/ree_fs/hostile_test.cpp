// SPDX-License-Identifier: BSD-2-Clause
// A storage directory prepared by an attacker: no crash, no hang, no link is followed, everything odd is reported.
#include "ree_fs/limits.h"
#include "tests/ree_fs/store.h"

#include <chrono>
#include <random>

#include <sys/stat.h>

namespace festore::ree_fs::test {
namespace {

TEST(Names, OnlyTheSpellingOfOpteeIsANumber) {
    uint32_t number = 0;
    EXPECT_EQ(kind_of_name("0", number), NameKind::numbered);
    EXPECT_EQ(kind_of_name("ffffffff", number), NameKind::numbered);
    EXPECT_EQ(number, 0xFFFFFFFFU);
    EXPECT_EQ(kind_of_name("dirf.db", number), NameKind::directory_file);
    EXPECT_EQ(kind_of_name("12.ta", number), NameKind::installed_ta);
    for (const std::string name : {"", "00", "01", "0x1", "A", "-1", "100000000", "1 ", " 1", "1g", "dirf.db2", "x.ta",
                                   "01.ta", ".ta", "1\n", "lost+found"}) {
        EXPECT_EQ(kind_of_name(name, number), NameKind::foreign) << name;
    }
}

TEST(Hostile, LinksPipesFoldersAndOddNamesAreNeverOpened) {
    Scratch scratch;
    Scratch::fill(scratch);
    const std::filesystem::path dir = scratch.path;
    std::filesystem::remove(dir / "2");
    std::filesystem::create_symlink(kSample / "store/2", dir / "2");  // even to the right content
    std::filesystem::remove(dir / "3");
    ASSERT_EQ(::mkfifo((dir / "3").c_str(), 0600), 0);  // opening it would wait for ever
    std::filesystem::create_directory(dir / "abc");
    std::filesystem::create_symlink("/dev/zero", dir / "bcd");
    save(dir / "a\x1b[31m\xff name", {});
    const Huk huk = zero_huk();
    const Inspection inspection = scratch.inspect(&huk);
    for (const std::string name : {"2", "3", "abc", "bcd"}) {
        const FileReport* const file = find(inspection, name);
        ASSERT_NE(file, nullptr) << name;
        EXPECT_FALSE(file->name.regular);
        EXPECT_FALSE(file->opened);
        EXPECT_TRUE(file->findings.any_damage());
    }
    EXPECT_EQ(find(inspection, "a\x1b[31m\xff name")->name.kind, NameKind::foreign);
    EXPECT_TRUE(find(inspection, "4")->object);
}

TEST(Hostile, GarbageOfEverySizeIsRefused) {
    std::mt19937 random(20261124);
    const Huk huk = zero_huk();
    for (int round = 0; round < 60; ++round) {
        Scratch scratch;
        Scratch::fill(scratch);
        Buffer garbage(random() % (round % 2 == 0 ? 300 : 300000));
        for (std::byte& b : garbage) b = static_cast<std::byte>(random());
        const std::string name = round % 3 == 0 ? "dirf.db" : "6";
        save(scratch.path / name, garbage);
        const Inspection with = scratch.inspect(&huk);
        EXPECT_TRUE(with.any_damage());
        EXPECT_EQ(with.key, KeyState::fits);
        EXPECT_TRUE(find(with, name)->findings.any_damage()) << name << " of " << garbage.size();
        // Without the key a numbered file that ends before its nodes may be what a power cut leaves.
        const bool short_one = name == "6" && garbage.size() < kBlockBytes + 2 * kNodeBytes;
        EXPECT_EQ(scratch.inspect(nullptr).any_damage(), !short_one) << name << " of " << garbage.size();
    }
}

// Random damage of any extent to a real file: it is served only with its right content, or not at all.
TEST(Hostile, ScrambledFilesNeverGiveWrongContent) {
    std::mt19937 random(42);
    for (const SampleFile& sample : sample_files()) {
        const Tsk tsk = derive_tsk(sample_ssk(), sample.owner);
        MemorySource intact(sample.bytes);
        OpenOutcome right = open_file(intact, tsk, sample.expected);
        Memory content;
        ASSERT_TRUE(right.file && read_content(intact, *right.file, &content, right.findings));
        for (int round = 0; round < 150; ++round) {
            Buffer bytes = sample.bytes;
            for (size_t changes = 1 + random() % 40; changes > 0; --changes) {
                // Changes mostly heads and nodes, and mostly to values that are not random.
                const size_t range = random() % 2 == 0 ? std::min<size_t>(bytes.size(), 4400) : bytes.size();
                const size_t size = std::min<size_t>(1 + random() % 64, range);
                const size_t to = random() % (range - size + 1);
                const size_t from = random() % (range - size + 1);
                const auto how = random() % 3;
                for (size_t i = 0; i < size; ++i) {
                    bytes[to + i] = how == 0   ? std::byte{0}
                                    : how == 1 ? bytes[from + i]
                                               : static_cast<std::byte>(random());
                }
            }
            bytes.resize(random() % 4 == 0 ? random() % bytes.size() : bytes.size());
            MemorySource source(bytes);
            OpenOutcome outcome = open_file(source, tsk, sample.expected);
            Memory got;
            const bool whole = outcome.file && read_content(source, *outcome.file, &got, outcome.findings);
            if (whole && !outcome.findings.any_damage()) {
                ASSERT_EQ(got.bytes, content.bytes) << sample.name << " round " << round;
            } else {
                EXPECT_TRUE(outcome.findings.any_damage()) << sample.name << " round " << round;
            }
            if (round % 10 != 0) continue;
            const FileView view = view_file(source, likely_layout(source));
            for (uint8_t version = 0; version < 2; ++version) (void)scan_tree(source, view, version);
        }
    }
}

TEST(Hostile, AHugeSparseFileCostsNothing) {
    Scratch scratch;
    Scratch::fill(scratch);
    std::filesystem::resize_file(scratch.path / "2", uint64_t{1} << 40);
    const Huk huk = zero_huk();
    const Inspection inspection = scratch.inspect(&huk);
    EXPECT_FALSE(inspection.any_damage());  // what follows the last structure is not in use
    EXPECT_TRUE(find(inspection, "2")->object);
    (void)scratch.inspect(nullptr);
}

// A tree whose root's hash fits no length, so all lengths are tried.
void save_costly(const std::filesystem::path& path) {
    Buffer bytes = load(kSample / "store/6");
    bytes[node_offset(1, 0)] ^= std::byte{1};
    bytes[node_offset(1, 1)] ^= std::byte{1};
    bytes[node_offset(2, 0) + 40] ^= std::byte{1};
    bytes[node_offset(2, 1) + 40] ^= std::byte{1};
    save(path, bytes);
}

TEST(Hostile, NamesOfOneFileAreExaminedOnce) {
    for (const bool with_key : {false, true}) {
        Scratch scratch;
        Scratch::fill(scratch);
        save_costly(scratch.path / "a0");
        for (int i = 1; i < 2000; ++i)
            std::filesystem::create_hard_link(scratch.path / "a0", scratch.path / name_of_file(0xa0U + uint32_t(i)));
        const auto begin = std::chrono::steady_clock::now();
        const Huk huk = zero_huk();
        const Inspection inspection = scratch.inspect(with_key ? &huk : nullptr);
        EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60)) << "it once took four minutes";
        EXPECT_EQ(inspection.any_damage(), !with_key);
        size_t findings = 0;
        for (const FileReport& file : inspection.files) findings += file.findings.list().size();
        EXPECT_LT(findings, 2U * 2000 + 200);
    }
}

TEST(Hostile, ManyFilesShareOneBudget) {
    const Buffer bytes = load(kSample / "store/6");
    Buffer costly = bytes;
    costly[node_offset(1, 0)] ^= std::byte{1};
    MemorySource source(costly);
    const FileView view = view_file(source, HeadLayout::padded);
    uint64_t left = 10000;
    const Scan scan = scan_tree(source, view, 0, left);
    EXPECT_EQ(left, 0U);
    EXPECT_TRUE(scan.given_up);
    EXPECT_FALSE(scan.length);
    EXPECT_FALSE(scan.findings.any_damage()) << "not all lengths were tried, so nothing is known";
    MemorySource intact(bytes);
    left = kLengthsTriedPerDirectoryMax;
    EXPECT_TRUE(scan_tree(intact, view_file(intact, HeadLayout::padded), 1, left).length ||
                scan_tree(intact, view_file(intact, HeadLayout::padded), 0, left).length);
    EXPECT_LT(left, kLengthsTriedPerDirectoryMax);
    EXPECT_GT(left, kLengthsTriedPerDirectoryMax - 2 * kLengthsTriedMax);
}

TEST(Hostile, FindingsOfManyFilesAreCountedNotKept) {
    Findings findings;
    findings.keep_at_most(2);
    for (int i = 0; i < 5; ++i) findings.damage(whole_file(0), "x");
    EXPECT_EQ(findings.list().size(), 2U);
    EXPECT_EQ(findings.dropped(), 3U);
    EXPECT_TRUE(findings.any_damage());
}

}  // namespace
}  // namespace festore::ree_fs::test
