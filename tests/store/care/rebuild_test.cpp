// SPDX-License-Identifier: BSD-2-Clause
// Rebuilding a store's index: whole, without damage, and with what a drop had lost. (rule 30)
#include "tests/store/harness/rebuilding.h"

namespace festore::store_test {
namespace {

TEST_P(Rebuilding, AWholeStoreIsTheSameUnderNewKeys) {
    Client client = device_.connect();
    const StoreInfo before = *client.store()->status();
    const auto listing = client.list();
    const uint64_t writes = device_.tee().counters().storage_write;
    const auto after = client.store()->rebuild();
    ASSERT_TRUE(after) << message(after);
    EXPECT_EQ(device_.tee().counters().storage_write - writes, 1U) << "a commit like any other";
    EXPECT_NE(after->epoch, before.epoch);
    EXPECT_GT(after->generation, before.generation);
    EXPECT_EQ(after->objects, before.objects);
    EXPECT_EQ(after->content_bytes, before.content_bytes);
    EXPECT_GT(before.free_pages, 0U);
    EXPECT_EQ(after->free_pages, 0U);
    EXPECT_FALSE(after->freshness_lost);
    EXPECT_EQ(after->freshness_lost_count, 0U);
    EXPECT_FALSE(has_file(kOldPages));
    EXPECT_FALSE(has_file(kNextPages));
    EXPECT_TRUE(read_all(device_, "rebuilt") == truth_);
    const auto again = device_.connect().list();
    ASSERT_TRUE(listing && again);
    for (size_t i = 0; i < again->objects.size(); ++i) EXPECT_EQ(again->objects[i].version, listing->objects[i].version);
    EXPECT_TRUE(client.put("object 1000", content_of(10)));
    EXPECT_TRUE(client.verify()->damaged.empty());
    EXPECT_LE(device_.tee().ta_heap_bytes_peak(ta::host_image().uuid), limits::kTaHeapBytes);
    EXPECT_TRUE(client.store()->rebuild()) << "once more";
}

TEST_P(Rebuilding, NothingIsMadeOfADamagedStore) {
    flip_page(leaf_page());
    const Device::Snapshot before = device_.snapshot();
    EXPECT_EQ(code(device_.connect().store()->rebuild()), kDamaged);
    EXPECT_TRUE(device_.snapshot().files == before.files);
    EXPECT_TRUE(device_.snapshot().tee == before.tee);
}

// A record under ree moves: from then on only the RPMB's record counts, and nothing restores the other one.
TEST_P(Rebuilding, Rule27ARecordMovesToTheRpmbAndNotBack) {
    RebuildOptions to_rpmb;
    to_rpmb.anchor = Anchor::rpmb;
    RebuildOptions to_ree;
    to_ree.anchor = Anchor::ree;
    {
        Client other = device_.connect();
        ASSERT_TRUE(other.get("payload 0"));
        const auto moved = device_.connect().store()->rebuild(to_rpmb);
        ASSERT_TRUE(moved) << message(moved);
        EXPECT_EQ(moved->anchor, Anchor::rpmb);
        EXPECT_FALSE(moved->freshness_lost);
        EXPECT_TRUE(read_all(device_, "moved") == truth_);
        EXPECT_TRUE(other.put("object 1003", truth_["object 1003"])) << "a client that has it open still works";
    }
    EXPECT_EQ(code(device_.connect().store()->rebuild(to_ree)), kConflict);
    const Device::Snapshot in_rpmb = device_.snapshot();
    // The directory is put back, with its recovery copies.
    device_.restore({good_.files, in_rpmb.tee});
    EXPECT_EQ(code(device_.connect().get("payload 0")), kDamaged);
    EXPECT_NE(code(device_.connect().store()->repair()), kDone);
    // The same with a TEE whose ree storage was put back, too; an RPMB that does not answer does not help.
    Device::TeeObjects tee = in_rpmb.tee;
    for (const auto& [id, content] : good_.tee)
        if (id.first == TEE_STORAGE_PRIVATE_REE) tee[id] = content;
    device_.restore({good_.files, tee});
    const int code_with_old_ree = code(device_.connect().get("payload 0"));
    EXPECT_EQ(code_with_old_ree, kDamaged) << "under either anchor the directory is an older one";
    device_.restore(in_rpmb);
    EXPECT_TRUE(device_.connect().store()->rebuild(to_rpmb)) << "it is there already";
    ASSERT_TRUE(device_.connect().store()->destroy());
    EXPECT_EQ(code(device_.connect().store()->init()), kDone) << "no record is left";
}

TEST_P(Rebuilding, Rule25AMovedStoreThatWasDestroyedIsNotServedFromBefore) {
    if (GetParam() == Anchor::rpmb) GTEST_SKIP() << "skipped: it is there already";
    RebuildOptions to_rpmb;
    to_rpmb.anchor = Anchor::rpmb;
    ASSERT_TRUE(device_.connect().store()->rebuild(to_rpmb));
    const Device::Snapshot moved = device_.snapshot();
    const auto with_old_ree = [&] {
        Device::TeeObjects tee = device_.snapshot().tee;
        std::erase_if(tee, [](const auto& object) { return object.first.first == TEE_STORAGE_PRIVATE_REE; });
        for (const auto& [id, content] : good_.tee)
            if (id.first == TEE_STORAGE_PRIVATE_REE) tee[id] = content;
        return tee;
    };
    // Destroyed in the RPMB; then the whole disk is put back.
    ASSERT_TRUE(device_.connect().store()->destroy());
    device_.restore({good_.files, with_old_ree()});
    const auto got = device_.connect().get("payload 0");
    EXPECT_EQ(code(got), kDamaged);
    EXPECT_NE(message(got).find("had moved to the RPMB, and was destroyed there"), std::string::npos) << message(got);
    EXPECT_EQ(code(device_.connect().store()->repair()), kConflict);
    EXPECT_TRUE(device_.connect().store()->destroy());
    EXPECT_TRUE(device_.connect().store()->init()) << "a new one can be made";
    // The disk is put back before the destroy: then the store is gone from the RPMB, too.
    device_.restore(moved);
    device_.restore({good_.files, with_old_ree()});
    ASSERT_TRUE(device_.connect().store()->destroy());
    device_.restore({moved.files, device_.snapshot().tee});
    EXPECT_NE(code(device_.connect().get("payload 0")), kDone);
    EXPECT_EQ(code(device_.connect().store()->repair()), kConflict);
}

// A cut between the two records of a move leaves both, or the secret of copies that are already written. A store that is destroyed
// then is destroyed under both anchors, whatever was done before.
TEST_P(Rebuilding, Rule25AStoreIsDestroyedAlsoWhereItsMoveWasCut) {
    if (GetParam() == Anchor::rpmb) GTEST_SKIP() << "skipped: it is there already";
    enum class Then { nothing, change, repair };
    for (const Then then : {Then::nothing, Then::change, Then::repair}) {
        size_t with_both = 0;
        for (uint64_t n = 1; n < 40; ++n) {
            device_.restore(good_);
            device_.cut_at_storage_call(n);
            RebuildOptions to_rpmb;
            to_rpmb.anchor = Anchor::rpmb;
            if (Result<Client> client = device_.try_connect()) (void)client->store()->rebuild(to_rpmb);
            const bool is_over = !device_.is_off();
            std::mt19937_64 random(n);
            device_.cut_power(random);
            Device::Snapshot kept = device_.snapshot();
            if (then == Then::change) {
                ASSERT_TRUE(device_.connect().put("another", content_of(10))) << n;
            }
            if (then == Then::repair) {
                Device::Snapshot without = device_.snapshot();
                std::erase_if(without.tee, [](const auto& object) { return object.first.first == TEE_STORAGE_PRIVATE_REE; });
                without.disk = {};
                device_.restore(without);
                (void)device_.connect().store()->repair();
            }
            const auto destroyed = device_.connect().store()->destroy();
            ASSERT_TRUE(destroyed) << n << message(destroyed);
            with_both += is_over ? 0 : 1;
            kept.tee = device_.snapshot().tee;
            for (const auto& [id, content] : kept.tee)
                EXPECT_EQ(text_of(Bytes(id.second)).find("copies "), std::string_view::npos) << n << " a secret is left";
            kept.disk = {};
            device_.restore(kept);
            EXPECT_FALSE(device_.connect().get("payload 0")) << n;
            EXPECT_FALSE(device_.connect().store()->repair()) << n;
            device_.restore({{{"/"}, {}}, device_.snapshot().tee});
            EXPECT_TRUE(device_.connect().store()->init()) << n;
            if (is_over) break;
        }
        EXPECT_GT(with_both, 3U);
    }
}

// If root says that there is no RPMB, nothing moves there.
TEST_P(Rebuilding, Rule27NothingMovesToAnRpmbThatRootHasDenied) {
    if (GetParam() == Anchor::rpmb) GTEST_SKIP() << "skipped: it is there already";
    ASSERT_TRUE(device_.connect(0, "/data/root/store").set_no_rpmb(true, true));
    RebuildOptions to_rpmb;
    to_rpmb.anchor = Anchor::rpmb;
    EXPECT_FALSE(device_.connect().store()->rebuild(to_rpmb));
    InitOptions in_rpmb;
    in_rpmb.anchor = Anchor::rpmb;
    EXPECT_FALSE(device_.connect(1001, "/data/other/store").store()->init(in_rpmb));
    EXPECT_TRUE(read_all(device_, "untouched") == truth_);
}

// Clients that have the store open find another page file and other keys.
TEST_P(Rebuilding, OthersThatHaveItOpenGoOn) {
    Client reader = device_.connect();
    Client writer = device_.connect();
    ASSERT_TRUE(reader.get("payload 0"));
    ASSERT_TRUE(writer.put("object 1001", content_of(11)));
    Result<ReadStream> stream = reader.read("payload 1");
    ASSERT_TRUE(stream);
    ASSERT_TRUE(device_.connect().store()->rebuild());
    EXPECT_TRUE(reader.get("object 1002"));
    EXPECT_TRUE(writer.put("object 1003", content_of(12)));
    EXPECT_EQ(*reader.get("object 1003"), content_of(12));
    ASSERT_TRUE(device_.connect().store()->rebuild());
    Result<Transaction> transaction = writer.store()->begin();
    ASSERT_TRUE(transaction);
    EXPECT_EQ(code(reader.store()->rebuild()), kBusy) << "not while a transaction runs";
    ASSERT_TRUE(transaction->put("object 1004", content_of(13)));
    EXPECT_TRUE(transaction->commit());
    EXPECT_EQ(*reader.get("object 1004"), content_of(13));
    EXPECT_TRUE(device_.connect().verify()->damaged.empty());
}

// For each page: only what it held is lost. Afterwards it is unknown whether a lost name existed, until somebody acknowledges the
// loss, or what was damaged is put back.
TEST_P(Rebuilding, Rule30DroppingEachPageCostsItsOwnNamesAlone) {
    size_t with_loss = 0;
    for (size_t page = 2; page < pages(); ++page) {
        device_.restore(good_);
        flip_page(page);
        const Seen before = look();
        const auto report = drop();
        if (!report) {
            EXPECT_EQ(code(report), kConflict) << message(report);
            EXPECT_TRUE(before.damaged.empty()) << page;
            continue;
        }
        const Seen after = look();
        EXPECT_TRUE(after.objects == before.objects) << page;
        EXPECT_EQ(after.damaged, before.damaged) << page;
        EXPECT_EQ(report->objects, before.damaged.size());
        EXPECT_FALSE(report->store.freshness_lost);
        for (const std::string& name : before.damaged)
            EXPECT_TRUE(std::ranges::any_of(report->lost, [&](const LostRange& range) { return is_in(range, name); })) << name;
        const auto verified = device_.connect().verify();
        ASSERT_TRUE(verified);
        EXPECT_EQ(verified->damaged.size(), report->lost.size()) << "only the loss";
        EXPECT_EQ(device_.connect().list()->missing.size(), report->lost.size());
        EXPECT_EQ(code(device_.connect().store()->undo_drop()), report->lost.empty() ? kDone : kDamaged) << "it is still damaged";
        if (report->lost.empty()) continue;
        ++with_loss;
        EXPECT_EQ(look().damaged, before.damaged) << "and nothing has changed";
        flip_page(page, kOldPages);
        const auto undone = device_.connect().store()->undo_drop();
        ASSERT_TRUE(undone) << message(undone);
        EXPECT_TRUE(read_all(device_, "undone") == truth_);
        EXPECT_TRUE(device_.connect().verify()->damaged.empty());
        EXPECT_FALSE(has_file(kOldPages));
        EXPECT_EQ(code(device_.connect().store()->undo_drop()), kConflict);
    }
    EXPECT_GT(with_loss, 5U);
}

TEST_P(Rebuilding, Rule30LostNamesAreClosedUntilSomebodyGivesThemUp) {
    flip_page(leaf_page());
    const std::vector<std::string> lost = look().damaged;
    ASSERT_GT(lost.size(), 3U);
    ASSERT_TRUE(drop());
    Client client = device_.connect();
    for (const std::string& name : {lost.front(), lost[1] + "x", lost.back()}) {
        EXPECT_EQ(code(client.get(name)), kDamaged) << name;
        EXPECT_EQ(code(client.stat(name)), kDamaged);
        EXPECT_EQ(code(client.put(name, content_of(5))), kDamaged);
        PutOptions absent;
        absent.if_absent = true;
        EXPECT_EQ(code(client.put(name, content_of(5), absent)), kDamaged);
        EXPECT_EQ(code(client.put(name, content_of(kPayload))), kDamaged);
        EXPECT_EQ(code(client.remove(name)), kDamaged);
        EXPECT_EQ(code(client.store()->rename(name, "elsewhere")), kDamaged);
        EXPECT_EQ(code(client.store()->rename("payload 0", name, true)), kDamaged);
        Result<Transaction> transaction = client.store()->begin();
        ASSERT_TRUE(transaction);
        EXPECT_EQ(code(transaction->put(name, content_of(5))), kDamaged);
        EXPECT_EQ(code(transaction->remove(name)), kDamaged);
        ASSERT_TRUE(transaction->put("beside", content_of(5)));
        EXPECT_TRUE(transaction->commit());
    }
    EXPECT_EQ(code(client.get("unknown")), kNotFound) << "it was not lost";
    EXPECT_TRUE(client.put("unknown", content_of(5)));
    EXPECT_EQ(code(client.store()->acknowledge_lost("unknown")), kConflict);
    EXPECT_EQ(code(client.store()->rebuild()), kConflict) << "it would remove the old pages";
    EXPECT_TRUE(has_file(kOldPages));
    const auto given_up = client.store()->acknowledge_lost(lost[1]);
    ASSERT_TRUE(given_up) << message(given_up);
    EXPECT_FALSE(has_file(kOldPages));
    EXPECT_EQ(code(client.get(lost.front())), kNotFound);
    EXPECT_TRUE(client.put(lost.front(), content_of(5)));
    EXPECT_TRUE(client.verify()->damaged.empty());
    EXPECT_TRUE(client.list()->missing.empty());
    EXPECT_EQ(code(client.store()->acknowledge_lost(lost[1])), kConflict) << "only once";
    EXPECT_TRUE(client.store()->rebuild());
}

// Otherwise one flipped byte could replace an object that must be kept for good.
TEST_P(Rebuilding, Rule30WhereAnObjectMayHaveBeenKeptForGoodNothingIsStored) {
    PutOptions kept;
    kept.write_once = true;
    ASSERT_TRUE(device_.connect().put("object 1060k", content_of(9), kept));
    flip_page(leaf_page());
    const std::vector<std::string> lost = look().damaged;
    ASSERT_TRUE(drop());
    Client client = device_.connect();
    ASSERT_TRUE(client.store()->acknowledge_lost(lost.front()));
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(code(client.get(lost.front())), kNotFound);
        EXPECT_EQ(code(client.remove(lost.front())), kNotFound);
        const auto put = client.put(lost.front(), content_of(5));
        EXPECT_EQ(code(put), kConflict);
        EXPECT_EQ(put.error().reason, Reason::write_once);
        EXPECT_EQ(code(client.store()->rename("payload 0", lost.front(), true)), kConflict);
        EXPECT_TRUE(client.verify()->damaged.empty());
        ASSERT_EQ(client.store()->lost_ranges()->size(), 1U);
        EXPECT_TRUE(client.store()->lost_ranges()->front().acknowledged);
        EXPECT_TRUE(client.store()->rebuild()) << "the rebuild keeps that";
    }
}

TEST_P(Rebuilding, MuchIsLostOnlyWhereThatIsSaid) {
    const size_t leaf = leaf_page();
    flip_page(leaf);
    const Device::Snapshot damaged = device_.snapshot();
    const auto refused = drop(false);
    EXPECT_EQ(code(refused), kConflict);
    EXPECT_EQ(refused.error().reason, Reason::much_lost);
    EXPECT_TRUE(device_.snapshot().files == damaged.files);
    EXPECT_TRUE(device_.snapshot().tee == damaged.tee);
    flip_page(leaf);
    const auto whole = drop(true);
    EXPECT_EQ(code(whole), kConflict);
    EXPECT_EQ(whole.error().reason, Reason::nothing_damaged);
    // One lost object of more than a hundred, then one of fewer.
    flip(payload_file(0), 70);
    EXPECT_TRUE(drop(false));
    fill(40);
    flip(payload_file(0), 70);
    EXPECT_EQ(code(drop(false)), kConflict);
}

TEST_P(Rebuilding, AContentThatIsDamagedCostsItsOwnNameAlone) {
    for (const bool missing : {false, true}) {
        device_.restore(good_);
        const std::string file = payload_file(0);
        const Content content = device_.files().at(file);
        if (missing) ASSERT_EQ(device_.files().remove(file), 0);
        else flip(file, 70);
        const std::vector<std::string> damaged = look().damaged;
        ASSERT_EQ(damaged.size(), 1U);
        const auto report = drop(false);
        ASSERT_TRUE(report) << message(report);
        EXPECT_EQ(report->objects, 1U);
        ASSERT_EQ(report->lost.size(), 1U);
        EXPECT_TRUE(is_in(report->lost[0], damaged[0]));
        EXPECT_FALSE(is_in(report->lost[0], damaged[0] + " "));
        EXPECT_EQ(look().damaged, damaged);
        if (missing) {
            ASSERT_TRUE(device_.connect().store()->undo_drop()) << "the index has it again";
            EXPECT_EQ(look().damaged, damaged) << "and the content is still missing";
            continue;
        }
        VerifyOptions clean;
        clean.remove_orphaned = true;
        ASSERT_TRUE(device_.connect().verify(clean));
        EXPECT_TRUE(has_file(file)) << "an undo may bring it back";
        flip(file, 70);
        ASSERT_TRUE(device_.connect().store()->undo_drop());
        EXPECT_TRUE(read_all(device_, "undone") == truth_);
        flip(file, 70);
        ASSERT_TRUE(drop(false));
        ASSERT_TRUE(device_.connect().store()->acknowledge_lost(damaged[0]));
        ASSERT_TRUE(device_.connect().verify(clean));
        EXPECT_FALSE(has_file(file));
    }
}

// If the first leaf is lost, so is the list of earlier losses: then every missing name may have been lost.
TEST_P(Rebuilding, Rule30DamageThatHidesLostRangesClosesAllNames) {
    flip_page(leaf_page());
    const std::vector<std::string> lost = look().damaged;
    ASSERT_TRUE(drop());
    const Device::Snapshot dropped = device_.snapshot();
    size_t hidden = 0;
    for (size_t page = 2; page < pages(); ++page) {
        device_.restore(dropped);
        flip_page(page);
        const Seen before = look();
        const auto again = drop();
        if (!again) continue;
        Client client = device_.connect();
        EXPECT_EQ(code(client.get(lost.front())), kDamaged) << "lost stays lost, page " << page;
        EXPECT_EQ(code(client.put(lost.front(), content_of(5))), kDamaged);
        const bool hides = code(client.get("unknown")) == kDamaged;
        if (!hides) continue;
        ++hidden;
        EXPECT_TRUE(look().objects == before.objects) << "existing objects are served";
        const auto undone = client.store()->undo_drop();
        EXPECT_TRUE(!undone && (code(undone) == kDamaged || undone.error().reason == Reason::nothing_to_undo)) << message(undone);
        ASSERT_TRUE(client.store()->acknowledge_lost("unknown"));
    }
    EXPECT_GE(hidden, 1U);
}

// The undo of the second loss knows nothing of the first one's pages.
TEST_P(Rebuilding, TwoLossesAreUndoneOneAfterTheOther) {
    const std::string first = payload_file(0);
    const std::string second = payload_file(1);
    flip(first, 70);
    ASSERT_TRUE(drop(false));
    flip(second, 70);
    ASSERT_TRUE(drop(false));
    ASSERT_EQ(device_.connect().store()->lost_ranges()->size(), 2U);
    flip(first, 70);
    flip(second, 70);
    ASSERT_TRUE(device_.connect().store()->undo_drop());
    ASSERT_EQ(device_.connect().store()->lost_ranges()->size(), 1U);
    EXPECT_EQ(look().damaged.size(), 1U) << "only a backup restores that";
    EXPECT_EQ(code(device_.connect().store()->undo_drop()), kConflict);
}

INSTANTIATE_TEST_SUITE_P(Anchors, Rebuilding, testing::Values(Anchor::ree, Anchor::rpmb),
                         [](const auto& of) { return of.param == Anchor::ree ? "ree" : "rpmb"; });

}  // namespace
}  // namespace festore::store_test
