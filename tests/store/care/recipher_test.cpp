// SPDX-License-Identifier: BSD-2-Clause
// Changing the cipher of an existing store: index and contents, while others use it, with damage, on a full disk. Cuts and faults at
// every step are in rebuild_cut_test.cpp.
#include "sim/include/tee_internal_api.h"
#include "tests/store/harness/rebuilding.h"

namespace festore::store_test {
namespace {

class Recipher : public Rebuilding {
protected:
    void SetUp() override {
        fill(60);
        Client client = device_.connect();
        truth_["kept"] = content_of(300000, 3);
        PutOptions kept;
        kept.write_once = true;
        ASSERT_TRUE(client.put("kept", truth_["kept"], kept));
        to_ = other_cipher();
        from_ = to_ == Cipher::aes_256_gcm ? Cipher::chacha20_poly1305 : Cipher::aes_256_gcm;
        good_ = device_.snapshot();
    }
    static Result<StoreInfo> rebuild(Client& client, Cipher cipher) {
        RebuildOptions options;
        options.cipher = cipher;
        return client.store()->rebuild(options);
    }
    Result<StoreInfo> rebuild(Cipher cipher) {
        Client client = device_.connect();
        return rebuild(client, cipher);
    }
    // Changes to the other cipher. After the first content, `other` acts as another program.
    Result<StoreInfo> rebuild_beside(Client& client, const std::function<void()>& other) const {
        RebuildOptions options;
        options.cipher = to_;
        unsigned n = 0;
        options.on_progress = [&](const RebuildProgress&) {
            if (n++ == 0) other();
        };
        return client.store()->rebuild(options);
    }
    // Changes to the other cipher, and cuts as soon as the index has it.
    void rebuild_index_only() {
        RebuildOptions options;
        options.cipher = to_;
        bool cut = false;
        for (uint64_t n = 1; !cut && n < 1000; ++n) {
            device_.restore(good_);
            device_.cut_at_event(n);
            if (Result<Client> other = device_.try_connect()) (void)other->store()->rebuild(options);
            std::mt19937_64 random(n);
            device_.cut_power(random);
            const auto status = device_.connect().store()->status();
            cut = status && status->has_other_cipher;
        }
        ASSERT_TRUE(cut);
    }
    Cipher from_ = Cipher::automatic;
    Cipher to_ = Cipher::automatic;
};

TEST_P(Recipher, AStoreIsTheSameWithAnotherCipher) {
    Client client = device_.connect();
    const StoreInfo before = *client.store()->status();
    const auto listing = client.list();
    const std::string old_file = payload_file(0);
    std::vector<RebuildProgress> told;
    RebuildOptions options;
    options.cipher = to_;
    options.on_progress = [&](const RebuildProgress& progress) { told.push_back(progress); };
    const auto after = client.store()->rebuild(options);
    ASSERT_TRUE(after) << message(after);
    EXPECT_EQ(after->cipher, name_of(to_));
    EXPECT_FALSE(after->has_other_cipher);
    EXPECT_NE(after->epoch, before.epoch);
    EXPECT_EQ(after->objects, before.objects);
    EXPECT_EQ(after->content_bytes, before.content_bytes);
    EXPECT_EQ(after->free_pages, 0U) << "without holes";
    EXPECT_EQ(after->freshness_lost_count, 0U);
    ASSERT_EQ(told.size(), 3U);
    EXPECT_EQ(told.back().objects, 3U);
    EXPECT_EQ(told.back().content_bytes, 2 * kPayload + 300000);
    EXPECT_FALSE(has_file(old_file));
    EXPECT_EQ(payload_files(), 3U);
    EXPECT_EQ(device_.files().at(kHeader)[12], std::byte{static_cast<unsigned char>(to_)});
    EXPECT_TRUE(read_all(device_, "with another cipher") == truth_);
    const auto again = device_.connect().list();
    ASSERT_TRUE(listing && again && again->objects.size() == listing->objects.size());
    for (size_t i = 0; i < again->objects.size(); ++i) {
        const ObjectInfo& now = again->objects[i];
        const ObjectInfo& then = listing->objects[i];
        EXPECT_EQ(std::tuple(now.name, now.version, now.created, now.modified, now.write_once, now.kept),
                  std::tuple(then.name, then.version, then.created, then.modified, then.write_once, then.kept));
    }
    EXPECT_EQ(code(client.remove("kept")), kConflict) << "it is still kept";
    EXPECT_EQ(code(client.put("kept", content_of(5))), kConflict);
    const auto report = client.verify();
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->damaged.empty());
    EXPECT_EQ(report->orphaned->files, 0U);
    EXPECT_EQ(report->other_cipher, 0U);
    EXPECT_LE(device_.tee().ta_heap_bytes_peak(ta::host_image().uuid), limits::kTaHeapBytes);
    const uint64_t writes = device_.tee().counters().storage_write;
    EXPECT_TRUE(rebuild(client, to_)) << "once more";
    EXPECT_EQ(device_.tee().counters().storage_write - writes, 1U) << "like any rebuild";
    ASSERT_TRUE(rebuild(client, from_)) << "and back";
    EXPECT_TRUE(read_all(device_, "as it was") == truth_);
}

TEST_P(Recipher, BetweenItsPartsTheStoreSaysSoAndWorks) {
    rebuild_index_only();
    Client client = device_.connect();
    const auto report = client.verify();
    ASSERT_TRUE(report) << message(report);
    EXPECT_TRUE(report->damaged.empty());
    EXPECT_EQ(report->other_cipher, 3U);
    EXPECT_TRUE(read_all(device_, "of two ciphers") == truth_);
    ASSERT_TRUE(client.put("payload 0", truth_["payload 0"])) << "a new content has the new cipher";
    ASSERT_TRUE(client.store()->rename("payload 1", "renamed"));
    EXPECT_EQ(client.verify()->other_cipher, 2U);
    EXPECT_EQ(*client.get("renamed"), truth_["payload 1"]);
    ASSERT_TRUE(client.store()->rename("renamed", "payload 1"));
    ASSERT_TRUE(client.store()->rebuild());
    EXPECT_TRUE(client.store()->status()->has_other_cipher) << "a rebuild without a cipher leaves them";
    const auto done = rebuild(client, to_);
    ASSERT_TRUE(done) << message(done);
    EXPECT_FALSE(done->has_other_cipher);
    EXPECT_TRUE(read_all(device_, "done") == truth_);
}

TEST_P(Recipher, BackFromBetweenItsParts) {
    rebuild_index_only();
    const auto back = rebuild(from_);
    ASSERT_TRUE(back) << message(back);
    EXPECT_EQ(back->cipher, name_of(from_));
    EXPECT_FALSE(back->has_other_cipher);
    EXPECT_TRUE(read_all(device_, "as it was") == truth_);
    EXPECT_TRUE(device_.connect().verify()->damaged.empty());
}

TEST_P(Recipher, Rule19ARepairBetweenItsPartsKeepsBoth) {
    rebuild_index_only();
    device_.restore_tee(device_.tee_objects_but_tables());
    {
        Client client = device_.connect();
        const auto repaired = client.store()->repair();
        ASSERT_TRUE(repaired) << message(repaired);
        EXPECT_TRUE(repaired->has_other_cipher);
        EXPECT_EQ(repaired->cipher, name_of(to_));
        ASSERT_TRUE(client.store()->acknowledge());
    }
    EXPECT_TRUE(read_all(device_, "repaired") == truth_);
    ASSERT_TRUE(rebuild(to_));
    EXPECT_TRUE(read_all(device_, "done") == truth_);
}

// The header names the cipher only for people.
TEST_P(Recipher, AHeaderThatNamesTheOtherOneIsWrittenAnew) {
    ASSERT_TRUE(rebuild(to_));
    device_.files().at(kHeader)[12] = std::byte{static_cast<unsigned char>(from_)};
    EXPECT_TRUE(read_all(device_, "with an older header") == truth_);
    EXPECT_EQ(device_.files().at(kHeader)[12], std::byte{static_cast<unsigned char>(to_)});
    device_.files().at(kHeader)[12] = std::byte{static_cast<unsigned char>(from_)};
    Client client = device_.connect();
    ASSERT_TRUE(client.store()->begin()) << "also by a client that holds the lock";
    EXPECT_TRUE(client.get("payload 0"));
}

TEST_P(Recipher, ADamagedContentIsNamedAndTheOthersAreDone) {
    const std::string file = payload_file(0);
    flip(file, 70);
    const auto done = rebuild(to_);
    ASSERT_EQ(code(done), kDamaged);
    EXPECT_NE(message(done).find("'payload 0'"), std::string::npos) << message(done);
    EXPECT_EQ(message(done).find("'payload 1'"), std::string::npos) << message(done);
    Client client = device_.connect();
    EXPECT_TRUE(client.store()->status()->has_other_cipher);
    EXPECT_EQ(client.verify()->other_cipher, 1U);
    EXPECT_EQ(*client.get("payload 1"), truth_["payload 1"]);
    const Device::Snapshot damaged = device_.snapshot();
    EXPECT_EQ(code(rebuild(client, to_)), kDamaged) << "again";
    // After its file is put back, everything is done.
    flip(file, 70);
    const auto again = rebuild(client, to_);
    ASSERT_TRUE(again) << message(again);
    EXPECT_FALSE(again->has_other_cipher);
    EXPECT_TRUE(read_all(device_, "put back") == truth_);
}

TEST_P(Recipher, ADamagedContentIsGivenUp) {
    const std::string file = payload_file(0);
    device_.files().at(file).pop_back();
    ASSERT_EQ(code(rebuild(to_)), kDamaged);
    const auto dropped = drop();
    ASSERT_TRUE(dropped) << message(dropped);
    EXPECT_FALSE(dropped->store.has_other_cipher) << "that was the last";
    EXPECT_EQ(code(rebuild(from_)), kConflict) << "a drop that could be undone is not acknowledged";
    EXPECT_EQ(device_.connect().store()->status()->cipher, name_of(to_));
    ASSERT_TRUE(device_.connect().store()->acknowledge_lost("payload 0"));
    EXPECT_TRUE(rebuild(from_));
}

TEST_P(Recipher, Rule30WhatCanBeUndoneComesFirst) {
    const size_t leaf = leaf_page();
    flip_page(leaf);
    ASSERT_TRUE(drop());
    const Device::Snapshot before = device_.snapshot();
    const auto refused = rebuild(to_);
    ASSERT_EQ(code(refused), kConflict);
    EXPECT_EQ(refused.error().reason, Reason::not_acknowledged);
    EXPECT_TRUE(device_.snapshot().files == before.files);
    flip_page(leaf, kOldPages);
    ASSERT_TRUE(device_.connect().store()->undo_drop());
    ASSERT_TRUE(rebuild(to_));
    EXPECT_TRUE(read_all(device_, "undone") == truth_);
}

TEST_P(Recipher, ReadersGoOn) {
    Client reader = device_.connect();
    Result<ReadStream> stream = reader.read("kept");
    Result<ReadStream> other = reader.read("payload 1");
    ASSERT_TRUE(stream && other);
    Content got(truth_["kept"].size());
    const MutableBytes all(got);
    ASSERT_EQ(stream->read(all.first(1000)).value_or(0), 1000U);
    ASSERT_TRUE(rebuild(to_));
    ASSERT_EQ(stream->read(all.subspan(1000, 100000)).value_or(0), 100000U);
    Content second(kPayload);
    const auto whole = other->read(second);
    ASSERT_TRUE(whole) << message(whole);
    EXPECT_EQ(second, truth_["payload 1"]) << "looked up again: the same content, resealed";
    ASSERT_EQ(stream->read(all.subspan(101000)).value_or(0), got.size() - 101000);
    EXPECT_EQ(got, truth_["kept"]);
    EXPECT_EQ(*reader.get("object 1001"), truth_["object 1001"]);
}

// The content is stored as it was sealed; the store reports that one with the old cipher is left.
TEST_P(Recipher, AWriterThatBeganBeforeIsNotLost) {
    Client writer = device_.connect();
    Result<WriteStream> stream = writer.write("late");
    ASSERT_TRUE(stream);
    const Content content = content_of(600000, 8);
    ASSERT_TRUE(stream->write(Bytes(content).first(400000)));
    ASSERT_TRUE(rebuild(to_));
    ASSERT_TRUE(stream->write(Bytes(content).subspan(400000)));
    const auto put = stream->finish();
    ASSERT_TRUE(put) << message(put);
    truth_["late"] = content;
    EXPECT_TRUE(read_all(device_, "late") == truth_);
    EXPECT_TRUE(device_.connect().store()->status()->has_other_cipher);
    const auto again = rebuild(to_);
    EXPECT_TRUE(again) << message(again);
    EXPECT_FALSE(device_.connect().store()->status()->has_other_cipher);
    EXPECT_TRUE(read_all(device_, "late") == truth_);
}

// Others remove, replace and rename objects after the first content is done.
TEST_P(Recipher, OthersChangeTheStoreMeanwhile) {
    Client client = device_.connect();
    Client other = device_.connect();
    const auto done = rebuild_beside(client, [&] {
        ASSERT_TRUE(other.store()->rename("payload 1", "a payload"));
        ASSERT_TRUE(other.put("payload 0", truth_["payload 1"]));
        ASSERT_TRUE(other.remove("object 1000"));
    });
    ASSERT_TRUE(done) << message(done);
    EXPECT_FALSE(done->has_other_cipher) << "the renamed object is found, too";
    truth_["a payload"] = truth_["payload 0"] = truth_["payload 1"];
    truth_.erase("payload 1");
    truth_.erase("object 1000");
    EXPECT_TRUE(read_all(device_, "changed meanwhile") == truth_);
}

// Two programs that want opposite ciphers: the one that loses gets an error.
TEST_P(Recipher, AnotherOneThatWantsTheOppositeIsNoSuccess) {
    Client client = device_.connect();
    Client other = device_.connect();
    const auto done = rebuild_beside(client, [&] { ASSERT_TRUE(rebuild(other, from_)); });
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::busy) << message(done);
    EXPECT_EQ(other.store()->status()->cipher, from_ == Cipher::aes_256_gcm ? "aes-256-gcm" : "chacha20-poly1305");
    EXPECT_TRUE(read_all(device_, "both") == truth_);
}

TEST_P(Recipher, Rule31OnAFullDiskTheStoreStaysWhole) {
    size_t refused = 0;
    for (size_t room = 0; room < 1200000; room += 60000) {
        device_.restore(good_);
        device_.files().set_capacity(device_.files().held() + room);
        const auto done = rebuild(to_);
        EXPECT_TRUE(done || done.error().code == ErrorCode::no_space) << message(done);
        refused += done ? 0U : 1U;
        EXPECT_TRUE(read_all(device_, "full") == truth_) << room;
        EXPECT_TRUE(device_.connect().remove("object 1001")) << room;
        ASSERT_TRUE(device_.connect().verify()->damaged.empty()) << room;
        device_.files().set_capacity({});
        ASSERT_TRUE(rebuild(to_)) << room;
        if (done) break;
    }
    EXPECT_GT(refused, 2U);
}

TEST_P(Recipher, EveryAllocationOfTheTa) {
    const auto arm = [&](uint64_t n) {
        sim::Faults faults;
        faults.allocation = n;
        device_.tee().set_faults(faults);
    };
    uint64_t n = 1;
    for (bool happened = true; happened; ++n) {
        device_.restore(good_);
        arm(n);
        bool done = false;
        if (Result<Client> client = device_.try_connect()) done = rebuild(*client, to_).has_value();
        happened = device_.tee().faults().allocation == 0;
        arm(0);
        device_.end_programs();
        EXPECT_TRUE(happened || done) << n;
        ASSERT_TRUE(read_all(device_, "allocation") == truth_) << n;
        const auto again = rebuild(to_);
        ASSERT_TRUE(again) << n << message(again);
        ASSERT_FALSE(again->has_other_cipher) << n;
        ASSERT_LT(n, 1000U);
    }
    EXPECT_GT(n, 20U);
}

TEST_P(Recipher, NotWithAMove) {
    RebuildOptions both;
    both.cipher = to_;
    both.anchor = Anchor::rpmb;
    const auto refused = device_.connect().store()->rebuild(both);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::usage);
    if (GetParam() == Anchor::rpmb) return;
    rebuild_index_only();
    RebuildOptions move;
    move.anchor = Anchor::rpmb;
    const auto moved = device_.connect().store()->rebuild(move);
    ASSERT_TRUE(moved) << message(moved);
    EXPECT_TRUE(moved->has_other_cipher) << "a move between the parts keeps both ciphers";
    EXPECT_TRUE(read_all(device_, "moved") == truth_);
    EXPECT_TRUE(rebuild(to_));
    EXPECT_TRUE(read_all(device_, "done") == truth_);
}

INSTANTIATE_TEST_SUITE_P(Anchors, Recipher, testing::Values(Anchor::ree, Anchor::rpmb),
                         [](const auto& of) { return of.param == Anchor::ree ? "ree" : "rpmb"; });

}  // namespace
}  // namespace festore::store_test
