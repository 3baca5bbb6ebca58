// SPDX-License-Identifier: BSD-2-Clause
// Large contents: a sealed part is written while the TEE seals the next one, and an error of that write is still reported.
#include "tests/store/harness/harness.h"

#include "protocol/store_messages.h"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <mutex>

namespace festore::store_test {
namespace {

constexpr size_t kParts = 4;
constexpr size_t kContentBytes = kParts * protocol::kCallContentBytesMax;

// Each write of a part except the last waits until the TEE is sealing, and sealing waits until a part was written. If one runs after
// the other, a wait ends in vain.
struct Watch {
    std::mutex lock;
    std::condition_variable changed;
    size_t begun = 0;  // calls that seal
    size_t ended = 0;
    size_t writes = 0;
    size_t waited_in_vain = 0;

    template <class F>
    void wait_for(std::unique_lock<std::mutex>& guard, F&& condition) {
        if (!changed.wait_for(guard, std::chrono::seconds(10), condition)) ++waited_in_vain;
    }
    void file_event() {
        std::unique_lock guard(lock);
        if (ended == 0 || ended == kParts) return;  // before the first part, or the last part
        wait_for(guard, [this] { return begun > ended; });
        ++writes;
        changed.notify_all();
    }
    void begin_sealing() {
        std::unique_lock guard(lock);
        ++begun;
        changed.notify_all();
        const size_t before = begun - 1;
        if (before > 0) wait_for(guard, [&] { return writes >= before; });
    }
    void end_sealing() {
        const std::lock_guard guard(lock);
        ++ended;
    }
};

Watch* the_watch = nullptr;

TEEC_Result watched_invoke(TEEC_Session* session, uint32_t command, TEEC_Operation* operation, uint32_t* origin) {
    const bool seals = command == static_cast<uint32_t>(protocol::Command::store_seal_segments);
    if (seals) the_watch->begin_sealing();
    const TEEC_Result result = sim::teec_in_process().invoke_command(session, command, operation, origin);
    if (seals) the_watch->end_sealing();
    return result;
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
    EXPECT_EQ(watch_.begun, kParts);
    EXPECT_EQ(watch_.writes, kParts - 1);
    EXPECT_EQ(watch_.waited_in_vain, 0U);
    EXPECT_EQ(*client.get("large"), content_of(kContentBytes));
}

// What was read ahead is used only for its own position, wherever the reader goes.
TEST_F(Overlap, AReaderThatJumpsGetsWhatIsThere) {
    Client client = connect("store", 1000, &files_);
    const Content content = content_of(6 * protocol::kCallContentBytesMax + 77);
    ASSERT_TRUE(client.put("a", content));
    auto stream = client.read("a");
    ASSERT_TRUE(stream) << message(stream);
    Content buffer(100000);
    const auto expect_at = [&](uint64_t position) {
        const auto got = stream->read(buffer);
        ASSERT_TRUE(got) << position << ": " << message(got);
        const auto from = content.begin() + static_cast<std::ptrdiff_t>(position);
        ASSERT_EQ(*got, std::min<uint64_t>(buffer.size(), content.size() - position));
        ASSERT_TRUE(std::equal(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*got), from)) << position;
    };
    for (uint64_t position = 0; position < content.size(); position += buffer.size()) expect_at(position);
    for (const uint64_t position : {uint64_t{0}, content.size() - 5, uint64_t{300000}, uint64_t{1000000}, uint64_t{1100000},
                                    uint64_t{1200000}, uint64_t{1300000}, uint64_t{1300000}, uint64_t{500000}}) {
        stream->seek(position);
        expect_at(position);
    }
    // The disk fails once, at any operation: the read fails or returns the content. Then a read returns all of it.
    for (uint64_t n = 1; n < 40; ++n) {
        stream->seek(0);
        files_.fail_at(n, EIO);
        Content whole(content.size());
        const auto got = stream->read(whole);
        files_.fail_at(0, 0);
        if (got) ASSERT_TRUE(whole == content) << n;
        else EXPECT_EQ(stream->position(), 0U) << n;
    }
    stream->seek(0);
    Content whole(content.size());
    ASSERT_TRUE(stream->read(whole));
    EXPECT_TRUE(whole == content);
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
        if (stored) {  // some failures do not matter: a file that cannot be removed
            ASSERT_EQ(*got, content_of(kContentBytes, 2)) << n;
            ASSERT_TRUE(client.put("a", content_of(kContentBytes, 1)));
            continue;
        }
        ++failed;
        EXPECT_EQ(code(stored), static_cast<int>(ErrorCode::no_space)) << n << ": " << message(stored);
        EXPECT_EQ(*got, content_of(kContentBytes, 1)) << n;
    }
    EXPECT_GE(failed, kParts + 2);  // at least each part, the file's creation and its sync
}

}  // namespace
}  // namespace festore::store_test
