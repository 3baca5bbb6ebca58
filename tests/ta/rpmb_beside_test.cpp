// SPDX-License-Identifier: BSD-2-Clause
// A store under ree beside one under rpmb (rule 27): whatever the client says, the TA itself asks the RPMB before it serves a store
// under ree. Also: what happens if the RPMB does not answer, or if root says that the device has none.
#include "tests/ta/harness/repairing_commands.h"

namespace festore::ta {
namespace {

using Rpmb = sim::Faults::Rpmb;
using Word = protocol::RpmbRequest::Word;

constexpr uid_t kOwner = 1000;

class BesideRpmb : public RepairingCommands {
protected:
    explicit BesideRpmb(const sim::Config& config = {}) : RepairingCommands(config) {}

    void rpmb_is(Rpmb rpmb) {
        sim::Faults faults;
        faults.rpmb = rpmb;
        tee_.set_faults(faults);
    }
    // A new store of kOwner, with an object in it. Leaves no session open: the next session starts a new instance.
    Disk made(Anchor anchor, bool without_asking = false) {
        Disk disk;
        const uint32_t session = session_of(kOwner);
        Content header(protocol::kStoreHeaderBytes);
        const protocol::MakeRequest request{anchor, protocol::CipherChoice::aes_256_gcm, without_asking, 0};
        EXPECT_EQ(store(session, Command::store_make, request, {&header, kOut}).result, 0U);
        disk.header = protocol::decode_store_header(header).value();
        EXPECT_EQ(create(session, disk), 0U);
        EXPECT_EQ(store_put(session, disk, "first", filled(10, 1)), 0U);
        end_sessions();
        return disk;
    }
    // Both stores at once, as after a rollback of the TEE's files: an old table of ree beside the RPMB's.
    void make_both(Disk& ree, Disk& rpmb) {
        ree = made(Anchor::ree);
        const Content old = table(Anchor::ree);
        ASSERT_EQ(destroy(opened(ree), ree), 0U);
        end_sessions();
        rpmb = made(Anchor::rpmb);
        store_table(old, Anchor::ree);
    }
    uint32_t opened(const Disk& disk) {
        const uint32_t session = session_of(kOwner);
        EXPECT_EQ(open_store(session, disk), 0U);
        return session;
    }
    // Opens the store in a new instance. Returns 0 or the error.
    uint32_t opens(const Disk& disk, bool without_asking = false) {
        const uint32_t session = session_of(kOwner);
        const Called called = open_with(session, disk, without_asking);
        end_sessions();
        return called.result;
    }
    Called open_with(uint32_t session, const Disk& disk, bool without_asking = false) {
        const protocol::OpenRequest request{disk.header.store_id, disk.header.anchor, disk.header.key_check, without_asking};
        return store(session, Command::store_open, request);
    }
    bool is_marked(const Disk& disk) {
        const uint32_t session = session_of(kOwner);
        const Called called = open_with(session, disk);
        end_sessions();
        const auto status = protocol::decode<protocol::StoreStatus>(called.answer);
        EXPECT_TRUE(called.result == 0 && status);
        return status && (status->flags & stored::kRootMadeUnasked) != 0;
    }
    // What the record itself says; it must be the only one in the table.
    bool is_marked_in_table() {
        const auto record = engine::decode_root_record(Bytes(table(Anchor::ree)).last(engine::kRootRecordBytes));
        return record && (record->flags & engine::kRootMadeUnasked) != 0;
    }
    void put_one(const Disk& opened_from, Disk& disk) {
        EXPECT_EQ(store_put(opened(opened_from), disk, "next", filled(10, 2)), 0U);
        end_sessions();
    }
    // The table as a TA of 1.0 left it: no header, and records of minor version 0.
    void make_table_of_1_0() {
        const Content now = table(Anchor::ree);
        Content old(now.begin() + engine::kTableHeaderBytes, now.end());
        for (size_t at = 0; at < old.size(); at += engine::kRootRecordBytes) {
            old[at + 5] = std::byte{0};
            for (size_t i = 184; i < 188; ++i) old[at + i] = std::byte{0};  // flags
            for (size_t i = 232; i < 240; ++i) old[at + i] = std::byte{0};  // changes
        }
        store_table(old, Anchor::ree);
    }
    uint32_t say(uint32_t session, Word word, bool without_asking = false) {
        const Answer answer = call(session, protocol::Command::rpmb_here, protocol::RpmbRequest{word, without_asking});
        const auto decoded = protocol::decode<protocol::RpmbAnswer>(answer.answer);
        none_here_ = decoded && decoded->none_here;
        return answer.result;
    }
    // Sent by root, in a new instance.
    void say(Word word) {
        EXPECT_EQ(say(session_of(0), word, word == Word::none), 0U);
        end_sessions();
    }
    bool none_here_ = false;  // from the last answer
};

TEST_F(BesideRpmb, Rule27AStoreUnderReeIsNotOpenedBesideOneUnderRpmb) {
    Disk ree, rpmb;
    make_both(ree, rpmb);
    for (const bool without_asking : {false, true}) {
        const uint32_t session = session_of(kOwner);
        EXPECT_EQ(open_with(session, ree, without_asking).result, number(Code::store_in_rpmb));
        EXPECT_EQ(store_stat(session, ree, "first"), number(Code::bad_state)) << "and the TA serves nothing of it";
        end_sessions();
    }
    EXPECT_EQ(opens(rpmb), 0U);
    const uint32_t session = session_of(kOwner);
    EXPECT_EQ(destroy(session, ree), 0U) << "its owner can destroy it";
    EXPECT_EQ(find(session, Anchor::ree), number(Code::item_not_found));
    EXPECT_EQ(find(session, Anchor::rpmb), 0U);
}

TEST_F(BesideRpmb, Rule27AnotherOwnersStoreUnderRpmbIsNotInTheWay) {
    const Disk ree = made(Anchor::ree);
    Disk theirs;
    make_store(session_of(1001), theirs, Anchor::rpmb);
    end_sessions();
    EXPECT_EQ(opens(ree), 0U);
}

TEST_F(BesideRpmb, Rule27AStoreThatWasMadeWithAnAnswerIsNotOpenedWithoutOne) {
    const Disk ree = made(Anchor::ree);
    EXPECT_FALSE(is_marked(ree));
    rpmb_is(Rpmb::not_available);
    EXPECT_EQ(opens(ree), number(Code::rpmb_no_answer));
    EXPECT_EQ(opens(ree, true), number(Code::rpmb_no_answer)) << "what the client says does not count";
    rpmb_is(Rpmb::ends_ta);
    EXPECT_EQ(opens(ree, true), number(Code::target_dead));
    rpmb_is(Rpmb::answers);
    EXPECT_EQ(opens(ree), 0U);
}

TEST_F(BesideRpmb, Rule27AStoreThatWasMadeUnaskedIsMarkedAndDoesWithout) {
    rpmb_is(Rpmb::ends_ta);
    Disk ree = made(Anchor::ree, true);
    EXPECT_EQ(opens(ree), number(Code::target_dead)) << "the RPMB was asked";
    EXPECT_EQ(opens(ree, true), 0U);
    rpmb_is(Rpmb::not_available);
    EXPECT_EQ(opens(ree), 0U);
    EXPECT_TRUE(is_marked(ree));
    rpmb_is(Rpmb::answers);
    put_one(ree, ree);
    EXPECT_TRUE(is_marked(ree)) << "for the store's whole life";
}

TEST_F(BesideRpmb, Rule27AMarkedStoreIsNotOpenedBesideOneUnderRpmbEither) {
    made(Anchor::rpmb);
    const Disk ree = made(Anchor::ree, true);
    EXPECT_EQ(opens(ree), number(Code::store_in_rpmb));
}

TEST_F(BesideRpmb, TheMarkOutlivesARepair) {
    rpmb_is(Rpmb::not_available);
    Disk ree = made(Anchor::ree, true);
    rpmb_is(Rpmb::answers);
    lose(kTable, Anchor::ree);
    ASSERT_EQ(repair_all(session_of(kOwner), ree), 0U);
    end_sessions();
    EXPECT_TRUE(is_marked(ree));
}

TEST_F(BesideRpmb, ARecordOf10IsMarkedAtItsNextChangeWhereTheRpmbGivesNoAnswer) {
    Disk ree = made(Anchor::ree);
    make_table_of_1_0();
    const Content before = table(Anchor::ree);
    EXPECT_FALSE(is_marked(ree));
    for (const Rpmb rpmb : {Rpmb::not_available, Rpmb::ends_ta}) {
        rpmb_is(rpmb);
        EXPECT_EQ(opens(ree, true), 0U);
    }
    rpmb_is(Rpmb::not_available);
    EXPECT_TRUE(is_marked(ree));
    EXPECT_EQ(table(Anchor::ree), before) << "opening changes nothing";
    put_one(ree, ree);
    EXPECT_TRUE(is_marked_in_table());
    rpmb_is(Rpmb::answers);
    EXPECT_TRUE(is_marked(ree));
}

TEST_F(BesideRpmb, ARecordOf10IsNotMarkedWhereTheRpmbAnswers) {
    Disk ree = made(Anchor::ree);
    make_table_of_1_0();
    put_one(ree, ree);
    EXPECT_FALSE(is_marked_in_table());
    rpmb_is(Rpmb::not_available);
    EXPECT_EQ(opens(ree), number(Code::rpmb_no_answer));
}

// The cost: the first session of an instance tries to open the RPMB's table, which does not exist; later ones cost nothing.
TEST_F(BesideRpmb, ItIsAskedOnceInTheLifeOfAnInstance) {
    const Disk ree = made(Anchor::ree);
    const uint32_t first = session_of(kOwner);
    const uint64_t before = tee_.counters().storage_open;
    EXPECT_EQ(open_store(first, ree), 0U);
    EXPECT_EQ(tee_.counters().storage_open - before, 2U) << "the tables of ree and rpmb";
    const uint64_t calls = tee_.counters().storage_calls();
    EXPECT_EQ(open_store(session_of(kOwner), ree), 0U);
    EXPECT_EQ(open_store(first, ree), 0U);
    EXPECT_EQ(tee_.counters().storage_calls(), calls);
}

TEST_F(BesideRpmb, OnlyRootSaysThatThereIsNone) {
    const Disk ree = made(Anchor::ree);
    const uint32_t owner = session_of(kOwner);
    for (const Word word : {Word::none, Word::ask})
        EXPECT_EQ(say(owner, word, word == Word::none), number(Code::access_denied));
    uint32_t group_of_root = 0;
    ASSERT_EQ(open(group(0), &group_of_root), 0U);
    ASSERT_EQ(call(group_of_root, protocol::Command::hello, protocol::HelloRequest{1, 6, protocol::Login::group, 0}).result, 0U);
    EXPECT_EQ(say(group_of_root, Word::none, true), number(Code::access_denied));
    EXPECT_EQ(say(owner, Word::look), 0U) << "everybody may look";
    EXPECT_FALSE(none_here_);
    tee_.close_session(group_of_root);
}

TEST_F(BesideRpmb, RootCannotSayThatThereIsNoneWhereItAnswers) {
    EXPECT_EQ(say(session_of(0), Word::none), number(Code::access_conflict));
    EXPECT_FALSE(none_here_);
    end_sessions();
    rpmb_is(Rpmb::not_available);
    EXPECT_EQ(say(session_of(0), Word::none), 0U) << "also if nobody has a store yet";
    EXPECT_TRUE(none_here_);
    end_sessions();
    EXPECT_EQ(say(session_of(kOwner), Word::look), 0U);
    EXPECT_TRUE(none_here_);
}

TEST_F(BesideRpmb, ADamagedTableIsAnAnswer) {
    made(Anchor::rpmb);
    damage(Content(bytes_of(engine::kRootTableId).begin(), bytes_of(engine::kRootTableId).end()));
    EXPECT_EQ(say(session_of(0), Word::none), number(Code::access_conflict));
}

TEST_F(BesideRpmb, WhereRootHasSaidThatThereIsNoneItIsNotAsked) {
    Disk ree = made(Anchor::ree);
    rpmb_is(Rpmb::ends_ta);
    EXPECT_EQ(say(session_of(0), Word::none), number(Code::target_dead)) << "the TA asked whether the RPMB answers";
    say(Word::none);
    EXPECT_EQ(opens(ree), 0U);
    put_one(ree, ree);
    EXPECT_FALSE(is_marked(ree));
    const uint32_t session = session_of(kOwner);
    EXPECT_EQ(find(session, Anchor::ree), 0U);
    EXPECT_EQ(find(session, Anchor::rpmb), number(Code::storage_not_available));
    EXPECT_EQ(destroy(session, ree), 0U);
    end_sessions();
    ree = made(Anchor::ree);
    EXPECT_FALSE(is_marked(ree)) << "root's statement counts as an answer";
    lose(kTable, Anchor::ree);
    say(Word::none);
    EXPECT_EQ(repair_all(session_of(kOwner), ree), 0U);
    end_sessions();
    say(Word::ask);
    EXPECT_EQ(opens(ree), number(Code::target_dead)) << "the RPMB is asked again";
    rpmb_is(Rpmb::answers);
    EXPECT_EQ(opens(ree), 0U);
}

TEST_F(BesideRpmb, RootsWordIsKeptInATableOf10Too) {
    Disk ree = made(Anchor::ree);
    make_table_of_1_0();
    say(Word::none);
    EXPECT_EQ(table(Anchor::ree).size() % engine::kRootRecordBytes, engine::kTableHeaderBytes);
    rpmb_is(Rpmb::ends_ta);
    EXPECT_EQ(opens(ree), 0U);
    put_one(ree, ree);
    EXPECT_FALSE(is_marked_in_table());
}

// Every failure leaves root's old or new statement in force, the new one if it was acknowledged; stores still open.
TEST_F(BesideRpmb, RootsWordIsSaidOrNotWhateverFails) {
    for (const bool of_1_0 : {false, true}) {
        for (const bool is_cut : {false, true}) {
            bool is_done = false;
            for (uint64_t at = 1; !is_done && at < 20; ++at) {
                lose("", Anchor::ree);
                lose("", Anchor::rpmb);
                const Disk ree = made(Anchor::ree);
                if (of_1_0) make_table_of_1_0();
                sim::Faults faults;
                faults.storage = at;
                faults.storage_code = number(Code::storage_not_available);
                faults.panic_on_storage = is_cut;
                const uint32_t root = session_of(0);
                tee_.set_faults(faults);
                const uint32_t said = say(root, Word::none, true);
                is_done = tee_.faults().storage != 0;
                tee_.set_faults({});
                end_sessions();
                ASSERT_EQ(say(session_of(kOwner), Word::look), 0U) << at;
                EXPECT_TRUE(none_here_ || said != 0) << at;
                EXPECT_EQ(opens(ree), 0U) << at;
            }
            EXPECT_TRUE(is_done);
        }
    }
}

TEST_F(BesideRpmb, Rule05RootsWordIsNotExchangedBehindAnInstancesBack) {
    constexpr size_t kFlagsOffset = 24;
    Disk ree = made(Anchor::ree);
    for (const Word word : {Word::ask, Word::none}) {
        say(word);
        const uint32_t session = opened(ree);
        const Prepared next = prepare_put(session, ree, "next", filled(10, 3));
        Content exchanged = table(Anchor::ree);
        exchanged.at(kFlagsOffset) ^= static_cast<std::byte>(engine::kTableNoRpmb);
        store_table(exchanged, Anchor::ree);
        sim::Faults faults;
        faults.storage = 1;
        faults.storage_code = number(Code::storage_no_space);
        tee_.set_faults(faults);
        EXPECT_NE(commit(session, next.commit), 0U);
        tee_.set_faults({});
        EXPECT_EQ(store_stat(session, ree, "first"), number(Code::corrupt_object));
        end_sessions();
    }
}

TEST_F(BesideRpmb, SessionsThatAreFewDoNotAskItEither) {
    const Disk ree = made(Anchor::ree);
    say(Word::none);
    rpmb_is(Rpmb::ends_ta);
    std::vector<uint32_t> sessions;
    uint32_t session = 0;
    for (uid_t uid = 100000; sessions.size() < limits::kSessionsMax && uid < 100200 && open(user(uid), &session) == 0; ++uid)
        sessions.push_back(session);
    EXPECT_EQ(open(user(99), &session), number(Code::busy)) << "a stranger";
    EXPECT_EQ(open(user(kOwner), &session), 0U);
    sessions.push_back(session);
    for (const uint32_t open_one : sessions) tee_.close_session(open_one);
}

class WithoutRpmb : public BesideRpmb {
protected:
    static sim::Config without_rpmb() {
        sim::Config config;
        config.has_rpmb = false;
        return config;
    }
    WithoutRpmb() : BesideRpmb(without_rpmb()) {}
};

TEST_F(WithoutRpmb, IsAnAnswerOfTheSecureWorld) {
    const Disk ree = made(Anchor::ree, true);
    EXPECT_FALSE(is_marked(ree));
    EXPECT_EQ(opens(ree), 0U);
    EXPECT_EQ(say(session_of(0), Word::none), 0U);
}

}  // namespace
}  // namespace festore::ta
