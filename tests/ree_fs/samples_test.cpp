// SPDX-License-Identifier: BSD-2-Clause
// The committed storage directories of real OP-TEE decode to exactly what was put in.
#include "tests/ree_fs/store.h"

#include <algorithm>

namespace festore::ree_fs::test {
namespace {

class Keeper final : public ObjectReceiver {
public:
    ContentSink* begin(const DirEntry& entry) override { return &contents[entry.id]; }
    void end(const DirEntry& entry, bool whole) override {
        EXPECT_TRUE(whole) << entry.id;
        ++ended;
    }
    std::map<std::string, Memory> contents;
    size_t ended = 0;
};

TEST(Samples, EveryObjectDecodesToItsContent) {
    Scratch scratch;
    Scratch::fill(scratch);
    const Huk huk = zero_huk();
    Keeper keeper;
    const Inspection inspection = scratch.inspect(&huk, &keeper);
    EXPECT_FALSE(inspection.any_damage());
    EXPECT_EQ(inspection.key, KeyState::fits);
    EXPECT_EQ(inspection.derivation, Derivation::compatible);
    EXPECT_EQ(keeper.ended, 9U);
    size_t compared = 0;
    for (const auto& file : std::filesystem::directory_iterator(kSample / "contents")) {
        const std::string id = file.path().filename();
        ASSERT_TRUE(keeper.contents.contains(id)) << id;
        EXPECT_EQ(keeper.contents[id].bytes, load(file.path())) << id;
        ++compared;
    }
    EXPECT_EQ(compared, 7U);
    for (const FileReport& file : inspection.files) {
        ASSERT_TRUE(file.opened) << file.name.name;
        EXPECT_TRUE(file.opened->verified) << file.name.name;
        EXPECT_EQ(file.opened->rule, HeadRule::first_half);
        EXPECT_EQ(file.opened->layout, HeadLayout::padded);
        EXPECT_TRUE(file.findings.list().empty()) << text_of_findings(file.findings);
        if (!file.entry) continue;
        ASSERT_TRUE(file.object) << file.name.name;
        EXPECT_EQ(file.object->data_bytes, keeper.contents[file.entry->id].bytes.size());
        if (file.entry->owner == kSampleTa) {
            ASSERT_TRUE(file.object->head);
            EXPECT_EQ(file.object->head->attributes_bytes, 0U);
            EXPECT_EQ(file.object->head->type, kTypeData);
        } else {
            EXPECT_TRUE(file.entry->owner.is_nil());
            EXPECT_FALSE(file.object->head);
        }
    }
}

// Written by festore's own TA on a 32-bit OP-TEE 4.10: an object is a header of 64 bytes, the name and the content.
TEST(Samples, ADirectoryOfA32BitOpteeDecodesTheSame) {
    const std::filesystem::path sample = std::filesystem::path(FESTORE_REE_FS_SAMPLES) / "optee-4.10.0-armv7";
    constexpr Uuid festore =
        Uuid::from_fields(0xb7e89fc1, 0x5044, 0x431e, {0xb4, 0xc5, 0x9f, 0xb6, 0xae, 0x25, 0x64, 0x23});
    Scratch scratch;
    std::filesystem::copy(sample / "store", scratch.path);
    const Huk huk = zero_huk();
    Keeper keeper;
    const Inspection inspection = scratch.inspect(&huk, &keeper);
    EXPECT_FALSE(inspection.any_damage());
    EXPECT_EQ(inspection.key, KeyState::fits);
    EXPECT_EQ(inspection.derivation, Derivation::compatible);
    EXPECT_EQ(keeper.ended, 8U);
    size_t ours = 0;
    for (const FileReport& file : inspection.files) {
        ASSERT_TRUE(file.opened) << file.name.name;
        EXPECT_TRUE(file.opened->verified) << file.name.name;
        EXPECT_EQ(file.opened->rule, HeadRule::first_half);
        EXPECT_EQ(file.opened->layout, HeadLayout::padded);
        EXPECT_TRUE(file.findings.list().empty()) << text_of_findings(file.findings);
        if (file.entry && file.entry->owner == festore) ++ours;
    }
    EXPECT_EQ(ours, 6U) << "five of root, one of another user";
    size_t compared = 0;
    for (const auto& file : std::filesystem::directory_iterator(sample / "contents")) {
        const Buffer content = load(file.path());
        Buffer expected;
        for (const char c : file.path().filename().string()) expected.push_back(static_cast<std::byte>(c));
        expected.insert(expected.end(), content.begin(), content.end());
        size_t found = 0;
        for (const auto& [id, object] : keeper.contents) {
            const Bytes bytes = object.bytes;
            if (bytes.size() >= 64 && std::ranges::equal(bytes.subspan(64), expected)) ++found;
        }
        EXPECT_EQ(found, 1U) << file.path();
        ++compared;
    }
    EXPECT_EQ(compared, 5U);
}

TEST(Samples, TheLargestObjectUsesTheSecondNodeBlock) {
    for (const SampleFile& sample : sample_files()) {
        if (sample.name != "6") continue;
        Verdict verdict = verify(sample.bytes, derive_tsk(sample_ssk(), sample.owner), sample.expected);
        ASSERT_TRUE(verdict.whole) << text_of_findings(verdict.findings);
        EXPECT_EQ(verdict.file->length(), 200024U);
        EXPECT_EQ(verdict.file->tree().nodes.size(), 49U);
        EXPECT_GE(node_offset(32, 0), 63U * kBlockBytes);
        return;
    }
    FAIL() << "no such file";
}

TEST(Samples, WithoutKeysTheShapeAndTheLengthsAreFound) {
    Scratch scratch;
    Scratch::fill(scratch);
    const Huk huk = zero_huk();
    const Inspection with = scratch.inspect(&huk);
    const Inspection without = scratch.inspect(nullptr);
    EXPECT_FALSE(without.any_damage());
    EXPECT_EQ(without.key, KeyState::none);
    ASSERT_EQ(with.files.size(), without.files.size());
    for (size_t i = 0; i < with.files.size(); ++i) {
        const FileReport& file = without.files[i];
        EXPECT_FALSE(file.opened);
        EXPECT_FALSE(file.entry);
        ASSERT_TRUE(file.scan) << file.name.name;
        ASSERT_TRUE(with.files[i].opened) << file.name.name;
        EXPECT_EQ(file.scan->version, with.files[i].opened->version) << file.name.name;
        EXPECT_EQ(file.scan->length, with.files[i].opened->length) << file.name.name;
        EXPECT_EQ(file.scan->nodes, with.files[i].opened->nodes) << file.name.name;
    }
}

// What festore's own TA stored: each object is a header of 64 bytes, the name, the content (docs/format-object.md).
TEST(Samples, FestoresOwnObjectsHoldTheirNamesAndContents) {
    const std::filesystem::path sample = std::filesystem::path(FESTORE_REE_FS_SAMPLES) / "festore-optee-4.5.0-arm64";
    Scratch scratch;
    std::filesystem::copy(sample / "store", scratch.path);
    const Huk huk = zero_huk();
    Keeper keeper;
    const Inspection inspection = scratch.inspect(&huk, &keeper);
    EXPECT_FALSE(inspection.any_damage());
    EXPECT_TRUE(inspection.without_file.empty());
    const Uuid festore =
        Uuid::from_fields(0xb7e89fc1, 0x5044, 0x431e, {0xb4, 0xc5, 0x9f, 0xb6, 0xae, 0x25, 0x64, 0x23});
    std::map<std::string, Buffer> found;
    for (const FileReport& file : inspection.files) {
        ASSERT_TRUE(file.opened && file.opened->verified) << file.name.name;
        if (!file.entry || file.entry->owner != festore) continue;
        ASSERT_TRUE(file.object);
        const Buffer& object = keeper.contents[file.entry->id].bytes;
        ASSERT_GE(object.size(), 64U);
        EXPECT_EQ(text_of(Bytes(object).first(4)), "FSO1");
        const size_t name_size = std::to_integer<size_t>(object[7]);
        ASSERT_GE(object.size(), 64 + name_size);
        const Bytes content = Bytes(object).subspan(64 + name_size);
        const std::string name(text_of(Bytes(object).subspan(64, name_size)));
        EXPECT_TRUE(found.emplace(name, Buffer(content.begin(), content.end())).second) << name;
        EXPECT_EQ(object[32], name == "settings" ? std::byte{2} : std::byte{1}) << "only one was replaced";
    }
    size_t expected = 0;
    for (const auto& file : std::filesystem::directory_iterator(sample / "contents")) {
        const std::string name = file.path().filename();
        ASSERT_TRUE(found.contains(name)) << name;
        EXPECT_EQ(found[name], load(file.path())) << name;
        ++expected;
    }
    EXPECT_EQ(expected, 5U);
    EXPECT_EQ(found.size(), expected) << "the removed object is gone";
    EXPECT_FALSE(scratch.inspect(nullptr).any_damage());
}

}  // namespace
}  // namespace festore::ree_fs::test
