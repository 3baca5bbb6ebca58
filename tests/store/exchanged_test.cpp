// SPDX-License-Identifier: BSD-2-Clause
// Between two calls, or two system calls, the path of a store changes to lead to another store or to none (rules 20 and 24); and
// another program makes the store meanwhile (rule 6).
#include "protocol/store_files.h"
#include "protocol/store_messages.h"
#include "tests/store/harness/harness.h"
#include "tests/store/harness/meddling_files.h"
#include "tests/store/harness/planted.h"

namespace festore::store_test {
namespace {

class Exchanged : public StoreTest {
protected:
    // The path to the caller's store will lead to another user's.
    void SetUp() override {
        Client theirs = connect("theirs", 1001);
        for (int i = 0; i < 10; ++i) ASSERT_TRUE(theirs.put("theirs " + std::to_string(i), content_of(20'000)));
        Client client = connect("mine");
        ASSERT_TRUE(client.put("mine", content_of(100)));
    }
    Result<Client> connect_with(MeddlingFiles& files, const std::string& name, uint32_t uid) {
        sim::set_caller({uid, uid, {}});
        ClientOptions options;
        options.storage = Storage::store;
        options.store_directory = (folder_ / name).string();
        return ClientAccess::connect(sim::teec_in_process(), options, uid, &files);
    }
    void exchange() {
        std::filesystem::rename(folder_ / "mine", folder_ / "away");
        std::filesystem::create_directory_symlink(folder_ / "theirs", folder_ / "mine");
    }
    void expect_theirs_are_whole() {
        Client theirs = connect("theirs", 1001);
        const auto report = theirs.verify({});
        ASSERT_TRUE(report) << message(report);
        EXPECT_EQ(report->objects, 10U);
        EXPECT_TRUE(report->damaged.empty());
    }
};

TEST_F(Exchanged, Rule24AClientThatHasAStoreOpenChangesNoOther) {
    Client client = connect("mine");
    ASSERT_TRUE(client.put("mine", content_of(200)));
    exchange();
    EXPECT_FALSE(client.put("mine", content_of(300)));
    EXPECT_FALSE(client.put("large", content_of(30'000)));
    EXPECT_FALSE(client.remove("mine"));
    EXPECT_FALSE(client.store()->begin());
    VerifyOptions options;
    options.remove_orphaned = true;
    EXPECT_FALSE(client.verify(options));
    EXPECT_FALSE(client.store()->acknowledge());
    EXPECT_FALSE(client.store()->repair());
    EXPECT_FALSE(client.store()->destroy({}));
    expect_theirs_are_whole();
}

// The same, but between the look at the directory and the lock.
TEST_F(Exchanged, Rule24AVerbWhoseDirectoryIsExchangedBeforeItsLockChangesNoOther) {
    for (const char* verb : {"put", "clean", "destroy", "repair", "begin"}) {
        MeddlingFiles files;
        Result<Client> client = connect_with(files, "mine", 1000);
        ASSERT_TRUE(client) << message(client);
        ASSERT_TRUE(client->get("mine"));
        files.before("open_folder", ".", [this] { exchange(); });
        VerifyOptions clean;
        clean.remove_orphaned = true;
        const std::string_view v = verb;
        if (v == "put") (void)client->put("mine", content_of(300));
        if (v == "clean") (void)client->verify(clean);
        if (v == "destroy") (void)client->store()->destroy({});
        if (v == "repair") (void)client->store()->repair();
        if (v == "begin") (void)client->store()->begin();
        EXPECT_TRUE(files.has_meddled()) << verb;
        expect_theirs_are_whole();
        std::filesystem::remove(folder_ / "mine");
        std::filesystem::rename(folder_ / "away", folder_ / "mine");
        Client again = connect("mine");
        EXPECT_TRUE(again.get("mine")) << verb;
    }
}

// Destroy may remove what is left of a store without a record, but not what the path leads to by then.
TEST_F(Exchanged, Rule24DestroyRemovesTheRestThatItHasLookedAt) {
    MeddlingFiles files;
    Result<Client> client = connect_with(files, "mine", 1000);
    ASSERT_TRUE(client) << message(client);
    std::filesystem::rename(folder_ / "mine", folder_ / "aside");
    DestroyOptions lost;
    lost.lost_directory = true;
    ASSERT_TRUE(client->store()->destroy(lost));
    std::filesystem::rename(folder_ / "aside", folder_ / "mine");
    files.before("open_folder", ".", [this] { exchange(); });
    EXPECT_FALSE(client->store()->destroy({}));
    EXPECT_TRUE(files.has_meddled());
    expect_theirs_are_whole();
}

// A store's pages come back, the header last, while a put makes a store in a folder that was empty.
TEST_F(Exchanged, Rule20NoStoreIsMadeOverPagesThatComeBack) {
    MeddlingFiles files;
    Result<Client> client = connect_with(files, "new", 1002);
    ASSERT_TRUE(client) << message(client);
    files.before("open_folder", ".", [this] { std::filesystem::copy(folder_ / "theirs" / "pages", folder_ / "new" / "pages",
                                                                   std::filesystem::copy_options::overwrite_existing); });
    const auto stored = client->put("a", content_of(100));
    EXPECT_TRUE(files.has_meddled());
    EXPECT_EQ(code(stored), kDamaged) << message(stored);
    EXPECT_EQ(read_file(folder_ / "new" / "pages"), read_file(folder_ / "theirs" / "pages"));
}

// Another program makes the store between this program's look at the directory and its request to the TEE.
class Overtaken : public StoreTest {
protected:
    static inline uint32_t command_ = 0;
    static inline std::function<void()> overtake_;
    static TEEC_Result invoke(TEEC_Session* session, uint32_t command, TEEC_Operation* operation, uint32_t* origin) {
        if (command == command_ && overtake_) std::exchange(overtake_, nullptr)();
        return sim::teec_in_process().invoke_command(session, command, operation, origin);
    }
    Client overtaken_before(protocol::Command command) {
        sim::set_caller({1000, 1000, {}});
        TeecFunctions functions = sim::teec_in_process();
        functions.invoke_command = invoke;
        ClientOptions options;
        options.storage = Storage::store;
        options.store_directory = (folder_ / "store").string();
        Result<Client> client = ClientAccess::connect(functions, options, 1000);
        if (!client) throw std::runtime_error(client.error().message);
        command_ = static_cast<uint32_t>(command);
        overtake_ = [this] {
            Client faster = connect();
            EXPECT_TRUE(faster.put("faster", content_of(100)));
        };
        return std::move(*client);
    }
};

// A content of known size is refused at once if it does not fit.
TEST_F(Exchanged, APutThatTheDiskCannotHoldFailsBeforeAnythingIsWritten) {
    MeddlingFiles files;
    files.free = 100'000;
    Result<Client> client = connect_with(files, "mine", 1000);
    ASSERT_TRUE(client) << message(client);
    const auto refused = client->put("mine", content_of(99'999));
    EXPECT_EQ(code(refused), kNoSpace);
    EXPECT_NE(message(refused).find("cannot put 'mine': it needs 100"), std::string::npos) << message(refused);
    EXPECT_NE(message(refused).find("has 100000 free"), std::string::npos) << message(refused);
    PutOptions options;
    options.size = 1'000'000'000;
    Result<WriteStream> stream = client->write("mine", options);
    ASSERT_TRUE(stream) << message(stream);
    Result<void> written;
    size_t parts = 0;
    while (written && ++parts < 10) written = stream->write(content_of(200'000));
    EXPECT_EQ(code(written), kNoSpace);
    EXPECT_LE(parts, 2U) << "as soon as something is to be written";
    EXPECT_TRUE(std::filesystem::is_empty(folder_ / "mine" / "payloads"));
    EXPECT_EQ(code(client->put("mine", content_of(90'000))), kDone);
    EXPECT_EQ(client->get("mine").value(), content_of(90'000));
}

// A bad sector is like a damaged page: only what is in it is lost (rule 30). Changes still fail with the system's own error.
TEST_F(Exchanged, Rule30APageThatCannotBeReadCostsAListingOnlyItsOwnNames) {
    Client filled = connect("mine");
    for (int i = 0; i < 300; ++i) ASSERT_TRUE(filled.put("object " + std::to_string(i), content_of(100)));
    const uint64_t pages = std::filesystem::file_size(folder_ / "mine" / "pages") / limits::kPageBytes;
    size_t with_gap = 0;
    size_t all_lost = 0;
    for (uint64_t page = 2; page < pages; ++page) {
        MeddlingFiles files;
        files.unreadable = page * limits::kPageBytes;
        Result<Client> client = connect_with(files, "mine", 1000);
        ASSERT_TRUE(client) << message(client);
        const auto listing = client->list();
        const auto report = client->verify({});
        ASSERT_TRUE(report) << message(report);
        if (report->objects == 0) ++all_lost;
        if (!listing) {
            EXPECT_EQ(code(listing), kDamaged) << message(listing);
            EXPECT_EQ(report->objects, 0U);
            continue;
        }
        EXPECT_GE(listing->objects.size(), report->objects) << page << ": the TEE may still have it in memory";
        EXPECT_EQ(listing->missing.empty(), listing->objects.size() == 301) << page;
        with_gap += listing->missing.size();
    }
    EXPECT_GT(with_gap, 4U);
    EXPECT_EQ(all_lost, 1U) << "the root";
}

// A collector that runs between the creation of an upload and its lock takes it for an interrupted one.
TEST_F(Exchanged, Rule10AnUploadThatIsCollectedAtOnceIsMadeAnew) {
    ASSERT_TRUE(connect("mine").put("small", content_of(10)));
    MeddlingFiles files;
    Result<Client> client = connect_with(files, "mine", 1000);
    ASSERT_TRUE(client) << message(client);
    files.before("look", "upload", [this] {
        for (const auto& file : std::filesystem::directory_iterator(folder_ / "mine" / "payloads")) std::filesystem::remove(file.path());
    });
    const auto stored = client->put("large", content_of(40'000));
    EXPECT_TRUE(files.has_meddled());
    EXPECT_TRUE(stored) << message(stored);
    EXPECT_EQ(client->get("large").value(), content_of(40'000));
}

TEST_F(Exchanged, AProgramWithoutDescriptorsSeesNoDamage) {
    Client filled = connect("mine");
    for (int i = 0; i < 300; ++i) ASSERT_TRUE(filled.put("object " + std::to_string(i), content_of(100)));
    MeddlingFiles files;
    files.fails_to_open = protocol::kPageFile;
    Result<Client> client = connect_with(files, "mine", 1000);
    ASSERT_TRUE(client) << message(client);
    const auto verified = client->verify({});
    EXPECT_EQ(code(verified), static_cast<int>(ErrorCode::failure));
    EXPECT_NE(message(verified).find("Too many open files"), std::string::npos) << message(verified);
}

TEST_F(Exchanged, Rule20InitTellsThatAnotherProgramWasFaster) {
    MeddlingFiles files;
    Result<Client> client = connect_with(files, "new", 1002);
    ASSERT_TRUE(client) << message(client);
    files.before("lock", "folder", [&] {
        Client faster = connect("new", 1002);
        EXPECT_TRUE(faster.put("faster", content_of(100)));
    });
    InitOptions options;
    options.anchor = Anchor::rpmb;
    const auto made = client->store()->init(options);
    EXPECT_TRUE(files.has_meddled());
    EXPECT_EQ(code(made), kConflict) << "the store has the anchor ree: " << message(made);
    EXPECT_EQ(client->store()->status()->anchor, Anchor::ree);
}

TEST_F(Overtaken, Rule06AFirstPutUsesTheStoreThatAnotherHasJustMade) {
    Client client = overtaken_before(protocol::Command::store_make);
    const auto stored = client.put("slower", content_of(100));
    EXPECT_TRUE(stored) << message(stored);
    EXPECT_FALSE(overtake_);
    EXPECT_EQ(names(client), (std::vector<std::string>{"faster", "slower"}));
}

TEST_F(Overtaken, Rule06AReaderSeesTheStoreThatAnotherHasJustMade) {
    Client client = overtaken_before(protocol::Command::store_find);
    EXPECT_EQ(names(client), (std::vector<std::string>{"faster"}));
    EXPECT_FALSE(overtake_);
}

}  // namespace
}  // namespace festore::store_test
