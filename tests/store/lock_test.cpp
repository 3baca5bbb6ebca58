// SPDX-License-Identifier: BSD-2-Clause
// Rule 29: if something in the directory is removed, replaced or put back while a program writes, two writers never fill the same pages,
// and nothing acknowledged is lost except what was in removed files. Also: the process that took a lock holds it, not its children.
#include "client/store/disk/directory.h"
#include "protocol/store_messages.h"
#include "tests/store/harness/harness.h"
#include "tests/store/harness/in_child.h"
#include "tests/store/harness/planted.h"

#include <csignal>
#include <fcntl.h>
#include <set>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

namespace festore::store_test {
namespace {

using std::filesystem::path;

class Locking : public StoreTest {
protected:
    void SetUp() override {
        Client client = connect();
        ASSERT_TRUE(client.put("first", content_of(100)));
    }
    [[nodiscard]] path store() const { return folder_ / "store"; }

    // `tamper` happens in the middle of a writer's transaction. What was acknowledged exists afterwards, whatever another writer did.
    template <class F>
    void write_while(F&& tamper, bool other_may_write = false) {
        Client client = connect();
        Client second = connect();
        // Files that a client already has open must not replace the lock.
        ASSERT_TRUE(client.put("first", content_of(100)));
        ASSERT_TRUE(second.put("first", content_of(100)));
        Result<Transaction> transaction = client.store()->begin();
        ASSERT_TRUE(transaction) << message(transaction);
        for (int i = 0; i < 50; ++i) ASSERT_TRUE(transaction->put("of the first " + std::to_string(i), content_of(300)));
        tamper();
        const auto other = second.put("of the second", content_of(200));
        EXPECT_EQ(code(other) == 0, other_may_write) << message(other);
        const auto committed = transaction->commit();
        const auto later = second.put("later", content_of(200));
        ASSERT_TRUE(later) << message(later);
        Client reader = connect();
        const std::vector<std::string> found = names(reader);
        const std::set<std::string> there(found.begin(), found.end());
        EXPECT_TRUE(there.contains("first"));
        EXPECT_TRUE(there.contains("later"));
        EXPECT_EQ(there.contains("of the second"), code(other) == 0);
        for (int i = 0; i < 50; ++i) EXPECT_EQ(there.contains("of the first " + std::to_string(i)), code(committed) == 0) << i;
        const auto report = reader.verify({});
        ASSERT_TRUE(report) << message(report);
        EXPECT_TRUE(report->damaged.empty());
    }
};

TEST_F(Locking, Rule29TheLockFileRemovedWhileAWriterWorks) {
    write_while([&] { std::filesystem::remove(store() / "lock"); });
}

TEST_F(Locking, Rule29TheLockFileReplacedWhileAWriterWorks) {
    write_while([&] {
        std::filesystem::remove(store() / "lock");
        write_file(store() / "lock", "");
    });
}

TEST_F(Locking, Rule29TheLockFileAndTheHeaderPutBackWhileAWriterWorks) {
    write_while([&] {
        for (const char* name : {"lock", "festore.store"}) {
            std::filesystem::copy(store() / name, folder_ / name);
            std::filesystem::rename(folder_ / name, store() / name);
        }
    });
}

TEST_F(Locking, Rule29ThePageFileMovedAwayAndBackWhileAWriterWorks) {
    write_while([&] {
        std::filesystem::rename(store() / "pages", store() / "pages.away");
        std::filesystem::remove(store() / "lock");
        std::filesystem::rename(store() / "pages.away", store() / "pages");
    });
}

TEST_F(Locking, Rule29TheLockFileAndThePageFileReplacedWhileAWriterWorks) {
    write_while([&] {
        std::filesystem::remove(store() / "lock");
        std::filesystem::copy(store() / "pages", folder_ / "pages");
        std::filesystem::rename(folder_ / "pages", store() / "pages");
    });
}

// The same files in another folder of the same name, as after a script that cleans up.
TEST_F(Locking, Rule29TheFilesMovedToAnotherFolderWhileAWriterWorks) {
    write_while([&] {
        std::filesystem::rename(store(), folder_ / "away");
        std::filesystem::create_directory(store());
        for (const char* name : {"festore.store", "pages", "payloads"})
            std::filesystem::rename(folder_ / "away" / name, store() / name);
    });
}

// For the kernel, the copy is another directory, so the other writer does not wait. The TEE accepts one commit for each generation.
TEST_F(Locking, Rule29TheDirectoryExchangedForACopyWhileAWriterWorks) {
    write_while(
        [&] {
            std::filesystem::copy(store(), folder_ / "copy", std::filesystem::copy_options::recursive);
            std::filesystem::rename(store(), folder_ / "away");
            std::filesystem::rename(folder_ / "copy", store());
        },
        true);
}

// Nobody else writes: the copy is as fresh as the store was.
TEST_F(Locking, Rule29ACommitIntoADirectoryThatWasExchangedIsNotAcknowledged) {
    for (const bool is_replaced : {true, false}) {
        Client client = connect();
        Result<Transaction> transaction = client.store()->begin();
        ASSERT_TRUE(transaction) << message(transaction);
        ASSERT_TRUE(transaction->put("a", content_of(300)));
        std::filesystem::copy(store(), folder_ / "copy", std::filesystem::copy_options::recursive);
        std::filesystem::rename(store(), folder_ / "away");
        if (is_replaced) std::filesystem::rename(folder_ / "copy", store());
        const auto committed = transaction->commit();
        EXPECT_EQ(code(committed), kDamaged);
        std::filesystem::remove_all(is_replaced ? store() : folder_ / "copy");
        std::filesystem::rename(folder_ / "away", store());
        Client reader = connect();
        EXPECT_TRUE(reader.get("first"));
        EXPECT_EQ(code(reader.get("a")), kNotFound);
    }
}

// What was written to a file that has lost its name is not acknowledged.
TEST_F(Locking, Rule29ACommitIntoARemovedPageFileIsNotAcknowledged) {
    Client client = connect();
    Result<Transaction> transaction = client.store()->begin();
    ASSERT_TRUE(transaction);
    ASSERT_TRUE(transaction->put("a", content_of(300)));
    std::filesystem::copy(store() / "pages", folder_ / "pages");
    std::filesystem::rename(folder_ / "pages", store() / "pages");
    const auto committed = transaction->commit();
    EXPECT_EQ(code(committed), kDamaged);
    EXPECT_NE(message(committed).find("replaced while it was being written"), std::string::npos) << message(committed);
    Client reader = connect();
    EXPECT_TRUE(reader.get("first"));
    EXPECT_EQ(code(reader.get("a")), kNotFound);
}

// The same at the moment of the commit.
void (*at_commit)() = nullptr;
TEEC_Result invoke_with_commits_watched(TEEC_Session* session, uint32_t command, TEEC_Operation* operation, uint32_t* origin) {
    const TEEC_Result result = sim::teec_in_process().invoke_command(session, command, operation, origin);
    if (command == static_cast<uint32_t>(protocol::Command::store_commit) && at_commit != nullptr) std::exchange(at_commit, nullptr)();
    return result;
}
path exchanged;

TEST_F(Locking, Rule29ACommitWhosePageFileGoesMeanwhileIsNotAcknowledged) {
    sim::set_caller({1000, 1000, {}});
    TeecFunctions functions = sim::teec_in_process();
    functions.invoke_command = invoke_with_commits_watched;
    ClientOptions options;
    options.storage = Storage::store;
    options.store_directory = store().string();
    Result<Client> client = ClientAccess::connect(functions, options, 1000);
    ASSERT_TRUE(client) << message(client);
    exchanged = store() / "pages";
    at_commit = [] { std::filesystem::rename(exchanged, exchanged.string() + ".away"); };
    const auto stored = client->put("large", content_of(40'000));
    EXPECT_EQ(code(stored), kDamaged);
    // It was committed all the same: when the page file is back, so are the object and its content.
    std::filesystem::rename(exchanged.string() + ".away", exchanged);
    Client reader = connect();
    const auto got = reader.get("large");
    EXPECT_TRUE(got) << message(got);
}

// A long-running service: its directory is removed and replaced by a copy that is as fresh.
TEST_F(Locking, AReaderFollowsADirectoryThatWasExchanged) {
    Client reader = connect();
    ASSERT_TRUE(reader.get("first"));
    std::filesystem::copy(store(), folder_ / "copy", std::filesystem::copy_options::recursive);
    std::filesystem::remove_all(store());
    std::filesystem::rename(folder_ / "copy", store());
    Client writer = connect();
    ASSERT_TRUE(writer.put("large", content_of(40'000)));
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(writer.put("small " + std::to_string(i), content_of(300)));
    const auto got = reader.get("large");
    EXPECT_TRUE(got) << message(got);
    EXPECT_EQ(names(reader).size(), 102U);
    EXPECT_TRUE(reader.put("by the reader", content_of(300)));
}

// A child, for example one forked by another thread of the program, that lives on when the program is killed.
class ForkedHolder : public testing::Test {
protected:
    ForkedHolder() {
        std::string name = testing::TempDir() + "/festore-lock.XXXXXX";
        folder_ = mkdtemp(name.data());
        StoreDirectory directory(system_files(), folder_, std::nullopt);
        EXPECT_TRUE(directory.make_files());
        EXPECT_EQ(pipe(ready_.data()), 0);
        EXPECT_EQ(pipe(end_.data()), 0);
    }
    ~ForkedHolder() override {
        for (const int descriptor : {ready_[0], ready_[1], end_[0], end_[1]}) close(descriptor);
        std::filesystem::remove_all(folder_);
    }
    void tell() { ASSERT_EQ(write(ready_[1], "x", 1), 1); }
    void wait_until_told() {
        char c = 0;
        ASSERT_EQ(read(ready_[0], &c, 1), 1);
    }
    void wait_for_end() {  // until the test closes its end
        close(end_[1]);
        char c = 0;
        (void)!read(end_[0], &c, 1);
    }
    [[nodiscard]] bool can_lock() const {
        StoreDirectory directory(system_files(), folder_, std::nullopt);
        return directory.lock(LockKind::exclusive, std::chrono::milliseconds(0)).has_value();
    }

    std::string folder_;
    std::array<int, 2> ready_{};
    std::array<int, 2> end_{};
};

TEST_F(ForkedHolder, Rule29AChildDoesNotKeepTheLockOfAProgramThatWasKilled) {
    const pid_t holder = fork();
    if (holder == 0) {
        StoreDirectory directory(system_files(), folder_, std::nullopt);
        const auto lock = directory.lock(LockKind::exclusive, std::chrono::seconds(0));
        if (fork() == 0) {
            tell();
            wait_for_end();
            _exit(0);
        }
        pause();
        _exit(lock ? 0 : 1);
    }
    wait_until_told();
    EXPECT_FALSE(can_lock());
    kill(holder, SIGKILL);
    waitpid(holder, nullptr, 0);
    EXPECT_TRUE(can_lock());
}

// The child has the folder and the page file open, as its parent had before it took the lock.
TEST_F(ForkedHolder, Rule29AChildThatWasForkedBeforeTheLockDoesNotKeepIt) {
    const pid_t holder = fork();
    if (holder == 0) {
        StoreDirectory directory(system_files(), folder_, std::nullopt);
        (void)directory.look();
        std::array<std::byte, limits::kPageBytes> page{};
        (void)directory.read_page(2, page);
        if (fork() == 0) {
            wait_for_end();
            _exit(0);
        }
        const auto lock = directory.lock(LockKind::exclusive, std::chrono::seconds(0));
        tell();
        pause();
        _exit(lock ? 0 : 1);
    }
    wait_until_told();
    EXPECT_FALSE(can_lock());
    kill(holder, SIGKILL);
    waitpid(holder, nullptr, 0);
    EXPECT_TRUE(can_lock());
}

TEST_F(ForkedHolder, Rule29AChildDoesNotKeepALockThatIsLetGo) {
    StoreDirectory directory(system_files(), folder_, std::nullopt);
    pid_t child = 0;
    {
        const auto lock = directory.lock(LockKind::exclusive, std::chrono::seconds(0));
        ASSERT_TRUE(lock);
        child = fork();
        if (child == 0) {
            wait_for_end();
            _exit(0);
        }
    }
    EXPECT_TRUE(can_lock());
    close(std::exchange(end_[1], -1));
    waitpid(child, nullptr, 0);
}

TEST_F(ForkedHolder, Rule29AChildThatEndsDoesNotLetGoOfItsParentsLock) {
    StoreDirectory directory(system_files(), folder_, std::nullopt);
    auto lock = std::make_unique<Result<StoreLock>>(directory.lock(LockKind::exclusive, std::chrono::seconds(0)));
    ASSERT_TRUE(*lock);
    const pid_t child = fork();
    if (child == 0) {
        lock.reset();
        _exit(0);
    }
    waitpid(child, nullptr, 0);
    EXPECT_FALSE(can_lock());
    lock.reset();
    EXPECT_TRUE(can_lock());
}

// The child has all of its parent's descriptors.
TEST_F(ForkedHolder, Rule29AChildMadeWithoutForksHandlersDoesNotLetGoOfItsParentsLock) {
    auto directory = std::make_unique<StoreDirectory>(system_files(), folder_, std::nullopt);
    auto lock = std::make_unique<Result<StoreLock>>(directory->lock(LockKind::exclusive, std::chrono::seconds(0)));
    ASSERT_TRUE(*lock);
    const pid_t child = make_child(MadeBy::clone);
    if (child == 0) {
        lock.reset();
        directory.reset();
        _exit(0);
    }
    ASSERT_GT(child, 0);
    waitpid(child, nullptr, 0);
    EXPECT_FALSE(can_lock());
    for (const char* name : {".", "lock", "pages"}) {
        const int other = open((path(folder_) / name).c_str(), O_RDONLY | O_CLOEXEC);
        EXPECT_NE(flock(other, LOCK_EX | LOCK_NB), 0) << name;
        close(other);
    }
    lock.reset();
    EXPECT_TRUE(can_lock());
}

}  // namespace
}  // namespace festore::store_test
