// SPDX-License-Identifier: BSD-2-Clause
// Files that may not be read, and states that look like damage without the key but are not.
#include "tests/ree_fs/store.h"

#include <algorithm>

#include <sys/fsuid.h>

namespace festore::ree_fs::test {
namespace {

class Keyless : public testing::Test {
protected:
    void SetUp() override { Scratch::fill(scratch_); }
    static size_t notes(const FileReport& file) {
        return static_cast<size_t>(std::ranges::count_if(
            file.findings.list(), [](const Finding& finding) { return finding.severity == Severity::note; }));
    }
    void flip(const std::string& name, uint64_t offset) {
        Buffer bytes = load(scratch_.path / name);
        bytes[static_cast<size_t>(offset)] ^= std::byte{0x40};
        save(scratch_.path / name, bytes);
    }
    Scratch scratch_;
};

TEST_F(Keyless, WhatAPowerCutLeavesBehindIsANote) {
    save(scratch_.path / "20", {});
    save(scratch_.path / "21", Buffer(4096));
    Buffer headed(4096);
    copy_bytes(Bytes(load(kSample / "store/6")).first(136), headed);
    save(scratch_.path / "22", headed);
    save(scratch_.path / "23", Buffer(12288));
    const Huk huk = zero_huk();
    for (const Huk* key : {static_cast<const Huk*>(nullptr), &huk}) {
        const Inspection inspection = scratch_.inspect(key);
        EXPECT_FALSE(inspection.any_damage());
        for (const std::string name : {"20", "21", "22", "23"})
            EXPECT_GE(notes(*find(inspection, name)), 1U)
                << name << (key != nullptr ? " with" : " without") << " the key";
    }
}

TEST_F(Keyless, ATruncatedDirectoryFileIsDamage) {
    for (const size_t size : {0U, 100U, 4096U}) {
        save(scratch_.path / "dirf.db", Bytes(load(kSample / "store/dirf.db")).first(size));
        EXPECT_TRUE(scratch_.inspect(nullptr).any_damage()) << size;
    }
}

// Every byte of both heads: without the key, the note never blames one head alone, which may be the intact one.
TEST_F(Keyless, AFlippedByteOfAHeadIsANoteThatNamesBoth) {
    const std::string name = "6";
    for (uint64_t offset = 32; offset < 136; ++offset) {
        const uint64_t within = offset % 68;
        flip(name, offset);
        const Inspection inspection = scratch_.inspect(nullptr);
        const FileReport& file = *find(inspection, name);
        EXPECT_FALSE(inspection.any_damage()) << "offset " << offset << "\n" << text_of_findings(file.findings);
        if ((within >= 32 && within < 48) || within >= 64) {
            bool versions[2] = {false, false};
            for (const Finding& finding : file.findings.list())
                if (finding.place.part == Part::head) versions[finding.place.version] = true;
            EXPECT_TRUE(versions[0] && versions[1]) << "offset " << offset << "\n" << text_of_findings(file.findings);
        }
        flip(name, offset);
    }
}

TEST_F(Keyless, WhatMayNotBeReadIsNoDamage) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root, to take its rights away";
    const Huk huk = zero_huk();
    const auto inspect_as_nobody = [&](const Huk* key) {
        ::setfsuid(65534);
        Inspection inspection = scratch_.inspect(key);
        ::setfsuid(0);
        return inspection;
    };
    std::filesystem::permissions(scratch_.path, std::filesystem::perms(0755));
    for (const auto& file : std::filesystem::directory_iterator(scratch_.path))
        std::filesystem::permissions(file.path(), std::filesystem::perms(0644));
    std::filesystem::permissions(scratch_.path / "2", std::filesystem::perms(0600));
    for (const Huk* key : {static_cast<const Huk*>(nullptr), &huk}) {
        const Inspection inspection = inspect_as_nobody(key);
        EXPECT_FALSE(inspection.any_damage());
        EXPECT_TRUE(find(inspection, "2")->denied);
        EXPECT_FALSE(find(inspection, "3")->denied);
        EXPECT_EQ(inspection.key, key != nullptr ? KeyState::fits : KeyState::none);
    }
    for (const auto& file : std::filesystem::directory_iterator(scratch_.path))
        std::filesystem::permissions(file.path(), std::filesystem::perms(0600));
    const Inspection inspection = inspect_as_nobody(&huk);
    EXPECT_FALSE(inspection.any_damage());
    EXPECT_TRUE(find(inspection, "dirf.db")->denied);
    EXPECT_EQ(inspection.key, KeyState::untested) << "nothing shows that the key is wrong";
}

}  // namespace
}  // namespace festore::ree_fs::test
