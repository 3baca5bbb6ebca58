// SPDX-License-Identifier: BSD-2-Clause
// Root's list of who may store, applied to stores. An owner never loses access to an existing store. (rule 28)
#include "tests/ta/harness/allow_harness.h"

namespace festore::ta {
namespace {

constexpr uint32_t kNotAllowed = static_cast<uint32_t>(Code::not_allowed);
constexpr uint32_t kOverLimit = static_cast<uint32_t>(Code::over_limit);

class AllowStores : public Allowing {
protected:
    // A new store of the session's owner, with an object in it.
    Disk made(uint32_t session, Anchor anchor = Anchor::ree) {
        Disk disk;
        make_store(session, disk, anchor);
        EXPECT_EQ(store_put(session, disk, "first", filled(10, 1)), 0U);
        return disk;
    }
};

TEST_F(AllowStores, Rule28WhoIsNotNamedMakesNone) {
    ASSERT_EQ(root_says(AllowVerb::set, {named(kAlice)}), 0U);
    Disk disk;
    for (const Anchor anchor : {Anchor::ree, Anchor::rpmb}) {
        EXPECT_EQ(make(session_of(kBob), disk, anchor).result, kNotAllowed);
        EXPECT_EQ(make(session_of(0), disk, anchor).result, 0U);
    }
    make_store(session_of(kAlice), disk);
    Disk roots;
    make_store(session_of(0), roots);
}

TEST_F(AllowStores, Rule28TheDoorMayCloseBetweenMakeAndCreate) {
    const uint32_t bob = session_of(kBob);
    Disk disk;
    ASSERT_EQ(make(bob, disk).result, 0U);
    ASSERT_EQ(root_says(AllowVerb::set, {named(kAlice)}), 0U);
    EXPECT_EQ(create(bob, disk), kNotAllowed);
    EXPECT_EQ(find(bob), number(Code::item_not_found));
    ASSERT_EQ(root_says(AllowVerb::others, {}, of_stores(0)), 0U);
    EXPECT_EQ(make(bob, disk).result, kOverLimit);
    ASSERT_EQ(root_says(AllowVerb::others, {}, of_stores(1)), 0U);
    ASSERT_EQ(make(bob, disk).result, 0U);
    ASSERT_EQ(root_says(AllowVerb::others, {}, of_stores(0)), 0U);
    EXPECT_EQ(create(bob, disk), kOverLimit);
    ASSERT_EQ(root_says(AllowVerb::others, {}, of_stores(1)), 0U);
    make_store(bob, disk);
    EXPECT_EQ(look(bob, {protocol::AllowedRequest::Count::nothing, true})->used_stores, 1U);
}

TEST_F(AllowStores, StoresAreCountedUnderBothAnchors) {
    const uint32_t alice = session_of(kAlice);
    const uint32_t bob = session_of(kBob);
    made(alice, Anchor::rpmb);
    made(bob, Anchor::ree);
    const protocol::AllowedRequest count{protocol::AllowedRequest::Count::nothing, true};
    EXPECT_EQ(look(alice, count)->used_stores, 1U);
    EXPECT_EQ(look(bob, count)->used_stores, 1U);
    EXPECT_EQ(look(session_of(0), count)->used_stores, 0U);
    EXPECT_EQ(look(public_session(), count)->used_stores, 0U);
    EXPECT_EQ(look(alice)->used_stores, 0U) << "stores are counted only on request";
}

TEST_F(AllowStores, Rule28AnOwnerGoesOn) {
    for (const Anchor anchor : {Anchor::ree, Anchor::rpmb}) {
        ASSERT_EQ(root_says(AllowVerb::open), 0U);
        uint32_t bob = session_of(kBob);
        Disk disk = made(bob, anchor);
        ASSERT_EQ(root_says(AllowVerb::set, {named(kAlice)}), 0U);
        end_sessions();
        bob = session_of(kBob);
        EXPECT_EQ(open_store(bob, disk), 0U);
        EXPECT_EQ(store_put(bob, disk, "next", filled(500, 1)), 0U);
        Content content(100);
        EXPECT_EQ(store_get(bob, disk, "first", content).result, 0U);
        EXPECT_EQ(destroy(bob, disk), 0U);
        EXPECT_EQ(make(bob, disk, anchor).result, kNotAllowed) << "after destroying its store, an owner needs permission for a new one";
        end_sessions();
    }
}

// Both are allowed: a repair restores the owner's own store, and a move makes no second store.
TEST_F(AllowStores, Rule28AnOwnersLostStoreIsRepairedAndMoves) {
    Disk disk = made(session_of(kBob));
    ASSERT_EQ(root_says(AllowVerb::set, {named(kAlice)}), 0U);
    lose(kTable);
    const uint32_t bob = session_of(kBob);
    EXPECT_EQ(repair_all(bob, disk), 0U);
    EXPECT_EQ(open_store(bob, disk), 0U);
    const protocol::RebuildRequest to_rpmb{{}, protocol::RebuildKind::whole, protocol::RebuildAnchor::rpmb};
    EXPECT_EQ(paged(bob, disk, Command::store_rebuild_begin, to_rpmb).result, 0U)
        << "rebuild --anchor rpmb";
}

// A client may say not to ask the RPMB, but a store there still counts.
TEST_F(AllowStores, Rule28NotAskingTheRpmbIsNoWayPastALimit) {
    ASSERT_EQ(root_says(AllowVerb::set, {named(kAlice)}, of_stores(1)), 0U);
    const uint32_t alice = session_of(kAlice);
    made(alice, Anchor::rpmb);
    Content header(protocol::kNamedStoreHeaderBytes);
    const protocol::MakeRequest unasked{Anchor::ree, protocol::CipherChoice::aes_256_gcm, true, 0, {bytes_of("second"), {}}};
    EXPECT_EQ(store(alice, Command::store_make, unasked, {&header, kOut}).result, number(Code::rpmb_no_answer));
    // A second store that was made in this way before the limit was set cannot move.
    ASSERT_EQ(root_says(AllowVerb::open), 0U);
    Disk second;
    ASSERT_EQ(store(alice, Command::store_make, unasked, {&header, kOut}).result, 0U);
    second.header = protocol::decode_store_header(header).value();
    ASSERT_EQ(create(alice, second), 0U);
    ASSERT_EQ(root_says(AllowVerb::set, {named(kAlice)}, of_stores(1)), 0U);
    const protocol::RebuildRequest move{{}, protocol::RebuildKind::whole, protocol::RebuildAnchor::rpmb, {bytes_of("second"), {}}};
    EXPECT_EQ(paged(alice, second, Command::store_rebuild_begin, move).result, kOverLimit);
    ASSERT_EQ(root_says(AllowVerb::set, {named(kAlice)}, of_stores(2)), 0U);
    EXPECT_EQ(paged(alice, second, Command::store_rebuild_begin, move).result, 0U);
}

TEST_F(AllowStores, ADamagedListMakesNoneAndServesAll) {
    Disk disk = made(session_of(kBob));
    ASSERT_EQ(root_says(AllowVerb::others), 0U);
    end_sessions();
    damage(list_id());
    const uint32_t bob = session_of(kBob);
    EXPECT_EQ(open_store(bob, disk), 0U);
    EXPECT_EQ(store_put(bob, disk, "next", filled(10, 1)), 0U);
    Disk another;
    EXPECT_EQ(make(session_of(kAlice), another).result, kNotAllowed);
    EXPECT_EQ(make(session_of(0), another).result, 0U);
}

}  // namespace
}  // namespace festore::ta
