// SPDX-License-Identifier: BSD-2-Clause
// The pages that a repair replaced: how long they are kept, and what for.
#include "tests/store/harness/repairing.h"

namespace festore::store_test {
namespace {

class Kept : public Repairing {};

TEST_P(Kept, WhatWasReplacedIsKeptUntilItIsAcknowledged) {
    const Device::Snapshot intact = device_.snapshot();
    const Content pages = device_.files().at(kPages);
    lose_record();
    ASSERT_TRUE(device_.connect().store()->repair());
    EXPECT_EQ(device_.files().at(kOldPages), pages);
    const auto healthy = device_.connect().store()->repair();
    EXPECT_EQ(code(healthy), kConflict);
    EXPECT_EQ(message(healthy).find("pages.old"), std::string::npos) << "the record has these pages: " << message(healthy);
    // The record was only temporarily missing.
    device_.restore({device_.snapshot().files, intact.tee});
    EXPECT_EQ(code(device_.connect().get("a")), kDamaged);
    EXPECT_EQ(code(device_.connect().store()->acknowledge()), kConflict) << "the record does not know of the repair";
    const auto refused = device_.connect().store()->repair();
    EXPECT_EQ(code(refused), kConflict);
    EXPECT_NE(message(refused).find("mv pages.old pages"), std::string::npos) << message(refused);
    ASSERT_EQ(device_.files().rename(kOldPages, kPages), 0);
    EXPECT_EQ(read_all(device_, "its own pages"), objects());
    EXPECT_TRUE(device_.connect().put("a", objects().at("a")));
    lose_record();
    ASSERT_TRUE(device_.connect().store()->repair());
    EXPECT_TRUE(device_.snapshot().files.files.contains(kOldPages));
    ASSERT_TRUE(device_.connect().store()->acknowledge());
    EXPECT_FALSE(device_.snapshot().files.files.contains(kOldPages));
}

TEST_P(Kept, TwoRepairsInARowKeepBoth) {
    const Content first = device_.files().at(kPages);
    lose_record();
    ASSERT_TRUE(device_.connect().store()->repair());
    ASSERT_TRUE(device_.connect().put("between", content_of(300)));
    const Content second = device_.files().at(kPages);
    lose_record();
    ASSERT_TRUE(device_.connect().store()->repair());
    EXPECT_EQ(device_.files().at(kOldPages), second);
    EXPECT_EQ(device_.files().at(kOlderPages), first);
    VerifyOptions clean;
    clean.remove_orphaned = true;
    EXPECT_EQ(code(device_.connect().verify(clean)), kConflict) << "the kept pages may refer to them";
    ASSERT_TRUE(device_.connect().store()->acknowledge());
    for (const std::string& name : {kOldPages, kOlderPages}) EXPECT_FALSE(device_.snapshot().files.files.contains(name));
    EXPECT_TRUE(device_.connect().verify(clean));
}

TEST_P(Kept, DestroyingTakesWhatWasReplacedAlong) {
    lose_record();
    ASSERT_TRUE(device_.connect().store()->repair());
    const auto destroyed = device_.connect().store()->destroy();
    ASSERT_TRUE(destroyed) << message(destroyed);
    EXPECT_TRUE(destroyed->left.empty());
    EXPECT_TRUE(device_.snapshot().files.files.empty());
}

INSTANTIATE_TEST_SUITE_P(Anchors, Kept, testing::Values(Anchor::ree, Anchor::rpmb),
                         [](const auto& of) { return of.param == Anchor::ree ? "ree" : "rpmb"; });

}  // namespace
}  // namespace festore::store_test
