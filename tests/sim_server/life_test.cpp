// SPDX-License-Identifier: BSD-2-Clause
// The server's life: one in a directory, its limits, its end when idle, SIGTERM, and its counters.
#include "tests/sim_server/harness.h"

#include <sys/stat.h>

namespace festore::sim {
namespace {

class Life : public ServerTest {
protected:
    static std::string output_of(std::vector<std::string> words, int expected) {
        words.insert(words.begin(), "festore-sim-teed");
        std::vector<char*> arguments;
        for (std::string& word : words) arguments.push_back(word.data());
        testing::internal::CaptureStdout();
        testing::internal::CaptureStderr();
        EXPECT_EQ(sim_teed_main(static_cast<int>(arguments.size()), arguments.data(), {}), expected);
        EXPECT_EQ(testing::internal::GetCapturedStderr().empty(), expected == 0) << "a failure says why";
        return testing::internal::GetCapturedStdout();
    }
};

TEST_F(Life, ConnectionsOfOneUserAreLimited) {
    serve();
    std::vector<RawClient> clients;
    for (size_t i = 0; i < kConnectionsPerUserMax; ++i) {
        clients.emplace_back(directory_.path());
        ASSERT_EQ(clients.back().reached, Reached::yes) << i;
    }
    EXPECT_EQ(RawClient(directory_.path()).reached, Reached::busy);
    EXPECT_NE(clients.front().open(), 0U) << "connected clients are served";
    clients.pop_back();
    EXPECT_TRUE(soon([&] { return RawClient(directory_.path()).reached == Reached::yes; }));
}

TEST_F(Life, ItEndsWhenIdleAndNotBefore) {
    serve(std::chrono::seconds(1));
    RawClient client(directory_.path());
    std::this_thread::sleep_for(std::chrono::milliseconds(1600));
    EXPECT_FALSE(ended_) << "a client is connected";
    EXPECT_NE(client.open(), 0U);
    client.hang_up();
    EXPECT_TRUE(soon([&] { return ended_.load(); }));
    EXPECT_EQ(end_server(), 0);
    EXPECT_FALSE(std::filesystem::exists(directory_.path() / kSocketName)) << "no dead socket is left";
    EXPECT_EQ(RawClient(directory_.path()).reached, Reached::absent);
}

TEST_F(Life, ItEndsWithTheDirectorysSocket) {
    serve();
    std::filesystem::remove(directory_.path() / kSocketName);
    EXPECT_TRUE(soon([&] { return ended_.load(); }));
    EXPECT_EQ(end_server(), 0);
}

TEST_F(Life, ItEndsWhenToldToThoughClientsAreConnected) {
    serve();
    RawClient client(directory_.path());
    const uint32_t session = client.open();
    EXPECT_EQ(end_server(), 0);
    EXPECT_FALSE(client.ask(RawClient::invocation(session))) << "the client sees it";
    EXPECT_EQ(TestTa::now().closed, 1);
    EXPECT_EQ(TestTa::now().destroyed, 1);
}

TEST_F(Life, ObjectsOutliveIt) {
    serve();
    {
        RawClient client(directory_.path());
        TestTa::now().work = [](uint32_t, TEE_Param*) { return create(TEE_STORAGE_PRIVATE, "a", "content"); };
        EXPECT_EQ(client.result_of(RawClient::invocation(client.open())), TEE_SUCCESS);
    }
    end_server();
    serve();
    RawClient client(directory_.path());
    std::string seen;
    TestTa::now().work = [&](uint32_t, TEE_Param*) -> uint32_t {
        seen = content_of(TEE_STORAGE_PRIVATE, "a");
        return TEE_SUCCESS;
    };
    EXPECT_EQ(client.result_of(RawClient::invocation(client.open())), TEE_SUCCESS);
    EXPECT_EQ(seen, "content");
}

TEST_F(Life, ThePlaceIsForAllUsersAndTheStorageForNone) {
    serve();
    struct stat info {};
    ASSERT_EQ(stat((directory_.path() / kSocketName).c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0666U);
    ASSERT_EQ(stat((directory_.path() / "storage").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0700U);
}

TEST_F(Life, ItsCountersAreCallsIntoTasAndTheirsIntoStorage) {
    serve();
    std::string why;
    const auto before = read_counters(directory_.path(), why);
    ASSERT_TRUE(before) << why;
    EXPECT_EQ(before->server_pid, static_cast<uint32_t>(getpid()));
    EXPECT_EQ(before->counters.ta_invoke, 0U);
    RawClient client(directory_.path());
    const uint32_t session = client.open();
    TestTa::now().work = [](uint32_t, TEE_Param*) -> uint32_t {
        create(TEE_STORAGE_PRIVATE, "a", "content");
        content_of(TEE_STORAGE_PRIVATE, "a");
        content_of(TEE_STORAGE_PRIVATE, "b");
        return TEE_SUCCESS;
    };
    for (int i = 0; i < 3; ++i) EXPECT_EQ(client.result_of(RawClient::invocation(session)), TEE_SUCCESS);
    const auto after = read_counters(directory_.path(), why);
    ASSERT_TRUE(after) << why;
    EXPECT_EQ(after->counters.ta_open_session, 1U);
    EXPECT_EQ(after->counters.ta_invoke, 3U);
    EXPECT_EQ(after->counters.storage_create, 3U);
    EXPECT_EQ(after->counters.storage_open, 6U);
    EXPECT_EQ(after->counters.storage_read, 3U);
    EXPECT_EQ(after->counters.storage_write, 0U);

    const std::string printed = output_of({"--counters", directory_.path().string()}, 0);
    EXPECT_NE(printed.find("server_pid " + std::to_string(getpid()) + "\n"), std::string::npos) << printed;
    EXPECT_NE(printed.find("\nta_open_session 1\nta_invoke 3\nstorage_open 6\nstorage_create 3\nstorage_read 3\n"),
              std::string::npos)
        << printed;
}

TEST_F(Life, WithoutAServerThereAreNoCountersAndNoneIsStarted) {
    EXPECT_EQ(output_of({"--counters", directory_.path().string()}, 1), "");
    EXPECT_FALSE(std::filesystem::exists(directory_.path() / kSocketName));
}

TEST_F(Life, OptionsThatAreNotUnderstoodStartNothing) {
    const std::string directory = directory_.path().string();
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"--dir", directory, "--idle", "soon"}, {"--dir", directory, "--idle", "-1"},
          {"--dir", directory, "--what"}, {"--dir"}, {"--dir", ""},
          {"--dir", directory, "--storage-bytes-max", "1x"}, {}})
        EXPECT_EQ(output_of(words, 2), "");
    EXPECT_NE(output_of({"--help"}, 0).find("--counters"), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(directory_.path() / kSocketName));
}

}  // namespace
}  // namespace festore::sim
