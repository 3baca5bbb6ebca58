// SPDX-License-Identifier: BSD-2-Clause
// The client of a store with a TEE that lies: the real TEE, whose answers are changed on the way.
#include "tests/store/harness/harness.h"

#include "protocol/messages.h"
#include "protocol/store_messages.h"

#include <functional>

namespace festore::store_test {
namespace {

std::function<void(MutableBytes)> change_listing;  // changes a listing before the client sees it
uint16_t minor_version = protocol::kVersionMinor;  // in the answer to hello

TEEC_Result invoke(TEEC_Session* session, uint32_t command, TEEC_Operation* operation, uint32_t* origin) {
    const TEEC_Result result = sim::teec_in_process().invoke_command(session, command, operation, origin);
    if (command == static_cast<uint32_t>(protocol::Command::hello) && result == TEEC_SUCCESS) {
        Writer minor({static_cast<std::byte*>(operation->params[1].tmpref.buffer) + 2, 2});  // after the major version
        minor.u16(minor_version);
    }
    if (command != static_cast<uint32_t>(protocol::Command::store_list) || result != TEEC_SUCCESS) return result;
    const auto& memory = operation->params[2].memref;
    change_listing({static_cast<std::byte*>(memory.parent->buffer) + memory.offset, memory.size});
    return result;
}

class LyingTee : public StoreTest {
protected:
    Result<Client> connect_through_the_liar() {
        sim::set_caller({1000, 1000, {}});
        static TeecFunctions functions = sim::teec_in_process();
        functions.invoke_command = invoke;
        ClientOptions options;
        options.storage = Storage::store;
        options.store_directory = (folder_ / "store").string();
        return ClientAccess::connect(functions, options, 1000, nullptr);
    }
    static constexpr size_t kNameAt = encoded_bytes(protocol::StoreMetadata{}) + 1;
};

TEST_F(LyingTee, AnOlderTrustedApplicationIsGivenNothingToKeep) {
    minor_version = 4;
    Result<Client> client = connect_through_the_liar();
    ASSERT_TRUE(client) << message(client);
    PutOptions options;
    options.write_once = true;
    for (const size_t size : {size_t{10}, size_t{100000}}) {
        const auto refused = client->put("a", content_of(size), options);
        EXPECT_EQ(code(refused), static_cast<int>(ErrorCode::no_tee));
        EXPECT_NE(message(refused).find("--removable"), std::string::npos) << message(refused);
    }
    EXPECT_EQ(code(client->write("a", options)), static_cast<int>(ErrorCode::no_tee));
    Result<Transaction> transaction = client->store()->begin();
    ASSERT_TRUE(transaction) << message(transaction);
    EXPECT_EQ(code(transaction->put("a", content_of(10), options)), static_cast<int>(ErrorCode::no_tee));
    EXPECT_EQ(code(transaction->write("a", options)), static_cast<int>(ErrorCode::no_tee));
    options.removable = true;
    EXPECT_EQ(code(transaction->put("a", content_of(10), options)), kDone);
    EXPECT_TRUE(transaction->commit());
    minor_version = protocol::kVersionMinor;
}

TEST_F(LyingTee, AnOlderTrustedApplicationKeepsItsCipher) {
    minor_version = 6;
    Result<Client> client = connect_through_the_liar();
    ASSERT_TRUE(client) << message(client);
    ASSERT_TRUE(client->put("a", content_of(100000)));
    const auto before = client->store()->status();
    for (const Cipher cipher : {Cipher::aes_256_gcm, Cipher::chacha20_poly1305}) {
        RebuildOptions options;
        options.cipher = cipher;
        const auto refused = client->store()->rebuild(options);
        EXPECT_EQ(code(refused), static_cast<int>(ErrorCode::no_tee));
        EXPECT_NE(message(refused).find("older"), std::string::npos) << message(refused);
    }
    EXPECT_TRUE(client->store()->rebuild()) << "still works";
    EXPECT_EQ(client->store()->status()->cipher, before->cipher);
    minor_version = protocol::kVersionMinor;
}

TEST_F(LyingTee, NamesOfAListingThatAreNoneAreRefused) {
    ASSERT_TRUE(connect().put("one name", content_of(10)));
    Result<Client> client = connect_through_the_liar();
    ASSERT_TRUE(client) << message(client);
    change_listing = [](MutableBytes) {};
    EXPECT_EQ(names(*client, "one"), std::vector<std::string>{"one name"});
    for (const char first : {'\n', '\x1b', '\xff'}) {
        change_listing = [first](MutableBytes items) {
            if (items.size() > kNameAt) items[kNameAt] = static_cast<std::byte>(first);
        };
        EXPECT_FALSE(client->list()) << "not a name";
    }
}

TEST_F(LyingTee, NamesOfAListingHaveThePrefixThatWasAskedFor) {
    ASSERT_TRUE(connect().put("one name", content_of(10)));
    Result<Client> client = connect_through_the_liar();
    ASSERT_TRUE(client) << message(client);
    change_listing = [](MutableBytes items) {
        if (items.size() > kNameAt) items[kNameAt] = std::byte{'p'};
    };
    EXPECT_EQ(names(*client), std::vector<std::string>{"pne name"}) << "the client cannot detect this";
    EXPECT_FALSE(client->list("one"));
}

}  // namespace
}  // namespace festore::store_test
