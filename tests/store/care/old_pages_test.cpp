// SPDX-License-Identifier: BSD-2-Clause
// The page files that repairs and drops of damage have replaced stay until everything is acknowledged, however many there are.
#include "protocol/store_files.h"
#include "tests/store/harness/rebuilding.h"

#include <cerrno>
#include <functional>

namespace festore::store_test {
namespace {

class OldPages : public Rebuilding {
protected:
    static std::string path_of(std::string_view old_pages) { return "/data/user/store/" + std::string(old_pages); }
    // Puts back what was damaged, in every file that has it, until an undo reads it.
    bool undo_with_mended(size_t page) {
        for (const std::string_view old : protocol::kOldPageFiles) {
            const std::string file = path_of(old);
            if (!has_file(file) || device_.files().at(file).size() <= page * kPage) continue;
            flip_page(page, file);
            if (device_.connect().store()->undo_drop()) return true;
            flip_page(page, file);
        }
        return false;
    }
    // Cuts the power at each event of `run`, and then calls `check` with the event's number. Returns how many there were.
    unsigned for_each_cut(uint64_t seed, const std::function<void(Client&)>& run, const std::function<void(uint64_t)>& check) {
        device_.end_programs();
        const auto start = device_.snapshot();
        std::mt19937_64 random(seed);
        for (uint64_t n = 1;; ++n) {
            device_.restore(start);
            device_.cut_at_event(n);
            if (auto client = device_.try_connect()) run(*client);
            if (!device_.is_off()) {
                device_.end_programs();
                device_.restore(start);
                return static_cast<unsigned>(n - 1);
            }
            device_.cut_power(random);
            check(n);
        }
    }
    bool is_kept(const std::vector<std::byte>& pages) {
        for (const auto& [name, content] : device_.snapshot().files.files)
            if (content == pages) return true;
        return false;
    }
};

TEST_P(OldPages, WhatWasDroppedIsReadAgainAfterManyRepairs) {
    const size_t leaf = leaf_page();
    flip_page(leaf);
    ASSERT_TRUE(drop());
    for (int i = 0; i < 4; ++i) {
        lose_tee_files();
        ASSERT_TRUE(device_.connect().store()->repair());
        ASSERT_TRUE(device_.connect().store()->acknowledge());
    }
    EXPECT_TRUE(undo_with_mended(leaf));
    EXPECT_TRUE(look().objects == truth_);
}

TEST_P(OldPages, WhatWasDroppedIsReadAgainAfterARepairThatWasCut) {
    const size_t leaf = leaf_page();
    flip_page(leaf);
    ASSERT_TRUE(drop());
    lose_tee_files();
    const unsigned cuts = for_each_cut(1, [](Client& client) { (void)client.store()->repair(); }, [&](uint64_t n) {
        const auto again = device_.connect().store()->repair();
        ASSERT_TRUE(again || code(again) == kConflict) << n << ": " << message(again);
        EXPECT_TRUE(undo_with_mended(leaf)) << n;
    });
    EXPECT_GT(cuts, 20U);
}

// The simulated disk keeps names in any order.
TEST_P(OldPages, ACutInTheirRenamingLosesNone) {
    std::vector<std::vector<std::byte>> all{device_.files().at(kPages)};
    for (int i = 0; i < 3; ++i) {
        lose_tee_files();
        ASSERT_TRUE(device_.connect().store()->repair());
        device_.end_programs();
        all.push_back(device_.files().at(kPages));
    }
    lose_tee_files();
    for (uint64_t seed = 1; seed < 8; ++seed)
        for_each_cut(seed, [](Client& client) { (void)client.store()->repair(); }, [&](uint64_t n) {
            for (const auto& pages : all) EXPECT_TRUE(is_kept(pages)) << "seed " << seed << ", event " << n;
        });
}

// A repair that the TEE does not take leaves the pages as they were, so that it can be repeated.
TEST_P(OldPages, RepairsThatFailUseNoNames) {
    const auto original = device_.files().at(kPages);
    lose_tee_files();
    size_t failed = 0;
    for (uint64_t n = 1; n < 120; ++n) {
        const auto before = device_.snapshot();
        bool is_repaired = false;
        {
            Client client = device_.connect();
            sim::Faults faults;
            faults.storage = 1 + n % 8;
            faults.storage_code = static_cast<uint32_t>(Code::storage_no_space);
            device_.tee().set_faults(faults);
            is_repaired = client.store()->repair().has_value();
            device_.tee().set_faults({});
        }
        device_.end_programs();
        if (is_repaired) {
            device_.restore(before);
            continue;
        }
        ++failed;
        EXPECT_FALSE(has_file(path_of("pages.older"))) << n;
        EXPECT_TRUE(is_kept(original)) << n;
    }
    EXPECT_GT(failed, 9U);
    ASSERT_TRUE(device_.connect().store()->repair());
    EXPECT_TRUE(look().objects == truth_);
}

// What a cut acknowledgement has left goes with the next `verify --clean`.
TEST_P(OldPages, ACutAcknowledgementLeavesNoneForGood) {
    for (int i = 0; i < 3; ++i) {
        lose_tee_files();
        ASSERT_TRUE(device_.connect().store()->repair());
    }
    for_each_cut(1, [](Client& client) { (void)client.store()->acknowledge(); }, [&](uint64_t n) {
        (void)device_.connect().store()->acknowledge();
        VerifyOptions clean;
        clean.remove_orphaned = true;
        ASSERT_TRUE(device_.connect().verify(clean)) << n;
        for (const std::string_view old : protocol::kOldPageFiles)
            EXPECT_FALSE(has_file(path_of(old))) << n << ": " << old;
    });
}

// Only the list of free pages was damaged.
TEST_P(OldPages, ADropThatLosesNothingKeepsNone) {
    bool is_seen = false;
    for (size_t page = 2; page < pages() && !is_seen; ++page) {
        device_.end_programs();
        const auto start = device_.snapshot();
        flip_page(page);
        const bool is_whole = look().damaged.empty();
        const auto dropped = drop();
        is_seen = is_whole && dropped && dropped->lost.empty();
        EXPECT_FALSE(is_seen && has_file(kOldPages));
        device_.end_programs();
        device_.restore(start);
    }
    EXPECT_TRUE(is_seen);
}

TEST_P(OldPages, DropsKeepThoseOfARepairThatIsNotAcknowledged) {
    const auto original = device_.files().at(kPages);
    lose_tee_files();
    ASSERT_TRUE(device_.connect().store()->repair());
    for (int i = 0; i < 2; ++i) {
        flip_page(leaf_page());
        ASSERT_TRUE(drop());
    }
    EXPECT_TRUE(is_kept(original));
}

// Without room for another one nothing is overwritten.
TEST_P(OldPages, ThereIsRoomForNine) {
    const auto original = device_.files().at(kPages);
    for (size_t i = 0; i < protocol::kOldPageFiles.size(); ++i) {
        lose_tee_files();
        ASSERT_TRUE(device_.connect().store()->repair()) << i;
    }
    const size_t leaf = leaf_page();
    flip_page(leaf);
    const auto kept = drop();
    EXPECT_EQ(code(kept), kConflict) << message(kept);
    flip_page(leaf);
    EXPECT_EQ(look().objects.size(), truth_.size());
    lose_tee_files();
    const auto refused = device_.connect().store()->repair();
    EXPECT_EQ(code(refused), kConflict) << message(refused);
    EXPECT_TRUE(is_kept(original));
    // The caller removes one, as the message says.
    auto files = device_.snapshot();
    files.files.files.erase(path_of(protocol::kOldPageFiles.back()));
    device_.restore(files);
    ASSERT_TRUE(device_.connect().store()->repair());
    EXPECT_TRUE(look().objects == truth_);
    ASSERT_TRUE(device_.connect().store()->acknowledge());
    for (const std::string_view old : protocol::kOldPageFiles) EXPECT_FALSE(has_file(path_of(old))) << old;
}

// A change of the cipher removes all contents that the old pages refer to.
TEST_P(OldPages, ARebuildIsRefusedUntilARepairIsAcknowledged) {
    for (const bool recipher : {false, true}) {
        fill(40);
        const auto tee = device_.tee_objects();
        lose_tee_files();  // its partition is not mounted
        ASSERT_TRUE(device_.connect().store()->repair());
        RebuildOptions options;
        if (recipher) options.cipher = other_cipher();
        EXPECT_EQ(code(device_.connect().store()->rebuild(options)), kConflict);
        // Now it is mounted, and the advice of the message is followed.
        auto files = device_.snapshot().files;
        ASSERT_TRUE(files.files.contains(kOldPages));
        files.files[kPages] = files.files[kOldPages];
        files.files.erase(kOldPages);
        device_.restore({files, tee});
        EXPECT_TRUE(look().objects == truth_);
    }
}

// Then what is dropped cannot be undone, and the report says so.
TEST_P(OldPages, WithoutHardLinksADropSaysThatItIsFinal) {
    const size_t leaf = leaf_page();
    flip_page(leaf);
    const auto start = device_.snapshot();
    bool is_seen = false;
    for (uint64_t n = 1; n < 300; ++n) {
        device_.restore(start);
        device_.files().fail_at(n, EPERM);
        const auto dropped = device_.connect().store()->drop_damaged({true});
        const bool has_failed = !device_.files().will_fail();
        device_.files().fail_at(0, 0);
        if (!has_failed) break;
        if (!dropped) continue;
        EXPECT_TRUE(!dropped->can_be_undone || has_file(kOldPages)) << n;
        is_seen = is_seen || !dropped->can_be_undone;
    }
    EXPECT_TRUE(is_seen);
}

INSTANTIATE_TEST_SUITE_P(Anchors, OldPages, testing::Values(Anchor::ree),
                         [](const auto& anchor) { return anchor.param == Anchor::ree ? "ree" : "rpmb"; });

}  // namespace
}  // namespace festore::store_test
