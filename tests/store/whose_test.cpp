// SPDX-License-Identifier: BSD-2-Clause
// Whose directory is it? Without a name, a header is believed only if the pages are those of the store that it names, or if no other store
// of the owner can be meant (rule 25); wherever that is not known, nothing is destroyed.
#include "sim/include/tee_internal_api.h"
#include "tests/store/harness/changed_headers.h"

#include <sys/stat.h>

namespace festore::store_test {
namespace {

class Whose : public ChangedHeaders {
protected:
    // "other" and the unnamed "store"; the latter has the header of the former.
    void plant_whole(const std::string& other = "other") {
        make(other, "other", Anchor::ree);
        make("store", "", Anchor::rpmb);
        copy("store", "copy");
        write("store", header(other));
    }
    void expect_refused() {
        const auto destroyed = client("store").store()->destroy();
        EXPECT_EQ(code(destroyed), kDamaged) << message(destroyed);
        EXPECT_TRUE(std::filesystem::exists(folder_ / "store" / "pages"));
        copy("copy", "store");
        EXPECT_TRUE(client("store").get("a"));
    }
    void lose_objects(std::string_view kind) {
        for (const auto& id : tee_->stored_ids(TEE_STORAGE_PRIVATE_REE, protocol::kTaUuid))
            if (text_of(Bytes(id)).find(kind) != std::string_view::npos)
                tee_->lose_object(TEE_STORAGE_PRIVATE_REE, protocol::kTaUuid, id);
    }
    void begin_anew() {
        tee_ = std::make_unique<sim::Tee>(sim::Config{});
        tee_->install(ta::host_image());
        sim::use_tee(tee_.get());
        std::filesystem::remove_all(folder_);
        std::filesystem::create_directory(folder_);
    }
};

// The command looks at the store before it asks whether to destroy it.
TEST_F(Whose, Rule25HavingLookedIsNoChoiceOfAName) {
    plant_whole();
    Client looked = client("store");
    static_cast<void>(looked.store()->status());
    EXPECT_EQ(code(looked.store()->destroy()), kConflict);
    EXPECT_TRUE(client("other").get("a"));
}

TEST_F(Whose, Rule25ACopyOfTheDirectoryIsNotTheStore) {
    make("store", "", Anchor::ree);
    copy("store", "copy");
    EXPECT_EQ(code(client("copy").store()->destroy()), kConflict);
    EXPECT_TRUE(client("store").get("a"));
}

TEST_F(Whose, Rule25AMovedOtherIsNotReached) {
    plant_whole();
    std::filesystem::rename(folder_ / "other", folder_ / "moved");
    expect_refused();
    EXPECT_TRUE(client("moved").get("a"));
}

TEST_F(Whose, Rule25AnOtherWithoutAClaimIsNotReached) {
    std::string deep = "deep";
    for (int i = 0; i < 12; ++i) deep += "/" + std::string(30, 'x');
    plant_whole(deep);
    expect_refused();
    EXPECT_TRUE(client(deep).get("a"));
    begin_anew();
    plant_whole();
    lose_objects("claim");
    expect_refused();
    EXPECT_TRUE(client("other").get("a"));
}

TEST_F(Whose, Rule25ADamagedTableHidesNoOther) {
    make("third", "third", Anchor::ree);
    make("other", "other", Anchor::rpmb);
    make("store", "", Anchor::rpmb);
    write("store", header("other"));
    for (const auto& id : tee_->stored_ids(TEE_STORAGE_PRIVATE_REE, protocol::kTaUuid))
        if (text_of(Bytes(id)).find("root table") != std::string_view::npos)
            tee_->damage_object(TEE_STORAGE_PRIVATE_REE, protocol::kTaUuid, id);
    EXPECT_FALSE(client("store").store()->destroy());
    EXPECT_TRUE(client("other").get("a"));
}

TEST_F(Whose, Rule25NothingAtTheOthersPlaceMakesItReachable) {
    for (int how = 0; how < 5; ++how) {
        plant_whole();
        copy("other", "real");
        const auto file = folder_ / "other" / protocol::kHeaderFile;
        std::ofstream(folder_ / "victim") << "v";
        if (how == 1) std::filesystem::resize_file(file, uint64_t{1} << 36);
        if (how == 0 || how == 2) std::filesystem::remove(file);
        if (how == 0) {
            EXPECT_EQ(mkfifo(file.c_str(), 0600), 0);
        }
        if (how == 2) std::filesystem::create_symlink(folder_ / "real" / protocol::kHeaderFile, file);
        if (how == 3) std::filesystem::remove_all(folder_ / "other");
        if (how == 3) {
            EXPECT_EQ(mkfifo((folder_ / "other").c_str(), 0600), 0);
        }
        if (how == 4) std::filesystem::remove(folder_ / "other" / "pages");
        if (how == 4) std::filesystem::create_symlink(folder_ / "victim", folder_ / "other" / "pages");
        expect_refused();
        std::filesystem::remove_all(folder_ / "other");
        EXPECT_TRUE(client("real").get("a")) << how;
        begin_anew();
    }
}

// The TEE may remember pages of the other store: that proves nothing about this directory.
TEST_F(Whose, Rule25WhatTheTeeRemembersProvesNothing) {
    plant_whole();
    Client reading = client("other");
    ASSERT_TRUE(reading.get("a"));
    std::filesystem::rename(folder_ / "other", folder_ / "moved");
    std::filesystem::rename(folder_ / "store", folder_ / "also moved");
    EXPECT_EQ(code(client("also moved").store()->destroy()), kDamaged);
    EXPECT_TRUE(client("moved").get("a"));
}

TEST_F(Whose, AMovedStoreIsDestroyed) {
    make("other", "other", Anchor::ree);
    make("store", "", Anchor::rpmb);
    std::filesystem::rename(folder_ / "other", folder_ / "also moved");
    std::filesystem::rename(folder_ / "store", folder_ / "moved");
    const auto destroyed = client("moved").store()->destroy();
    ASSERT_TRUE(destroyed) << message(destroyed);
    EXPECT_TRUE(destroyed->record_dropped);
    copy("also moved", "stale");
    ASSERT_TRUE(client("also moved", "other").store()->destroy()) << "with its name, whatever is elsewhere";
}

TEST_F(Whose, Rule25ANamedStoreIsNotDestroyedAtTheDirectoryOfAnother) {
    plant_whole();
    EXPECT_EQ(code(client("store", "other").store()->destroy()), kDamaged);
    copy("copy", "store");
    EXPECT_TRUE(client("store").get("a"));
    EXPECT_TRUE(client("other").get("a"));
}

// Nor are the files of a moved store removed under a name of which the TEE has no record.
TEST_F(Whose, Rule25AFreeNameRemovesNoFilesOfAnother) {
    make("theirs", "", Anchor::ree, 2000);
    make("store", "", Anchor::rpmb);
    std::filesystem::rename(folder_ / "store", folder_ / "moved");
    copy("moved", "copy");
    plant("moved", "theirs");
    rename_in_header("moved", "free");
    EXPECT_EQ(code(client("moved", "free").store()->destroy()), kDamaged);
    EXPECT_TRUE(std::filesystem::exists(folder_ / "moved" / "pages"));
    copy("copy", "moved");
    EXPECT_TRUE(client("moved").get("a"));
}

TEST_F(Whose, AStoreWhoseHeaderGotTheNameOfAnotherIsDestroyed) {
    make("store", "mine", Anchor::ree);
    make("other", "other", Anchor::ree);
    copy("store", "copy");
    rename_in_header("store", "other");
    EXPECT_FALSE(client("store", "other").store()->destroy());
    EXPECT_FALSE(client("store").store()->destroy()) << "it may be the directory of the other one";
    const auto destroyed = client("store", "mine").store()->destroy();
    ASSERT_TRUE(destroyed) << message(destroyed);
    EXPECT_TRUE(destroyed->record_dropped);
    copy("copy", "store");
    EXPECT_FALSE(client("store").get("a"));
    EXPECT_TRUE(client("other").get("a"));
}

TEST_F(Whose, Rule25TheIdOfADestroyedStoreAndALostAnswerDestroyNothing) {
    for (const bool after : {false, true}) {
        for (const char* name : {"", "free"}) {
            make("store", "", Anchor::ree);
            make("gone", "gone", Anchor::ree);
            const protocol::StoreHeader gone = header("gone");
            ASSERT_TRUE(client("gone").store()->destroy());
            std::filesystem::rename(folder_ / "store", folder_ / "moved");
            copy("moved", "copy");
            change("moved", [&](protocol::StoreHeader& changed) {
                changed.store_id = gone.store_id;
                changed.key_check = gone.key_check;
                changed.set_name("free");
            });
            Client dying = dying_client("moved", name);
            destroy_deaths = 1, dies_after = after;
            EXPECT_FALSE(dying.store()->destroy()) << name;
            destroy_deaths = 0;
            copy("copy", "moved");
            EXPECT_TRUE(client("moved").get("a"));
            ASSERT_TRUE(client("moved").store()->destroy());
        }
    }
}

TEST_F(Whose, Rule03APlantedNameMakesNoOtherStoreUnderAnyPath) {
    for (int how = 0; how < 3; ++how) {
        make("store", "", Anchor::rpmb);
        plant_unused("store", "free");
        std::string path = "./store";
        if (how == 1) std::filesystem::create_directory_symlink(folder_ / "store", folder_ / (path = "link"));
        if (how == 2) std::filesystem::rename(folder_ / "store", folder_ / (path = "moved"));
        EXPECT_EQ(code(client(path).get("a")), kDamaged) << how;
        EXPECT_EQ(code(client(path).put("b", content_of(3))), kDamaged) << how;
        EXPECT_EQ(client("none", "", 0).store()->all_records()->size(), 1U) << "no weaker store beside it";
        begin_anew();
    }
}

// A move to the RPMB was cut, and the RPMB is gone: once root says that there is none, the owner and root can destroy the store.
TEST_F(Whose, Rule21AStoreInACutMoveCanBeDestroyedOnceRootSaysThatThereIsNoRpmb) {
    for (const bool by_root : {false, true}) {
        make("store", "", Anchor::ree);
        {
            Client moving = client("store");
            ASSERT_TRUE(moving.get("a"));
            sim::Faults faults;
            faults.storage = 3;
            faults.storage_code = static_cast<uint32_t>(Code::storage_not_available);
            tee_->set_faults(faults);
            RebuildOptions to_rpmb;
            to_rpmb.anchor = Anchor::rpmb;
            ASSERT_FALSE(moving.store()->rebuild(to_rpmb));
        }
        rpmb_is(Rpmb::not_available);
        EXPECT_EQ(code(client("store", "default").store()->destroy()), static_cast<int>(ErrorCode::no_tee)) << "it may be in the RPMB";
        ASSERT_TRUE(client("root", "", 0).set_no_rpmb(true, true));
        EXPECT_FALSE(client("store").get("a"));
        DestroyOptions others;
        others.other = Owner::user(1000);
        const auto destroyed = by_root ? client("root", "", 0).store()->destroy(others) : client("store").store()->destroy();
        ASSERT_TRUE(destroyed) << message(destroyed);
        EXPECT_TRUE(destroyed->record_dropped && destroyed->may_be_in_rpmb);
        begin_anew();
    }
}

// Two stores of one name, one under ree and one in the RPMB: the name does not tell which one the header should name.
TEST_F(Whose, Rule25ANamesakeInTheRpmbIsNotDestroyedInNameOnly) {
    for (const char* name : {"", "web"}) {
        for (const bool is_moved : {false, true}) {
            make("store", "web", Anchor::rpmb);
            rpmb_is(Rpmb::not_available);
            InitOptions unasked;
            unasked.without_asking_rpmb = true;
            ASSERT_TRUE(client("other", "web").store()->init(unasked));
            rpmb_is(Rpmb::answers);
            copy("store", "copy");
            write("store", header("other"));
            if (is_moved) std::filesystem::rename(folder_ / "other", folder_ / "moved");
            EXPECT_FALSE(client("store", name).store()->destroy()) << name << is_moved;
            copy("copy", "store");
            EXPECT_TRUE(client("store").get("a"));
            begin_anew();
        }
    }
}

// Whoever can write the other store's last place can make it look as if that store was there.
TEST_F(Whose, Rule25AForgedPlaceProvesNothing) {
    make("other", "other", Anchor::ree);
    make("store", "", Anchor::rpmb);
    std::filesystem::rename(folder_ / "store", folder_ / "moved");
    std::filesystem::rename(folder_ / "other", folder_ / "also moved");
    std::filesystem::create_directory(folder_ / "store");
    std::filesystem::copy_file(folder_ / "moved" / protocol::kHeaderFile, folder_ / "store" / protocol::kHeaderFile);
    std::ofstream(folder_ / "store" / "pages") << "x";
    write("moved", header("also moved"));
    const auto destroyed = client("moved").store()->destroy();
    EXPECT_EQ(code(destroyed), kDamaged);
    EXPECT_NE(message(destroyed).find("may be the directory of the store"), std::string::npos) << message(destroyed);
    EXPECT_TRUE(client("also moved").get("a"));
}

// Nor do the other store's own pages at the place where the TEE saw this one last.
TEST_F(Whose, Rule25CopiedPagesProveNothingAtAnothersPlace) {
    plant_whole();
    std::filesystem::copy_file(folder_ / "other" / "pages", folder_ / "store" / "pages", std::filesystem::copy_options::overwrite_existing);
    std::filesystem::rename(folder_ / "other" / protocol::kHeaderFile, folder_ / "header");
    expect_refused();
    std::filesystem::rename(folder_ / "header", folder_ / "other" / protocol::kHeaderFile);
    EXPECT_TRUE(client("other").get("a"));
}

TEST_F(Whose, Rule25HavingLookedIsNoChoiceOfALostStore) {
    for (const bool opens : {true, false}) {
        plant_whole();
        if (!opens) change("store", [](protocol::StoreHeader& changed) { changed.key_check = {}; });
        {
            Client looked = client("store");
            static_cast<void>(looked.store()->status());
            std::filesystem::rename(folder_ / "store", folder_ / "gone");
            std::filesystem::rename(folder_ / "other", folder_ / "moved");
            EXPECT_FALSE(looked.store()->destroy(lost()));
            EXPECT_TRUE(client("moved").get("a"));
        }
        begin_anew();
    }
}

// A folder with nothing but a header is not the store's directory.
TEST_F(Whose, AHeaderAtTheLastPlaceKeepsNoRecord) {
    make("store", "", Anchor::ree);
    copy("store", "copy");
    std::filesystem::remove_all(folder_ / "store");
    std::filesystem::create_directory(folder_ / "store");
    std::filesystem::copy_file(folder_ / "copy" / protocol::kHeaderFile, folder_ / "store" / protocol::kHeaderFile);
    EXPECT_TRUE(client("nowhere", "default").store()->destroy(lost()));
}

// A record of a newer version tells its name, though nothing else.
TEST_F(Whose, Rule25ANamedDestroyReachesNoNewerRecordOfAnotherName) {
    make("other", "other", Anchor::ree);
    make("store", "web", Anchor::rpmb);
    const protocol::StoreHeader theirs = header("other");
    plant("store", "other");
    for (const auto& id : tee_->stored_ids(TEE_STORAGE_PRIVATE_REE, protocol::kTaUuid)) {
        if (text_of(Bytes(id)).find("root table") == std::string_view::npos) continue;
        auto table = tee_->stored_object(TEE_STORAGE_PRIVATE_REE, protocol::kTaUuid, id).value();
        const size_t at = text_of(Bytes(table)).find(text_of(Bytes(theirs.store_id)));
        table[at - 28 + 5] = std::byte{9};  // its minor version
        ASSERT_TRUE(tee_->store_object(TEE_STORAGE_PRIVATE_REE, protocol::kTaUuid, id, table));
        EXPECT_FALSE(client("store", "web").store()->destroy());
        EXPECT_EQ(tee_->stored_object(TEE_STORAGE_PRIVATE_REE, protocol::kTaUuid, id).value(), table);
    }
}

// The pages that a copy was left with are not those of the record, also if the owner has no other store.
TEST_F(Whose, Rule25AnOlderCopyOfTheOnlyStoreIsNotTheStore) {
    for (const bool is_moved : {true, false}) {
        for (const Anchor anchor : {Anchor::ree, Anchor::rpmb}) {
            begin_anew();
            make("store", "", anchor);
            copy("store", "copy");
            // It is used at another place: moved there, or the copy is, and the old place is cleaned up.
            if (is_moved) std::filesystem::rename(folder_ / "store", folder_ / "moved");
            const std::string live = is_moved ? "moved" : "copy";
            const std::string left = is_moved ? "copy" : "store";
            ASSERT_TRUE(client(live).put("b", content_of(20)));
            const auto destroyed = client(left).store()->destroy();
            EXPECT_EQ(code(destroyed), kDamaged) << message(destroyed);
            EXPECT_TRUE(std::filesystem::exists(folder_ / left / "pages"));
            EXPECT_TRUE(client(live).get("b"));
            EXPECT_TRUE(client(left, "default").store()->destroy()) << "chosen by its name";
        }
    }
}

TEST_F(Whose, Rule25AStoreWithoutObjectsIsDestroyedWhereverItIs) {
    ASSERT_TRUE(client("store").store()->init());
    std::filesystem::rename(folder_ / "store", folder_ / "moved");
    EXPECT_TRUE(client("moved").store()->destroy());
}

// The names of the directory and of the caller must agree: else the record would stay, and the files go.
TEST_F(Whose, Rule25AStoreOfAnotherNameIsNotRemoved) {
    for (const Anchor anchor : {Anchor::ree, Anchor::rpmb}) {
        for (const bool has_claim : {true, false}) {
            begin_anew();
            make("old", "mine", anchor);
            copy("old", "new");
            ASSERT_TRUE(client("new").put("b", content_of(20)));
            if (!has_claim) lose_objects("claim");
            const auto destroyed = client("new", "web").store()->destroy();
            EXPECT_EQ(code(destroyed), kDamaged) << message(destroyed);
            EXPECT_TRUE(client("new").get("b"));
            // Nor if the TEE's storage fails meanwhile.
            for (uint64_t n = 1; n < 30; ++n) {
                Client failing = client("new", "web");
                sim::Faults faults;
                faults.storage = n;
                tee_->set_faults(faults);
                EXPECT_FALSE(failing.store()->destroy()) << n;
                tee_->set_faults({});
                EXPECT_TRUE(client("new").get("b")) << n;
            }
            // Made, and never filled.
            ASSERT_TRUE(client("empty", "empty").store()->init({anchor}));
            EXPECT_EQ(code(client("empty", "web").store()->destroy()), kDamaged);
            EXPECT_TRUE(client("empty").put("a", content_of(10)));
        }
    }
}

}  // namespace
}  // namespace festore::store_test
