// SPDX-License-Identifier: BSD-2-Clause
// Versions of objects, and kept write-once objects: a client that keeps no rules cannot get around them.
#include "tests/ta/harness/repairing_commands.h"

namespace festore::ta {
namespace {

class StoreVersions : public RepairingCommands {
protected:
    void SetUp() override {
        session_ = session_of(1000);
        make_store(session_, disk_);
    }
    // Returns the new version, or 0 and the error in `result_`.
    uint64_t put_with(std::string_view name, unsigned flags, uint64_t if_version = 0) {
        protocol::StorePutRequest put;
        put.flags = static_cast<uint8_t>(protocol::kStoreSingle | flags);
        put.if_version = if_version;
        put.name = bytes_of(name);
        return change(Command::store_put, put);
    }
    uint64_t remove_object(std::string_view name) {
        return change(Command::store_remove, protocol::StoreNameRequest{{}, protocol::kStoreSingle, bytes_of(name)});
    }
    uint64_t rename_object(std::string_view from, std::string_view to) {
        const auto flags = static_cast<uint8_t>(protocol::kStoreSingle | protocol::kStoreReplace);
        return change(Command::store_rename, protocol::StoreRenameRequest{{}, flags, bytes_of(from), bytes_of(to)});
    }
    template <class M>
    uint64_t change(Command command, const M& message) {
        const Called called = paged(session_, disk_, command, message);
        const auto answer = protocol::decode<protocol::ChangeAnswer>(called.answer);
        result_ = called.result;
        if (result_ == 0 && answer) result_ = commit(session_, {answer->transaction, answer->generation});
        return result_ == 0 && answer ? answer->version : 0;
    }
    uint32_t session_ = 0;
    uint32_t result_ = 0;
    Disk disk_;
};

TEST_F(StoreVersions, NoVersionComesTwice) {
    std::set<uint64_t> seen;
    const auto is_new = [&](uint64_t version) { return version != 0 && seen.insert(version).second; };
    EXPECT_TRUE(is_new(put_with("a", 0)));
    const uint64_t of_a = *seen.begin();
    EXPECT_TRUE(is_new(put_with("b", 0)));
    EXPECT_TRUE(is_new(put_with("a", 0)));
    ASSERT_NE(remove_object("a"), 0U);
    EXPECT_TRUE(is_new(put_with("a", 0))) << "another object of that name";
    EXPECT_EQ(put_with("a", protocol::kStoreIfVersion, of_a), 0U);
    EXPECT_EQ(result_, number(Code::version_conflict)) << "it is not mistaken for the first one";
    EXPECT_TRUE(is_new(rename_object("a", "c")));
    EXPECT_TRUE(is_new(rename_object("b", "c")));
    // A repair forgets what was committed after its recovery copy, but those version numbers are not used again.
    ASSERT_TRUE(is_new(put_with("d", 0)));
    const Disk older = disk_;
    ASSERT_TRUE(is_new(put_with("e", 0)));
    ASSERT_TRUE(is_new(put_with("f", 0)));
    disk_ = older;
    lose(kTable);
    session_ = session_of(1000);
    ASSERT_EQ(repair_all(session_, disk_), 0U);
    EXPECT_TRUE(is_new(put_with("e", 0)));
    EXPECT_TRUE(is_new(put_with("f", 0)));
    // Nor, except in one of 256 cases, if the same copy is repaired again.
    size_t repeated = 0;
    for (int i = 0; i < 8; ++i) {
        disk_ = older;
        lose(kTable);
        session_ = session_of(1000);
        ASSERT_EQ(repair_all(session_, disk_), 0U);
        if (!is_new(put_with("e", 0))) ++repeated;
    }
    EXPECT_LT(repeated, 4U);
}

TEST_F(StoreVersions, AKeptObjectIsNeitherReplacedNorRemovedNorRenamed) {
    constexpr unsigned kKept = protocol::kStoreWriteOnce | protocol::kStoreKept;
    ASSERT_NE(put_with("kept", kKept), 0U);
    ASSERT_NE(put_with("other", 0), 0U);
    const auto refused = [&](uint64_t version) { return version == 0 && result_ == number(Code::write_once); };
    EXPECT_TRUE(refused(put_with("kept", 0)));
    EXPECT_TRUE(refused(put_with("kept", kKept)));
    EXPECT_TRUE(refused(remove_object("kept")));
    EXPECT_TRUE(refused(rename_object("kept", "moved")));
    EXPECT_TRUE(refused(rename_object("kept", "other")));
    EXPECT_TRUE(refused(rename_object("other", "kept")));
    lose(kTable);
    session_ = session_of(1000);
    ASSERT_EQ(repair_all(session_, disk_), 0U);
    EXPECT_TRUE(refused(remove_object("kept"))) << "a repair keeps it as it is";
    EXPECT_EQ(destroy(session_, disk_), 0U) << "it is kept only while the store lives";
}

TEST_F(StoreVersions, AWriteOnceObjectThatIsNotKeptIsRemovable) {
    ASSERT_NE(put_with("once", protocol::kStoreWriteOnce), 0U);
    EXPECT_EQ(put_with("once", 0), 0U);
    EXPECT_NE(rename_object("once", "still"), 0U);
    EXPECT_EQ(put_with("still", 0), 0U);
    EXPECT_NE(remove_object("still"), 0U);
    EXPECT_EQ(put_with("kept", protocol::kStoreKept), 0U) << "kept requires write-once";
    EXPECT_EQ(result_, number(Code::bad_format));
}

}  // namespace
}  // namespace festore::ta
