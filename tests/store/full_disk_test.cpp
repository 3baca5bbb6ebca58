// SPDX-License-Identifier: BSD-2-Clause
// Rule 31: on a disk without a free byte, objects can be removed and the store destroyed; puts do not use the space that this needs.
#include "base/limits.h"
#include "tests/store/harness/repairing.h"

#include <algorithm>

namespace festore::store_test {
namespace {

constexpr size_t kLargeBytes = 100000;

class FullDisk : public testing::Test {
protected:
    void fill_up() { device_.files().set_capacity(device_.files().held()); }
    void make_room() { device_.files().set_capacity({}); }
    static std::string name_of(size_t i) { return "object " + std::to_string(1000000 + i); }
    // In one transaction, which frees almost no pages, so almost none are free.
    static void load(Client& client, size_t count) {
        Result<Transaction> transaction = client.store()->begin();
        ASSERT_TRUE(transaction) << transaction.error().message;
        for (size_t i = 0; i < count; ++i) ASSERT_TRUE(transaction->put(name_of(i), content_of(100)));
        ASSERT_TRUE(transaction->commit());
    }
    // Puts small objects until there is no more room. Returns how many were put.
    static size_t put_all(Client& client, const std::string& prefix) {
        constexpr size_t kEnough = 2000;
        for (size_t i = 0; i < kEnough; ++i) {
            const auto put = client.put(prefix + std::to_string(i), content_of(800));
            if (put) continue;
            EXPECT_EQ(put.error().code, ErrorCode::no_space) << put.error().message;
            return i;
        }
        ADD_FAILURE() << "the disk is never full";
        return kEnough;
    }
    static void expect_whole(Client& client, size_t objects) {
        const auto report = client.verify();
        ASSERT_TRUE(report) << report.error().message;
        EXPECT_TRUE(report->damaged.empty());
        EXPECT_EQ(report->objects, objects);
    }

    Device device_;
};

TEST_F(FullDisk, Rule31AllObjectsAreRemovedOneByOneInAnyOrder) {
    std::mt19937_64 random(1);
    const Device::Snapshot empty = device_.snapshot();
    for (const size_t count : {1U, 2U, 40U, 300U, 4000U}) {
        device_.restore(empty);
        make_room();
        Client client = device_.connect();
        load(client, count);
        fill_up();
        std::vector<size_t> order(count);
        for (size_t i = 0; i < count; ++i) order[i] = i;
        std::shuffle(order.begin(), order.end(), random);
        for (const size_t i : order) {
            const auto removed = client.remove(name_of(i));
            ASSERT_TRUE(removed) << count << ": " << removed.error().message;
        }
        expect_whole(client, 0);
    }
}

TEST_F(FullDisk, Rule31APutThatWouldTakeTheReserveIsRefusedAndChangesNothing) {
    Client client = device_.connect();
    load(client, 40);
    fill_up();
    const size_t put = put_all(client, "more ");
    const auto before = client.store()->status();
    const auto listed = client.list({});
    ASSERT_TRUE(before && listed);
    EXPECT_EQ(listed->objects.size(), 40 + put);
    Files::Information pages;
    ASSERT_EQ(device_.files().information(kPages, pages), 0);
    EXPECT_GE(pages.allocated, (before->pages + 20) * kPage);
    // Another name might fit a page that has room.
    for (const auto& [name, size] : {std::pair{"more " + std::to_string(put), size_t{800}}, {std::string("large"), kLargeBytes}}) {
        const auto refused = client.put(name, content_of(size));
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::no_space) << refused.error().message;
    }
    EXPECT_EQ(client.store()->status()->generation, before->generation);
    for (const ObjectInfo& object : listed->objects) ASSERT_TRUE(client.remove(object.name)) << object.name;
    expect_whole(client, 0);
}

TEST_F(FullDisk, Rule31ABatchThatWouldTakeTheReserveIsRefusedAndChangesNothing) {
    Client client = device_.connect();
    load(client, 40);
    fill_up();
    const auto before = client.store()->status();
    ASSERT_TRUE(before);
    // It fits into the reserve, but leaves too little of it.
    Result<Transaction> transaction = client.store()->begin();
    ASSERT_TRUE(transaction);
    for (size_t i = 0; i < 80; ++i) ASSERT_TRUE(transaction->put("some " + name_of(i), content_of(800)));
    const auto committed = transaction->commit();
    ASSERT_FALSE(committed);
    EXPECT_EQ(committed.error().code, ErrorCode::no_space) << committed.error().message;
    EXPECT_EQ(client.store()->status()->generation, before->generation);
    Result<Transaction> removal = client.store()->begin();
    ASSERT_TRUE(removal);
    for (size_t i = 0; i < 10; ++i) ASSERT_TRUE(removal->remove(name_of(i)));
    const auto removed = removal->commit();
    EXPECT_TRUE(removed) << removed.error().message;
    expect_whole(client, 30);
}

// A store without a reserve, on a disk with a few free pages: others could fill the freed space before the store's next put.
TEST_F(FullDisk, Rule31WhatALargeObjectGivesBackMakesTheReserveWhole) {
    {
        Client client = device_.connect();
        load(client, 300);
        ASSERT_TRUE(client.put("large", content_of(kLargeBytes)));
    }
    device_.restore(device_.snapshot());
    device_.files().set_capacity(device_.files().held() + 8 * kPage);
    Client client = device_.connect();
    ASSERT_TRUE(client.remove("large"));
    Files::Information pages;
    ASSERT_EQ(device_.files().information(kPages, pages), 0);
    EXPECT_GE(pages.allocated, pages.bytes + 20 * kPage);
    fill_up();
    for (size_t i = 0; i < 300; ++i) ASSERT_TRUE(client.remove(name_of(i)));
}

TEST_F(FullDisk, Rule31AStoreIsDestroyed) {
    Client client = device_.connect();
    load(client, 300);
    ASSERT_TRUE(client.put("large", content_of(kLargeBytes)));
    fill_up();
    const auto destroyed = client.store()->destroy();
    ASSERT_TRUE(destroyed) << destroyed.error().message;
    EXPECT_TRUE(destroyed->record_dropped);
    EXPECT_TRUE(device_.files().snapshot().files.empty());
}

// A store that an earlier version made, or that was copied, has no reserve. Its next put makes one.
TEST_F(FullDisk, Rule31AStoreWithoutAReserveGetsOne) {
    {
        Client client = device_.connect();
        load(client, 300);
    }
    device_.restore(device_.snapshot());
    const uint64_t without = device_.files().held();
    Client client = device_.connect();
    ASSERT_TRUE(client.put("one", content_of(10)));
    EXPECT_GT(device_.files().held(), without + 10 * kPage);
    fill_up();
    for (size_t i = 0; i < 300; ++i) ASSERT_TRUE(client.remove(name_of(i)));
}

TEST_F(FullDisk, Rule31ANewStoreHasItBeforeItsFirstObject) {
    Client client = device_.connect();
    ASSERT_TRUE(client.store()->init({}));
    EXPECT_GT(device_.files().held(), 10 * kPage);
    EXPECT_TRUE(device_.files().at(kPages).empty()) << "the size of a page file shows whether it was used";
}

TEST_F(FullDisk, AStoreThatCannotHaveItIsNotMade) {
    device_.files().set_capacity(10 * kPage);
    Client client = device_.connect();
    const auto made = client.store()->init({});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, ErrorCode::no_space);
    make_room();
    EXPECT_TRUE(client.store()->init({}));
}

TEST_F(FullDisk, AFileSystemThatKnowsNoReserveDoesWithout) {
    device_.files().set_reserves(false);
    Client client = device_.connect();
    load(client, 300);
    ASSERT_TRUE(client.put("large", content_of(kLargeBytes)));
    ASSERT_TRUE(client.store()->rename("large", "other"));
    ASSERT_TRUE(client.remove("other"));
    expect_whole(client, 300);
}

TEST_F(FullDisk, FewChangesAskForMore) {
    Client client = device_.connect();
    load(client, 300);
    ASSERT_TRUE(client.put("large", content_of(10)));
    const uint64_t before = device_.files().reservations();
    for (size_t i = 0; i < 500; ++i) ASSERT_TRUE(client.put(name_of(i % 300), content_of(100, static_cast<unsigned>(i))));
    for (size_t i = 0; i < 300; ++i) ASSERT_TRUE(client.remove(name_of(i)));
    EXPECT_LE(device_.files().reservations() - before, 3U);
}

class RepairOnAFullDisk : public Repairing {};

TEST_P(RepairOnAFullDisk, Rule31ARepairedStoreHasAReserve) {
    lose_record();
    Client client = device_.connect();
    ASSERT_TRUE(client.store()->repair());
    device_.files().set_capacity(device_.files().held());
    for (const auto& [name, content] : objects()) ASSERT_TRUE(client.remove(name)) << name;
}

INSTANTIATE_TEST_SUITE_P(Anchors, RepairOnAFullDisk, testing::Values(Anchor::ree, Anchor::rpmb),
                         [](const auto& of) { return of.param == Anchor::ree ? "ree" : "rpmb"; });

}  // namespace
}  // namespace festore::store_test
