// SPDX-License-Identifier: BSD-2-Clause
// What a store does, verb by verb.
#include "tests/store/harness/harness.h"

#include <algorithm>
#include <fstream>

namespace festore::store_test {
namespace {

class Verbs : public StoreTest {};

TEST_F(Verbs, PutMakesTheStoreAndGetGivesItBack) {
    Client client = connect();
    EXPECT_EQ(code(client.get("a")), kNotFound);
    EXPECT_EQ(code(client.store()->status()), kNotFound);
    const Result<ObjectInfo> stored = client.put("a", content_of(100));
    ASSERT_TRUE(stored) << message(stored);
    EXPECT_EQ(stored->version, 1U);
    const auto got = client.get("a");
    ASSERT_TRUE(got) << message(got);
    EXPECT_EQ(*got, content_of(100));
    EXPECT_EQ(code(client.get("b")), kNotFound);
}

TEST_F(Verbs, ContentsOfAllSizes) {
    Client client = connect();
    for (const size_t size : std::initializer_list<size_t>{0, 1, 981, 982, 983, 4096, 32767, 32768, 32769, 65536, 300000}) {
        const std::string name = "size " + std::to_string(size);
        const auto stored = client.put(name, content_of(size));
        ASSERT_TRUE(stored) << message(stored);
    }
    Client other = connect();
    for (const size_t size : std::initializer_list<size_t>{0, 1, 981, 982, 983, 4096, 32767, 32768, 32769, 65536, 300000}) {
        const auto got = other.get("size " + std::to_string(size));
        ASSERT_TRUE(got) << message(got);
        EXPECT_EQ(*got, content_of(size)) << size;
    }
}

TEST_F(Verbs, ReplaceRemoveRename) {
    Client client = connect();
    ASSERT_TRUE(client.put("a", content_of(10)));
    ASSERT_TRUE(client.put("b", content_of(50000)));
    EXPECT_EQ(client.put("a", content_of(60000, 2))->version, 3U);
    EXPECT_EQ(code(client.store()->rename("a", "b")), kConflict);
    EXPECT_EQ(code(client.store()->rename("none", "b")), kNotFound);
    const auto renamed = client.store()->rename("a", "b", true);
    ASSERT_TRUE(renamed) << message(renamed);
    EXPECT_EQ(renamed->version, 4U);
    EXPECT_EQ(names(client), std::vector<std::string>{"b"});
    EXPECT_EQ(*client.get("b"), content_of(60000, 2));
    EXPECT_EQ(code(client.remove("b")), kDone);
    EXPECT_EQ(code(client.remove("b")), kNotFound);
    EXPECT_TRUE(names(client).empty());
    const auto left = std::filesystem::directory_iterator(folder_ / "store" / "payloads");
    EXPECT_EQ(std::distance(begin(left), end(left)), 0) << "payloads that nothing refers to";
}

TEST_F(Verbs, Conditions) {
    Client client = connect();
    ASSERT_TRUE(client.put("a", content_of(10)));
    PutOptions if_absent;
    if_absent.if_absent = true;
    EXPECT_EQ(code(client.put("a", content_of(11), if_absent)), kConflict);
    PutOptions if_version;
    if_version.if_version = 1;
    EXPECT_EQ(code(client.put("a", content_of(12), if_version)), kDone);
    EXPECT_EQ(code(client.put("a", content_of(13), if_version)), kConflict);
    EXPECT_EQ(code(client.put("absent", content_of(13), if_version)), kNotFound);
    PutOptions write_once;
    write_once.write_once = true;
    EXPECT_EQ(code(client.put("w", content_of(14), write_once)), kDone);
    EXPECT_EQ(code(client.put("w", content_of(15))), kConflict);
    EXPECT_TRUE(client.stat("w")->write_once);
    EXPECT_TRUE(client.stat("w")->kept);
    EXPECT_EQ(code(client.remove("w")), kConflict);
    EXPECT_EQ(code(client.store()->rename("w", "v")), kConflict);
    EXPECT_EQ(code(client.store()->rename("a", "w", true)), kConflict);
    write_once.removable = true;
    EXPECT_EQ(code(client.put("r", content_of(14), write_once)), kDone);
    EXPECT_FALSE(client.stat("r")->kept);
    EXPECT_EQ(code(client.put("r", content_of(15))), kConflict);
    EXPECT_EQ(code(client.remove("r")), kDone);
    EXPECT_EQ(*client.get("a"), content_of(12));
}

TEST_F(Verbs, ManyObjectsAreListedInOrder) {
    Client client = connect();
    Result<Transaction> transaction = client.store()->begin();
    ASSERT_TRUE(transaction) << message(transaction);
    for (int i = 0; i < 3000; ++i) {
        const auto put = transaction->put("object " + std::to_string(i), content_of(static_cast<size_t>(i % 300)));
        ASSERT_TRUE(put) << i << message(put);
    }
    EXPECT_EQ(code(client.put("elsewhere", {})), kConflict) << "while the transaction runs";
    const auto committed = transaction->commit();
    ASSERT_TRUE(committed) << message(committed);
    EXPECT_EQ(*committed, 1U);
    const auto all = names(client);
    EXPECT_EQ(all.size(), 3000U);
    EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
    EXPECT_EQ(names(client, "object 29").size(), 111U);
    Client other = connect();
    for (int i = 0; i < 3000; i += 97)
        EXPECT_EQ(*other.get("object " + std::to_string(i)), content_of(static_cast<size_t>(i % 300)));
    const auto status = other.store()->status();
    ASSERT_TRUE(status);
    EXPECT_EQ(status->objects, 3000U);
    EXPECT_EQ(status->generation, 1U);
}

// Names come in no order, and their leaves do not fit into the TA's memory: dirty pages are evicted for others, also in a call that
// then requests more pages.
TEST_F(Verbs, Rule11SpillsPagesWhileItAsksForOthers) {
    Client client = connect();
    constexpr int kObjects = 1500;
    const auto name = [](int i) { return "object " + std::to_string(i * 7919 % kObjects); };
    Result<Transaction> transaction = client.store()->begin();
    ASSERT_TRUE(transaction) << message(transaction);
    for (int i = 0; i < kObjects; ++i) {
        const auto stored = transaction->put(name(i), content_of(900, static_cast<unsigned>(i)));
        ASSERT_TRUE(stored) << i << ": " << message(stored);
    }
    const auto committed = transaction->commit();
    ASSERT_TRUE(committed) << message(committed);
    Client other = connect();
    for (int i = 0; i < kObjects; ++i) {
        const auto got = other.get(name(i));
        ASSERT_TRUE(got) << i << ": " << message(got);
        ASSERT_EQ(*got, content_of(900, static_cast<unsigned>(i)));
    }
}

TEST_F(Verbs, ATransactionThatIsGivenUpChangesNothing) {
    Client client = connect();
    ASSERT_TRUE(client.put("kept", content_of(10)));
    {
        Result<Transaction> transaction = client.store()->begin();
        ASSERT_TRUE(transaction);
        ASSERT_TRUE(transaction->remove("kept"));
        ASSERT_TRUE(transaction->put("new", content_of(70000)));
        ASSERT_TRUE(transaction->rename("new", "newer"));
        EXPECT_EQ(code(transaction->remove("absent")), kNotFound);
        EXPECT_FALSE(transaction->is_over());
    }
    EXPECT_EQ(names(client), std::vector<std::string>{"kept"});
    Result<Transaction> transaction = client.store()->begin();
    ASSERT_TRUE(transaction) << message(transaction);
    ASSERT_TRUE(transaction->remove("kept"));
    ASSERT_TRUE(transaction->put("new", content_of(70000)));
    ASSERT_TRUE(transaction->rename("new", "newer"));
    ASSERT_TRUE(transaction->commit());
    EXPECT_EQ(names(client), std::vector<std::string>{"newer"});
    EXPECT_EQ(*client.get("newer"), content_of(70000));
}

TEST_F(Verbs, Rule20InitRefusesWhatIsThere) {
    Client client = connect();
    const auto made = client.store()->init();
    ASSERT_TRUE(made) << message(made);
    EXPECT_EQ(made->generation, 0U);
    EXPECT_EQ(made->anchor, Anchor::ree);
    EXPECT_EQ(code(client.store()->init()), kConflict);
    EXPECT_EQ(code(connect("elsewhere").put("a", {})), kConflict) << "the TEE has a record of this user's store";
    std::filesystem::create_directory(folder_ / "strange");
    std::filesystem::create_directory(folder_ / "strange" / "thing");
    EXPECT_EQ(code(connect("strange", 1001).put("a", {})), static_cast<int>(ErrorCode::failure));
    EXPECT_EQ(code(connect("store", 1001).get("a")), kNotPermitted);
}

TEST_F(Verbs, BothCiphers) {
    for (const auto& [cipher, name] : {std::pair{Cipher::aes_256_gcm, "aes-256-gcm"}, {Cipher::chacha20_poly1305, "chacha20-poly1305"}}) {
        const uint32_t uid = cipher == Cipher::aes_256_gcm ? 1001 : 1002;
        {
            Client client = connect(name, uid);
            InitOptions options;
            options.cipher = cipher;
            const auto made = client.store()->init(options);
            ASSERT_TRUE(made) << message(made);
            EXPECT_EQ(made->cipher, name);
            ASSERT_TRUE(client.put("small", content_of(100)));
            ASSERT_TRUE(client.put("large", content_of(100000)));
            for (int i = 0; i < 100; ++i) ASSERT_TRUE(client.put("n" + std::to_string(i), content_of(500)));
        }
        Client again = connect(name, uid);
        EXPECT_EQ(again.get("small"), content_of(100));
        EXPECT_EQ(again.get("large"), content_of(100000));
        EXPECT_EQ(again.store()->status()->cipher, name);
        for (const auto& entry : std::filesystem::directory_iterator(folder_ / name / "payloads")) {
            std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
            file.seekp(1000);
            file.put('x').put('y');
        }
        EXPECT_EQ(code(again.get("large")), kDamaged);
    }
}

TEST_F(Verbs, TheCipherThatNobodyNamesIsOneOfTheTwo) {
    Client client = connect();
    const auto made = client.store()->init();
    ASSERT_TRUE(made) << message(made);
    EXPECT_TRUE(made->cipher == "aes-256-gcm" || made->cipher == "chacha20-poly1305");
}

TEST_F(Verbs, AnchorRpmb) {
    Client client = connect();
    InitOptions options;
    options.anchor = Anchor::rpmb;
    const auto made = client.store()->init(options);
    ASSERT_TRUE(made) << message(made);
    EXPECT_EQ(made->anchor, Anchor::rpmb);
    ASSERT_TRUE(client.put("a", content_of(5000)));
    EXPECT_EQ(*connect().get("a"), content_of(5000));
    EXPECT_EQ(connect().store()->status()->anchor, Anchor::rpmb);
    EXPECT_EQ(code(connect("other").store()->init()), kConflict) << "never a weaker record beside it (rule 3)";
}

}  // namespace
}  // namespace festore::store_test
