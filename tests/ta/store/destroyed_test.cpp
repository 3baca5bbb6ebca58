// SPDX-License-Identifier: BSD-2-Clause
// Rule 25: a destroyed store is not a lost one. A repair from a kept copy of its directory restores nothing, whatever has happened to
// the table since. A store that the TEE has lost can be repaired.
#include "tests/ta/harness/repairing_commands.h"

namespace festore::ta {
namespace {

constexpr uid_t kOwner = 1000;
constexpr uid_t kOther = 1001;

class Rule25 : public RepairingEither {
protected:
    void SetUp() override { make_filled(kOwner, disk_); }
    uint32_t repair_of(uid_t uid, Disk& disk) { return repair_all(session_of(uid), disk); }
    // The table as a TA of 1.0 left it: no header, and records of minor version 0.
    static Content as_of_1_0(const Content& now) {
        Content old(now.begin() + engine::kTableHeaderBytes, now.end());
        for (size_t at = 0; at < old.size(); at += engine::kRootRecordBytes)
            of_1_0(MutableBytes(old).subspan(at, engine::kRootRecordBytes));
        return old;
    }
    static void of_1_0(MutableBytes record) {
        record[5] = std::byte{0};
        for (size_t i = 184; i < 188; ++i) record[i] = std::byte{0};  // flags
        for (size_t i = 232; i < 240; ++i) record[i] = std::byte{0};  // changes
    }
    // Rewrites both recovery copies as a TA of 1.0 would have written them.
    static void seal_as_1_0(Disk& disk) {
        engine::OpenSslCrypto crypto;
        const Content device_key = device_key_of_simulation();
        for (uint32_t slot = 0; slot < engine::kRecoverySlots; ++slot) {
            engine::PageBytes& page = disk.pages.at(slot);
            engine::RecoveryCopy copy;
            ASSERT_TRUE(engine::open_recovery_copy(crypto, device_key, nullptr, page, copy));
            engine::RootRecordBytes plain{};
            encode(copy.record, plain);
            of_1_0(plain);
            constexpr size_t kHeader = 24;
            constexpr size_t kSealed = kHeader + engine::kNonceBytes + engine::kTagBytes;
            page[5] = std::byte{0};
            std::fill(page.begin() + kSealed, page.end(), std::byte{0});
            engine::Mac key{};
            const Bytes label = bytes_of(std::string_view("festore recovery key 1"));
            ASSERT_TRUE(crypto.hmac(device_key, {label, disk.header.store_id}, key));
            const Bytes nonce = Bytes(page).subspan(kHeader, engine::kNonceBytes);
            engine::Tag tag{};
            ASSERT_TRUE(crypto.seal({copy.record.cipher, key, nonce, Bytes(page).first(kHeader)}, plain,
                                    MutableBytes(page).subspan(kSealed, plain.size()), tag));
            copy_bytes(tag, MutableBytes(page).subspan(kHeader + engine::kNonceBytes));
        }
    }
    // Fills all other places with unreadable bytes; then only root gets one more. cut_back() frees the places after `size`.
    size_t fill_up() {
        end_sessions();
        Content content = table(anchor_);
        const size_t size = content.size();
        content.resize(engine::kTableHeaderBytes + limits::kStoresMax * engine::kRootRecordBytes, std::byte{0x77});
        store_table(content, anchor_);
        return size;
    }
    void cut_back(size_t size) {
        end_sessions();
        Content content = table(anchor_);
        content.resize(size);
        store_table(content, anchor_);
    }
    [[nodiscard]] bool is_rpmb() const { return anchor_ == Anchor::rpmb; }

    // The error if the table only knows that the place is another store's. With the anchor rpmb, the TA looks for the secret first.
    const uint32_t reused_ = is_rpmb() ? number(Code::copy_secret_lost) : destroyed_;
    Disk disk_;
};

TEST_P(Rule25, ADestroyedStoreIsNotRepaired) {
    const Disk copy = disk_;
    destroy_of(kOwner, disk_);
    EXPECT_EQ(may_repair(kOwner, copy), destroyed_);
    end_sessions();
    EXPECT_EQ(may_repair(kOwner, copy), destroyed_) << "nor by the next instance";
    EXPECT_EQ(find(session_of(kOwner), anchor_), number(Code::item_not_found));
}

TEST_P(Rule25, NorWhenItsPlaceIsUsedAgain) {
    const Disk copy = disk_;
    destroy_of(kOwner, disk_);
    Disk others;
    make_filled(kOther, others);
    EXPECT_EQ(table(anchor_).size(), engine::kTableHeaderBytes + engine::kRootRecordBytes) << "the tombstone's place is used";
    EXPECT_EQ(may_repair(kOwner, copy), reused_);
    destroy_of(kOther, others);
    EXPECT_EQ(may_repair(kOwner, copy), reused_) << "a tombstone of another store";
    Disk again;
    make_filled(kOwner, again);
    destroy_of(kOwner, again);
    EXPECT_EQ(may_repair(kOwner, copy), reused_);
    EXPECT_EQ(may_repair(kOwner, again), destroyed_);
}

TEST_P(Rule25, AnOlderCopyIsNoBetter) {
    const Disk older = disk_;
    const uint32_t session = session_of(kOwner);
    ASSERT_EQ(open_store(session, disk_), 0U);
    ASSERT_EQ(store_put(session, disk_, "third", filled(10, 3)), 0U);
    destroy_of(kOwner, disk_);
    for (const bool second : {false, true}) {
        Disk copy = older;
        EXPECT_EQ(paged(session_of(kOwner), copy, Command::store_repair_begin, request_for(copy, second)).result, destroyed_);
    }
}

TEST_P(Rule25, ALostStoreIsRepairedAndDestroyedForGood) {
    const Disk copy = disk_;
    lose(kTable, anchor_);
    Disk others;
    make_filled(kOther, others);  // a new table, whose first place is another store's
    ASSERT_EQ(repair_of(kOwner, disk_), 0U);
    const Disk of_the_repair = disk_;
    ASSERT_EQ(open_store(session_of(kOwner), disk_), 0U);
    destroy_of(kOwner, disk_);
    EXPECT_EQ(may_repair(kOwner, copy), destroyed_) << "a copy that names another table";
    EXPECT_EQ(may_repair(kOwner, of_the_repair), destroyed_);
    // Root's store takes the tombstone's place, as no other is free. The table keeps the tombstone's owner as retired.
    const size_t before = fill_up();
    Disk of_root;
    make_filled(0, of_root);
    cut_back(before);
    EXPECT_EQ(engine::decode_table_header(Bytes(table(anchor_)).first(engine::kTableHeaderBytes))->retired_count, 1U);
    EXPECT_EQ(may_repair(kOwner, copy), reused_);
    EXPECT_EQ(may_repair(kOwner, of_the_repair), reused_);
    destroy_of(0, of_root);
    EXPECT_EQ(may_repair(kOwner, copy), reused_);
    EXPECT_EQ(may_repair(0, of_root), destroyed_);
}

// A repair that is cut between its pages and its commit has changed nothing: the store is still lost.
TEST_P(Rule25, AnInterruptedRepairLosesNothing) {
    lose(kTable, anchor_);
    const uint32_t session = session_of(kOwner);
    ASSERT_TRUE(repair(session, disk_));
    end_sessions();
    Disk fresh = disk_;
    take_new_pages(fresh);
    Disk others;
    make_filled(kOther, others);  // takes the place that the record would have had
    EXPECT_EQ(may_repair(kOwner, disk_), 0U);
    EXPECT_EQ(may_repair(kOwner, fresh), 0U) << "the new page file may already have replaced the old one";
}

TEST_P(Rule25, WhatIsDestroyedWhileItIsRepairedStaysSo) {
    end_sessions();
    Content content = table(anchor_);
    content[engine::kTableHeaderBytes + 7] = std::byte{9};  // no valid cipher: a damaged record that still names its owner
    store_table(content, anchor_);
    const uint32_t session = session_of(kOwner);
    const auto late = repair(session, disk_);
    ASSERT_TRUE(late);
    ASSERT_EQ(destroy(session_of(kOwner), disk_), 0U);
    EXPECT_EQ(repair_commit(session, *late), number(Code::bad_state)) << "the repair has ended with the store";
    EXPECT_EQ(may_repair(kOwner, disk_), destroyed_);
    EXPECT_EQ(find(session, anchor_), number(Code::item_not_found));
}

TEST_P(Rule25, ZeroesAreALossAndATombstoneIsNot) {
    Disk others;
    make_filled(kOther, others);
    end_sessions();
    Content content = table(anchor_);
    ASSERT_EQ(content.size(), engine::kTableHeaderBytes + 2 * engine::kRootRecordBytes);
    for (size_t i = 0; i < engine::kRootRecordBytes; ++i) content[engine::kTableHeaderBytes + i] = std::byte{0};
    store_table(content, anchor_);
    EXPECT_EQ(may_repair(kOwner, disk_), 0U);
    for (size_t i = 0; i < engine::kRootRecordBytes; ++i) content[engine::kTableHeaderBytes + i] = std::byte{0x5A};
    end_sessions();
    store_table(content, anchor_);
    EXPECT_EQ(may_repair(kOwner, disk_), 0U) << "garbage is a loss, too";
    for (size_t i = 0; i < engine::kRootRecordBytes; ++i) content[engine::kTableHeaderBytes + i] = std::byte{0};
    end_sessions();
    store_table(content, anchor_);
    ASSERT_EQ(repair_of(kOwner, disk_), 0U);
    EXPECT_EQ(table(anchor_).size(), content.size()) << "the record has its old place again";
    destroy_of(kOwner, disk_);
    EXPECT_EQ(may_repair(kOwner, disk_), destroyed_);
}

TEST_P(Rule25, ATableOf10BelievesNoCopyOf10OnceItIsOneOf11) {
    if (is_rpmb()) GTEST_SKIP() << "the copies of this version need a secret, so no copy of 1.0 can be made from them";
    Disk old = disk_;
    seal_as_1_0(old);
    Disk others;
    make_filled(kOther, others);
    end_sessions();
    // The owner's record is zeroes, as a TA of 1.0 left it when it destroyed the store.
    Content content = as_of_1_0(table(anchor_));
    for (size_t i = 0; i < engine::kRootRecordBytes; ++i) content[i] = std::byte{0};
    store_table(content, anchor_);
    EXPECT_EQ(may_repair(kOwner, old), 0U) << "as a TA of 1.0 would";
    const uint32_t session = session_of(kOther);
    ASSERT_EQ(open_store(session, others), 0U);
    ASSERT_EQ(store_put(session, others, "third", filled(10, 3)), 0U);
    EXPECT_EQ(may_repair(kOwner, old), destroyed_) << "the table is now one of 1.1, which believes no copy of 1.0";
    lose(kTable, anchor_);
    make_filled(kOther, others);
    EXPECT_EQ(may_repair(kOwner, old), 0U) << "a new table has replaced a lost one";
}

TEST_P(Rule25, ATableOf10BecomesOneOf11AtItsFirstChange) {
    Disk others;
    make_filled(kOther, others);
    end_sessions();
    const Content old = as_of_1_0(table(anchor_));
    Content now;
    store_table(old, anchor_);
    Content content(1000);
    ASSERT_EQ(open_store(session_of(kOwner), disk_), 0U);
    EXPECT_EQ(table(anchor_), old) << "reading changes nothing";
    const uint32_t session = session_of(kOwner);
    ASSERT_EQ(open_store(session, disk_), 0U);
    ASSERT_EQ(store_put(session, disk_, "third", filled(10, 3)), 0U);
    now = table(anchor_);
    ASSERT_EQ(now.size(), old.size() + engine::kTableHeaderBytes);
    EXPECT_NE(now.size() % engine::kRootRecordBytes, 0U) << "a TA of 1.0 refuses it";
    EXPECT_EQ(now[engine::kTableHeaderBytes + 5], std::byte{1});
    EXPECT_TRUE(std::ranges::equal(Bytes(now).last(engine::kRootRecordBytes), Bytes(old).last(engine::kRootRecordBytes)))
        << "the other owner's record is unchanged";
    const uint32_t other = session_of(kOther);
    ASSERT_EQ(open_store(other, others), 0U);
    EXPECT_EQ(store_stat(other, others, "first"), 0U);
    // After a destroy, copies that name no table, or a table that was never durable, restore nothing.
    const Disk copy = disk_;
    destroy_of(kOwner, disk_);
    EXPECT_EQ(may_repair(kOwner, copy), destroyed_);
    const Disk of_others = others;
    destroy_of(kOther, others);
    EXPECT_EQ(may_repair(kOther, of_others), destroyed_) << "a store that has not changed since";
}

// The destroy is cut, or fails, at each of its calls into TEE storage. Afterwards the store exists or is destroyed for good.
TEST_P(Rule25, ADestroyThatIsCutIsFinishedByTheNextInstance) {
    uid_t uid = 2000;
    Disk others;
    make_filled(kOther, others);
    for (const bool is_cut : {false, true}) {
        bool is_done = false;
        for (uint64_t at = 1; !is_done && at < 30; ++at, ++uid) {
            Disk disk;
            make_filled(uid, disk);
            const uint32_t session = session_of(uid);
            ASSERT_EQ(open_store(session, disk), 0U);
            sim::Faults faults;
            faults.storage = at;
            faults.storage_code = number(Code::storage_not_available);
            faults.panic_on_storage = is_cut;
            tee_.set_faults(faults);
            const uint32_t destroyed = destroy(session, disk);
            is_done = tee_.faults().storage != 0;  // the fault was not reached
            tee_.set_faults({});
            end_sessions();
            ASSERT_EQ(open_store(session_of(kOther), others), 0U);
            const size_t secrets = secrets_of(disk);
            const uint32_t found = find(session_of(uid), anchor_);
            EXPECT_TRUE(destroyed != 0 || found != 0);
            EXPECT_TRUE(found == 0 || secrets == 0) << "any owner's call finishes it";
            if (found == 0) destroy_of(uid, disk);
            EXPECT_EQ(may_repair(uid, disk), destroyed_) << "call " << at;
            EXPECT_EQ(secrets_of(disk), 0U) << "call " << at;
        }
        EXPECT_TRUE(is_done);
    }
}

// The destroy fails at each of its storage calls, so its outcome may be unknown. Another session keeps the instance and still works.
TEST_P(Rule25, ADestroyWhoseOutcomeIsNotKnownLeavesTheOtherStoresUsable) {
    Disk others;
    make_filled(kOther, others);
    const uint32_t witness = session_of(kOther);
    ASSERT_EQ(open_store(witness, others), 0U);
    const uint32_t session = session_of(kOwner);
    ASSERT_EQ(open_store(session, disk_), 0U);
    for (uint64_t at = 1; at < 12; ++at) {
        sim::Faults faults;
        faults.storage = at;
        faults.storage_code = number(Code::storage_not_available);
        tee_.set_faults(faults);
        (void)destroy(session, disk_);
        tee_.set_faults({});
        EXPECT_EQ(store_stat(witness, others, "first"), 0U) << "call " << at;
    }
    EXPECT_EQ(find(session, anchor_), number(Code::item_not_found));
    EXPECT_EQ(may_repair(kOwner, disk_), destroyed_);
}

INSTANTIATE_TEST_SUITE_P(Anchors, Rule25, testing::Values(Anchor::ree, Anchor::rpmb),
                         [](const auto& i) { return i.param == Anchor::ree ? "Ree" : "Rpmb"; });

// With the anchor rpmb, the recovery copies open only with the secret in the RPMB.
class Rule25Secret : public RepairingCommands {
protected:
    void SetUp() override {
        session_ = session_of(kOwner);
        make_store(session_, disk_, Anchor::rpmb);
        ASSERT_EQ(store_put(session_, disk_, "first", filled(100, 1)), 0U);
        ASSERT_EQ(store_put(session_, disk_, "second", filled(100, 2)), 0U);
    }
    uint32_t session_ = 0;
    Disk disk_;
};

TEST_F(Rule25Secret, WithTheWholeRpmbItIsLost) {
    lose(kTable, Anchor::rpmb);
    EXPECT_EQ(begin(session_of(kOwner), disk_), 0U) << "only the table is lost";
    lose(kSecrets, Anchor::rpmb);
    EXPECT_EQ(begin(session_of(kOwner), disk_), number(Code::copy_secret_lost));
}

TEST_F(Rule25Secret, IsErasedByDestroyAndByNothingElse) {
    EXPECT_EQ(secrets_of(disk_), 1U);
    Disk others;
    const uint32_t other = session_of(kOther);
    make_store(other, others, Anchor::rpmb);
    EXPECT_EQ(secrets_of(others), 1U) << "init makes the secret";
    ASSERT_EQ(destroy(other, others), 0U);
    EXPECT_EQ(secrets_of(others), 0U);
    EXPECT_EQ(secrets_of(disk_), 1U);
    for (const auto& [page, bytes] : disk_.pages)
        EXPECT_EQ(engine::has_copy_secret(bytes), page < engine::kRecoverySlots) << page;
}

// If the record is intact but its secret was lost, the next change makes a new secret.
TEST_F(Rule25Secret, IsMadeAnewWhereOnlyItWasLost) {
    lose(kSecrets, Anchor::rpmb);
    session_ = session_of(kOwner);
    ASSERT_EQ(open_store(session_, disk_), 0U);
    ASSERT_EQ(store_put(session_, disk_, "third", filled(10, 3)), 0U);
    EXPECT_EQ(secrets_of(disk_), 1U);
    lose(kTable, Anchor::rpmb);
    EXPECT_EQ(repair_all(session_of(kOwner), disk_), 0U);
}

TEST_F(Rule25Secret, IsNotThereUnderRee) {
    Disk other;
    make_store(session_of(kOther), other, Anchor::ree);
    EXPECT_EQ(tee_.stored_ids(TEE_STORAGE_PRIVATE_REE, protocol::kTaUuid).size(), 1U) << "the table";
}

}  // namespace
}  // namespace festore::ta
