// SPDX-License-Identifier: BSD-2-Clause
// Rule 33: a client keeps its identity. A forked child, and a process that has become another user or group, are refused, and a
// child's destructors do not touch what is the parent's.
#include "tests/store/harness/harness.h"
#include "tests/store/harness/in_child.h"

#include <atomic>
#include <fstream>
#include <grp.h>
#include <sys/mman.h>

namespace festore::store_test {
namespace {

// Shared by this process and its descendants.
struct Counts {
    std::atomic<int> opened = 0;
    std::atomic<int> closed = 0;
    std::atomic<int> invoked = 0;
    std::atomic<int> released = 0;
    std::atomic<bool> dies = false;  // the TA dies in every call
};

Counts& counts() {
    static Counts* const shared =
        new (mmap(nullptr, sizeof(Counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Counts;
    return *shared;
}

TeecFunctions counted() {
    TeecFunctions functions = sim::teec_in_process();
    functions.open_session = [](TEEC_Context* context, TEEC_Session* session, const TEEC_UUID* uuid, uint32_t method, const void* data,
                                TEEC_Operation* operation, uint32_t* origin) -> TEEC_Result {
        ++counts().opened;
        return sim::teec_in_process().open_session(context, session, uuid, method, data, operation, origin);
    };
    functions.close_session = [](TEEC_Session* session) {
        ++counts().closed;
        sim::teec_in_process().close_session(session);
    };
    functions.release_shared_memory = [](TEEC_SharedMemory* memory) {
        ++counts().released;
        sim::teec_in_process().release_shared_memory(memory);
    };
    functions.invoke_command = [](TEEC_Session* session, uint32_t command, TEEC_Operation* operation, uint32_t* origin) -> TEEC_Result {
        ++counts().invoked;
        if (counts().dies) return TEEC_ERROR_TARGET_DEAD;
        return sim::teec_in_process().invoke_command(session, command, operation, origin);
    };
    return functions;
}

int sum_of_counts() { return counts().opened + counts().closed + counts().invoked + counts().released; }

class Callers : public StoreTest {
protected:
    ~Callers() override { counts().dies = false; }

    Client connect_counted(Storage storage = Storage::store, Owner owner = {}) {
        ClientOptions options;
        options.storage = storage;
        options.owner = owner;
        options.store_directory = (folder_ / "store").string();
        options.wait = std::chrono::seconds(0);
        options.idle_timeout = idle_timeout_;
        sim::set_caller({1000, 1000, {kGroup}});
        Result<Client> client = ClientAccess::connect(counted(), options, owner.id.value_or(1000));
        if (!client) throw std::runtime_error(client.error().message);
        return std::move(*client);
    }
    size_t payloads() const {
        const auto files = std::filesystem::directory_iterator(folder_ / "store" / "payloads");
        return static_cast<size_t>(std::distance(begin(files), end(files)));
    }

    static constexpr uint32_t kGroup = 4711;
};

// Returns the functions of a client that do not refuse the caller.
std::string not_refused(Client& client, Storage storage) {
    std::string names;
    const auto refused = [&](const char* name, const auto& answer) {
        const bool is_refused = !answer && answer.error().code == ErrorCode::not_permitted &&
                                answer.error().message.find("connect anew") != std::string::npos;
        if (!is_refused) names += std::string(" ") + name;
    };
    refused("put", client.put("a", {}));
    refused("get", client.get("a"));
    refused("write", client.write("b"));
    refused("read", client.read("a"));
    refused("stat", client.stat("a"));
    refused("remove", client.remove("a"));
    refused("list", client.list());
    refused("verify", client.verify());
    refused("status", client.status());
    if (storage != Storage::store) return names;
    refused("rename", client.store()->rename("a", "c"));
    refused("begin", client.store()->begin());
    refused("init", client.store()->init());
    refused("store_status", client.store()->status());
    refused("store_records", client.store()->all_records());
    refused("store_record", client.store()->record());
    refused("destroy", client.store()->destroy());
    refused("repair", client.store()->repair());
    refused("acknowledge", client.store()->acknowledge());
    return names;
}

template <class T>
bool refused(const Result<T>& answer) {
    return !answer && answer.error().code == ErrorCode::not_permitted;
}

TEST_F(Callers, Rule33AForkedChildIsRefusedEverything) {
    for (const Storage storage : {Storage::store, Storage::ree}) {
        Client client = connect_counted(storage);
        ASSERT_EQ(code(client.put("a", content_of(100))), kDone);
        const int before = sum_of_counts();
        EXPECT_EQ(in_child([&] { return not_refused(client, storage); }), "");
        EXPECT_EQ(sum_of_counts(), before) << "the child called the TEE";
        EXPECT_EQ(code(client.put("a", content_of(200))), kDone) << "the parent still works";
    }
}

TEST_F(Callers, Rule33AForkedChildIsRefusedByStreams) {
    for (const Storage storage : {Storage::store, Storage::ree}) {
        Client client = connect_counted(storage);
        const Content content = content_of(400000);
        ASSERT_EQ(code(client.put("a", content)), kDone);
        Result<ReadStream> reading = client.read("a");
        Result<WriteStream> writing = client.write("b");
        ASSERT_TRUE(reading && writing);
        ASSERT_EQ(code(writing->write(content)), kDone);
        const int before = sum_of_counts();
        EXPECT_EQ(in_child([&]() -> std::string {
            Content buffer(10);
            if (!refused(reading->read(buffer))) return "read";
            if (!refused(writing->write(content))) return "write";
            if (!refused(writing->finish())) return "finish";
            return "";
        }), "");
        EXPECT_EQ(sum_of_counts(), before);
        EXPECT_EQ(code(writing->finish()), kDone);
        EXPECT_EQ(code(client.get("b")), kDone);
    }
}

TEST_F(Callers, Rule33AForkedChildIsRefusedByTransactions) {
    Client client = connect_counted();
    Result<Transaction> transaction = client.store()->begin();
    ASSERT_TRUE(transaction);
    ASSERT_EQ(code(transaction->put("a", content_of(100))), kDone);
    const int before = sum_of_counts();
    EXPECT_EQ(in_child([&]() -> std::string {
        if (!refused(transaction->put("b", {}))) return "put";
        if (!refused(transaction->write("b"))) return "write";
        if (!refused(transaction->remove("a"))) return "remove";
        if (!refused(transaction->rename("a", "b"))) return "rename";
        if (!refused(transaction->commit())) return "commit";
        return "";
    }), "");
    EXPECT_EQ(sum_of_counts(), before);
    EXPECT_EQ(code(transaction->commit()), kDone);
}

// A worker's thread does not exist in the child: waiting for it would take forever (in_child has a limit).
TEST_F(Callers, Rule33AChildsDestructorsLeaveAloneWhatIsTheParents) {
    const auto never = std::chrono::milliseconds(0);
    const auto later = std::chrono::milliseconds(60'000);
    for (const auto& [idle_timeout, how] : {std::pair{never, MadeBy::fork}, std::pair{later, MadeBy::fork},
                                            std::pair{never, MadeBy::clone}, std::pair{later, MadeBy::clone}}) {
        idle_timeout_ = idle_timeout;
        const Content large = content_of(400000);
        std::optional<Client> client(connect_counted());
        std::optional<Transaction> transaction(std::move(*client->store()->begin()));
        ASSERT_EQ(code(transaction->put("large", large)), kDone);
        std::optional<Client> other(connect_counted(Storage::ree));
        ASSERT_EQ(code(other->put("a", large)), kDone);
        const int before = sum_of_counts();
        const size_t files = payloads();
        EXPECT_EQ(in_child([&]() -> std::string {
            transaction.reset();
            client.reset();
            other.reset();
            return "";
        }, how), "");
        EXPECT_EQ(sum_of_counts(), before) << "the child called the TEE";
        EXPECT_EQ(payloads(), files);
        EXPECT_EQ(code(connect().put("by another", content_of(10))), kBusy) << "the transaction has the lock";
        EXPECT_EQ(code(transaction->commit()), kDone);
        EXPECT_EQ(client->get("large").value(), large);
        EXPECT_EQ(code(other->get("a")), kDone);
        transaction.reset();
        std::optional<WriteStream> stream(std::move(*client->write("streamed")));
        ASSERT_EQ(code(stream->write(large)), kDone);
        EXPECT_EQ(in_child([&]() -> std::string { stream.reset(); return ""; }, how), "");
        EXPECT_EQ(code(stream->finish()), kDone) << "its file is still there";
        EXPECT_EQ(client->get("streamed").value(), large);
    }
}

TEST_F(Callers, Rule33AnotherUserOrGroupIsRefusedAsLongAsItIsOne) {
    if (geteuid() != 0) GTEST_SKIP() << "needs root, to become another user";
    Client client = connect_counted();
    ASSERT_EQ(code(client.put("a", content_of(100))), kDone);
    const int before = sum_of_counts();
    ASSERT_EQ(seteuid(4321), 0);
    const std::string as_user = not_refused(client, Storage::store);
    ASSERT_EQ(seteuid(0), 0);
    EXPECT_EQ(as_user, "");
    ASSERT_EQ(setegid(4321), 0);
    const std::string as_group = not_refused(client, Storage::store);
    ASSERT_EQ(setegid(0), 0);
    EXPECT_EQ(as_group, "");
    EXPECT_EQ(sum_of_counts(), before);
    EXPECT_EQ(code(client.get("a")), kDone);
}

TEST_F(Callers, Rule33OneThatHasLeftTheGroupIsRefused) {
    if (geteuid() != 0) GTEST_SKIP() << "needs root, to leave a group";
    EXPECT_EQ(in_child([&]() -> std::string {
        constexpr gid_t kGroups[] = {kGroup, kGroup + 1};
        if (setgroups(2, kGroups) != 0) return "setgroups";
        Client client = connect_counted(Storage::ree, Owner::group(kGroup));
        if (!client.put("a", {})) return "put";
        if (setgroups(1, kGroups) != 0 || !client.get("a")) return "another group counts";
        if (setgroups(0, nullptr) != 0) return "setgroups";
        return not_refused(client, Storage::ree);
    }), "");
}

// The process becomes another user after the client has checked its identity, and changes back before the client checks again.
bool becomes_another = false;
bool stays_another = false;

void become(uint32_t user) {
    EXPECT_EQ(seteuid(user), 0);
    sim::set_caller({user, user, {}});
}

TeecFunctions changing_user() {
    TeecFunctions functions = sim::teec_in_process();
    functions.open_session = [](TEEC_Context* context, TEEC_Session* session, const TEEC_UUID* uuid, uint32_t method, const void* data,
                                TEEC_Operation* operation, uint32_t* origin) -> TEEC_Result {
        if (becomes_another) become(4321);
        return sim::teec_in_process().open_session(context, session, uuid, method, data, operation, origin);
    };
    functions.invoke_command = [](TEEC_Session* session, uint32_t command, TEEC_Operation* operation, uint32_t* origin) -> TEEC_Result {
        if (counts().dies) return TEEC_ERROR_TARGET_DEAD;
        const TEEC_Result result = sim::teec_in_process().invoke_command(session, command, operation, origin);
        if (becomes_another && !stays_another) become(0);
        return result;
    };
    return functions;
}

TEST_F(Callers, Rule33ASessionThatIsOpenedAnewIsOfTheUserThatConnected) {
    if (geteuid() != 0) GTEST_SKIP() << "needs root, to become another user";
    ClientOptions options;
    options.storage = Storage::ree;
    PutOptions once;  // not repeated
    once.if_absent = true;
    for (const bool stays : {false, true}) {
        become(0);
        Result<Client> client = ClientAccess::connect(changing_user(), options);
        ASSERT_TRUE(client) << message(client);
        ASSERT_EQ(code(client->put("a", content_of(100))), kDone);
        counts().dies = true;
        EXPECT_EQ(code(client->put("a", content_of(100), once)), kNoTee);  // its session ends
        counts().dies = false;
        becomes_another = true;
        stays_another = stays;
        const auto refused = client->put("a", content_of(200));
        EXPECT_EQ(code(refused), stays ? kNotPermitted : kNoTee) << message(refused);
        EXPECT_EQ(message(refused).find("connect anew") != std::string::npos, stays) << message(refused);
        becomes_another = false;
        become(4321);
        Result<Client> other = ClientAccess::connect(changing_user(), options);
        const bool is_made = other && other->get("a");
        become(0);
        EXPECT_FALSE(is_made) << "it was put for the other user";
    }
}

// The TEE is told of an ended transaction, but no session is opened as another user for that.
TEST_F(Callers, Rule33NoSessionIsOpenedAsAnotherUserToEndATransaction) {
    if (geteuid() != 0) GTEST_SKIP() << "needs root, to become another user";
    Client client = connect_counted();
    std::optional<Transaction> transaction(std::move(*client.store()->begin()));
    counts().dies = true;
    EXPECT_EQ(code(transaction->put("a", content_of(10))), kNoTee);
    counts().dies = false;
    const int opened = counts().opened;
    ASSERT_EQ(seteuid(4321), 0);
    transaction.reset();
    ASSERT_EQ(seteuid(0), 0);
    EXPECT_EQ(counts().opened, opened);
}

}  // namespace
}  // namespace festore::store_test
