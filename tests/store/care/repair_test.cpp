// SPDX-License-Identifier: BSD-2-Clause
// Rules 17 and 19: what `repair` restores when the TEE has lost its record, and what it refuses. After a cut or a failure at any
// place, the store can still be repaired. Nothing is served silently.
#include "engine/records/table_format.h"
#include "tests/store/harness/repairing.h"

#include <cerrno>

namespace festore::store_test {
namespace {

TEST_P(Repairing, ALostRecordIsToldAndBroughtBackWhole) {
    const uint64_t last = generation();
    const uint64_t epoch = device_.connect().store()->status()->epoch;
    lose_record();
    {
        Client client = device_.connect();
        EXPECT_EQ(code(client.get("a")), kDamaged);
        EXPECT_EQ(code(client.put("a", content_of(5))), kDamaged);
        EXPECT_EQ(code(client.store()->init()), kDamaged);
        const auto repaired = client.store()->repair();
        ASSERT_TRUE(repaired) << message(repaired);
        EXPECT_EQ(repaired->anchor, GetParam());
        EXPECT_NE(repaired->epoch, epoch);
        EXPECT_EQ(*client.get("a"), objects().at("a"));
    }
    expect_repaired(objects(), last);
}

TEST_P(Repairing, EveryOpeningWarnsUntilItIsAcknowledged) {
    lose_record();
    ASSERT_TRUE(device_.connect().store()->repair());
    const auto warnings = [&] {
        std::vector<std::string> seen;
        ClientOptions options;
        options.storage = Storage::store;
        options.store_directory = kDirectory;
        options.on_warning = [&](std::string_view text) { seen.emplace_back(text); };
        sim::set_caller({1000, 1000, {}});
        Result<Client> client = ClientAccess::connect(sim::teec_in_process(), options, 1000, &device_.files());
        EXPECT_TRUE(client->get("a"));
        EXPECT_TRUE(client->put("a", objects().at("a")));
        EXPECT_TRUE(client->list());
        return seen;
    };
    ASSERT_EQ(warnings().size(), 1U);
    EXPECT_NE(warnings()[0].find("freshness was lost"), std::string::npos);
    EXPECT_NE(warnings()[0].find("1 repair"), std::string::npos);
    ASSERT_TRUE(device_.connect().store()->acknowledge());
    EXPECT_TRUE(warnings().empty());
}

TEST_P(Repairing, AnIntactRecordIsNeverReplaced) {
    Client client = device_.connect();
    const auto intact = client.store()->repair();
    EXPECT_EQ(code(intact), kConflict);
    EXPECT_NE(message(intact).find("intact record"), std::string::npos) << message(intact);
    const Device::Snapshot older = device_.snapshot();
    for (unsigned i = 0; i < 5; ++i) ASSERT_TRUE(client.put("a", content_of(50, i)));
    device_.files().restore(older.files);
    const Device::TeeObjects tee = device_.tee_objects();
    const auto with_older = device_.connect().store()->repair();
    EXPECT_EQ(code(with_older), kConflict) << "an older directory";
    EXPECT_EQ(device_.tee_objects(), tee);
    EXPECT_EQ(device_.snapshot().files, older.files);
}

TEST_P(Repairing, AHeaderThatClaimsAnotherAnchorIsRefused) {
    device_.files().at(kDirectory + "/festore.store")[11] = std::byte{GetParam() == Anchor::ree ? uint8_t{2} : uint8_t{1}};
    const SimulatedFiles::Snapshot claimed = device_.snapshot().files;
    EXPECT_EQ(code(device_.connect().store()->repair()), kConflict) << "there is a record, under the other anchor";
    lose_record();
    const auto refused = device_.connect().store()->repair();
    EXPECT_EQ(code(refused), kDamaged);
    EXPECT_NE(message(refused).find("another anchor"), std::string::npos) << message(refused);
    EXPECT_FALSE(device_.has_a_table());
    EXPECT_EQ(device_.snapshot().files, claimed);
}

TEST_P(Repairing, AnotherUserRepairsNothing) {
    lose_record();
    const auto refused = device_.connect(1001).store()->repair();
    EXPECT_EQ(code(refused), kNotPermitted);
    // A user who writes himself into the header is detected by the seal.
    ASSERT_TRUE(device_.connect(1001, "/data/other/store").store()->init());
    Content& header = device_.files().at(kDirectory + "/festore.store");
    const Content theirs = device_.files().at("/data/other/store/festore.store");
    ASSERT_TRUE(device_.connect(1001, "/data/other/store").store()->destroy());
    std::copy(theirs.begin() + 16, theirs.begin() + 36, header.begin() + 16);
    const auto forged = device_.connect(1001).store()->repair();
    EXPECT_EQ(code(forged), kNotPermitted);
    EXPECT_NE(message(forged).find("another user's"), std::string::npos) << message(forged);
}

TEST_P(Repairing, TheOtherCopyIsTakenWhenOneIsOfNoUse) {
    const uint64_t last = generation();
    for (const bool newest : {true, false}) {
        device_.restore(before_);
        damage_slot(newest ? newest_slot() : 1 - newest_slot());
        lose_record();
        const auto repaired = device_.connect().store()->repair();
        ASSERT_TRUE(repaired) << message(repaired);
        EXPECT_EQ(repaired->freshness_lost_generation, newest ? last - 1 : last);
        EXPECT_EQ(repaired->objects, objects().size()) << "the last change added no object";
    }
    device_.restore(before_);
    damage_slot(0);
    damage_slot(1);
    lose_record();
    const auto none = device_.connect().store()->repair();
    EXPECT_EQ(code(none), kDamaged);
    EXPECT_NE(message(none).find("no recovery copy"), std::string::npos) << message(none);
    EXPECT_FALSE(device_.has_a_table());
}

// A damaged page may belong to the last commit only, to both commits, or to none.
TEST_P(Repairing, EachPageDamaged) {
    const uint64_t last = generation();
    const size_t pages = device_.files().at(kPages).size() / kPage;
    size_t newest = 0;
    size_t older = 0;
    size_t refused = 0;
    for (size_t page = 2; page < pages; ++page) {
        device_.restore(before_);
        flip(kPages, page * kPage + 7);
        lose_record();
        const SimulatedFiles::Snapshot files = device_.snapshot().files;
        const auto repaired = device_.connect().store()->repair();
        if (!repaired) {
            EXPECT_EQ(code(repaired), kDamaged) << message(repaired);
            EXPECT_FALSE(device_.has_a_table());
            EXPECT_EQ(device_.snapshot().files, files) << "nothing is left of the attempt";
            ++refused;
            continue;
        }
        ++(repaired->freshness_lost_generation == last ? newest : older);
        EXPECT_EQ(repaired->objects, objects().size());
        EXPECT_EQ(read_all(device_, "page " + std::to_string(page))->size(), objects().size());
    }
    EXPECT_GT(newest, 0U) << "pages of the older commit only, and of the free list";
    EXPECT_GT(older, 0U) << "pages of the last commit";
    EXPECT_GT(refused, 0U) << "pages of both";
    std::printf("%zu pages: newest %zu, the one before %zu, refused %zu\n", pages - 2, newest, older, refused);
}

TEST_P(Repairing, AMissingContentIsNamedAfterwards) {
    for (const auto& [name, content] : device_.snapshot().files.files) {
        if (!name.starts_with(kDirectory + "/payloads/")) continue;
        ASSERT_EQ(device_.files().remove(name), 0);
    }
    lose_record();
    Client client = device_.connect();
    ASSERT_TRUE(client.store()->repair());
    const auto report = client.verify();
    ASSERT_TRUE(report);
    ASSERT_EQ(report->damaged.size(), 1U);
    EXPECT_EQ(report->damaged[0].name, "p");
    EXPECT_EQ(report->objects, objects().size() - 1);
}

TEST_P(Repairing, ADamagedTableAndAnUnusableRecord) {
    const uint64_t last = generation();
    Client other = device_.connect(1001, "/data/other/store");
    InitOptions options;
    options.anchor = GetParam();
    ASSERT_TRUE(other.store()->init(options));
    ASSERT_TRUE(other.put("theirs", content_of(77)));
    const Device::Snapshot both = device_.snapshot();
    {
        Client gone = std::move(other);
    }
    // The TEE finds its object damaged and deletes it: each store of the table needs its own repair.
    device_.restore(both);
    Device::TeeObjects stored = device_.tee_objects();
    device_.tee().damage_object(storage(), ta::host_image().uuid, Device::table_in(stored)->first.second);
    ASSERT_TRUE(device_.connect().store()->repair());
    {
        Client theirs = device_.connect(1001, "/data/other/store");
        EXPECT_EQ(code(theirs.get("theirs")), kDamaged);
        const auto repaired = theirs.store()->repair();
        ASSERT_TRUE(repaired) << message(repaired);
        EXPECT_EQ(*theirs.get("theirs"), content_of(77));
    }
    expect_repaired(objects(), last);
    // The record is no longer a valid one.
    device_.restore(both);
    Device::TeeObjects tee = device_.tee_objects();
    Device::table_in(tee)->second[engine::kTableHeaderBytes] ^= std::byte{0xFF};
    device_.restore_tee(tee);
    EXPECT_EQ(code(device_.connect().get("a")), kDamaged);
    const auto repaired = device_.connect().store()->repair();
    ASSERT_TRUE(repaired) << message(repaired);
    EXPECT_EQ(*device_.connect(1001, "/data/other/store").get("theirs"), content_of(77));
    expect_repaired(objects(), last);
    // A record of a newer version is left alone.
    device_.restore(both);
    tee = device_.tee_objects();
    Device::table_in(tee)->second[engine::kTableHeaderBytes + 4] = std::byte{9};
    device_.restore_tee(tee);
    EXPECT_NE(code(device_.connect().store()->repair()), kDone);
    EXPECT_EQ(device_.tee_objects(), tee);
}

TEST_P(Repairing, Rule05WhatAnInstanceHasSeenItInsistsOn) {
    Client witness = device_.connect();
    ASSERT_TRUE(witness.get("a"));
    for (const Content& id : device_.tee().stored_ids(storage(), ta::host_image().uuid))
        device_.tee().damage_object(storage(), ta::host_image().uuid, id);
    EXPECT_NE(code(device_.connect().store()->repair()), kDone);
}

// As with another eMMC, or after a reset of its RPMB by its vendor.
TEST_P(Repairing, Rule25WithTheWholeRpmbNothingIsRepaired) {
    const SimulatedFiles::Snapshot files = device_.snapshot().files;
    device_.restore({files, {}});
    const auto repaired = device_.connect().store()->repair();
    if (GetParam() == Anchor::ree) {
        EXPECT_TRUE(repaired) << message(repaired);
        return;
    }
    EXPECT_EQ(code(repaired), kDamaged);
    EXPECT_NE(message(repaired).find("only a backup of the objects helps"), std::string::npos) << message(repaired);
    EXPECT_EQ(device_.snapshot().files, files);
    EXPECT_FALSE(device_.has_a_table());
}

TEST_P(Repairing, TwiceIsCountedTwice) {
    lose_record();
    ASSERT_TRUE(device_.connect().store()->repair());
    const uint64_t last = generation();
    lose_record();
    ASSERT_TRUE(device_.connect().store()->repair());
    expect_repaired(objects(), last, 2);
}

TEST_P(Repairing, CutAtEveryEventAndEveryCallIntoTeeStorage) {
    lose_record();
    const Device::Snapshot lost = device_.snapshot();
    size_t cases = 0;
    for (const char kind : {'e', 's'}) {
        for (unsigned seed = 1; seed <= (kind == 'e' ? 2U : 1U); ++seed) {
            for (uint64_t n = 1;; ++n, ++cases) {
                std::mt19937_64 random(seed * 1000 + n);
                device_.restore(lost);
                if (kind == 'e') device_.cut_at_event(n);
                else device_.cut_at_storage_call(n);
                bool done = false;
                if (Result<Client> client = device_.try_connect()) done = client->store()->repair().has_value();
                const bool cut = device_.is_off();
                EXPECT_TRUE(cut || done) << kind << n;
                device_.cut_power(random);
                if (!device_.has_a_table()) {
                    EXPECT_FALSE(done) << "acknowledged, but lost";
                    EXPECT_EQ(code(device_.connect().get("a")), kDamaged);
                    const auto again = device_.connect().store()->repair();
                    EXPECT_TRUE(again) << kind << n << " seed " << seed << ": " << message(again);
                }
                EXPECT_EQ(read_all(device_, std::string(1, kind) + std::to_string(n)), objects());
                EXPECT_TRUE(device_.connect().store()->status()->freshness_lost);
                EXPECT_TRUE(device_.connect().put("a", objects().at("a")));
                if (!cut) break;
                ASSERT_FALSE(HasFailure()) << kind << n << " seed " << seed;
                ASSERT_LT(n, 1000U);
            }
        }
    }
    std::printf("%zu cuts\n", cases);
    EXPECT_GT(cases, 50U);
}

TEST_P(Repairing, EveryFault) {
    lose_record();
    const Device::Snapshot lost = device_.snapshot();
    size_t cases = 0;
    const auto all = [&](const char* what, const std::function<void(uint64_t)>& arm, const std::function<bool()>& is_due) {
        for (uint64_t n = 1; n < 1000; ++n, ++cases) {
            device_.restore(lost);
            arm(n);
            if (Result<Client> client = device_.try_connect()) {
                const auto done = client->store()->repair();
                EXPECT_TRUE(done || !done.error().message.empty());
            }
            const bool due = is_due();
            arm(0);
            device_.end_programs();
            if (!device_.has_a_table()) {
                const auto again = device_.connect().store()->repair();
                EXPECT_TRUE(again) << what << n << ": " << message(again);
            }
            EXPECT_EQ(read_all(device_, what + std::to_string(n)), objects());
            if (due) return;
            ASSERT_FALSE(HasFailure()) << what << n;
        }
    };
    for (const int number : {EIO, ENOSPC})
        all("file ", [&](uint64_t n) { device_.files().fail_at(n, number); }, [&] { return device_.files().will_fail(); });
    const auto faults = [&](uint64_t allocation, uint64_t n, uint32_t result, bool panics) {
        sim::Faults f;
        f.allocation = allocation;
        f.storage = n;
        f.storage_code = result;
        f.panic_on_storage = panics && n != 0;
        device_.tee().set_faults(f);
    };
    const auto storage_due = [&] { return device_.tee().faults().storage != 0; };
    all("storage ", [&](uint64_t n) { faults(0, n, TEE_ERROR_STORAGE_NOT_AVAILABLE, false); }, storage_due);
    all("full ", [&](uint64_t n) { faults(0, n, TEE_ERROR_STORAGE_NO_SPACE, false); }, storage_due);
    all("panic ", [&](uint64_t n) { faults(0, n, TEE_ERROR_GENERIC, true); }, storage_due);
    all("allocation ", [&](uint64_t n) { faults(n, 0, 0, false); }, [&] { return device_.tee().faults().allocation != 0; });
    all("answer ", [&](uint64_t n) { device_.lose_answer(n); }, [&] { return device_.will_lose_answer(); });
    std::printf("%zu faults\n", cases);
}

INSTANTIATE_TEST_SUITE_P(Anchors, Repairing, testing::Values(Anchor::ree, Anchor::rpmb),
                         [](const auto& of) { return of.param == Anchor::ree ? "ree" : "rpmb"; });

}  // namespace
}  // namespace festore::store_test
