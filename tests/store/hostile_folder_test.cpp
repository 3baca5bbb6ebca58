// SPDX-License-Identifier: BSD-2-Clause
// Rule 24: another member of the store's group puts something else under each name of the store, before each verb. Nothing outside the
// store changes, no call hangs, and what is refused is named. Runs on the real file system, which handles links.
#include "tests/store/harness/harness.h"
#include "tests/store/harness/planted.h"

#include "protocol/store_files.h"

namespace festore::store_test {
namespace {

using std::filesystem::path;

class HostileFolder : public StoreTest {
protected:
    HostileFolder() : outside_(folder_ / "outside") {}

    // A new store with a small object and a content in its own file.
    void make_store() {
        std::filesystem::remove_all(store());
        tee_ = std::make_unique<sim::Tee>(sim::Config{});
        tee_->install(ta::host_image());
        sim::use_tee(tee_.get());
        Client client = connect();
        ASSERT_TRUE(client.put("small", content_of(100)));
        ASSERT_TRUE(client.put("large", content_of(40'000)));
    }
    [[nodiscard]] path store() const { return folder_ / "store"; }
    [[nodiscard]] path payload() const { return only_file_of(store() / protocol::kPayloadFolder); }

    // Runs every verb, each with a new client. Returns their errors.
    std::vector<std::pair<std::string, Result<void>>> run_verbs() {
        std::vector<std::pair<std::string, Result<void>>> done;
        const auto run = [&](const char* verb, auto&& call) {
            const Timer timer(verb);
            Result<Client> client = try_connect("store", 1000, nullptr);
            if (!client) {
                done.emplace_back(verb, client.error());
                return;
            }
            const auto result = call(*client);
            done.emplace_back(verb, result ? Result<void>() : Result<void>(result.error()));
        };
        run("get", [](Client& c) { return c.get("small"); });
        run("get large", [](Client& c) { return c.get("large"); });
        run("list", [](Client& c) { return c.list(); });
        run("put", [](Client& c) { return c.put("new", content_of(50)); });
        run("put large", [](Client& c) { return c.put("large", content_of(50'000)); });
        run("remove", [](Client& c) { return c.remove("small"); });
        run("verify", [](Client& c) { return c.verify({}); });
        run("verify clean", [](Client& c) {
            VerifyOptions options;
            options.remove_orphaned = true;
            return c.verify(options);
        });
        run("init", [](Client& c) { return c.store()->init({}); });
        run("acknowledge", [](Client& c) { return c.store()->acknowledge(); });
        run("repair", [](Client& c) { return c.store()->repair(); });
        run("destroy", [](Client& c) { return c.store()->destroy({}); });
        return done;
    }
    static bool is_refusal(const Result<void>& result, const path& planted) {
        return !result && result.error().code == ErrorCode::damaged &&
               result.error().message.find(planted.string()) != std::string::npos;
    }
    // How many verbs refused what is planted at `name`.
    size_t plant_and_run(const path& name, const Plant& plant) {
        make_store();
        const path planted = name == "payload" ? payload() : store() / name;
        outside_.restore();
        if (!plant.put(planted, outside_)) return 0;
        const Outside::State before = outside_.state();
        size_t refused = 0;
        for (const auto& [verb, result] : run_verbs()) {
            EXPECT_EQ(outside_.state(), before) << verb << " with " << plant.name << " at " << planted;
            if (is_refusal(result, planted)) ++refused;
        }
        remove_planted(planted);
        return refused;
    }

    Outside outside_;
};

// At each name that the store opens, at least one verb finds it.
TEST_F(HostileFolder, Rule24WhatIsPlantedBeforeAVerbIsRefusedByName) {
    for (const Plant& plant : plants()) {
        for (const char* name : {"festore.store", "pages", "lock", "payloads", "payload"}) {
            if (!plant.is_possible) {
                std::printf("skipped: %s at %s: %s\n", plant.name, name, plant.why_not);
                continue;
            }
            const std::string_view at = name;
            const bool may_be_read = plant.is_hard_link && (at == "festore.store" || at == "payload");
            const bool is_right = plant.is_folder && at == "payloads";
            const size_t refused = plant_and_run(name, plant);
            EXPECT_TRUE(refused > 0 || may_be_read || is_right) << plant.name << " at " << name;
        }
    }
}

// The store makes, replaces or removes these, but never reads them.
TEST_F(HostileFolder, Rule24WhatIsPlantedWhereTheStoreWritesLeadsNowhere) {
    for (const Plant& plant : plants())
        for (const char* name : {".festore.store.new", "pages.new", "pages.old", "pages.older", "payloads/foreign"})
            if (plant.is_possible) (void)plant_and_run(name, plant);
}

// Files that others keep in the folder of payloads.
TEST_F(HostileFolder, Rule24ForeignFilesAmongPayloadsStay) {
    make_store();
    const path foreign = store() / protocol::kPayloadFolder / "notes.txt";
    write_file(foreign, "notes");
    write_file(store() / protocol::kPayloadFolder / std::string(32, 'a'), "of a cut commit");
    Client client = connect();
    VerifyOptions options;
    options.remove_orphaned = true;
    const Result<VerifyReport> report = client.verify(options);
    ASSERT_TRUE(report) << message(report);
    EXPECT_EQ(report->removed.files, 1U);
    EXPECT_EQ(report->orphaned->files, 1U);
    EXPECT_TRUE(std::filesystem::exists(foreign));
}

// A copy of the directory by hard links (cp -al) is a way to back up. Reading still works; writing is refused, as it would change the copy.
TEST_F(HostileFolder, Rule24ACopyOfHardLinksIsNotWrittenThrough) {
    make_store();
    const path copy = folder_ / "copy";
    std::filesystem::copy(store(), copy, std::filesystem::copy_options::recursive | std::filesystem::copy_options::create_hard_links);
    const std::string pages = read_file(copy / protocol::kPageFile);
    Client client = connect();
    EXPECT_TRUE(client.get("small"));
    EXPECT_TRUE(client.get("large"));
    const auto stored = client.put("new", content_of(50));
    EXPECT_EQ(code(stored), kDamaged);
    EXPECT_NE(message(stored).find("hard links"), std::string::npos) << message(stored);
    EXPECT_EQ(read_file(copy / protocol::kPageFile), pages);
    std::filesystem::remove_all(copy);
    EXPECT_TRUE(client.put("new", content_of(50)));
}

TEST_F(HostileFolder, ARelativePathStaysTheStoreThatItWas) {
    const path before = std::filesystem::current_path();
    std::filesystem::current_path(folder_);
    sim::set_caller({1000, 1000, {}});
    ClientOptions options;
    options.storage = Storage::store;
    options.store_directory = "store";
    Result<Client> client = ClientAccess::connect(sim::teec_in_process(), options, 1000);
    std::filesystem::create_directory(folder_ / "elsewhere");
    std::filesystem::current_path(folder_ / "elsewhere");
    ASSERT_TRUE(client) << message(client);
    const auto stored = client->put("a", content_of(40'000));
    std::filesystem::current_path(folder_);
    EXPECT_TRUE(client->get("a"));
    std::filesystem::current_path(before);
    ASSERT_TRUE(stored) << message(stored);
    EXPECT_TRUE(std::filesystem::exists(store() / protocol::kPageFile));
    EXPECT_TRUE(std::filesystem::is_empty(folder_ / "elsewhere"));
}

}  // namespace
}  // namespace festore::store_test
