// SPDX-License-Identifier: BSD-2-Clause
// Destroying a store: with its directory, without it, by root; and with a power cut or a failure at every place. Afterwards the
// store is whole, or a second destroy removes what is left; then init makes a new store.
#include "engine/records/table_format.h"
#include "sim/include/tee_internal_api.h"
#include "tests/store/harness/model.h"

#include <cerrno>

namespace festore::store_test {
namespace {

const std::string kDirectory = "/data/user/store";

class Destroying : public testing::TestWithParam<Anchor> {
protected:
    static const Verb& verb() { return all_verbs()[1]; }  // put: it begins with a store
    void SetUp() override { before_ = before_verb(device_, verb(), GetParam()); }

    size_t records() const {
        size_t used = 0;
        for (const auto& [key, table] : device_.tee_objects()) {
            const Bytes places = engine::places_of_table(table).value_or(Bytes());
            for (size_t at = 0; at < places.size(); at += engine::kRootRecordBytes)
                if (engine::decode_root_record(places.subspan(at, engine::kRootRecordBytes))) ++used;
        }
        return used;
    }
    // Counts the secrets of recovery copies in the RPMB.
    size_t secrets() const { return device_.tee_objects_but_tables().size(); }
    // Puts the files back, but not the TEE's storage, and checks that repair refuses.
    void expect_not_repaired() {
        device_.files().restore(before_.files);
        const auto repaired = device_.connect().store()->repair();
        EXPECT_EQ(code(repaired), kConflict);
        const char* const why = "the store was destroyed, and not lost";
        if (repaired) return;
        EXPECT_NE(repaired.error().message.find(why), std::string::npos) << repaired.error().message;
        EXPECT_EQ(code(device_.connect().get("a")), kDamaged);
        EXPECT_EQ(device_.snapshot().files, before_.files);
        EXPECT_EQ(secrets(), 0U);
    }
    std::vector<std::string> files() const {
        std::vector<std::string> found;
        for (const auto& [name, content] : device_.snapshot().files.files) found.push_back(name);
        return found;
    }
    static Result<DestroyReport> destroy(Client& client, bool lost = false) {
        DestroyOptions options;
        options.lost_directory = lost;
        return client.store()->destroy(options);
    }
    template <class T>
    static int code(const Result<T>& answer) {
        return answer ? 0 : static_cast<int>(answer.error().code);
    }
    InitOptions anchored() const {
        InitOptions options;
        options.anchor = GetParam();
        return options;
    }

    // Checks that after an interruption there is the whole store or none, and that a new one can be made.
    void check_rest(const std::string& what) {
        const bool whole = records() == 1;
        if (whole) EXPECT_EQ(read_all(device_, what), verb().states().front()) << what;
        else EXPECT_NE(code(device_.connect().get("a")), kDone) << what;
        const auto again = [&] {
            Client client = device_.connect();
            return destroy(client);
        }();
        EXPECT_TRUE(again || again.error().code == ErrorCode::not_found) << what << ": " << again.error().message;
        EXPECT_EQ(records(), 0U) << what;
        EXPECT_TRUE(files().empty()) << what;
        Client client = device_.connect();
        const auto made = client.store()->init(anchored());
        EXPECT_TRUE(made) << what << ": " << made.error().message;
        EXPECT_TRUE(client.put("a", content_of(10))) << what;
        EXPECT_EQ(client.list()->objects.size(), 1U) << what;
    }

    Device device_;
    Device::Snapshot before_;
};

TEST_P(Destroying, NothingOfItIsLeftAndANewOneCanBeMade) {
    Client client = device_.connect();
    const auto report = destroy(client);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_TRUE(report->record_dropped);
    EXPECT_EQ(report->files, 4U) << "header, pages, lock, one payload";
    EXPECT_TRUE(report->left.empty());
    EXPECT_TRUE(files().empty());
    EXPECT_EQ(records(), 0U);
    EXPECT_EQ(code(client.get("a")), kNotFound);
    EXPECT_EQ(code(destroy(client)), kNotFound);
    EXPECT_TRUE(client.store()->init(anchored()));
    EXPECT_EQ(client.list()->objects.size(), 0U);
}

TEST_P(Destroying, WhatIsNotTheStoresStays) {
    for (const char* name : {"/mine", "/payloads/mine"}) {
        Files::Handle handle = Files::kNoHandle;
        ASSERT_EQ(device_.files().open(kDirectory + name, Files::Open::create_new, 0600, handle), 0);
        device_.files().close(handle);
    }
    Client client = device_.connect();
    const auto report = destroy(client);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->left, (std::vector{kDirectory + "/payloads/mine", kDirectory + "/mine"}));
    EXPECT_EQ(files(), (std::vector{kDirectory + "/mine", kDirectory + "/payloads/mine"}));
    EXPECT_EQ(records(), 0U);
}

TEST_P(Destroying, AnothersStoreInTheSameTableStays) {
    Client other = device_.connect(1001, "/data/other/store");
    ASSERT_TRUE(other.store()->init(anchored()));
    ASSERT_TRUE(other.put("theirs", content_of(50)));
    Client client = device_.connect();
    ASSERT_TRUE(destroy(client));
    EXPECT_EQ(records(), 1U);
    EXPECT_EQ(*other.get("theirs"), content_of(50));
    ASSERT_TRUE(other.put("theirs", content_of(60)));
    ASSERT_TRUE(client.store()->init(anchored()));
    EXPECT_EQ(*other.get("theirs"), content_of(60));
}

TEST_P(Destroying, Rule20OnlyTheOwnDirectory) {
    Client other = device_.connect(1001);
    const auto refused = destroy(other);
    EXPECT_EQ(code(refused), kNotPermitted);
    EXPECT_EQ(device_.snapshot().files, before_.files);
    // An older store of the same user, whose record was dropped: the TEE now has the record of another store.
    Client client = device_.connect();
    ASSERT_TRUE(destroy(client, false));
    Client elsewhere = device_.connect(1000, "/data/user/second");
    ASSERT_TRUE(elsewhere.store()->init(anchored()));
    const Device::TeeObjects tee = device_.tee_objects();
    SimulatedFiles::Snapshot both = device_.snapshot().files;
    both.files.insert(before_.files.files.begin(), before_.files.files.end());
    both.folders.insert(before_.files.folders.begin(), before_.files.folders.end());
    device_.files().restore(both);
    Client late = device_.connect();
    const auto wrong = destroy(late);
    ASSERT_EQ(code(wrong), kDamaged);
    EXPECT_NE(wrong.error().message.find("not the one that the TEE has a record of"), std::string::npos) << wrong.error().message;
    EXPECT_EQ(device_.tee_objects(), tee);
    EXPECT_EQ(device_.snapshot().files, both);
}

TEST_P(Destroying, Rule18AStoreOfAnotherDeviceIsLeftAlone) {
    device_.restore({before_.files, {}});
    sim::Config config;
    config.huk[3] = std::byte{9};
    sim::Tee other(config);
    other.install(ta::host_image());
    sim::use_tee(&other);
    {
        Client client = device_.connect();
        const auto refused = destroy(client);
        ASSERT_EQ(code(refused), kDamaged);
        EXPECT_NE(refused.error().message.find("another device"), std::string::npos) << refused.error().message;
    }
    EXPECT_EQ(device_.snapshot().files, before_.files);
    sim::use_tee(&device_.tee());
}

// Then it is unknown whether there is a record; "there is no store" would be wrong.
TEST_P(Destroying, Rule03ADamagedRecordIsNoMissingStore) {
    const auto [storage, id] = Device::table_in(before_.tee)->first;
    for (int verb = 0; verb < 4; ++verb) {
        device_.restore({{{"/"}, {}}, before_.tee});
        device_.tee().damage_object(storage, ta::host_image().uuid, id);
        Client client = device_.connect();
        int code_now = kDone;
        if (verb == 0) code_now = code(client.list());
        if (verb == 1) code_now = code(client.get("a"));
        if (verb == 2) code_now = code(client.remove("a"));
        if (verb == 3) code_now = code(client.store()->status());
        EXPECT_EQ(code_now, kDamaged) << verb;
    }
}

TEST_P(Destroying, Rule03DamageUnderOneAnchorHidesNoRecordUnderTheOther) {
    if (GetParam() != Anchor::rpmb) GTEST_SKIP() << "the other anchor is asked after this one";
    ASSERT_TRUE(device_.connect(1001, "/data/other/store").put("a", content_of(10)));  // ree has a table now
    for (const auto& [key, content] : device_.tee_objects())
        if (key.first == TEE_STORAGE_PRIVATE_REE) device_.tee().damage_object(key.first, ta::host_image().uuid, key.second);
    device_.files().restore({{"/"}, {}});
    const auto got = device_.connect().get("a");
    ASSERT_FALSE(got);
    EXPECT_NE(got.error().message.find("the TEE has the record of a store of yours"), std::string::npos) << got.error().message;
}

TEST_P(Destroying, Rule25ACopyOfTheDirectoryBringsNothingBack) {
    Client client = device_.connect();
    ASSERT_TRUE(destroy(client));
    expect_not_repaired();
}

TEST_P(Destroying, Rule25NorAfterLost) {
    device_.restore({{{"/"}, {}}, before_.tee});
    Client client = device_.connect();
    ASSERT_TRUE(destroy(client, true));
    expect_not_repaired();
}

TEST_P(Destroying, Rule25NorAfterRootHasDroppedIt) {
    DestroyOptions options;
    options.other = Owner::user(1000);
    ASSERT_TRUE(device_.connect(0, "/data/root/store").store()->destroy(options));
    expect_not_repaired();
}

TEST_P(Destroying, ALostDirectoryNeedsToBeToldSo) {
    {
        Client here = device_.connect();
        const auto not_lost = destroy(here, true);
        EXPECT_EQ(code(not_lost), kConflict) << not_lost.error().message;
    }
    device_.restore({{{"/"}, {}}, before_.tee});
    Client client = device_.connect();
    EXPECT_EQ(code(client.store()->init(anchored())), kConflict);
    EXPECT_EQ(code(destroy(client)), kNotFound);
    EXPECT_EQ(records(), 1U);
    const auto record = client.store()->record();
    ASSERT_TRUE(record);
    EXPECT_EQ(record->anchor, GetParam());
    EXPECT_EQ(record->objects, verb().states().front()->size());
    const auto dropped = destroy(client, true);
    ASSERT_TRUE(dropped) << dropped.error().message;
    EXPECT_TRUE(dropped->record_dropped);
    EXPECT_EQ(records(), 0U);
    EXPECT_EQ(code(client.store()->record()), kNotFound);
    EXPECT_EQ(code(destroy(client, true)), kNotFound);
    EXPECT_TRUE(client.store()->init(anchored()));
}

TEST_P(Destroying, Rule21RootDropsTheRecordOfAnother) {
    DestroyOptions options;
    options.other = Owner::user(1000);
    Client stranger = device_.connect(1001, "/data/other/store");
    EXPECT_EQ(code(stranger.store()->destroy(options)), kNotPermitted);
    EXPECT_EQ(code(stranger.store()->record(options.other)), kNotPermitted);
    Client owner = device_.connect();
    ASSERT_TRUE(owner.get("a"));
    Client root = device_.connect(0, "/data/root/store");
    EXPECT_EQ(root.store()->record(options.other)->objects, verb().states().front()->size());
    EXPECT_EQ(code(root.store()->destroy({false, Owner::group(1000)})), kNotFound) << "a group of that number";
    ASSERT_TRUE(root.store()->destroy(options));
    EXPECT_EQ(records(), 0U);
    EXPECT_EQ(device_.snapshot().files, before_.files) << "root does not touch the owner's directory";
    EXPECT_EQ(code(owner.get("a")), kDamaged) << "nothing is served";
    ASSERT_TRUE(destroy(owner));
    EXPECT_TRUE(files().empty());
}

TEST_P(Destroying, SessionsThatHaveItOpenServeNothingMore) {
    Client reader = device_.connect();
    ASSERT_TRUE(reader.get("p"));
    {
        Client writer = device_.connect();
        Result<Transaction> running = writer.store()->begin();
        ASSERT_TRUE(running);
        Client client = device_.connect();
        EXPECT_EQ(code(destroy(client)), kBusy) << "rule 6: the writer has the lock";
        EXPECT_EQ(code(destroy(writer)), kConflict);
    }
    Client client = device_.connect();
    ASSERT_TRUE(destroy(client));
    EXPECT_EQ(code(reader.get("p")), kNotFound);
    EXPECT_EQ(code(reader.list()), kNotFound);
    ASSERT_TRUE(reader.put("a", content_of(5))) << "this makes a new store";
    EXPECT_EQ(reader.list()->objects.size(), 1U);
    EXPECT_EQ(code(client.get("p")), kNotFound);
}

TEST_P(Destroying, CutAtEveryEventAndEveryCallIntoTeeStorage) {
    size_t cases = 0;
    for (const char kind : {'e', 's'}) {
        for (unsigned seed = 1; seed <= (kind == 'e' ? 3U : 1U); ++seed) {
            for (uint64_t n = 1;; ++n, ++cases) {
                std::mt19937_64 random(seed * 1000 + n);
                device_.restore(before_);
                if (kind == 'e') device_.cut_at_event(n);
                else device_.cut_at_storage_call(n);
                bool done = false;
                if (Result<Client> client = device_.try_connect()) done = destroy(*client).has_value();
                const bool cut = device_.is_off();
                EXPECT_NE(done, cut && !done) << "the result must be reported correctly";
                device_.cut_power(random);
                check_rest(std::string(1, kind) + std::to_string(n));
                if (!cut) break;
                ASSERT_FALSE(HasFailure()) << kind << n << " seed " << seed;
                ASSERT_LT(n, 500U);
            }
        }
    }
    std::printf("%zu cuts\n", cases);
    EXPECT_GT(cases, 60U);
}

TEST_P(Destroying, EveryFaultOfFilesAndOfTheTee) {
    size_t cases = 0;
    const auto all = [&](const char* what, const std::function<void(uint64_t)>& arm, const std::function<bool()>& is_due) {
        for (uint64_t n = 1; n < 500; ++n, ++cases) {
            device_.restore(before_);
            arm(n);
            if (Result<Client> client = device_.try_connect()) {
                const auto done = destroy(*client);
                if (done) {
                    EXPECT_EQ(records(), 0U) << what << n;
                } else {
                    EXPECT_FALSE(done.error().message.empty());
                }
            }
            const bool due = is_due();
            arm(0);
            check_rest(what + std::to_string(n));
            if (due) return;
            ASSERT_FALSE(HasFailure()) << what << n;
        }
    };
    for (const int number : {EIO, EACCES})
        all("file ", [&](uint64_t n) { device_.files().fail_at(n, number); }, [&] { return device_.files().will_fail(); });
    const auto storage = [&](uint32_t result, bool panics) {
        return [this, result, panics](uint64_t n) {
            sim::Faults faults;
            faults.storage = n;
            faults.storage_code = result;
            faults.panic_on_storage = panics && n != 0;
            device_.tee().set_faults(faults);
        };
    };
    const auto storage_due = [&] { return device_.tee().faults().storage != 0; };
    all("storage ", storage(TEE_ERROR_STORAGE_NOT_AVAILABLE, false), storage_due);
    all("full ", storage(TEE_ERROR_STORAGE_NO_SPACE, false), storage_due);
    all("panic ", storage(TEE_ERROR_GENERIC, true), storage_due);
    all("answer ", [&](uint64_t n) { device_.lose_answer(n); }, [&] { return device_.will_lose_answer(); });
    std::printf("%zu faults\n", cases);
    EXPECT_GT(cases, 40U);
}

INSTANTIATE_TEST_SUITE_P(Anchors, Destroying, testing::Values(Anchor::ree, Anchor::rpmb),
                         [](const auto& anchor) { return anchor.param == Anchor::ree ? "ree" : "rpmb"; });

}  // namespace
}  // namespace festore::store_test
