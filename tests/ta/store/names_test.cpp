// SPDX-License-Identifier: BSD-2-Clause
// An owner's named stores: each has its own record, and none is mistaken for another, whatever a client sends.
#include "engine/records/store_claim.h"
#include "protocol/store_rebuild.h"
#include "tests/ta/harness/repairing_commands.h"

namespace festore::ta {
namespace {

class StoreNames : public RepairingCommands {
protected:
    explicit StoreNames(const sim::Config& config = {}) : RepairingCommands(config) {}

    uint32_t make_named(uint32_t session, Disk& disk, std::string_view name, Anchor anchor = Anchor::ree, std::string_view directory = {}) {
        Content header(protocol::kNamedStoreHeaderBytes);
        protocol::MakeRequest request{anchor, protocol::CipherChoice::aes_256_gcm, false, 0, {bytes_of(name), bytes_of(directory)}};
        const Called made = store(session, Command::store_make, request, {&header, kOut});
        if (made.result != 0) return made.result;
        const auto decoded = protocol::decode_store_header(Bytes(header).first(made.content_size));
        EXPECT_TRUE(decoded);
        if (!decoded) return number(Code::generic);
        EXPECT_EQ(decoded->name(), name);
        disk.header = *decoded;
        return create(session, disk);
    }
    uint32_t open_named(uint32_t session, const Disk& disk, std::string_view name) {
        const protocol::OpenRequest request{disk.header.store_id, disk.header.anchor, disk.header.key_check, false, bytes_of(name)};
        return store(session, Command::store_open, request).result;
    }
    uint32_t find_named(uint32_t session, std::string_view name, Anchor anchor = Anchor::ree) {
        return store(session, Command::store_find, protocol::FindRequest{anchor, {}, bytes_of(name)}).result;
    }
    uint32_t destroy_named(uint32_t session, const Disk& disk, std::string_view name, bool any_name = false) {
        const protocol::DestroyRequest request{disk.header.anchor, {}, disk.header.store_id, bytes_of(name), false, any_name};
        return store(session, Command::store_destroy, request).result;
    }
    // What the TEE reports about a place, as "name directory"; "-" if it has nothing for that caller.
    std::string told_of(uint32_t session, uint32_t place, Anchor anchor = Anchor::ree, bool own = true) {
        Content claim(400);
        const Called called = store(session, Command::store_record_at, protocol::RecordAtRequest{anchor, place, own}, {&claim, kOut});
        const auto answer = protocol::decode<protocol::RecordAtAnswer>(called.answer);
        if (called.result != 0 || !answer || answer->state == protocol::RecordAtAnswer::State::free) return "-";
        const auto told = protocol::decode<protocol::StoreClaim>(Bytes(claim).first(called.content_size));
        return told ? std::string(text_of(told->name)) + " " + std::string(text_of(told->directory)) : "nonsense";
    }
    void SetUp() override {
        session_ = session_of(1000);
        make_store(session_, default_);
        ASSERT_EQ(store_put(session_, default_, "a", filled(10, 1)), 0U);
        ASSERT_EQ(make_named(session_, web_, "web", Anchor::ree, "/srv/web"), 0U);
        ASSERT_EQ(store_put(session_, web_, "b", filled(10, 2)), 0U);
    }
    uint32_t session_ = 0;
    Disk default_, web_;
};

TEST_F(StoreNames, EachHasItsOwnRecord) {
    EXPECT_EQ(store_stat(session_, web_, "b"), 0U);
    EXPECT_EQ(store_stat(session_, web_, "a"), number(Code::item_not_found));
    ASSERT_EQ(open_store(session_, default_), 0U);
    EXPECT_EQ(store_stat(session_, default_, "a"), 0U);
    EXPECT_EQ(store_stat(session_, default_, "b"), number(Code::item_not_found));
    EXPECT_EQ(find_named(session_, "web"), 0U);
    EXPECT_EQ(find_named(session_, "webb"), number(Code::item_not_found));
    // Both stores are open at the same time, in two sessions.
    const uint32_t second = session_of(1000);
    ASSERT_EQ(open_named(second, web_, "web"), 0U);
    EXPECT_EQ(store_put(session_, default_, "c", filled(10, 3)), 0U);
    EXPECT_EQ(store_put(second, web_, "d", filled(10, 4)), 0U);
    EXPECT_EQ(store_stat(session_, default_, "d"), number(Code::item_not_found));
    EXPECT_EQ(store_stat(second, web_, "c"), number(Code::item_not_found));
}

TEST_F(StoreNames, Rule03TheNameIsTheRecordsAndNotTheHeaders) {
    EXPECT_EQ(open_named(session_, web_, ""), number(Code::bad_parameters)) << "the default record is of another store";
    EXPECT_EQ(open_named(session_, default_, "web"), number(Code::bad_parameters));
    EXPECT_EQ(open_named(session_, web_, "other"), number(Code::item_not_found));
    EXPECT_EQ(open_named(session_of(1001), web_, "web"), number(Code::item_not_found)) << "another owner's";
    EXPECT_EQ(open_named(session_, web_, "web"), 0U);
}

TEST_F(StoreNames, Rule03ThereIsOneOfANameWhateverItsAnchor) {
    Disk again;
    for (const Anchor anchor : {Anchor::ree, Anchor::rpmb}) {
        EXPECT_EQ(make_named(session_, again, "web", anchor), number(Code::access_conflict)) << static_cast<int>(anchor);
        EXPECT_EQ(make_named(session_, again, "", anchor), number(Code::access_conflict)) << static_cast<int>(anchor);
    }
    EXPECT_EQ(make_named(session_, again, "vault", Anchor::rpmb), 0U);
    EXPECT_EQ(make_named(session_, again, "vault", Anchor::ree), number(Code::access_conflict));
}

// A store under rpmb blocks only a store of the same name under ree.
TEST_F(StoreNames, Rule27AsksTheRpmbForTheNameThatIsOpened) {
    Disk vault;
    ASSERT_EQ(make_named(session_, vault, "vault", Anchor::rpmb), 0U);
    EXPECT_EQ(open_named(session_, web_, "web"), 0U);
    EXPECT_EQ(open_store(session_, default_), 0U);
    EXPECT_EQ(open_named(session_, vault, "vault"), 0U);
}

TEST_F(StoreNames, AnOwnerHasEight) {
    Disk more;
    for (int i = 3; i <= 8; ++i) {
        const Anchor anchor = i % 2 == 0 ? Anchor::ree : Anchor::rpmb;
        ASSERT_EQ(make_named(session_, more, "n" + std::to_string(i), anchor), 0U) << i;
    }
    for (const Anchor anchor : {Anchor::ree, Anchor::rpmb}) EXPECT_EQ(make_named(session_, more, "n9", anchor), number(Code::many_stores));
    EXPECT_EQ(make_named(session_of(1001), more, "n9"), 0U) << "another owner's stores do not count";
    EXPECT_EQ(destroy_named(session_, web_, "web"), 0U);
    EXPECT_EQ(make_named(session_, more, "n9"), 0U);
    EXPECT_EQ(make_named(session_, more, "n10"), number(Code::many_stores));
}

// make and create are two calls: many sessions can call make before the first calls create.
TEST_F(StoreNames, TheLimitHoldsAtCreation) {
    std::array<Disk, 8> disks;
    std::vector<uint32_t> sessions;
    for (size_t i = 0; i < disks.size(); ++i) {
        sessions.push_back(session_of(1000));
        Content header(protocol::kNamedStoreHeaderBytes);
        const std::string name = "n" + std::to_string(i);
        const protocol::MakeRequest request{Anchor::ree, protocol::CipherChoice::aes_256_gcm, false, 0, {bytes_of(name), {}}};
        ASSERT_EQ(store(sessions.back(), Command::store_make, request, {&header, kOut}).result, 0U);
        disks[i].header = protocol::decode_store_header(header).value();
    }
    for (size_t i = 0; i < disks.size(); ++i) EXPECT_EQ(create(sessions[i], disks[i]), i < 6 ? 0U : number(Code::many_stores)) << i;
}

// If the RPMB is not asked, an owner can make eight stores under each anchor, but can move none while it has more than eight.
TEST_F(StoreNames, StoresThatWereMadeUnaskedDoNotMoveBeyondTheLimit) {
    Disk more;
    for (int i = 3; i <= 8; ++i) ASSERT_EQ(make_named(session_, more, "n" + std::to_string(i), Anchor::rpmb), 0U) << i;
    Content header(protocol::kNamedStoreHeaderBytes);
    const protocol::MakeRequest unasked{Anchor::ree, protocol::CipherChoice::aes_256_gcm, true, 0, {bytes_of("extra"), {}}};
    ASSERT_EQ(store(session_, Command::store_make, unasked, {&header, kOut}).result, 0U);
    Disk extra;
    extra.header = protocol::decode_store_header(header).value();
    ASSERT_EQ(create(session_, extra), 0U);
    const protocol::RebuildRequest move{{}, protocol::RebuildKind::whole, protocol::RebuildAnchor::rpmb, {bytes_of("extra"), {}}};
    EXPECT_EQ(paged(session_, extra, Command::store_rebuild_begin, move).result, number(Code::many_stores));
    ASSERT_EQ(destroy_named(session_, web_, "web"), 0U);
    EXPECT_EQ(paged(session_, extra, Command::store_rebuild_begin, move).result, 0U);
}

TEST_F(StoreNames, DestroyTakesTheOneThatIsNamed) {
    EXPECT_EQ(destroy_named(session_, web_, ""), number(Code::bad_parameters)) << "the default store has another id";
    EXPECT_EQ(destroy_named(session_, web_, "jobs"), number(Code::item_not_found));
    EXPECT_EQ(find_named(session_, "web"), 0U);
    EXPECT_EQ(destroy_named(session_, web_, "jobs", true), 0U) << "the id selects the store";
    EXPECT_EQ(find_named(session_, "web"), number(Code::item_not_found));
    EXPECT_EQ(destroy_named(session_, web_, "web"), number(Code::store_destroyed)) << "a repeated destroy shows what the first one did";
    EXPECT_EQ(open_store(session_, default_), 0U);
    EXPECT_EQ(store_stat(session_, default_, "a"), 0U);
    Disk other;
    ASSERT_EQ(make_named(session_, other, "web"), 0U);
    EXPECT_EQ(destroy_named(session_, web_, "web"), number(Code::bad_parameters)) << "the record of that name is of another store";
    EXPECT_EQ(find_named(session_, "web"), 0U);
}

// A record of a newer version tells its name, though nothing else.
TEST_F(StoreNames, ARecordOfANewerVersionIsReachedByItsOwnNameOnly) {
    end_sessions();
    Content content = table();
    content[engine::kTableHeaderBytes + engine::kRootRecordBytes + 5] = std::byte{9};  // the minor version
    store_table(content);
    session_ = session_of(1000);
    EXPECT_EQ(destroy_named(session_, web_, "jobs"), number(Code::item_not_found));
    end_sessions();
    EXPECT_EQ(table(), content);
}

// Rule 3: a damaged record prevents new stores of every name, because its own name is unknown.
TEST_F(StoreNames, Rule03ADamagedRecordMayBeOfAnyName) {
    end_sessions();
    Content content = table();
    const size_t second = engine::kTableHeaderBytes + engine::kRootRecordBytes;
    content[second + engine::kRootNameOffset] ^= std::byte{1};
    content[second + 140] = content[second + 141] = content[second + 142] = content[second + 143] = std::byte{0};  // no page at all
    store_table(content);
    session_ = session_of(1000);
    Disk again;
    EXPECT_EQ(make_named(session_, again, "web"), number(Code::access_conflict));
    EXPECT_EQ(make_named(session_, again, "other"), number(Code::access_conflict));
    EXPECT_EQ(find_named(session_, "web"), number(Code::corrupt_object));
    EXPECT_EQ(open_store(session_, default_), 0U) << "the intact one is served";
    EXPECT_EQ(make_named(session_of(1001), again, "web"), 0U) << "other owners are not affected";
    EXPECT_EQ(destroy_named(session_, web_, "web"), 0U);
    EXPECT_EQ(make_named(session_, again, "web"), 0U);
}

TEST_F(StoreNames, RepairBringsBackTheOneThatIsNamed) {
    lose(kTable);
    session_ = session_of(1000);
    for (Disk* disk : {&web_, &default_})
        for (uint32_t slot = 0; slot < engine::kRecoverySlots; ++slot) disk->pages.try_emplace(slot);
    protocol::RepairRequest wrong = request_for(web_);
    wrong.claim.name = bytes_of("other");
    EXPECT_EQ(paged(session_, web_, Command::store_repair_begin, wrong).result, number(Code::bad_parameters)) << "the name must match";
    wrong.claim.name = {};
    EXPECT_EQ(paged(session_, web_, Command::store_repair_begin, wrong).result, number(Code::bad_parameters));
    claim_ = {bytes_of("web"), bytes_of("/mnt/web")};
    ASSERT_EQ(repair_all(session_, web_), 0U);
    EXPECT_EQ(store_stat(session_, web_, "b"), 0U);
    EXPECT_EQ(told_of(session_, 0), "web /mnt/web");
    claim_ = {};
    ASSERT_EQ(repair_all(session_, default_), 0U) << "the other store does not prevent it";
    EXPECT_EQ(store_stat(session_, default_, "a"), 0U);
    claim_ = {bytes_of("web"), {}};
    EXPECT_EQ(begin(session_, web_), number(Code::access_conflict)) << "it exists";
}

// An unreadable record in the RPMB may be of the store that is opened under ree: the TA reports damage, not another store.
// A record that names another store prevents no repair.
TEST_F(StoreNames, Rule27ADamagedRecordInTheRpmbIsToldAsDamage) {
    Disk vault;
    ASSERT_EQ(make_named(session_, vault, "vault", Anchor::rpmb), 0U);
    end_sessions();
    Content content = table(Anchor::rpmb);
    for (size_t i = 140; i < 144; ++i) content[engine::kTableHeaderBytes + i] = std::byte{0};
    store_table(content, Anchor::rpmb);
    session_ = session_of(1000);
    EXPECT_EQ(open_named(session_, web_, "web"), number(Code::corrupt_object));
    lose(kTable, Anchor::ree);
    session_ = session_of(1000);
    claim_ = {bytes_of("web"), {}};
    EXPECT_EQ(repair_all(session_, web_), 0U);
}

// A repair must not overwrite another store's damaged record: that store could not be repaired any more.
TEST_F(StoreNames, Rule25ARepairOverwritesNoOtherStoresRecord) {
    end_sessions();
    Content content = table();
    const auto first = content.begin() + engine::kTableHeaderBytes;
    std::fill(first, first + engine::kRootRecordBytes, std::byte{0});  // the default store's record is lost
    const size_t second = engine::kTableHeaderBytes + engine::kRootRecordBytes;
    for (size_t i = 140; i < 144; ++i) content[second + i] = std::byte{0};  // and web's is damaged
    store_table(content);
    session_ = session_of(1000);
    ASSERT_EQ(repair_all(session_, default_), 0U);
    claim_ = {bytes_of("web"), {}};
    ASSERT_EQ(repair_all(session_, web_), 0U);
    EXPECT_EQ(store_stat(session_, web_, "b"), 0U);
    ASSERT_EQ(open_store(session_, default_), 0U);
    EXPECT_EQ(store_stat(session_, default_, "a"), 0U);
}

TEST_F(StoreNames, TheTeeTellsWhatItWasTold) {
    EXPECT_EQ(told_of(session_, 0), " ") << "the default store has no name and no directory";
    EXPECT_EQ(told_of(session_, 1), "web /srv/web");
    const uint32_t other = session_of(1001);
    EXPECT_EQ(told_of(other, 1), "-") << "another owner's store";
    Content claim(400);
    const protocol::RecordAtRequest second_place{Anchor::ree, 1};
    EXPECT_EQ(store(other, Command::store_record_at, second_place, {&claim, kOut}).result, number(Code::access_denied));
    EXPECT_EQ(told_of(session_of(0), 1, Anchor::ree, false), "web /srv/web");
    // The TA ignores a claim of another store, a claim with another name, and garbage.
    const auto claim_object = [&] {
        for (const Content& id : tee_.stored_ids(TEE_STORAGE_PRIVATE_REE, protocol::kTaUuid))
            if (text(id).find("claim ") != std::string::npos) return id;
        return Content();
    };
    const Content id = claim_object();
    ASSERT_FALSE(id.empty());
    end_sessions();
    const Content kept = tee_.stored_object(TEE_STORAGE_PRIVATE_REE, protocol::kTaUuid, id).value();
    for (const size_t offset : {0U, 8U, 26U}) {
        Content changed = kept;
        changed[offset] ^= std::byte{1};
        ASSERT_TRUE(tee_.store_object(TEE_STORAGE_PRIVATE_REE, protocol::kTaUuid, id, changed));
        session_ = session_of(1000);
        EXPECT_EQ(told_of(session_, 1), " ") << offset;
        EXPECT_EQ(open_named(session_, web_, "web"), 0U) << "only the record counts";
        end_sessions();
    }
    ASSERT_TRUE(tee_.store_object(TEE_STORAGE_PRIVATE_REE, protocol::kTaUuid, id, kept));
    session_ = session_of(1000);
    ASSERT_EQ(destroy_named(session_, web_, "web"), 0U);
    EXPECT_TRUE(claim_object().empty()) << "the claim is deleted";
}

TEST_F(StoreNames, NoRoomForWhatItTellsIsNoAnswer) {
    for (size_t room : {0U, 5U}) {
        Content claim(room);
        const Called called = store(session_, Command::store_record_at, protocol::RecordAtRequest{Anchor::ree, 1, true}, {&claim, kOut});
        EXPECT_EQ(called.result, number(Code::short_buffer));
        EXPECT_EQ(called.content_size, 2 + 3 + 8U);
    }
    EXPECT_EQ(store(session_, Command::store_record_at, protocol::RecordAtRequest{Anchor::ree, 1, true}).result, 0U)
        << "no claim is requested";
}

// The creation fails at each of its calls into TEE storage. Afterwards the store exists, or there is no store of that name.
TEST_F(StoreNames, ACreationThatFailsLeavesTheNameFree) {
    bool made = false;
    for (uint64_t n = 1; n < 20 && !made; ++n) {
        Disk vault;
        sim::Faults faults;
        faults.storage = n;
        tee_.set_faults(faults);
        made = make_named(session_, vault, "vault", Anchor::ree, "/srv/vault") == 0;
        tee_.set_faults({});
        end_sessions();
        session_ = session_of(1000);
        const bool is_there = find_named(session_, "vault") == 0;
        EXPECT_TRUE(!made || is_there) << n;
        if (is_there) {
            const std::string told = told_of(session_, 2);
            EXPECT_TRUE(told == "vault /srv/vault" || told == " ") << n << told;
            ASSERT_EQ(destroy_named(session_, vault, "vault"), 0U);
        }
        EXPECT_EQ(open_named(session_, web_, "web"), 0U) << n;
    }
    EXPECT_TRUE(made);
}

class OldRpmb : public StoreNames {
protected:
    static sim::Config version(const char* text) {
        sim::Config config;
        config.version = text;
        return config;
    }
    OldRpmb() : StoreNames(version("4.9.0")) {}
    // How many places users other than root get, and how many root gets after them.
    std::pair<size_t, size_t> places() {
        Disk disk;
        std::pair<size_t, size_t> made{0, 0};
        for (uid_t uid = 2000; make_named(session_of(uid), disk, "", Anchor::rpmb) == 0; ++uid, ++made.first) end_sessions();
        end_sessions();
        const uint32_t root = session_of(0);
        while (make_named(root, disk, "r" + std::to_string(made.second), Anchor::rpmb) == 0) ++made.second;
        return made;
    }
};

// Before OP-TEE 4.10, only the first 4096 bytes of an object in the RPMB are safe (docs/rpmb.md).
TEST_F(OldRpmb, HasFifteenPlacesThreeOfThemRoots) { EXPECT_EQ(places(), (std::pair<size_t, size_t>{12, 3})); }

TEST_F(OldRpmb, UnderReeThereAreAsManyAsEver) {
    Disk disk;
    for (uid_t uid = 2000; uid < 2020; ++uid) {
        ASSERT_EQ(make_named(session_of(uid), disk, "", Anchor::ree), 0U) << uid;
        end_sessions();
    }
}

}  // namespace
}  // namespace festore::ta
