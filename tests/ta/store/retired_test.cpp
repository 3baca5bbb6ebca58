// SPDX-License-Identifier: BSD-2-Clause
// Rules 25 and 28: what a table remembers of destroyed stores that had come from another table, when the places of their tombstones
// are reused. No owner can make the table forget another owner's destroyed store, or refuse another owner's repair.
#include "tests/ta/harness/repairing_commands.h"

namespace festore::ta {
namespace {

constexpr uid_t kOwner = 1000;
constexpr uid_t kMany = 1001;  // makes and destroys many stores

class Retired : public RepairingEither {
protected:
    // Makes a new store, marks it as one that has come from another table, and destroys it.
    void destroy_one_of_another_table(uid_t uid) {
        Disk disk;
        make_filled(uid, disk);
        change_record(disk, anchor_, [](engine::RootRecord& record) { record.flags |= engine::kRootOfAnotherTable; });
        destroy_of(uid, disk);
    }
    // Fills all places that are left with tombstones, each of a different owner; the last `lost` with zeroes, as of lost stores.
    void fill_up(size_t lost = 0) {
        end_sessions();
        Content content = table(anchor_);
        const size_t size = content.size();
        content.resize(engine::kTableHeaderBytes + limits::kStoresMax * engine::kRootRecordBytes);
        for (size_t at = size; at < content.size() - lost * engine::kRootRecordBytes; at += engine::kRootRecordBytes) {
            const Bytes tombstone = tombstone_of(static_cast<uid_t>(10'000 + at));
            copy_bytes(tombstone, MutableBytes(content).subspan(at, engine::kRootRecordBytes));
        }
        store_table(content, anchor_);
    }
    // With owners who have nothing here.
    void fill_list() {
        change_header(anchor_, [](engine::TableHeader& header) {
            for (size_t i = 0; i < engine::kRetiredMax; ++i) header.retire(sim::uuid_of_user(static_cast<uid_t>(9000 + i)));
        });
    }
    // With all places that are left filled with unreadable bytes, root takes one of the other places and gives it back.
    void use_a_place_again() {
        end_sessions();
        Content content = table(anchor_);
        const size_t size = content.size();
        content.resize(engine::kTableHeaderBytes + limits::kStoresMax * engine::kRootRecordBytes, std::byte{0x77});
        store_table(content, anchor_);
        Disk of_root;
        make_filled(0, of_root);
        destroy_of(0, of_root);
        end_sessions();
        content = table(anchor_);
        content.resize(size);
        store_table(content, anchor_);
    }
    Bytes tombstone_of(uid_t uid) {
        engine::Tombstone tombstone;
        tombstone.flags = engine::kTombstoneOfAnotherTable;
        tombstone.login = 1;
        tombstone.identity = sim::uuid_of_user(uid);
        tombstone.store_id = filled_id(uid);
        encode(tombstone, tombstone_);
        return tombstone_;
    }
    static engine::StoreId filled_id(uid_t uid) {
        engine::StoreId id{};
        for (size_t i = 0; i < id.size(); ++i) id[i] = static_cast<std::byte>(uid >> (i % 4 * 8));
        return id;
    }
    [[nodiscard]] engine::TableHeader header() { return table_header(anchor_); }
    // Of that owner, or of all.
    size_t tombstones(const std::optional<Uuid>& owner = {}) {
        const Content content = table(anchor_);
        const Bytes places = engine::places_of_table(content).value();
        size_t count = 0;
        for (size_t at = 0; at < places.size(); at += engine::kRootRecordBytes) {
            const auto tombstone = engine::decode_tombstone(places.subspan(at, engine::kRootRecordBytes));
            if (tombstone && (!owner || tombstone->identity == *owner)) ++count;
        }
        return count;
    }
    size_t tombstones_of(uid_t uid) { return tombstones(sim::uuid_of_user(uid)); }

    engine::RootRecordBytes tombstone_{};
};

// For any number of owners. Otherwise nobody could repair a lost store any more.
TEST_P(Retired, Rule28ManyOwnersDoNotFillTheListBeyondItsRoom) {
    Disk never_destroyed;
    make_filled(kOwner, never_destroyed);
    lose(kTable, anchor_);
    Disk keeper;
    make_filled(kMany, keeper);
    for (uid_t i = 0; i < engine::kRetiredMax; ++i) {
        destroy_one_of_another_table(2000 + i);
        use_a_place_again();
    }
    EXPECT_EQ(header().retired_count, engine::kRetiredMax);
    destroy_one_of_another_table(4000);
    fill_up();
    Disk disk;
    EXPECT_EQ(make(session_of(4000), disk, anchor_).result, number(Code::limit_exceeded));
    EXPECT_EQ(make(session_of(0), disk, anchor_).result, number(Code::limit_exceeded)) << "nor does root get a place";
    EXPECT_EQ(tombstones_of(4000), 1U);
    EXPECT_EQ(header().flags, 0U);
}

// Tombstones that nobody may reuse stay within the limit of one owner, and leave root its places.
TEST_P(Retired, Rule28WithAFullListAnOwnerHasEight) {
    Disk disk;
    make_filled(kMany, disk);
    fill_list();
    for (size_t i = 0; i < limits::kStoresPerOwnerMax; ++i) destroy_one_of_another_table(kOwner);
    EXPECT_EQ(make(session_of(kOwner), disk, anchor_).result, number(Code::limit_exceeded));
    EXPECT_EQ(tombstones_of(kOwner), limits::kStoresPerOwnerMax);
    EXPECT_EQ(make(session_of(4000), disk, anchor_).result, 0U) << "another owner's are not counted";
}

TEST_P(Retired, Rule28TombstonesOfOthersLeaveRootItsPlaces) {
    Disk disk;
    make_filled(kMany, disk);
    fill_list();
    constexpr size_t kOthers = limits::kStoresMax - limits::kStoresKeptForRoot - 1;
    for (size_t i = 0; i < kOthers; ++i) destroy_one_of_another_table(static_cast<uid_t>(4000 + i / limits::kStoresPerOwnerMax));
    EXPECT_EQ(make(session_of(5000), disk, anchor_).result, number(Code::limit_exceeded));
    EXPECT_EQ(make(session_of(4000), disk, anchor_).result, number(Code::limit_exceeded));
    for (size_t i = 0; i < limits::kStoresPerOwnerMax; ++i) destroy_one_of_another_table(0);
    EXPECT_EQ(make(session_of(5000), disk, anchor_).result, number(Code::limit_exceeded));
}

// An earlier table may say that its list had no room. Then no copy of another table is believed any more.
TEST_P(Retired, AFullListRefusesAllOfOtherTables) {
    Disk never_destroyed;
    make_filled(kOwner, never_destroyed);
    lose(kTable, anchor_);
    Disk keeper;
    make_filled(kMany, keeper);
    EXPECT_EQ(may_repair(kOwner, never_destroyed), 0U);
    change_header(anchor_, [](engine::TableHeader& header) { header.flags |= engine::kTableRetiredListFull; });
    EXPECT_EQ(may_repair(kOwner, never_destroyed), destroyed_) << "refused, since the TA can no longer know";
}

TEST_P(Retired, AnEarlierTableHasIdsOfStores) {
    Disk disk;
    make_filled(kOwner, disk);
    lose(kTable, anchor_);
    Disk keeper;
    make_filled(kMany, keeper);
    EXPECT_EQ(may_repair(kOwner, disk), 0U);
    change_header(anchor_, [&](engine::TableHeader& header) {
        copy_bytes(Bytes(disk.header.store_id).first(4), header.retired[0]);
        header.retired_count = 1;
    });
    EXPECT_EQ(may_repair(kOwner, disk), destroyed_);
}

TEST_P(Retired, Rule28OneOwnerFillsNoList) {
    Disk of_owner;
    make_filled(kOwner, of_owner);
    Disk of_many;
    make_filled(kMany, of_many);
    lose(kTable, anchor_);
    Disk keeper;
    make_filled(1002, keeper);
    for (size_t i = 0; i <= engine::kRetiredMax; ++i) {
        destroy_one_of_another_table(kMany);
        use_a_place_again();
    }
    EXPECT_EQ(header().retired_count, 1U);
    EXPECT_EQ(header().flags, 0U);
    EXPECT_EQ(may_repair(kMany, of_many), destroyed_) << "refused to the owner who made the table forget";
    EXPECT_EQ(may_repair(kOwner, of_owner), 0U) << "but to nobody else";
}

// Otherwise the TEE would forget a destroyed store and refuse its owner's repairs.
TEST_P(Retired, Rule28NobodyIsGivenAnothersTombstone) {
    destroy_one_of_another_table(kOwner);
    fill_up();
    Disk disk;
    EXPECT_EQ(make(session_of(3000), disk, anchor_).result, number(Code::limit_exceeded));
    EXPECT_EQ(tombstones_of(kOwner), 1U);
    make_filled(kOwner, disk);
    EXPECT_EQ(tombstones_of(kOwner), 0U) << "the owner has reused its place";
    EXPECT_TRUE(header().is_retired(sim::uuid_of_user(kOwner)));
}

TEST_P(Retired, Rule28APlaceOfALostStoreIsGivenAwayBeforeAnothersTombstone) {
    destroy_one_of_another_table(kOwner);
    fill_up(40);
    const size_t before = tombstones();
    Disk disk;
    make_filled(3000, disk);
    EXPECT_EQ(tombstones(), before);
}

TEST_P(Retired, Rule28OneOwnersTombstonesDoNotFillTheTable) {
    for (size_t i = 0; i < 2 * limits::kStoresPerOwnerMax; ++i) destroy_one_of_another_table(kMany);
    EXPECT_EQ(tombstones_of(kMany), limits::kStoresPerOwnerMax);
    EXPECT_EQ(table(anchor_).size(), engine::kTableHeaderBytes + limits::kStoresPerOwnerMax * engine::kRootRecordBytes);
}

// First a tombstone of an owner that is already in the header, then one of the owner with the most tombstones.
TEST_P(Retired, RootIsGivenTheTombstoneThatCostsLeast) {
    Disk keeper;
    make_filled(1002, keeper);
    destroy_one_of_another_table(kOwner);
    destroy_one_of_another_table(kMany);
    destroy_one_of_another_table(kMany);
    use_a_place_again();
    EXPECT_EQ(tombstones_of(kMany), 1U);
    EXPECT_EQ(tombstones_of(kOwner), 1U);
    ASSERT_TRUE(header().is_retired(sim::uuid_of_user(kMany)));
    destroy_one_of_another_table(kOwner);  // in the place that root has left
    ASSERT_EQ(tombstones_of(kOwner), 2U);
    use_a_place_again();
    EXPECT_EQ(tombstones_of(kOwner), 2U);
    EXPECT_EQ(tombstones_of(kMany), 0U);
}

// Even if the owner is already in the header.
TEST_P(Retired, WhatIsDestroyedLaterIsKeptToo) {
    destroy_one_of_another_table(kMany);
    use_a_place_again();
    ASSERT_TRUE(header().is_retired(sim::uuid_of_user(kMany)));
    destroy_one_of_another_table(kMany);
    Disk others;
    make_filled(kOwner, others);
    EXPECT_EQ(tombstones_of(kMany), 1U);
}

INSTANTIATE_TEST_SUITE_P(Anchors, Retired, testing::Values(Anchor::ree, Anchor::rpmb),
                         [](const auto& anchor) { return anchor.param == Anchor::ree ? "Ree" : "Rpmb"; });

}  // namespace
}  // namespace festore::ta
