// SPDX-License-Identifier: BSD-2-Clause
// Large contents: what the TEE has sealed is written while it seals on, and an error of that write is told all the same.
#include "tests/store/harness.h"

#include "protocol/store_messages.h"

#include <cerrno>
#include <condition_variable>
#include <mutex>

namespace festore::store_test {
namespace {

constexpr size_t kParts = 4;
constexpr size_t kContentBytes = kParts * protocol::kCallContentBytesMax;

// Calls that seal begin; each but the first waits until a part has been written since the one before it.
struct Watch {
    std::mutex lock;
    std::condition_variable changed;
    size_t events = 0;  // of the files
    size_t seen = 0;
    size_t sealing = 0;
    size_t waited_in_vain = 0;

    void file_event() {
        const std::lock_guard guard(lock);
        ++events;
        changed.notify_all();
    }
    void call(uint32_t command) {
        if (command != static_cast<uint32_t>(protocol::StoreCommand::seal_segments)) return;
        std::unique_lock guard(lock);
        if (sealing++ > 0 && !changed.wait_for(guard, std::chrono::seconds(10), [this] { return events > seen; })) ++waited_in_vain;
        seen = events;
    }
};

Watch* the_watch = nullptr;

TEEC_Result watched_invoke(TEEC_Session* session, uint32_t command, TEEC_Operation* operation, uint32_t* origin) {
    the_watch->call(command);
    return sim::teec_in_process().invoke_command(session, command, operation, origin);
}

class Overlap : public StoreTest {
protected:
    Overlap() {
        the_watch = &watch_;
        files_.set_overlaps(true);
    }
    ~Overlap() override { the_watch = nullptr; }
    Client connect_watched() {
        static const TeecFunctions functions = [] {
            TeecFunctions f = sim::teec_in_process();
            f.invoke_command = watched_invoke;
            return f;
        }();
        sim::set_caller({1000, 1000, {}});
        ClientOptions options;
        options.storage = Storage::store;
        options.store_directory = "/store";
        auto client = ClientAccess::connect(functions, options, 1000, &files_);
        if (!client) throw std::runtime_error(client.error().message);
        return std::move(*client);
    }

    SimulatedFiles files_;
    Watch watch_;
};

TEST_F(Overlap, APartIsWrittenWhileTheNextOneIsSealed) {
    Client client = connect_watched();
    ASSERT_TRUE(client.put("small", content_of(10)));
    files_.on_event = [this] { watch_.file_event(); };
    const auto stored = client.put("large", content_of(kContentBytes));
    files_.on_event = nullptr;
    ASSERT_TRUE(stored) << message(stored);
    EXPECT_EQ(watch_.sealing, kParts);
    EXPECT_EQ(watch_.waited_in_vain, 0U);
    EXPECT_EQ(*client.get("large"), content_of(kContentBytes));
}

TEST_F(Overlap, AFullDiskIsToldWhicheverPartItMeets) {
    Client client = connect("store", 1000, &files_);
    ASSERT_TRUE(client.put("a", content_of(kContentBytes, 1)));
    size_t failed = 0;
    for (uint64_t n = 1;; ++n) {
        files_.fail_at(n, ENOSPC);
        const auto stored = client.put("a", content_of(kContentBytes, 2));
        const bool met = !files_.will_fail();
        files_.fail_at(0, 0);
        const auto got = client.get("a");
        ASSERT_TRUE(got) << n << ": " << message(got);
        if (!met) {
            ASSERT_TRUE(stored) << message(stored);
            EXPECT_EQ(*got, content_of(kContentBytes, 2));
            break;
        }
        if (stored) {  // what fails does not always matter: a file that cannot be removed
            ASSERT_EQ(*got, content_of(kContentBytes, 2)) << n;
            ASSERT_TRUE(client.put("a", content_of(kContentBytes, 1)));
            continue;
        }
        ++failed;
        EXPECT_EQ(code(stored), static_cast<int>(ErrorCode::no_space)) << n << ": " << message(stored);
        EXPECT_EQ(*got, content_of(kContentBytes, 1)) << n;
    }
    EXPECT_GE(failed, kParts + 2);  // each part, the file's making and its sync at least
}

}  // namespace
}  // namespace festore::store_test
