// SPDX-License-Identifier: BSD-2-Clause
// Somebody writes the id of another store, the owner's own or anybody's, into the header of a store's directory: destroying that
// directory neither reaches the other store nor removes the files while the record stays (rule 25).
#include "tests/store/harness/changed_headers.h"

namespace festore::store_test {
namespace {

class ForeignId : public ChangedHeaders {};

TEST_F(ForeignId, Rule25ANamedDestroyReachesNoOtherStore) {
    constexpr std::array kBoth{Anchor::ree, Anchor::rpmb};
    for (const Anchor of_other : kBoth) {
        for (const Anchor anchor : kBoth) {
            for (const bool changes_anchor : {false, true}) {
                make("other", "other", of_other);
                make("store", "store", anchor);
                plant("store", "other", changes_anchor);
                const auto destroyed = client("store", "store").store()->destroy();
                EXPECT_EQ(code(destroyed), kDamaged) << message(destroyed);
                EXPECT_TRUE(client("other").get("a"));
                std::filesystem::remove_all(folder_ / "store");
                ASSERT_TRUE(client("store", "store").store()->destroy(lost())) << "the store itself can be destroyed by its name";
                ASSERT_TRUE(client("other").store()->destroy());
            }
        }
    }
}

TEST_F(ForeignId, Rule25AClientThatHasOpenedAStoreDestroysNoOther) {
    make("other", "other", Anchor::ree);
    make("store", "store", Anchor::rpmb);
    Client client_of_store = client("store");
    ASSERT_TRUE(client_of_store.get("a"));
    plant("store", "other");
    EXPECT_EQ(code(client_of_store.store()->destroy()), kConflict);
    EXPECT_TRUE(client("other").get("a"));
}

TEST_F(ForeignId, Rule25AnIdOfAnotherOwnerDoesNotKeepTheRecord) {
    for (const Anchor anchor : {Anchor::ree, Anchor::rpmb}) {
        make("theirs", "", Anchor::ree, 2000);
        make("store", "", anchor);
        copy("store", "copy");
        for (const bool changes_anchor : {false, true}) {
            plant("store", "theirs", changes_anchor);
            rename_in_header("store", "free");
            const auto destroyed = client("store").store()->destroy();
            EXPECT_EQ(code(destroyed), kDamaged) << "without its record, the directory is not removed: " << message(destroyed);
            EXPECT_NE(message(destroyed).find("'default', last at"), std::string::npos) << message(destroyed);
            copy("copy", "store");
            EXPECT_TRUE(client("store").get("a"));
        }
        ASSERT_TRUE(client("store").store()->destroy());
        ASSERT_TRUE(client("theirs", "", 2000).store()->destroy());
    }
}

// Nor does the header of another store of the same owner, if nobody names the store.
TEST_F(ForeignId, Rule25ACopiedHeaderReachesNoOtherStore) {
    make("other", "other", Anchor::ree);
    make("store", "", Anchor::rpmb);
    write("store", header("other"));
    const auto destroyed = client("store").store()->destroy();
    EXPECT_EQ(code(destroyed), kConflict) << message(destroyed);
    EXPECT_NE(message(destroyed).find("is that of the store at '" + (folder_ / "other").string()), std::string::npos);
    EXPECT_TRUE(client("other").get("a"));
    // The same directory under another path is no other directory.
    std::filesystem::create_directory_symlink(folder_ / "other", folder_ / "link");
    EXPECT_TRUE(client("link").store()->destroy());
}

// The remains of a store whose record is gone are removed if the owner's other stores are known to be elsewhere.
TEST_F(ForeignId, ADirectoryWithoutARecordIsRemoved) {
    make("other", "other", Anchor::ree);
    make("store", "", Anchor::rpmb);
    copy("store", "copy");
    ASSERT_TRUE(client("store").store()->destroy());
    copy("copy", "store");
    const auto destroyed = client("store").store()->destroy();
    ASSERT_TRUE(destroyed) << message(destroyed);
    EXPECT_FALSE(destroyed->record_dropped);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "store" / "pages"));
    copy("copy", "store");
    std::filesystem::rename(folder_ / "other", folder_ / "moved");
    EXPECT_EQ(code(client("store").store()->destroy()), kDamaged) << "this may be the other store's directory";
}

// Rule 4: a repeated call shows what the first one did; if it did nothing, the store is looked for under the other anchor, too.
TEST_F(ForeignId, Rule25AnUnknownOutcomeIsNoDestruction) {
    for (const uint32_t hellos : {0U, 1U, 2U}) {
        for (const bool after : {false, true}) {
            for (const bool is_renamed : {false, true}) {
                make("store", "", Anchor::rpmb);
                copy("store", "copy");
                change("store", [&](protocol::StoreHeader& changed) {
                    if (is_renamed) changed.set_name("free");
                    else changed.anchor = stored::Anchor::ree;
                });
                Client dying = dying_client("store");
                destroy_deaths = 1, hello_deaths = hellos, dies_after = after;
                const auto destroyed = dying.store()->destroy();
                destroy_deaths = hello_deaths = 0;
                copy("copy", "store");
                if (destroyed) {
                    EXPECT_TRUE(destroyed->record_dropped);
                    EXPECT_FALSE(client("store").get("a")) << hellos << after << is_renamed;
                }
                static_cast<void>(client("store").store()->destroy());
                std::filesystem::remove_all(folder_ / "store");
            }
        }
    }
}

TEST_F(ForeignId, Rule25AStoreInASilentRpmbStays) {
    for (const Rpmb silent : {Rpmb::not_available, Rpmb::ends_ta}) {
        make("store", "", Anchor::rpmb);
        rpmb_is(silent);
        EXPECT_EQ(code(client("store").store()->destroy()), static_cast<int>(ErrorCode::no_tee));
        EXPECT_EQ(code(client("store", "default").store()->destroy()), static_cast<int>(ErrorCode::no_tee));
        rpmb_is(Rpmb::answers);
        EXPECT_TRUE(client("store").get("a"));
        ASSERT_TRUE(client("store").store()->destroy());
    }
}

// A header without pages looks like that of a store whose creation was interrupted.
TEST_F(ForeignId, Rule03APlantedNameMakesNoOtherStore) {
    make("store", "", Anchor::rpmb);
    plant_unused("store", "free");
    EXPECT_EQ(code(client("store").get("a")), kDamaged);
    EXPECT_EQ(code(client("store").put("b", content_of(3))), kDamaged);
    EXPECT_EQ(client("none", "", 0).store()->all_records()->size(), 1U) << "no weaker store beside it";
}

// A move to the RPMB that fails takes nothing away.
TEST_F(ForeignId, Rule27AFailedMoveKeepsTheMark) {
    uint64_t failed = 0;
    for (uint64_t n = 1; n < 9; ++n) {
        InitOptions unasked;
        unasked.without_asking_rpmb = true;
        ASSERT_TRUE(client("store").store()->init(unasked));
        ASSERT_TRUE(client("store").put("a", content_of(10)));
        {
            Client moving = client("store");
            ASSERT_TRUE(moving.get("a"));
            sim::Faults faults;
            faults.storage = n;
            faults.storage_code = static_cast<uint32_t>(Code::storage_no_space);
            tee_->set_faults(faults);
            RebuildOptions to_rpmb;
            to_rpmb.anchor = Anchor::rpmb;
            if (!moving.store()->rebuild(to_rpmb)) ++failed;
            tee_->set_faults({});
        }
        ASSERT_TRUE(client("store").put("b", content_of(10)));
        const auto status = client("store").store()->status();
        ASSERT_TRUE(status) << message(status);
        EXPECT_EQ(status->made_without_rpmb_answer, status->anchor == Anchor::ree) << n;
        if (status->anchor == Anchor::ree) {
            rpmb_is(Rpmb::not_available);
            EXPECT_TRUE(client("store").get("a")) << "as before the move";
            rpmb_is(Rpmb::answers);
        }
        ASSERT_TRUE(client("store").store()->destroy());
    }
    EXPECT_GT(failed, 1U);
}

}  // namespace
}  // namespace festore::store_test
