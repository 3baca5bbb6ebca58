// SPDX-License-Identifier: BSD-2-Clause
// What the writer writes: the verifier opens it in every variant, and all parts that are not random are as OP-TEE itself wrote them.
#include "tests/ree_fs/writer.h"

#include <tuple>

namespace festore::ree_fs::test {
namespace {

class Formats : public testing::TestWithParam<std::tuple<HeadLayout, HeadRule, Derivation>> {};

TEST_P(Formats, InspectionFindsEveryObjectWhole) {
    const auto [layout, rule, derivation] = GetParam();
    const Huk huk = *Huk::from_bytes(pattern(32, 9));
    const Scratch scratch;
    const int descriptor = ::open(scratch.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const Buffer data = pattern(9000);
    {
        DirectorySupplicant supplicant(descriptor);
        Storage storage(supplicant, huk, derivation, {layout, rule});
        const auto head = encode_object_head({0, 0, 0, 0xFFFFFFFF, kTypeData, 0});
        ASSERT_TRUE(storage.create(kSampleTa, bytes_of("a"), {head, data}, false));
        ASSERT_TRUE(storage.create(kOtherTa, bytes_of("a"), {head}, false));
        ASSERT_TRUE(storage.create(kSampleTa, bytes_of("gone"), {head, pattern(10)}, false));
        ASSERT_TRUE(storage.remove(kSampleTa, bytes_of("gone")));
    }
    ::close(descriptor);
    const Inspection inspection = scratch.inspect(&huk);
    EXPECT_FALSE(inspection.any_damage());
    EXPECT_EQ(inspection.key, KeyState::fits);
    EXPECT_EQ(inspection.derivation, derivation);
    EXPECT_EQ(inspection.entries, 2U);
    EXPECT_EQ(inspection.free_entries, 1U);
    const FileReport* const file = find(inspection, "0");
    ASSERT_TRUE(file != nullptr && file->opened && file->object && file->object->head);
    EXPECT_EQ(file->opened->layout, layout);
    EXPECT_EQ(file->opened->rule, rule);
    EXPECT_EQ(file->object->head->usage, 0xFFFFFFFFU);
    EXPECT_EQ(file->object->data_bytes, data.size());
    Sha256 sha;
    sha.add(data);
    EXPECT_EQ(file->object->data_hash, sha.finish());
    EXPECT_EQ(find(inspection, "2"), nullptr);
}

INSTANTIATE_TEST_SUITE_P(All, Formats,
                         testing::Combine(testing::Values(HeadLayout::padded, HeadLayout::packed),
                                          testing::Values(HeadRule::first_half, HeadRule::whole),
                                          testing::Values(Derivation::compatible, Derivation::subkey)));

class Written : public testing::Test {
protected:
    std::string damage() {
        std::string faults;
        (void)verified(disk_.files(), faults);
        return faults;
    }
    MemorySupplicant disk_;
    const Huk huk_ = zero_huk();
    Storage storage_{disk_, huk_};
};

// The same calls as OP-TEE got: everything that is not random is the same, byte by byte.
TEST_F(Written, IsLikeTheSampleWhereNothingIsRandom) {
    const Buffer data = load(kSample / "contents/epsilon");
    const auto head = encode_object_head({0, 0, 0, 0xFFFFFFFF, kTypeData, 0});
    ASSERT_TRUE(storage_.create(kSampleTa, bytes_of("epsilon"), {head, data}, false));
    for (const DirEntry& entry : sample_directory().entries) {
        if (entry.id != "epsilon") continue;
        const Buffer theirs = load(kSample / "store" / name_of_file(entry.file_number));
        const Buffer& ours = *disk_.files().at("0");
        EXPECT_EQ(ours.size(), theirs.size());
        const Expected expected{kSampleTa, entry.root_hash};
        const Verdict seen = verify(theirs, derive_tsk(sample_ssk(), kSampleTa), expected);
        MemorySource source(ours);
        OpenOutcome mine = open_file(source, derive_tsk(sample_ssk(), kSampleTa), {kSampleTa, std::nullopt});
        ASSERT_TRUE(seen.file && mine.file);
        EXPECT_EQ(mine.file->counter(), seen.file->counter());
        EXPECT_EQ(mine.file->version(), seen.file->version());
        ASSERT_EQ(mine.file->tree().nodes.size(), seen.file->tree().nodes.size());
        for (size_t i = 0; i < seen.file->tree().nodes.size(); ++i) {
            EXPECT_EQ(mine.file->tree().nodes[i].image.flags(), seen.file->tree().nodes[i].image.flags()) << i + 1;
            EXPECT_EQ(mine.file->tree().nodes[i].version, seen.file->tree().nodes[i].version) << i + 1;
        }
        // The places that were never written are the same, except in the heads: head 0 may be blank or not.
        for (size_t at = 0; at < kBlockBytes; ++at) {
            EXPECT_EQ(ours[at] == std::byte{0} && at >= 136, theirs[at] == std::byte{0} && at >= 136) << at;
        }
    }
    EXPECT_EQ(damage(), "");
}

TEST_F(Written, SampleOfRealOpTeeIsReadAndChanged) {
    for (const auto& file : std::filesystem::directory_iterator(kSample / "store")) {
        disk_.files()[file.path().filename()] = std::make_shared<Buffer>(load(file.path()));
    }
    std::string faults;
    Objects expected = verified(disk_.files(), faults);
    const auto ids = storage_.ids(kSampleTa);
    ASSERT_TRUE(ids);
    for (const std::string& id : *ids) {
        auto object = storage_.open(kSampleTa, bytes_of(id));
        ASSERT_TRUE(object) << id;
        EXPECT_EQ(content_of(**object), (expected[{kSampleTa, id}])) << id;
        if (id == "epsilon") {
            ASSERT_TRUE((*object)->write(130000, pattern(5000)));
            copy_bytes(pattern(5000), MutableBytes(expected[{kSampleTa, id}]).subspan(130000));
        }
    }
    ASSERT_TRUE(storage_.create(kSampleTa, bytes_of("new"), {pattern(70)}, false));
    expected[{kSampleTa, "new"}] = pattern(70);
    EXPECT_EQ(verified(disk_.files(), faults), expected);
    EXPECT_EQ(faults, "");
}

TEST_F(Written, AnswersAreThoseOfTheContract) {
    EXPECT_EQ(storage_.open(kSampleTa, bytes_of("a")).error().code, Code::item_not_found);
    EXPECT_EQ(storage_.create(kSampleTa, pattern(65), {}, false).error().code, Code::bad_parameters);
    ASSERT_TRUE(storage_.create(kSampleTa, pattern(64), {pattern(3)}, false));
    EXPECT_EQ(storage_.create(kSampleTa, pattern(64), {}, false).error().code, Code::access_conflict);
    ASSERT_TRUE(storage_.create(kSampleTa, bytes_of("b"), {pattern(4)}, false));
    EXPECT_EQ(storage_.rename(kSampleTa, bytes_of("b"), pattern(64)).error().code, Code::access_conflict);
    ASSERT_TRUE(storage_.rename(kSampleTa, bytes_of("b"), bytes_of("c")));
    EXPECT_EQ(storage_.remove(kSampleTa, bytes_of("b")).error().code, Code::item_not_found);
    EXPECT_FALSE(*storage_.exists(kOtherTa, bytes_of("c")));
    EXPECT_EQ((*storage_.ids(kSampleTa)).size(), 2U);
    auto object = storage_.open(kSampleTa, bytes_of("c"));
    ASSERT_TRUE(object);
    EXPECT_EQ((*object)->write(uint64_t{1} << 40, pattern(1)).error().code, Code::out_of_memory);
    EXPECT_EQ(content_of(**object), pattern(4));
    EXPECT_EQ(damage(), "");
}

// OP-TEE 3.17 and later: the entry is not free, so no other object takes its place or its file.
TEST_F(Written, AnEmptyIdIsAnId) {
    ASSERT_TRUE(storage_.create(kOtherTa, {}, {pattern(40)}, false));
    EXPECT_EQ(storage_.create(kOtherTa, {}, {pattern(41)}, false).error().code, Code::access_conflict);
    EXPECT_EQ(storage_.open(kSampleTa, {}).error().code, Code::item_not_found) << "another TA's";
    Storage other(disk_, huk_);  // knows only from dirf.db what is taken
    ASSERT_TRUE(other.create(kSampleTa, bytes_of("a"), {pattern(50)}, false));
    std::string faults;
    EXPECT_EQ(verified(disk_.files(), faults),
              (Objects{{{kOtherTa, ""}, pattern(40)}, {{kSampleTa, "a"}, pattern(50)}}));
    EXPECT_EQ(faults, "");
    EXPECT_EQ(*other.ids(kOtherTa), std::vector<std::string>{""});
    ASSERT_TRUE(other.remove(kOtherTa, {}));
    EXPECT_EQ(*other.ids(kOtherTa), std::vector<std::string>{});
    EXPECT_EQ(damage(), "");
}

TEST_F(Written, NothingForgedIsOpened) {
    ASSERT_TRUE(storage_.create(kSampleTa, bytes_of("a"), {pattern(20000)}, false));
    const Buffer before = *disk_.files().at("0");
    ASSERT_TRUE((*storage_.open(kSampleTa, bytes_of("a")))->write(5, pattern(9000)));
    const Buffer after = *disk_.files().at("0");
    const auto opens = [&] {
        auto object = storage_.open(kSampleTa, bytes_of("a"));
        Buffer content(20000);
        return object && (*object)->read(0, content).has_value();
    };
    ASSERT_TRUE(opens());
    *disk_.files().at("0") = before;  // an older state of the whole file
    EXPECT_FALSE(opens());
    *disk_.files().at("0") = after;
    MemorySource source(after);
    OpenOutcome outcome = open_file(source, derive_tsk(sample_ssk(), kSampleTa), {kSampleTa, std::nullopt});
    for (const Place& place : outcome.file->in_use()) {
        for (const uint64_t at : {place.offset, place.offset + place.size / 2, place.offset + place.size - 1}) {
            Buffer& bytes = *disk_.files().at("0");
            bytes[static_cast<size_t>(at)] ^= std::byte{1};
            EXPECT_FALSE(opens()) << describe(place) << " at " << at;
            bytes = after;
        }
    }
    disk_.files().erase("0");
    EXPECT_EQ(storage_.open(kSampleTa, bytes_of("a")).error().code, Code::corrupt_object);
    EXPECT_TRUE(storage_.remove(kSampleTa, bytes_of("a")));
}

// One write of 100 bytes to an open object reads and writes its block, and writes a node and a head; in dirf.db, it reads the
// entry, reads and writes its block, and writes a node and a head.
TEST_F(Written, AWriteToAnOpenObjectCostsTheSameHoweverManyThereAre) {
    auto object = storage_.create(kSampleTa, bytes_of("held"), {pattern(500)}, false);
    ASSERT_TRUE(object);
    const auto cost = [&] {
        const RoundTrips before = disk_.trips();
        EXPECT_TRUE((*object)->write(100, pattern(100)));
        EXPECT_EQ(disk_.trips().write - before.write, 6U);
        return disk_.trips().all() - before.all();
    };
    const uint64_t alone = cost();
    EXPECT_EQ(alone, 9U);
    for (int i = 0; i < 30; ++i) {
        ASSERT_TRUE(storage_.create(kSampleTa, bytes_of("o" + std::to_string(i)), {pattern(9)}, false));
    }
    EXPECT_EQ(cost(), alone);
    // While an object is open, looking for another one reads the list once; otherwise twice, and dirf.db is opened as well.
    const auto opening = [&] {
        const uint64_t before = disk_.trips().all();
        EXPECT_TRUE(storage_.open(kSampleTa, bytes_of("o29")));
        return disk_.trips().all() - before;
    };
    const uint64_t beside = opening();
    object->reset();
    EXPECT_GT(opening(), beside + 30);
}

}  // namespace
}  // namespace festore::ree_fs::test
