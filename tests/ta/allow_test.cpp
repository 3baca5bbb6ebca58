// SPDX-License-Identifier: BSD-2-Clause
// Root's list of who may store: objects in ree and rpmb, who may change and see the list, and the list after failures. (rule 28)
#include "tests/ta/harness/allow_harness.h"

namespace festore::ta {
namespace {

class AllowObjects : public Allowing, public testing::WithParamInterface<protocol::Storage> {
protected:
    AllowObjects() { storage_ = GetParam(); }
    uint32_t alice_ = session_of(kAlice);
    uint32_t bob_ = session_of(kBob);
};

constexpr uint32_t kNotAllowed = static_cast<uint32_t>(Code::not_allowed);
constexpr uint32_t kOverLimit = static_cast<uint32_t>(Code::over_limit);

TEST_P(AllowObjects, Rule28AClosedDoorLetsNobodyElseStoreAnythingNew) {
    ASSERT_EQ(put(bob_, "a", filled(100, 1)), 0U);
    ASSERT_EQ(root_says(AllowVerb::set, {named(kAlice)}), 0U);
    EXPECT_EQ(put(alice_, "a", filled(100, 1)), 0U);
    EXPECT_EQ(put(bob_, "b", filled(1, 1)), kNotAllowed);
    EXPECT_EQ(put(bob_, "a", filled(101, 1)), kNotAllowed) << "one byte more";
    EXPECT_EQ(put(public_session(), "p", filled(1, 1)), kNotAllowed);
    // Existing objects are still served.
    EXPECT_EQ(content(bob_, "a"), filled(100, 1));
    EXPECT_EQ(put(bob_, "a", filled(100, 2)), 0U) << "as large as before";
    EXPECT_EQ(put(bob_, "a", filled(99, 3)), 0U);
    EXPECT_EQ(put(bob_, "a", filled(100, 3)), kNotAllowed) << "freed bytes are not reserved for their owner";
    EXPECT_EQ(list(bob_).names, std::vector<std::string>{"a"});
    EXPECT_EQ(remove(bob_, "a"), 0U);
    EXPECT_EQ(put(bob_, "a", filled(1, 1)), kNotAllowed);
    EXPECT_EQ(put(session_of(0), "r", filled(5000, 1)), 0U) << "root is not limited";
}

TEST_P(AllowObjects, Rule28BytesAreCountedWithNamesAndHeaders) {
    constexpr size_t kLimit = 2 * kHead + 300;
    ASSERT_EQ(root_says(AllowVerb::set, {named(kAlice)}, of_bytes(kLimit)), 0U);
    ASSERT_EQ(put(alice_, "a", filled(100, 1)), 0U);
    EXPECT_EQ(put(alice_, "b", filled(201, 1)), kOverLimit);
    EXPECT_EQ(put(alice_, "bb", filled(200, 1)), kOverLimit) << "a longer name";
    EXPECT_EQ(put(alice_, "b", filled(200, 1)), 0U) << "exactly the limit";
    EXPECT_EQ(put(alice_, "c", {}), kOverLimit);
    EXPECT_EQ(put(alice_, "a", filled(101, 2)), kOverLimit);
    EXPECT_EQ(put(alice_, "a", filled(50, 2)), 0U);
    EXPECT_EQ(put(alice_, "a", filled(101, 2)), kOverLimit);
    EXPECT_EQ(put(alice_, "a", filled(100, 2)), 0U) << "the replaced object does not count";
    const auto answer = look(alice_, {storage_ == protocol::Storage::ree ? protocol::AllowedRequest::Count::ree
                                                                         : protocol::AllowedRequest::Count::rpmb, false});
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->used_bytes, kLimit);
    EXPECT_EQ(answer->used_objects, 2U);
    // With a limit below the stored bytes, an object may shrink but not grow.
    ASSERT_EQ(root_says(AllowVerb::set, {named(kAlice)}, of_bytes(10)), 0U);
    EXPECT_EQ(put(alice_, "a", filled(101, 2)), kOverLimit);
    EXPECT_EQ(put(alice_, "a", filled(99, 2)), 0U);
}

TEST_P(AllowObjects, Rule28ObjectsAreCounted) {
    ASSERT_EQ(root_says(AllowVerb::set, {named(kAlice)}, of_objects(2)), 0U);
    EXPECT_EQ(put(alice_, "a", filled(1, 1)), 0U);
    EXPECT_EQ(put(alice_, "b", filled(1, 1)), 0U);
    EXPECT_EQ(put(alice_, "c", filled(1, 1)), kOverLimit);
    EXPECT_EQ(put(alice_, "b", filled(5000, 1)), 0U) << "no additional object";
    EXPECT_EQ(remove(alice_, "a"), 0U);
    EXPECT_EQ(put(alice_, "c", filled(1, 1)), 0U);
    ASSERT_EQ(root_says(AllowVerb::set, {named(kAlice)}, of_objects(0)), 0U);
    EXPECT_EQ(put(alice_, "d", filled(1, 1)), kOverLimit);
    EXPECT_EQ(put(alice_, "c", filled(2, 1)), 0U);
}

TEST_P(AllowObjects, Rule28OthersObjectsDoNotCount) {
    ASSERT_EQ(put(bob_, "a", filled(1000, 1)), 0U);
    ASSERT_EQ(put(session_of(0), "a", filled(1000, 1)), 0U);
    ASSERT_EQ(root_says(AllowVerb::set, {named(kAlice)}, {2 * kHead + 100, 2, kNoLimit}), 0U);
    EXPECT_EQ(put(alice_, "a", filled(50, 1)), 0U);
    EXPECT_EQ(put(alice_, "b", filled(50, 1)), 0U);
}

TEST_P(AllowObjects, Rule28EverybodyElseHasLimitsOfTheirOwn) {
    ASSERT_EQ(root_says(AllowVerb::others, {}, of_objects(1)), 0U);
    ASSERT_EQ(root_says(AllowVerb::set, {named(kAlice)}, of_objects(2)), 0U);
    for (const char* name : {"a", "b"}) EXPECT_EQ(put(alice_, name, filled(1, 1)), 0U);
    EXPECT_EQ(put(alice_, "c", filled(1, 1)), kOverLimit);
    EXPECT_EQ(put(bob_, "a", filled(1, 1)), 0U);
    EXPECT_EQ(put(bob_, "b", filled(1, 1)), kOverLimit) << "with a name on the list, others may still store, up to their limit";
    ASSERT_EQ(root_says(AllowVerb::drop_others), 0U);
    EXPECT_EQ(put(bob_, "a", filled(2, 1)), kNotAllowed);
    ASSERT_EQ(root_says(AllowVerb::drop, {named(kAlice)}), 0U);
    EXPECT_EQ(put(alice_, "c", filled(1, 1)), kNotAllowed) << "a closed list stays closed when the last name is dropped";
    ASSERT_EQ(root_says(AllowVerb::open), 0U);
    EXPECT_EQ(put(alice_, "c", filled(1, 1)), 0U);
    EXPECT_EQ(put(bob_, "b", filled(1, 1)), 0U);
    EXPECT_FALSE(kept());
}

TEST_P(AllowObjects, Rule28ARestIsRoots) {
    constexpr size_t kTotal = 3 * kHead + 300;
    ASSERT_EQ(root_says(AllowVerb::total, {}, {kTotal, 4, kNoLimit}), 0U);
    const uint32_t root = session_of(0);
    ASSERT_EQ(put(root, "a", filled(5000, 1)), 0U);
    EXPECT_EQ(put(alice_, "a", filled(100, 1)), 0U);
    EXPECT_EQ(put(bob_, "a", filled(100, 1)), 0U);
    EXPECT_EQ(put(bob_, "b", filled(101, 1)), kOverLimit);
    EXPECT_EQ(put(bob_, "b", filled(100, 1)), 0U);
    EXPECT_EQ(put(alice_, "a", filled(101, 1)), kOverLimit);
    EXPECT_EQ(put(root, "b", filled(5000, 1)), 0U);
    EXPECT_EQ(standing(alice_), Standing::free) << "a total alone does not close the list";
    // A total of objects for this storage only; the other storage keeps its total.
    AllowRequest one = request(AllowVerb::total, {}, of_objects(3));
    one.storages = storage_ == protocol::Storage::ree ? protocol::kAllowRee : protocol::kAllowRpmb;
    ASSERT_EQ(say(root, one), 0U);
    EXPECT_EQ(put(alice_, "c", {}), kOverLimit);
    EXPECT_EQ(put(alice_, "a", filled(2000, 1)), 0U);
    storage_ = storage_ == protocol::Storage::ree ? protocol::Storage::rpmb : protocol::Storage::ree;
    EXPECT_EQ(put(alice_, "c", filled(kTotal, 1)), kOverLimit);
    EXPECT_EQ(put(alice_, "c", {}), 0U);
}

TEST_P(AllowObjects, FestoresOwnAndDamagedObjectsCountAsTheyShould) {
    Disk disk;
    make_store(alice_, disk, storage_ == protocol::Storage::ree ? Anchor::ree : Anchor::rpmb);  // makes a root table, and the copy secret
    ASSERT_EQ(store_put(alice_, disk, "x", filled(10, 1)), 0U);
    ASSERT_EQ(root_says(AllowVerb::total, {}, of_objects(2)), 0U);
    const Content id = put_new(bob_, "a", filled(10, 1));
    ASSERT_EQ(put(bob_, "b", filled(10, 1)), 0U) << "festore's own objects do not count";
    EXPECT_EQ(put(alice_, "c", filled(10, 1)), kOverLimit);
    ASSERT_EQ(root_says(AllowVerb::total, {}, of_objects(3)), 0U);
    damage(id);
    EXPECT_EQ(put(alice_, "c", filled(10, 1)), 0U) << "a damaged object counts once";
    EXPECT_EQ(put(alice_, "d", filled(10, 1)), kOverLimit);
}

TEST_P(AllowObjects, NothingIsCountedWhereNothingIsLimited) {
    const auto enumerated = [&] { return tee_.counters().storage_enumerate; };
    ASSERT_EQ(root_says(AllowVerb::set, {named(kAlice)}, of_stores(1)), 0U);
    const uint64_t before = enumerated();
    EXPECT_EQ(put(alice_, "a", filled(10, 1)), 0U);
    EXPECT_EQ(put(bob_, "a", filled(10, 1)), kNotAllowed);
    EXPECT_EQ(enumerated(), before);
    ASSERT_EQ(root_says(AllowVerb::set, {named(kAlice)}, of_bytes(1000)), 0U);
    EXPECT_EQ(put(alice_, "a", filled(9, 1)), 0U) << "smaller";
    EXPECT_EQ(enumerated(), before);
    EXPECT_EQ(put(alice_, "a", filled(10, 1)), 0U);
    EXPECT_GT(enumerated(), before);
}

INSTANTIATE_TEST_SUITE_P(Storages, AllowObjects, testing::Values(protocol::Storage::ree, protocol::Storage::rpmb),
                         [](const auto& of) { return of.param == protocol::Storage::ree ? "ree" : "rpmb"; });

class AllowList : public Allowing {
protected:
    uint32_t write_object(uint32_t session, std::string id, Content content) {
        sim::Params params;
        params.types = types(kIn, kIn, kNone, kNone);
        params.values[0] = {id.data(), id.size(), 0, 0};
        params.values[1] = {content.data(), content.size(), 0, 0};
        uint32_t origin = 0;
        return tee_.invoke(session, static_cast<uint32_t>(protocol::Command::write_object), params, &origin);
    }
};

TEST_F(AllowList, Rule28TheFirstDemosCommandObeysToo) {
    const uint32_t everyone = public_session();
    forge(bytes_of(std::string_view("old")), filled(200, 1));
    ASSERT_EQ(root_says(AllowVerb::set, {named(kAlice)}), 0U);
    EXPECT_EQ(write_object(everyone, "x", filled(1, 1)), kNotAllowed);
    EXPECT_EQ(write_object(session_of(kBob), "x", filled(1, 1)), kNotAllowed);
    EXPECT_EQ(write_object(session_of(kAlice), "x", filled(1, 1)), 0U);
    EXPECT_EQ(write_object(everyone, "old", filled(100, 1)), 0U) << "an object of the demo, made smaller";
    // Public objects, including the demo's, count for the public identity.
    forge(bytes_of(std::string_view("older")), filled(10, 1));
    ASSERT_EQ(root_says(AllowVerb::set, {{protocol::Login::public_, protocol::kNoId}}, of_objects(3)), 0U);
    EXPECT_EQ(write_object(everyone, "x", filled(1, 1)), 0U);
    EXPECT_EQ(write_object(everyone, "y", filled(1, 1)), kOverLimit);
    EXPECT_EQ(write_object(everyone, "older", filled(1000, 1)), 0U) << "it replaces the demo's object";
    EXPECT_EQ(look(everyone, {protocol::AllowedRequest::Count::ree, false})->used_objects, 3U);
}

TEST_F(AllowList, Rule28OnlyRootSaysWho) {
    const uint32_t alice = session_of(kAlice);
    for (const uint32_t session : {alice, public_session()})
        for (const AllowVerb verb : {AllowVerb::others, AllowVerb::drop_others, AllowVerb::total, AllowVerb::open})
            EXPECT_EQ(say(session, request(verb)), number(Code::access_denied));
    EXPECT_EQ(say(alice, request(AllowVerb::set, {named(kAlice)})), number(Code::access_denied));
    EXPECT_EQ(say(alice, request(AllowVerb::drop, {named(kBob)})), number(Code::access_denied));
    EXPECT_FALSE(kept());
    EXPECT_EQ(root_says(AllowVerb::set, {named(kBob), named(0)}), number(Code::bad_parameters));
    EXPECT_FALSE(kept()) << "all or nothing";
}

TEST_F(AllowList, Rule28OthersSeeTheirOwnPartOnly) {
    ASSERT_EQ(root_says(AllowVerb::others, {}, of_bytes(7)), 0U);
    ASSERT_EQ(root_says(AllowVerb::total, {}, of_objects(9)), 0U);
    ASSERT_EQ(root_says(AllowVerb::set, {named(kAlice), {protocol::Login::group, 5}}, of_bytes(4711)), 0U);
    const auto alice = look(session_of(kAlice));
    ASSERT_TRUE(alice);
    EXPECT_TRUE(page_.empty());
    EXPECT_EQ(alice->standing, Standing::by_entry);
    EXPECT_EQ(alice->own, of_bytes(4711));
    EXPECT_EQ(alice->flags, protocol::kAllowedListed);
    EXPECT_EQ(alice->entries, 0U);
    EXPECT_EQ(alice->others, AllowLimits{});
    EXPECT_EQ(alice->totals[0], AllowTotal{});
    const auto bob = look(session_of(kBob));
    ASSERT_TRUE(bob);
    EXPECT_EQ(bob->standing, Standing::as_other);
    EXPECT_EQ(bob->own, of_bytes(7));
    const auto root = look(session_of(0));
    ASSERT_TRUE(root);
    EXPECT_EQ(root->standing, Standing::free);
    EXPECT_EQ(root->entries, 2U);
    EXPECT_EQ(root->others, of_bytes(7));
    EXPECT_EQ(root->totals[1].objects, 9U);
    Bytes rest = page_;
    const auto first = protocol::decode_next<protocol::AllowedEntry>(rest);
    const auto second = protocol::decode_next<protocol::AllowedEntry>(rest);
    ASSERT_TRUE(first && second && rest.empty());
    EXPECT_EQ(first->identity.bytes, user(kAlice).uuid.bytes);
    EXPECT_EQ(second->login, protocol::Login::group);
    EXPECT_EQ(second->limits, of_bytes(4711));
    Content small(protocol::kAllowedEntryBytes);
    EXPECT_EQ(call(session_of(0), protocol::Command::allowed, protocol::AllowedRequest{}, &small, kOut).result, number(Code::short_buffer));
}

TEST_F(AllowList, ManyAreNamedAllOrNone) {
    EXPECT_EQ(root_says(AllowVerb::drop, {named(kAlice)}), number(Code::item_not_found));
    EXPECT_FALSE(kept());
    std::vector<protocol::Allowed> names;
    for (uint32_t uid = 1; uid <= limits::kAllowEntriesMax; ++uid) {
        names.push_back(named(uid));
        if (names.size() < limits::kAllowNamesMax) continue;
        ASSERT_EQ(root_says(AllowVerb::set, names), 0U);
        names.clear();
    }
    const Content full = kept().value();
    EXPECT_EQ(full.size(), engine::kAllowListBytesMax);
    EXPECT_EQ(look(session_of(0))->entries, limits::kAllowEntriesMax);
    EXPECT_EQ(root_says(AllowVerb::set, {named(1), named(5000)}, of_bytes(1)), number(Code::limit_exceeded));
    EXPECT_EQ(root_says(AllowVerb::drop, {named(1), named(5000)}), number(Code::item_not_found));
    EXPECT_EQ(kept(), full);
    EXPECT_EQ(root_says(AllowVerb::set, {named(1)}, of_bytes(1)), 0U) << "already on the list";
    EXPECT_EQ(root_says(AllowVerb::drop, {named(1), named(2)}), 0U);
    EXPECT_EQ(root_says(AllowVerb::set, {named(5000)}), 0U);
}

TEST_F(AllowList, OutlivesTheInstance) {
    ASSERT_EQ(root_says(AllowVerb::set, {named(kAlice)}, of_objects(1)), 0U);
    for (int life = 0; life < 2; ++life) {
        EXPECT_EQ(put(session_of(kAlice), "a", filled(10, 1)), 0U);
        EXPECT_EQ(put(session_of(kAlice), "b", filled(10, 1)), kOverLimit);
        EXPECT_EQ(put(session_of(kBob), "a", filled(10, 1)), kNotAllowed);
        end_sessions();
    }
}

// With an unreadable list, only root may store anything new.
TEST_F(AllowList, Rule28ADamagedListIsClosed) {
    for (const bool by_the_tee : {true, false}) {
        ASSERT_EQ(root_says(AllowVerb::open), 0U);
        ASSERT_EQ(put(session_of(kAlice), "a", filled(10, 1)), 0U);
        ASSERT_EQ(root_says(AllowVerb::others), 0U);
        end_sessions();
        if (by_the_tee) damage(list_id());
        else keep(filled(64, 0xEE));
        for (int life = 0; life < 2; ++life) {  // the TEE deletes the damaged list, but the next instance must still know of the damage
            const uint32_t alice = session_of(kAlice);
            EXPECT_EQ(put(alice, "b", filled(1, 1)), kNotAllowed) << life;
            EXPECT_EQ(put(alice, "a", filled(11, 1)), kNotAllowed);
            EXPECT_EQ(put(alice, "a", filled(10, 2)), 0U);
            EXPECT_EQ(content(alice, "a"), filled(10, 2));
            EXPECT_EQ(put(session_of(0), "r", filled(1, 1)), 0U);
            const auto answer = look(alice);
            ASSERT_TRUE(answer);
            EXPECT_EQ(answer->flags, protocol::kAllowedListed | protocol::kAllowedDamaged);
            EXPECT_EQ(answer->standing, Standing::refused);
            end_sessions();
        }
        ASSERT_EQ(root_says(AllowVerb::total, {}, of_objects(100)), 0U);
        EXPECT_EQ(put(session_of(kAlice), "b", filled(1, 1)), kNotAllowed) << "a total does not open a damaged list";
        ASSERT_EQ(root_says(AllowVerb::set, {named(kAlice)}), 0U);
        EXPECT_EQ(put(session_of(kAlice), "b", filled(1, 1)), 0U);
        EXPECT_EQ(look(session_of(0))->flags, protocol::kAllowedListed | protocol::kAllowedClosed);
        EXPECT_EQ(remove(session_of(kAlice), "b"), 0U);
        end_sessions();
    }
}

TEST_F(AllowList, Rule28ANewerListIsClosedAndNotOverwritten) {
    ASSERT_EQ(root_says(AllowVerb::others), 0U);
    Content newer = kept().value();
    newer.at(4) = std::byte{2};
    end_sessions();
    keep(newer);
    EXPECT_EQ(put(session_of(kAlice), "a", filled(1, 1)), kNotAllowed);
    EXPECT_EQ(look(session_of(kAlice))->flags, protocol::kAllowedListed | protocol::kAllowedNewer);
    EXPECT_EQ(root_says(AllowVerb::set, {named(kAlice)}), number(Code::not_supported));
    EXPECT_EQ(kept(), newer);
    EXPECT_EQ(root_says(AllowVerb::open), 0U);
    EXPECT_EQ(put(session_of(kAlice), "a", filled(1, 1)), 0U);
}

TEST_F(AllowList, AStorageThatCannotBeReadStoresNothing) {
    ASSERT_EQ(root_says(AllowVerb::others), 0U);
    end_sessions();
    const uint32_t alice = session_of(kAlice);
    sim::Faults faults;
    faults.storage = 2;  // after the TA has looked for the object
    faults.storage_code = number(Code::storage_not_available);
    tee_.set_faults(faults);
    EXPECT_EQ(put(alice, "a", filled(1, 1)), number(Code::storage_not_available));
    tee_.set_faults({});
    EXPECT_EQ(put(alice, "a", filled(1, 1)), 0U) << "the list is read again";
}

// Every failure leaves the old list or the new one; the new one if it was acknowledged.
TEST_F(AllowList, IsTheOldOneOrTheNewWhateverFails) {
    const std::vector<AllowRequest> changes = {request(AllowVerb::set, {named(kBob)}, of_bytes(1)),
                                               request(AllowVerb::drop, {named(kAlice)}), request(AllowVerb::total, {}, of_bytes(5)),
                                               request(AllowVerb::open)};
    for (const AllowRequest& change : changes) {
        for (const bool is_cut : {false, true}) {
            bool is_done = false;
            for (uint64_t at = 1; !is_done && at < 20; ++at) {
                ASSERT_EQ(root_says(AllowVerb::open), 0U);
                ASSERT_EQ(root_says(AllowVerb::set, {named(kAlice)}, of_bytes(9)), 0U);
                const std::optional<Content> old = kept();
                const uint32_t root = session_of(0);
                sim::Faults faults;
                faults.storage = at;
                faults.storage_code = number(Code::storage_not_available);
                faults.panic_on_storage = is_cut;
                tee_.set_faults(faults);
                const uint32_t said = say(root, change);
                is_done = tee_.faults().storage != 0;
                tee_.set_faults({});
                const std::optional<Content> now = kept();
                EXPECT_TRUE(said != 0 || now != old) << at;
                EXPECT_TRUE(now || change.verb == AllowVerb::open) << at << ": there is always a list";
                end_sessions();
                const auto after = look(session_of(0));
                ASSERT_TRUE(after) << at;
                EXPECT_EQ(after->flags & protocol::kAllowedDamaged, 0) << at;
                end_sessions();
            }
            EXPECT_TRUE(is_done);
        }
    }
}

TEST_F(AllowList, CostsOneCallWhereThereIsNone) {
    const uint32_t alice = session_of(kAlice);
    const uint64_t before = tee_.counters().storage_calls();
    ASSERT_EQ(put(alice, "a", filled(10, 1)), 0U);
    EXPECT_EQ(tee_.counters().storage_calls() - before, 3U) << "each instance looks for the list once";
    ASSERT_EQ(put(alice, "b", filled(10, 1)), 0U);
    EXPECT_EQ(tee_.counters().storage_calls() - before, 5U);
}

}  // namespace
}  // namespace festore::ta
