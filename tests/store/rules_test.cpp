// SPDX-License-Identifier: BSD-2-Clause
// Rules of the store for the TEE's side: handles, unknown outcomes, rollback, keys, limits.
#include "tests/store/harness/harness.h"

#include "base/limits.h"
#include "protocol/commands.h"
#include "protocol/store_files.h"
#include "tests/store/harness/planted.h"

#include <fstream>
#include <thread>

namespace festore::store_test {
namespace {

constexpr uint32_t kRee = 0x80000000;  // TEE_STORAGE_PRIVATE_REE
constexpr uint32_t kNoSpaceResult = 0xFFFF3041;

class Rules : public StoreTest {
protected:
    // The root table of the anchor ree, as the TEE keeps it.
    std::optional<Content> table() const {
        for (const auto& id : tee_->stored_ids(storage_, protocol::kTaUuid))
            if (text_of(id).ends_with("root table")) return tee_->stored_object(storage_, protocol::kTaUuid, id);
        return std::nullopt;
    }
    void put_table_back(const Content& content) {
        for (const auto& id : tee_->stored_ids(storage_, protocol::kTaUuid))
            if (text_of(id).ends_with("root table")) {
                ASSERT_TRUE(tee_->store_object(storage_, protocol::kTaUuid, id, content));
            }
    }
    void fail_next_storage_call(uint64_t which, uint32_t code) {
        sim::Faults faults;
        faults.storage = which;
        faults.storage_code = code;
        tee_->set_faults(faults);
    }
    uint32_t storage_ = kRee;
};

TEST_F(Rules, Rule01AnIdleClientKeepsNothingOpenButForItsTransaction) {
    idle_timeout_ = std::chrono::milliseconds(50);
    Client client = connect();
    ASSERT_TRUE(client.put("a", content_of(10)));
    const auto closes = [&] {
        for (int i = 0; i < 100 && tee_->ta_handles_open(protocol::kTaUuid) > 0; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        return tee_->ta_handles_open(protocol::kTaUuid) == 0;
    };
    EXPECT_TRUE(closes());
    {
        Result<Transaction> transaction = client.store()->begin();
        ASSERT_TRUE(transaction) << message(transaction);
        ASSERT_TRUE(transaction->put("b", content_of(10)));
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        EXPECT_GT(tee_->ta_handles_open(protocol::kTaUuid), 0U);
        ASSERT_TRUE(transaction->put("c", content_of(10)));
        EXPECT_TRUE(transaction->commit());
        EXPECT_TRUE(closes()) << "though the committed transaction's object still exists";
    }
    EXPECT_EQ(names(client), (std::vector<std::string>{"a", "b", "c"}));
}

TEST_F(Rules, Rule01NothingStaysOpenBehindTheLastSession) {
    {
        Client client = connect();
        ASSERT_TRUE(client.put("a", content_of(10)));
        EXPECT_GT(tee_->ta_handles_open(protocol::kTaUuid), 0U) << "open while there is a session";
    }
    EXPECT_EQ(tee_->ta_handles_open(protocol::kTaUuid), 0U);
    EXPECT_EQ(tee_->ta_heap_bytes_in_use(protocol::kTaUuid), 0U);
}

TEST_F(Rules, Rule03ARecordOf256BytesAStoreInOneObjectBehindAHeader) {
    for (const uint32_t uid : {1000U, 1001U, 1002U}) {
        Client client = connect("store " + std::to_string(uid), uid);
        ASSERT_TRUE(client.put("a", content_of(10)));
    }
    ASSERT_TRUE(table());
    EXPECT_EQ(table()->size(), 232U + 3U * 256);
    EXPECT_EQ(tee_->stored_ids(storage_, protocol::kTaUuid).size(), 1U + 3U) << "and the claim of each store";
}

TEST_F(Rules, Rule03ADamagedTableIsDamageAndNoEmptyTable) {
    ASSERT_TRUE(connect().put("a", content_of(10)));
    for (const auto& id : tee_->stored_ids(storage_, protocol::kTaUuid)) tee_->damage_object(storage_, protocol::kTaUuid, id);
    Client client = connect();
    EXPECT_EQ(code(client.get("a")), kDamaged);
    EXPECT_EQ(code(client.put("a", content_of(11))), kDamaged);
}

TEST_F(Rules, Rule02And04AFailedWriteLeavesTheOldStateAndIsForgotten) {
    Client client = connect();
    ASSERT_TRUE(client.put("a", content_of(10, 1)));
    fail_next_storage_call(1, kNoSpaceResult);
    const auto failed = client.put("a", content_of(10, 2));
    EXPECT_EQ(code(failed), kNoSpace) << message(failed);
    tee_->set_faults({});
    EXPECT_EQ(*client.get("a"), content_of(10, 1));
    EXPECT_EQ(client.put("a", content_of(10, 3))->version, 2U);
    EXPECT_EQ(*client.get("a"), content_of(10, 3));
}

TEST_F(Rules, Rule05AnInstanceNeverGoesBack) {
    Client client = connect();
    ASSERT_TRUE(client.put("a", content_of(10, 1)));
    const std::optional<Content> older = table();
    ASSERT_TRUE(older);
    ASSERT_TRUE(client.put("a", content_of(10, 2)));
    put_table_back(*older);
    fail_next_storage_call(1, kNoSpaceResult);  // makes the TA read the table again
    EXPECT_NE(code(client.put("a", content_of(10, 3))), kDone);
    tee_->set_faults({});
    const auto got = client.get("a");
    EXPECT_EQ(code(got), kDamaged) << message(got);
}

TEST_F(Rules, Rule06TwoWritersExcludeEachOther) {
    Client one = connect();
    Client other = connect();
    ASSERT_TRUE(one.put("a", content_of(10)));
    {
        Result<Transaction> transaction = one.store()->begin();
        ASSERT_TRUE(transaction) << message(transaction);
        EXPECT_EQ(code(other.put("b", content_of(10))), kBusy);
        EXPECT_EQ(code(other.remove("a")), kBusy);
        EXPECT_EQ(code(other.store()->begin()), kBusy);
        EXPECT_EQ(code(other.get("a")), kDone) << "a reader waits for nobody";
    }
    EXPECT_EQ(code(other.put("b", content_of(10))), kDone);
}

TEST_F(Rules, Rule09AReaderFollowsTheWriters) {
    Client reader = connect();
    Client writer = connect();
    for (unsigned round = 1; round < 60; ++round) {
        ASSERT_TRUE(writer.put("inline", content_of(100, round)));
        ASSERT_TRUE(writer.put("payload", content_of(5000, round)));
        ASSERT_TRUE(writer.put("other " + std::to_string(round), content_of(700)));
        EXPECT_EQ(*reader.get("inline"), content_of(100, round));
        EXPECT_EQ(*reader.get("payload"), content_of(5000, round));
    }
}

TEST_F(Rules, Rule18AnotherHardwareKeyIsToldBeforeAnyObjectIsOpened) {
    ASSERT_TRUE(connect().put("a", content_of(10)));
    sim::Config config;
    config.huk[0] = std::byte{1};
    sim::Tee other(config);
    other.install(ta::host_image());
    sim::use_tee(&other);
    const auto got = connect().get("a");
    EXPECT_EQ(code(got), kDamaged);
    EXPECT_NE(message(got).find("another device"), std::string::npos) << message(got);
    EXPECT_EQ(other.counters().storage_calls(), 0U);
    sim::use_tee(tee_.get());
    EXPECT_EQ(*connect().get("a"), content_of(10));
}

TEST_F(Rules, Rule20AStoreOfAnotherKindOfTeeIsRefused) {
    Client client = connect();
    ASSERT_TRUE(client.put("a", content_of(10)));
    const std::filesystem::path file = folder_ / "store" / protocol::kHeaderFile;
    Content bytes(protocol::kStoreHeaderBytes);
    std::ifstream(file, std::ios::binary).read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    auto header = protocol::decode_store_header(bytes);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->tee, protocol::TeeKind::simulated);
    header->tee = protocol::TeeKind::optee;
    Writer out(bytes);
    encode(*header, out);
    std::ofstream(file, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    Client other = connect();
    for (const auto& refused : {code(other.get("a")), code(other.put("b", content_of(1)))}) EXPECT_EQ(refused, kNoTee);
    EXPECT_NE(message(other.get("a")).find("was made by OP-TEE, and this is the simulated TEE"), std::string::npos);
}

TEST_F(Rules, Rule20AnOlderStoreOfTheSameUserIsNotItsStore) {
    ASSERT_TRUE(connect().put("a", content_of(10)));
    sim::Tee other({});  // where the same user has another store
    other.install(ta::host_image());
    sim::use_tee(&other);
    ASSERT_TRUE(connect("second").put("a", content_of(11)));
    const auto got = connect().get("a");
    EXPECT_EQ(code(got), kDamaged);
    EXPECT_NE(message(got).find("not the one that the TEE has a record of"), std::string::npos) << message(got);
    sim::use_tee(tee_.get());
}

TEST_F(Rules, AStoreWhoseDirectoryIsGoneIsNoStoreThatNeverWas) {
    const auto never = connect().get("a");
    EXPECT_EQ(code(never), static_cast<int>(ErrorCode::not_found)) << message(never);
    ASSERT_TRUE(connect().put("a", content_of(10)));
    std::filesystem::rename(folder_ / "store", folder_ / "elsewhere");
    Client client = connect();
    for (const auto& answer : {message(client.get("a")), message(client.stat("a")), message(client.list()),
                               message(client.store()->status())})
        EXPECT_NE(answer.find("the TEE has the record of a store of yours, and it is not at"), std::string::npos) << answer;
    EXPECT_EQ(code(client.get("a")), static_cast<int>(ErrorCode::damaged));
    EXPECT_EQ(code(client.put("a", content_of(10))), static_cast<int>(ErrorCode::conflict));
    EXPECT_EQ(code(connect("store", 1001).get("a")), static_cast<int>(ErrorCode::not_found)) << "another user has none";
    std::filesystem::rename(folder_ / "elsewhere", folder_ / "store");
    EXPECT_EQ(*connect().get("a"), content_of(10));
    std::filesystem::remove_all(folder_ / "store");
    DestroyOptions lost;
    lost.lost_directory = true;
    ASSERT_TRUE(connect().store()->destroy(lost));
    EXPECT_EQ(code(connect().get("a")), static_cast<int>(ErrorCode::not_found));
}

TEST_F(Rules, AStoreWithoutItsHeaderIsToldFromAFolderOfOtherThings) {
    ASSERT_TRUE(connect().put("a", content_of(10)));
    const std::filesystem::path header = folder_ / "store" / protocol::kHeaderFile;
    std::filesystem::rename(header, folder_ / "kept");
    Client client = connect();
    for (const auto& [answer, said] : {std::pair{code(client.get("a")), message(client.get("a"))},
                                       std::pair{code(client.put("b", content_of(10))), message(client.put("b", content_of(10)))},
                                       std::pair{code(client.store()->repair()), message(client.store()->repair())},
                                       std::pair{code(client.store()->init()), message(client.store()->init())},
                                       std::pair{code(client.store()->destroy()), message(client.store()->destroy())}}) {
        EXPECT_EQ(answer, static_cast<int>(ErrorCode::damaged)) << said;
        EXPECT_NE(said.find("has lost its header, festore.store: put that back"), std::string::npos) << said;
    }
    DestroyOptions lost;
    lost.lost_directory = true;
    EXPECT_EQ(code(client.store()->destroy(lost)), kConflict) << "it may be the directory of the record";
    write_file(folder_ / "store" / "README", "");
    EXPECT_EQ(code(client.store()->destroy(lost)), kConflict) << "also with another file in it";
    EXPECT_NE(message(client.get("a")).find("has lost its header"), std::string::npos) << message(client.get("a"));
    std::filesystem::remove(folder_ / "store" / "README");
    std::filesystem::rename(folder_ / "kept", header);
    std::filesystem::rename(folder_ / "store" / "pages", folder_ / "kept");
    std::filesystem::create_symlink("elsewhere", folder_ / "store" / "pages");
    EXPECT_EQ(code(client.store()->destroy(lost)), kDamaged);
    EXPECT_NE(message(client.store()->destroy(lost)).find("move it away, or name another place"), std::string::npos);
    std::filesystem::rename(folder_ / "kept", folder_ / "store" / "pages");
    EXPECT_EQ(*connect().get("a"), content_of(10));
}

TEST_F(Rules, DestroyOverwritesTheRecoveryCopiesAlsoOfAPageFileWithTwoNames) {
    for (const bool two_names : {false, true}) {
        ASSERT_TRUE(connect().put("a", content_of(10)));
        const std::filesystem::path pages = folder_ / "store" / protocol::kPageFile;
        if (two_names) std::filesystem::create_hard_link(pages, folder_ / "store" / protocol::kOldPageFile);
        std::ifstream opened(pages, std::ios::binary);  // stays readable when the name is gone
        ASSERT_TRUE(connect().store()->destroy());
        std::string copies(2 * limits::kPageBytes, 'x');
        opened.read(copies.data(), static_cast<std::streamsize>(copies.size()));
        EXPECT_EQ(copies, std::string(copies.size(), '\0')) << two_names;
    }
}

// Many programs have a file of that name; the store's lock file is empty.
TEST_F(Rules, AFolderWithAnotherProgramsLockFileIsNotTheStores) {
    std::filesystem::create_directory(folder_ / "store");
    write_file(folder_ / "store" / "lock", "4242");
    Client client = connect();
    EXPECT_EQ(code(client.put("a", content_of(10))), static_cast<int>(ErrorCode::failure)) << message(client.put("a", content_of(10)));
    EXPECT_EQ(code(client.store()->destroy()), static_cast<int>(ErrorCode::failure));
    EXPECT_EQ(read_file(folder_ / "store" / "lock"), "4242");
    write_file(folder_ / "store" / "lock", "");
    EXPECT_TRUE(client.put("a", content_of(10)));
}

TEST_F(Rules, ADirectoryWithAnotherStoresHeaderIsNotLost) {
    const std::filesystem::path header = folder_ / "store" / protocol::kHeaderFile;
    ASSERT_TRUE(connect().put("a", content_of(10)));
    std::filesystem::copy(header, folder_ / "of the first");
    ASSERT_TRUE(connect().store()->destroy());
    Client client = connect();
    ASSERT_TRUE(client.put("a", content_of(20)));
    std::filesystem::rename(header, folder_ / "kept");
    std::filesystem::copy(folder_ / "of the first", header);
    DestroyOptions lost;
    lost.lost_directory = true;
    EXPECT_EQ(code(client.store()->destroy(lost)), kConflict);
    std::filesystem::remove(header);
    std::filesystem::rename(folder_ / "kept", header);
    EXPECT_EQ(*connect().get("a"), content_of(20));
}

// A client that has the store open does not check whether the store opens.
TEST_F(Rules, InitTellsALostHeaderAlsoWhereTheStoreIsOpen) {
    Client client = connect();
    ASSERT_TRUE(client.put("a", content_of(10)));
    std::filesystem::rename(folder_ / "store" / protocol::kHeaderFile, folder_ / "kept");
    const auto made = client.store()->init();
    EXPECT_EQ(code(made), kDamaged);
    EXPECT_NE(message(made).find("has lost its header"), std::string::npos) << message(made);
}

// The header alone would look like an interrupted creation, of which the next put makes a store.
TEST_F(Rules, Rule20NoStoreIsMadeOverOneThatHasLostItsPages) {
    const std::filesystem::path store = folder_ / "store";
    for (const char* rest : {"payloads", "pages.old", "pages.older", "pages.new"}) {
        ASSERT_TRUE(connect().put("large", content_of(50'000)));
        std::filesystem::rename(store, folder_ / "away");
        DestroyOptions lost;
        lost.lost_directory = true;
        ASSERT_TRUE(connect().store()->destroy(lost));
        std::filesystem::rename(folder_ / "away", store);
        if (rest != std::string_view("payloads")) {
            std::filesystem::remove_all(store / "payloads");
            std::filesystem::create_directory(store / "payloads");
            std::filesystem::rename(store / "pages", store / rest);
        }
        std::filesystem::remove(store / "pages");
        Client client = connect();
        EXPECT_EQ(code(client.put("new", content_of(10))), kDamaged) << rest;
        EXPECT_EQ(code(client.store()->init()), kDamaged) << rest;
        std::filesystem::rename(store / protocol::kHeaderFile, folder_ / "kept");
        EXPECT_EQ(code(client.put("new", content_of(10))), kDamaged) << rest << ", without its header";
        std::filesystem::rename(folder_ / "kept", store / protocol::kHeaderFile);
        ASSERT_TRUE(std::filesystem::exists(store / rest)) << rest;
        EXPECT_FALSE(std::filesystem::is_empty(store / rest)) << rest;
        EXPECT_EQ(code(client.store()->destroy()), kDone) << rest;
        EXPECT_FALSE(std::filesystem::exists(store / rest)) << rest;
    }
}

TEST_F(Rules, Rule21StoresAreLimitedAndTheLastAreForRoot) {
    uint32_t made = 0;
    for (uint32_t uid = 1000; uid < 1100; ++uid) {
        Client client = connect("store " + std::to_string(uid), uid);
        const auto put = client.put("a", content_of(1));
        if (!put) {
            EXPECT_EQ(code(put), kNoSpace) << message(put);
            break;
        }
        ++made;
    }
    EXPECT_EQ(made, limits::kStoresMax - limits::kStoresKeptForRoot);
    EXPECT_EQ(code(connect("root's", 0).put("a", content_of(1))), kDone);
}

TEST_F(Rules, Rule21RootListsTheStoresOfAll) {
    EXPECT_TRUE(connect("root's", 0).store()->all_records()->empty());
    ASSERT_TRUE(connect("one", 1000).put("a", content_of(5)));
    ASSERT_TRUE(connect("other", 1001).put("b", content_of(7)));
    ASSERT_TRUE(connect("gone", 1002).put("c", content_of(7)));
    ASSERT_TRUE(connect("gone", 1002).store()->destroy());
    EXPECT_EQ(code(connect("one", 1000).store()->all_records()), kNotPermitted);
    const auto records = connect("root's", 0).store()->all_records();
    ASSERT_TRUE(records) << message(records);
    ASSERT_EQ(records->size(), 2U);
    EXPECT_EQ(records->at(0).identity, "fc34275c-d8dd-5ba7-968b-504718363b87");
    EXPECT_FALSE(records->at(0).is_group);
    ASSERT_TRUE(records->at(0).info && records->at(1).info);
    EXPECT_EQ(records->at(0).info->content_bytes, 5U);
    EXPECT_EQ(records->at(1).info->content_bytes, 7U);
    EXPECT_EQ(records->at(1).info->directory, "");
}

TEST_F(Rules, Rule21TransactionsAreLimited) {
    std::vector<Client> clients;
    std::vector<Transaction> running;
    for (uint32_t uid = 1000; uid < 1000 + limits::kBatchesMax; ++uid) {
        clients.push_back(connect("store " + std::to_string(uid), uid));
        auto transaction = clients.back().store()->begin();
        ASSERT_TRUE(transaction) << message(transaction);
        ASSERT_TRUE(transaction->put("a", content_of(1)));
        running.push_back(std::move(*transaction));
    }
    Client client = connect("another", 2000);
    EXPECT_EQ(code(client.store()->begin()), kBusy);
    EXPECT_EQ(code(client.put("a", content_of(1))), kDone) << "single changes need no place";
    Client of_root = connect("root's", 0);
    EXPECT_TRUE(of_root.store()->begin()) << "root still has its place (rule 28)";
    running.pop_back();
    const auto begun = client.store()->begin();
    EXPECT_EQ(code(begun), kDone) << message(begun);
}

}  // namespace
}  // namespace festore::store_test
