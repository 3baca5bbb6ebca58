// SPDX-License-Identifier: BSD-2-Clause
// Rules 25 and 28: what a table keeps of destroyed stores that had come from another one, when their tombstones' places are used
// again; and that nobody makes it forget, or refuse, what is another owner's.
#include "tests/ta/repairing_commands.h"

namespace festore::ta {
namespace {

constexpr uid_t kOwner = 1000;
constexpr uid_t kMany = 1001;  // who makes and destroys many

class Retired : public RepairingCommands, public testing::WithParamInterface<uint8_t> {
protected:
    Retired() : RepairingCommands(), anchor_(GetParam()) {}
    void make_filled(uid_t uid, Disk& disk) {
        const uint32_t session = session_of(uid);
        make_store(session, disk, anchor_);
        ASSERT_EQ(store_put(session, disk, "first", filled(100, 1)), 0U);
        ASSERT_EQ(store_put(session, disk, "second", filled(100, 2)), 0U);
    }
    void destroy_of(uid_t uid, const Disk& disk) { ASSERT_EQ(destroy(session_of(uid), disk), 0U); }
    uint32_t may_repair(uid_t uid, const Disk& disk) {
        Disk copy = disk;
        const uint32_t session = session_of(uid);
        const uint32_t begun = begin(session, copy);
        (void)store(session, StoreCommand::abort, protocol::TransactionRequest{});
        return begun;
    }
    // A new store of the owner's becomes one that has come from another table, and is destroyed.
    void destroy_one_of_another_table(uid_t uid) {
        Disk disk;
        make_filled(uid, disk);
        end_sessions();
        Content content = table(anchor_);
        const auto id = std::ranges::search(content, disk.header.store_id);
        const auto at = static_cast<size_t>(id.begin() - content.begin()) - 28;
        const auto place = MutableBytes(content).subspan(at, engine::kRootRecordBytes);
        engine::RootRecord record = engine::decode_root_record(place).value();
        record.flags |= engine::kRootOfAnotherTable;
        engine::RootRecordBytes encoded{};
        encode(record, encoded);
        copy_bytes(encoded, place);
        store_table(content, anchor_);
        destroy_of(uid, disk);
    }
    // All places that are left are taken, by what nobody can read; root takes one of the others, and gives it back.
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
    engine::TableHeader header() { return engine::decode_table_header(Bytes(table(anchor_)).first(engine::kTableHeaderBytes)).value(); }
    size_t tombstones_of(uid_t uid) {
        const Content content = table(anchor_);
        const Bytes places = engine::places_of_table(content).value();
        const Uuid owner = sim::uuid_of_user(uid);
        size_t count = 0;
        for (size_t at = 0; at < places.size(); at += engine::kRootRecordBytes) {
            const auto tombstone = engine::decode_tombstone(places.subspan(at, engine::kRootRecordBytes));
            if (tombstone && tombstone->identity == owner) ++count;
        }
        return count;
    }

    const uint8_t anchor_;
    const uint32_t destroyed_ = number(Code::store_destroyed);
};

// What there is no room for is not forgotten: no copy of another table is believed any more.
TEST_P(Retired, AFullListRefusesAllOfOtherTables) {
    Disk never_destroyed;
    make_filled(kOwner, never_destroyed);
    lose(kTable, anchor_);
    Disk keeper;
    make_filled(kMany, keeper);
    for (uid_t i = 0; i <= engine::kRetiredMax; ++i) {
        EXPECT_EQ(may_repair(kOwner, never_destroyed), 0U) << i;
        destroy_one_of_another_table(2000 + i);
        use_a_place_again();
    }
    EXPECT_EQ(may_repair(kOwner, never_destroyed), destroyed_) << "refused, since nobody can tell any more";
}

TEST_P(Retired, AnEarlierTableHasIdsOfStores) {
    Disk disk;
    make_filled(kOwner, disk);
    lose(kTable, anchor_);
    Disk keeper;
    make_filled(kMany, keeper);
    EXPECT_EQ(may_repair(kOwner, disk), 0U);
    end_sessions();
    Content content = table(anchor_);
    engine::TableHeader before = header();
    copy_bytes(Bytes(disk.header.store_id).first(4), before.retired[0]);
    before.retired_count = 1;
    engine::TableHeaderBytes encoded{};
    encode(before, encoded);
    copy_bytes(encoded, content);
    store_table(content, anchor_);
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
    EXPECT_EQ(may_repair(kMany, of_many), destroyed_) << "what is the owner's who has made it forget";
    EXPECT_EQ(may_repair(kOwner, of_owner), 0U) << "and nobody else's";
}

TEST_P(Retired, Rule28WhoHoldsMostPlacesLosesATombstoneFirst) {
    Disk keeper;
    make_filled(1002, keeper);
    destroy_one_of_another_table(kOwner);
    destroy_one_of_another_table(kMany);
    destroy_one_of_another_table(kMany);
    ASSERT_EQ(tombstones_of(kOwner), 1U);
    ASSERT_EQ(tombstones_of(kMany), 2U);
    for (int i = 0; i < 6; ++i) {
        use_a_place_again();
        destroy_one_of_another_table(kMany);
    }
    EXPECT_EQ(tombstones_of(kOwner), 1U);
    EXPECT_FALSE(header().is_retired(sim::uuid_of_user(kOwner)));
    // From then on what that one has costs nothing, and is used before anybody else's, however many those are.
    ASSERT_TRUE(header().is_retired(sim::uuid_of_user(kMany)));
    Disk live;
    make_filled(kOwner, live);
    destroy_one_of_another_table(kMany);
    ASSERT_EQ(tombstones_of(kMany), 1U);
    use_a_place_again();
    EXPECT_EQ(tombstones_of(kOwner), 1U);
    EXPECT_EQ(tombstones_of(kMany), 0U);
}

// A record is a place, too, and at a tie the last tombstone goes: many identities with one each push out their own.
TEST_P(Retired, Rule28ManyOwnersPushOutTheirOwn) {
    destroy_one_of_another_table(kMany);  // in a place before the owner's
    destroy_one_of_another_table(kOwner);
    Disk live;
    make_filled(kMany, live);
    destroy_one_of_another_table(2000);
    destroy_one_of_another_table(2001);
    ASSERT_EQ(tombstones_of(kOwner), 1U);
    for (const uid_t gone : {kMany, uid_t{2001}, uid_t{2000}}) {
        use_a_place_again();
        EXPECT_TRUE(header().is_retired(sim::uuid_of_user(gone))) << gone;
        EXPECT_EQ(tombstones_of(kOwner), 1U);
        // What root has left there is used up.
        Disk another;
        make_filled(3000 + gone, another);
    }
}

INSTANTIATE_TEST_SUITE_P(Anchors, Retired, testing::Values(uint8_t{1}, uint8_t{2}),
                         [](const auto& anchor) { return anchor.param == 1 ? "Ree" : "Rpmb"; });

}  // namespace
}  // namespace festore::ta
