// SPDX-License-Identifier: BSD-2-Clause
// Rule 24, while a verb runs: a thread exchanges the names of a store's directory for links and back, as fast as it can.
#include "protocol/store_files.h"
#include "tests/store/harness/harness.h"
#include "tests/store/harness/meddling_files.h"
#include "tests/store/harness/planted.h"

#include <atomic>
#include <fcntl.h>
#include <functional>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace festore::store_test {
namespace {

using std::filesystem::path;

class Racing : public StoreTest {
protected:
    Racing() : outside_(folder_ / "outside") {}

    [[nodiscard]] path store() const { return folder_ / "store"; }

    // Exchanges `name` for `planted` and back until `work` has run `rounds` times, there were at least kExchangesMin exchanges, and
    // `is_enough` is true (or kRoundsMax is reached): on a busy machine few verbs succeed.
    template <class F>
    void race(const path& name, const path& planted, F&& work, int rounds, const std::function<bool()>& is_enough = [] { return true; }) {
        constexpr int kRoundsMax = 1000;
        constexpr int kExchangesMin = 100;
        const Outside::State before = outside_.state();
        std::atomic<bool> ended = false;
        std::atomic<int> exchanges = 0;
        std::thread racer([&] {
            while (!ended) {
                if (renameat2(AT_FDCWD, name.c_str(), AT_FDCWD, planted.c_str(), RENAME_EXCHANGE) == 0) ++exchanges;
                // Some verbs must succeed.
                if (exchanges % 20 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(20));
                else std::this_thread::yield();
            }
        });
        for (int round = 0; round < rounds || exchanges < kExchangesMin || (!is_enough() && round < kRoundsMax); ++round) work(round);
        ended = true;
        racer.join();
        if (exchanges % 2 == 1) (void)renameat2(AT_FDCWD, name.c_str(), AT_FDCWD, planted.c_str(), RENAME_EXCHANGE);
        EXPECT_EQ(outside_.state(), before) << name;
        std::filesystem::remove(planted);
    }

    Outside outside_;
};

TEST_F(Racing, Rule24NamesExchangedForLinksDuringAVerb) {
    size_t stored = 0;
    for (const char* name : {"pages", "lock", "payloads", "festore.store"}) {
        std::filesystem::remove_all(store());
        tee_ = std::make_unique<sim::Tee>(sim::Config{});
        tee_->install(ta::host_image());
        sim::use_tee(tee_.get());
        Client client = connect();
        ASSERT_TRUE(client.put("kept", content_of(30'000)));
        const path planted = folder_ / "planted";
        const bool is_folder = std::string_view(name) == "payloads";
        std::filesystem::create_symlink(is_folder ? outside_.folder() : outside_.file(), planted);
        std::map<std::string, unsigned> acknowledged;
        const Timer timer(name);
        race(store() / name, planted,
             [&](int round) {
                 const std::string object = "object " + std::to_string(round % 7);
                 Client again = connect();
                 const auto seed = static_cast<unsigned>(round);
                 if (again.put(object, content_of(round % 3 == 0 ? 20'000 : 200, seed))) acknowledged[object] = seed;
                 else acknowledged.erase(object);  // the old content or the new one
                 (void)again.get(object);
                 VerifyOptions options;
                 options.remove_orphaned = true;
                 (void)again.verify(options);
             },
             60);
        Client reader = connect();
        for (const auto& [object, seed] : acknowledged) {
            const auto got = reader.get(object);
            ASSERT_TRUE(got) << name << ": " << message(got);
            EXPECT_EQ(*got, content_of(got->size(), seed)) << name << ", " << object;
        }
        EXPECT_TRUE(reader.get("kept")) << name;
        stored += acknowledged.size();
    }
    EXPECT_GT(stored, 0U) << "no put succeeded: nothing was tested";
}

TEST_F(Racing, Rule24NamesExchangedForLinksWhileAStoreIsMadeAndDestroyed) {
    for (const char* name : {"pages", "lock", "payloads"}) {
        const path planted = folder_ / "planted";
        const bool is_folder = std::string_view(name) == "payloads";
        std::filesystem::create_symlink(is_folder ? outside_.folder() : outside_.file(), planted);
        const Timer timer(name);
        int destroyed = 0;
        race(store() / name, planted,
             [&](int) {
                 Client client = connect();
                 (void)client.put("a", content_of(20'000));
                 destroyed += client.store()->destroy({}) ? 1 : 0;
                 DestroyOptions lost;
                 lost.lost_directory = true;
                 (void)client.store()->destroy(lost);
             },
             10, [&] { return destroyed > 0; });
        EXPECT_GT(destroyed, 0);
        std::filesystem::remove_all(store());
    }
}

// A file outside has another hard link here, which is moved between two names of the store: each check takes it for the pair of names
// that an interrupted repair leaves.
TEST_F(Racing, Rule24OneHardLinkMovedBetweenTwoNames) {
    const path pages = store() / protocol::kPageFile;
    const path second = store() / protocol::kOldPageFile;
    const Outside::State before = outside_.state();
    std::atomic<bool> ended = false;
    std::thread racer([&] {
        while (!ended) {
            (void)renameat2(AT_FDCWD, pages.c_str(), AT_FDCWD, second.c_str(), RENAME_EXCHANGE);
            std::this_thread::yield();
        }
    });
    int stored = 0;
    for (int round = 0; round < 150 && outside_.state() == before; ++round) {
        Client client = connect();
        std::error_code ignored;
        std::filesystem::create_hard_link(outside_.file(), second, ignored);
        stored += client.put("object " + std::to_string(round % 7), content_of(200)) ? 1 : 0;
        if (round % 3 == 0) (void)client.store()->destroy({});
    }
    ended = true;
    racer.join();
    EXPECT_EQ(outside_.state(), before);
    EXPECT_GT(stored, 0) << "no put succeeded: nothing was tested";
}

// The same without chance: the link gets the name `pages` before `pages` is opened, and `pages.old` before `pages.old` is checked.
TEST_F(Racing, Rule24OneHardLinkAtTheNameThatIsAskedFor) {
    const std::string name(protocol::kPageFile);
    const path pages = store() / name;
    const path planted = store() / "planted";
    ASSERT_TRUE(connect().put("kept", content_of(100)));
    const Outside::State before = outside_.state();
    std::filesystem::create_hard_link(outside_.file(), planted);
    MeddlingFiles files;
    bool was_opened = false;
    files.before("open", name, [&] {  // to lock it
        files.before("open", name, [&] {  // to wipe it
            was_opened = renameat2(AT_FDCWD, pages.c_str(), AT_FDCWD, planted.c_str(), RENAME_EXCHANGE) == 0;
            files.before("look", std::string(protocol::kOldPageFile),
                         [&] { std::filesystem::rename(pages, store() / protocol::kOldPageFile); });
        });
    });
    Result<Client> client = try_connect(store().relative_path(), 1000, &files);
    ASSERT_TRUE(client) << message(client);
    (void)client->store()->destroy({});
    EXPECT_TRUE(was_opened);
    EXPECT_EQ(outside_.state(), before);
}

}  // namespace
}  // namespace festore::store_test
