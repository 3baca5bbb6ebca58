// SPDX-License-Identifier: BSD-2-Clause
// Reading a whole store back: only what is damaged is named, and what follows it is still checked.
#include "base/limits.h"
#include "sim/include/tee_internal_api.h"
#include "tests/store/harness/model.h"

namespace festore::store_test {
namespace {

constexpr const char* kPages = "/data/user/store/pages";
constexpr const char* kPayloads = "/data/user/store/payloads";
constexpr size_t kPage = limits::kPageBytes;
constexpr size_t kLarge = 100000;

class VerifyStore : public testing::Test {
protected:
    // A store with three levels of index, two contents in their own files, and free pages.
    void fill(size_t objects = 400) {
        Client client = device_.connect();
        Result<Transaction> transaction = client.store()->begin();
        ASSERT_TRUE(transaction) << transaction.error().message;
        for (unsigned i = 0; i < objects; ++i) put(*transaction, "object " + std::to_string(i), 150);
        put(*transaction, "payload 0", kLarge);
        put(*transaction, "payload 1", kLarge);
        ASSERT_TRUE(transaction->commit());
        ASSERT_TRUE(client.put("object 1", truth_["object 1"]));
        ASSERT_GT(client.store()->status()->free_pages, 0U);
        good_ = device_.snapshot();
    }
    void put(Transaction& transaction, const std::string& name, size_t size) {
        truth_[name] = content_of(size, static_cast<unsigned>(truth_.size()));
        ASSERT_TRUE(transaction.put(name, truth_[name]));
    }
    VerifyReport verify(const std::vector<std::string>& names = {}) {
        Client client = device_.connect();
        return verify(client, names);
    }
    static VerifyReport verify(Client& client, const std::vector<std::string>& names = {}) {
        VerifyOptions options;
        options.names = names;
        Result<VerifyReport> report = client.verify(options);
        EXPECT_TRUE(report) << report.error().message;
        return report.value_or(VerifyReport());
    }
    uint64_t bytes() const {
        uint64_t sum = 0;
        for (const auto& [name, content] : truth_) sum += content.size();
        return sum;
    }
    std::vector<std::string> payloads() const {
        std::vector<std::string> found;
        for (const auto& [name, content] : good_.files.files)
            if (name.starts_with(kPayloads)) found.push_back(name);
        return found;
    }
    void make_file(const std::string& path, size_t size) {
        Files::Handle handle = Files::kNoHandle;
        ASSERT_EQ(device_.files().open(path, Files::Open::create_new, 0600, handle), 0);
        ASSERT_EQ(device_.files().write(handle, 0, content_of(size)), 0);
        device_.files().close(handle);
    }
    void flip(const std::string& file, size_t offset) { device_.files().at(file)[offset] ^= std::byte{1}; }

    Device device_;
    Objects truth_;
    Device::Snapshot good_;
};

TEST_F(VerifyStore, AWholeStoreIsWholeAndStaysUntouched) {
    fill();
    const sim::Counters before = device_.tee().counters();
    VerifyProgress last;
    {
        Client client = device_.connect();
        VerifyOptions options;
        options.on_progress = [&](const VerifyProgress& progress) {
            EXPECT_GE(progress.objects, last.objects);
            EXPECT_GE(progress.content_bytes, last.content_bytes);
            last = progress;
        };
        const auto report = client.verify(options);
        ASSERT_TRUE(report) << report.error().message;
        EXPECT_EQ(report->objects, truth_.size());
        EXPECT_EQ(report->content_bytes, bytes());
        EXPECT_TRUE(report->damaged.empty());
        ASSERT_TRUE(report->orphaned);
        EXPECT_EQ(report->orphaned->files, 0U);
    }
    EXPECT_EQ(last.objects, truth_.size());
    EXPECT_EQ(last.objects_total, truth_.size());
    EXPECT_EQ(last.content_bytes_total, bytes());
    EXPECT_EQ(device_.tee().counters().storage_write, before.storage_write);
    EXPECT_EQ(device_.snapshot().files, good_.files);
    EXPECT_LE(device_.tee().ta_heap_bytes_peak(ta::host_image().uuid), limits::kTaHeapBytes);
}

// The listed names and the missing ranges of the listing together cover all names; and the listing has what verify finds.
TEST_F(VerifyStore, Rule30APageOfTheIndexCostsAListingOnlyItsOwnNames) {
    fill();
    const auto is_in = [](const MissingRange& range, const std::string& name) {
        return (range.without_from ? range.from < name : range.from <= name) && (range.before.empty() || name < range.before);
    };
    const size_t pages = device_.files().at(kPages).size() / kPage;
    size_t with_gap = 0;
    size_t all_lost = 0;
    for (size_t page = 2; page < pages; ++page) {
        flip(kPages, page * kPage + 100);
        Client client = device_.connect();
        for (const std::string prefix : {"", "object 2", "object 39", "payload"}) {
            const auto listing = client.list(prefix);
            if (!listing) {  // all of those names are under the page
                EXPECT_EQ(listing.error().code, ErrorCode::damaged) << listing.error().message;
                if (prefix.empty()) ++all_lost;
                continue;
            }
            size_t listed = 0;
            for (const auto& [name, content] : truth_) {
                if (!name.starts_with(prefix)) continue;
                const bool is_listed = listed < listing->objects.size() && listing->objects[listed].name == name;
                if (is_listed) ++listed;
                const bool is_missing =
                    std::any_of(listing->missing.begin(), listing->missing.end(), [&](const auto& range) { return is_in(range, name); });
                EXPECT_NE(is_listed, is_missing) << name << ", page " << page;
            }
            EXPECT_EQ(listed, listing->objects.size()) << "nothing else, and in order";
            EXPECT_LE(listing->missing.size(), 1U);
            if (!prefix.empty()) continue;
            with_gap += listing->missing.size();
            EXPECT_EQ(listing->objects.size(), verify(client).objects) << "page " << page;
        }
        flip(kPages, page * kPage + 100);
    }
    EXPECT_GT(with_gap, 15U);
    EXPECT_EQ(all_lost, 1U) << "the root";
}

TEST_F(VerifyStore, Rule30TwoDamagedPagesAreTwoRanges) {
    fill();
    std::vector<size_t> leaves;
    const size_t pages = device_.files().at(kPages).size() / kPage;
    for (size_t page = 2; page < pages && leaves.size() < 5; ++page) {
        flip(kPages, page * kPage + 100);
        const auto listing = device_.connect().list();
        const bool is_leaf = listing && listing->missing.size() == 1 && listing->objects.size() > truth_.size() / 2;
        flip(kPages, page * kPage + 100);
        if (is_leaf) leaves.push_back(page);
    }
    ASSERT_EQ(leaves.size(), 5U);
    for (const size_t page : {leaves.front(), leaves.back()}) flip(kPages, page * kPage + 100);
    const auto listing = device_.connect().list();
    ASSERT_TRUE(listing) << listing.error().message;
    EXPECT_EQ(listing->missing.size(), 2U);
    EXPECT_GT(listing->objects.size(), truth_.size() / 2);
}

// Each page of the index is damaged in turn: what the report calls whole is whole, the rest is in a range that it names.
TEST_F(VerifyStore, EachPageOfTheIndexDamaged) {
    fill();
    const size_t pages = device_.files().at(kPages).size() / kPage;
    size_t gaps = 0;
    size_t of_free_list = 0;
    size_t all_lost = 0;
    for (size_t page = 2; page < pages; ++page) {
        flip(kPages, page * kPage + 100);
        const VerifyReport report = verify();
        flip(kPages, page * kPage + 100);
        if (report.damaged.empty()) {
            EXPECT_EQ(report.objects, truth_.size()) << "page " << page << " is free";
            continue;
        }
        ASSERT_EQ(report.damaged.size(), 1U) << "page " << page;
        EXPECT_EQ(report.damaged[0].name, "");
        EXPECT_EQ(report.damaged[0].error.code, ErrorCode::damaged);
        EXPECT_NE(report.damaged[0].error.message.find("page " + std::to_string(page)), std::string::npos)
            << report.damaged[0].error.message;
        if (report.damaged[0].error.message.find("free pages") != std::string::npos) {
            ++of_free_list;
            EXPECT_EQ(report.objects, truth_.size());
            continue;
        }
        ++gaps;
        EXPECT_FALSE(report.orphaned) << "unknown while pages are missing";
        EXPECT_LT(report.objects, truth_.size());
        if (report.objects == 0) ++all_lost;
    }
    EXPECT_EQ(of_free_list, 1U);
    EXPECT_EQ(all_lost, 1U) << "the root";
    EXPECT_GT(gaps, 15U);
    std::printf("%zu pages of the index damaged in turn\n", gaps);
    EXPECT_EQ(verify().objects, truth_.size());
}

TEST_F(VerifyStore, SeveralDamagedPagesAndContentsAtOnce) {
    fill();
    const size_t pages = device_.files().at(kPages).size() / kPage;
    for (size_t page = 5; page < pages; page += 4) flip(kPages, page * kPage);
    const VerifyReport report = verify();
    EXPECT_GT(report.damaged.size(), 2U);
    EXPECT_GT(report.objects, 0U);
    Client client = device_.connect();
    size_t readable = 0;
    for (const auto& [name, content] : truth_)
        if (client.get(name)) ++readable;
    EXPECT_EQ(report.objects, readable);
}

TEST_F(VerifyStore, ContentsDamagedMissingAndCutShortAreNamed) {
    fill(20);
    ASSERT_EQ(payloads().size(), 2U);
    const auto expect_one = [&](const std::string& what) {
        const VerifyReport report = verify();
        ASSERT_EQ(report.damaged.size(), 1U) << what;
        EXPECT_TRUE(report.damaged[0].name.starts_with("payload ")) << what;
        EXPECT_NE(report.damaged[0].error.message.find(report.damaged[0].name), std::string::npos);
        EXPECT_EQ(report.objects, truth_.size() - 1) << what;
        device_.restore(good_);
    };
    for (const size_t offset : {size_t{0}, kLarge / 2, kLarge + 50}) {
        flip(payloads()[0], offset);
        expect_one("flipped");
    }
    device_.files().at(payloads()[1]).pop_back();
    expect_one("cut short");
    ASSERT_EQ(device_.files().remove(payloads()[1]), 0);
    expect_one("missing");
}

TEST_F(VerifyStore, WhatIsInMemoryDoesNotHideTheDisk) {
    fill(20);
    Client client = device_.connect();
    ASSERT_TRUE(client.list());
    ASSERT_TRUE(client.get("object 3"));
    const size_t pages = device_.files().at(kPages).size() / kPage;
    for (size_t page = 2; page < pages; ++page) flip(kPages, page * kPage + 9);
    EXPECT_TRUE(client.get("object 3")) << "from memory";
    EXPECT_FALSE(verify(client).damaged.empty());
}

TEST_F(VerifyStore, OnlyTheNamesThatAreGiven) {
    fill(20);
    flip(payloads()[0], 5);
    flip(payloads()[1], 5);
    const VerifyReport report = verify({"object 3", "payload 1", "nobody"});
    EXPECT_EQ(report.objects, 1U);
    ASSERT_EQ(report.damaged.size(), 1U);
    EXPECT_EQ(report.damaged[0].name, "payload 1");
    EXPECT_EQ(report.absent, std::vector<std::string>{"nobody"});
    EXPECT_FALSE(report.orphaned);
    VerifyOptions options;
    options.names = {std::string("bad\nname")};
    EXPECT_EQ(device_.connect().verify(options).error().code, ErrorCode::usage);
}

TEST_F(VerifyStore, Rule10FilesWithoutAnObjectAreCountedUnlessAnUploadHoldsThem) {
    fill(20);
    const std::string orphan = std::string(kPayloads) + "/" + std::string(32, 'a');
    Files::Handle handle = Files::kNoHandle;
    ASSERT_EQ(device_.files().open(orphan, Files::Open::create_new, 0600, handle), 0);
    ASSERT_EQ(device_.files().write(handle, 0, content_of(123)), 0);
    ASSERT_EQ(device_.files().lock(handle, true), 0);
    EXPECT_EQ(verify().orphaned->files, 0U);
    device_.files().close(handle);
    const VerifyReport report = verify();
    EXPECT_EQ(report.orphaned->files, 1U);
    EXPECT_EQ(report.orphaned->bytes, 123U);
    EXPECT_TRUE(report.damaged.empty());
}

// Files left by a cut in the middle of a commit (under a final name), by a cut upload, and by an upload that is still running.
TEST_F(VerifyStore, Rule10WhatNoObjectRefersToIsRemovedWhenAskedFor) {
    fill(20);
    const std::string orphan = std::string(kPayloads) + "/" + std::string(32, 'a');
    const std::string cut = std::string(kPayloads) + "/" + std::string(32, 'b') + ".new";
    const std::string held = std::string(kPayloads) + "/" + std::string(32, 'c') + ".new";
    for (const std::string& name : {orphan, cut, held}) make_file(name, 100);
    Files::Handle handle = Files::kNoHandle;
    ASSERT_EQ(device_.files().open(held, Files::Open::read, 0, handle), 0);
    ASSERT_EQ(device_.files().lock(handle, true), 0);
    VerifyOptions options;
    options.remove_orphaned = true;
    const auto report = device_.connect().verify(options);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->removed.files, 2U);
    EXPECT_EQ(report->removed.bytes, 200U);
    device_.files().close(handle);
    const VerifyReport after = verify();
    EXPECT_EQ(after.orphaned->files, 1U);
    EXPECT_EQ(after.objects, truth_.size());
    EXPECT_TRUE(after.damaged.empty());
    // The next content with its own file removes the rest; a small one does not.
    Client client = device_.connect();
    ASSERT_TRUE(client.put("small", content_of(5)));
    EXPECT_EQ(verify().orphaned->files, 1U);
    ASSERT_TRUE(client.put("large", content_of(kLarge)));
    EXPECT_EQ(verify().orphaned->files, 0U);
    Result<Transaction> transaction = client.store()->begin();
    ASSERT_TRUE(transaction);
    EXPECT_EQ(client.verify(options).error().code, ErrorCode::conflict);
}

// The file of an upload is removed between the upload and its commit: the commit is refused, and nothing is changed.
TEST_F(VerifyStore, Rule10ACommitLooksWhetherItsFilesAreStillThere) {
    fill(20);
    Client client = device_.connect();
    Result<Transaction> transaction = client.store()->begin();
    ASSERT_TRUE(transaction);
    ASSERT_TRUE(transaction->put("new", content_of(kLarge)));
    std::vector<std::string> uploads;
    for (const auto& [name, content] : device_.snapshot().files.files)
        if (name.ends_with(".new")) uploads.push_back(name);
    ASSERT_EQ(uploads.size(), 1U);
    ASSERT_EQ(device_.files().remove(uploads[0]), 0);
    const auto committed = transaction->commit();
    ASSERT_FALSE(committed);
    EXPECT_EQ(committed.error().code, ErrorCode::damaged);
    EXPECT_EQ(verify().objects, truth_.size());
}

TEST_F(VerifyStore, ATransactionMayRunMeanwhile) {
    fill(20);
    Client client = device_.connect();
    Result<Transaction> transaction = client.store()->begin();
    ASSERT_TRUE(transaction);
    ASSERT_TRUE(transaction->put("new", content_of(kLarge)));
    const VerifyReport report = verify(client);
    EXPECT_EQ(report.objects, truth_.size());
    EXPECT_EQ(report.orphaned->files, 0U) << "the upload is held";
    EXPECT_TRUE(transaction->commit());
}

TEST_F(VerifyStore, AnEmptyStoreAndNoStore) {
    Client client = device_.connect();
    VerifyOptions options;
    EXPECT_EQ(client.verify(options).error().code, ErrorCode::not_found);
    ASSERT_TRUE(client.store()->init({}));
    const VerifyReport report = verify(client);
    EXPECT_EQ(report.objects, 0U);
    EXPECT_TRUE(report.damaged.empty());
}

// The TEE's own storages, object by object.
class VerifyPersistent : public StoreTest, public testing::WithParamInterface<Storage> {};

TEST_P(VerifyPersistent, WholeDamagedAndAbsent) {
    sim::set_caller({1000, 1000, {}});
    ClientOptions options;
    options.storage = GetParam();
    Result<Client> client = ClientAccess::connect(sim::teec_in_process(), options, 1000);
    ASSERT_TRUE(client);
    for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(client->put(name, content_of(1000)));
    auto report = client->verify();
    ASSERT_TRUE(report) << message(report);
    EXPECT_EQ(report->objects, 3U);
    EXPECT_EQ(report->content_bytes, 3000U);
    EXPECT_FALSE(report->orphaned);
    const uint32_t storage = GetParam() == Storage::ree ? TEE_STORAGE_PRIVATE_REE : TEE_STORAGE_PRIVATE_RPMB;
    VerifyOptions named;
    named.names = {"a", "b", "c", "d"};
    tee_->damage_object(storage, ta::host_image().uuid, tee_->stored_ids(storage, ta::host_image().uuid)[0]);
    report = client->verify(named);
    ASSERT_TRUE(report) << message(report);
    EXPECT_EQ(report->objects, 2U);
    ASSERT_EQ(report->damaged.size(), 1U);
    EXPECT_NE(report->damaged[0].name, "");
    EXPECT_EQ(report->absent, std::vector<std::string>{"d"});
}
INSTANTIATE_TEST_SUITE_P(Storages, VerifyPersistent, testing::Values(Storage::ree, Storage::rpmb));

}  // namespace
}  // namespace festore::store_test
