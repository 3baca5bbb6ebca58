// SPDX-License-Identifier: BSD-2-Clause
// What an attacker, or a failing disk, may do to a store's directory: flip bytes, cut files short, put back or exchange pages
// and payloads, also with other stores. This is always reported as damage and never served; untouched objects stay readable,
// and nothing is changed. The case that cannot be detected is shown, too: everything put back, with the anchor ree.
#include "base/limits.h"
#include "sim/include/tee_internal_api.h"
#include "tests/engine/rounds.h"
#include "tests/store/harness/model.h"

#include <algorithm>

namespace festore::store_test {
namespace {

constexpr const char* kDirectory = "/data/user/store";
constexpr const char* kOther = "/data/other/store";
constexpr uint32_t kOtherUser = 1001;
constexpr size_t kPage = limits::kPageBytes;

class TamperFiles : public testing::Test {
protected:
    // The result of reading the whole store: everything is right or reported as damage.
    struct Seen {
        size_t damaged = 0;  // objects
        bool list_damaged = false;
        [[nodiscard]] bool all_well() const { return damaged == 0 && !list_damaged; }
    };
    Seen look(const std::string& what) {
        Seen seen;
        Client client = device_.connect();
        const Result<Listing> listing = client.list();
        seen.list_damaged = !listing || !listing->missing.empty();
        if (!seen.list_damaged) {
            EXPECT_EQ(listing->objects.size(), truth_.size()) << what;
        }
        if (!listing) {
            EXPECT_EQ(listing.error().code, ErrorCode::damaged) << what << ": " << listing.error().message;
        }
        for (const auto& [name, content] : truth_) {
            const auto got = client.get(name);
            if (got) EXPECT_EQ(*got, content) << what;
            else EXPECT_EQ(got.error().code, ErrorCode::damaged) << what << ": " << got.error().message;
            if (!got) ++seen.damaged;
        }
        return seen;
    }
    // The cheapest read that needs all pages of the index.
    ErrorCode listed() {
        const Result<Listing> listing = device_.connect().list();
        if (listing && !listing->missing.empty()) return ErrorCode::damaged;
        return listing ? kNone : listing.error().code;
    }
    ErrorCode put() {
        const auto stored = device_.connect().put("filler 1", content_of(10));
        return stored ? kNone : stored.error().code;
    }
    void fill(size_t objects, size_t payload, unsigned seed, uint32_t uid = 1000, const char* directory = kDirectory) {
        Client client = device_.connect(uid, directory);
        Result<Transaction> transaction = client.store()->begin();
        ASSERT_TRUE(transaction) << transaction.error().message;
        Objects objects_now;
        for (unsigned i = 0; i < objects; ++i) objects_now["filler " + std::to_string(i)] = content_of(150, seed + i);
        for (unsigned i = 0; i < 2; ++i) objects_now["payload " + std::to_string(i)] = content_of(payload, seed + 100 + i);
        for (const auto& [name, content] : objects_now) ASSERT_TRUE(transaction->put(name, content));
        ASSERT_TRUE(transaction->commit());
        if (uid == 1000) truth_ = objects_now;
    }
    void remember() { good_ = device_.snapshot(); }
    void put_back() { device_.files().restore(good_.files); }
    void expect_intact() {
        EXPECT_TRUE(look("everything put back").all_well());
        EXPECT_EQ(device_.files().snapshot().files, good_.files.files);
        EXPECT_EQ(device_.tee_objects(), good_.tee) << "a record was written";
    }
    static std::string file(std::string_view name, const char* directory = kDirectory) {
        return std::string(directory) + "/" + std::string(name);
    }
    std::vector<std::string> payloads(const Device::Snapshot& snapshot, const char* directory = kDirectory) const {
        std::vector<std::string> found;
        for (const auto& [name, content] : snapshot.files.files)
            if (name.starts_with(file("payloads/", directory))) found.push_back(name);
        return found;
    }
    Bytes page(const Device::Snapshot& snapshot, size_t number, const char* directory = kDirectory) const {
        const Content& pages = snapshot.files.files.at(file("pages", directory));
        return number * kPage < pages.size() ? Bytes(pages).subspan(number * kPage, kPage) : Bytes();
    }
    size_t page_count() const { return good_.files.files.at(file("pages")).size() / kPage; }
    void replace_page(size_t number, Bytes with) {
        copy_bytes(with, MutableBytes(device_.files().at(file("pages"))).subspan(number * kPage, kPage));
    }
    // What the store needs a page for.
    enum class Use { none, index, free_list };
    Use use_of(size_t number) {
        replace_page(number, Content(kPage));
        const bool read = listed() == kNone;
        const bool written = !read || put() == kNone;
        device_.restore(good_);
        return !read ? Use::index : !written ? Use::free_list : Use::none;
    }

    static constexpr auto kNone = static_cast<ErrorCode>(0);
    Device device_;
    Objects truth_;
    Device::Snapshot good_;
    std::mt19937_64 random_{1};
};

TEST_F(TamperFiles, EveryByteOfTheIndexFlipped) {
    fill(9, 1500, 1);
    fill(9, 1500, 2);
    remember();
    size_t flips = 0;
    std::map<Use, size_t> uses;
    for (size_t number = 2; number < page_count(); ++number) {
        const Use use = use_of(number);
        ++uses[use];
        for (size_t i = random_() % engine::kSlow; use != Use::none && i < kPage; i += engine::kSlow, ++flips) {
            std::byte& byte = device_.files().at(file("pages"))[number * kPage + i];
            const std::byte intact = byte;
            byte ^= static_cast<std::byte>(1 + random_() % 255);
            const ErrorCode code = use == Use::index ? listed() : put();
            ASSERT_EQ(code, ErrorCode::damaged) << "byte " << i << " of page " << number;
            device_.files().at(file("pages"))[number * kPage + i] = intact;
        }
    }
    EXPECT_GE(uses[Use::index], 1U);
    EXPECT_EQ(uses[Use::free_list], 1U);
    std::printf("%zu bytes of pages flipped\n", flips);
    expect_intact();
}

TEST_F(TamperFiles, EveryByteOfPayloadsFlippedAndEveryTruncation) {
    fill(5, 1500, 1);
    remember();
    ASSERT_EQ(payloads(good_).size(), 2U);
    Client client = device_.connect();
    const auto damaged = [&] {
        size_t count = 0;
        for (const char* name : {"payload 0", "payload 1"}) {
            const auto got = client.get(name);
            if (!got) EXPECT_EQ(got.error().code, ErrorCode::damaged) << got.error().message;
            else EXPECT_EQ(*got, truth_[name]);
            if (!got) ++count;
        }
        return count;
    };
    for (const std::string& name : payloads(good_)) {
        Content& content = device_.files().at(name);
        const Content intact = content;
        for (size_t i = 0; i < intact.size(); ++i) {
            content[i] ^= static_cast<std::byte>(1 + random_() % 255);
            ASSERT_EQ(damaged(), 1U) << "byte " << i << ", and the other one stays readable";
            content = intact;
        }
        for (size_t size = 0; size < intact.size(); size += engine::kSlow) {
            content.resize(size);
            ASSERT_EQ(damaged(), 1U) << "cut to " << size;
            content = intact;
        }
        content.push_back(std::byte{});
        EXPECT_EQ(damaged(), 1U) << "one byte more";
        content = intact;
    }
    const Content first = device_.files().at(payloads(good_)[0]);
    std::swap(device_.files().at(payloads(good_)[0]), device_.files().at(payloads(good_)[1]));
    EXPECT_EQ(damaged(), 2U) << "exchanged";
    std::swap(device_.files().at(payloads(good_)[0]), device_.files().at(payloads(good_)[1]));
    EXPECT_EQ(device_.files().remove(payloads(good_)[0]), 0);
    EXPECT_EQ(damaged(), 1U) << "gone";
    put_back();
    expect_intact();
}

TEST_F(TamperFiles, EveryBitOfTheHeaderAndEveryTruncation) {
    fill(3, 1500, 1);
    remember();
    const std::string header = file("festore.store");
    const auto refused = [&](const std::string& what) {
        const Result<Listing> listing = device_.connect().list();
        ASSERT_FALSE(listing) << what;
        const ErrorCode code = listing.error().code;
        // The changed header may claim a newer version, another kind of TEE or another owner.
        EXPECT_TRUE(code == ErrorCode::damaged || code == ErrorCode::failure || code == ErrorCode::no_tee ||
                    code == ErrorCode::not_permitted)
            << what << ": " << listing.error().message;
        EXPECT_NE(listing.error().message.find(kDirectory), std::string::npos) << listing.error().message;
        EXPECT_NE(put(), kNone) << what;
        device_.files().at(header) = good_.files.files.at(header);
    };
    for (size_t bit = 0; bit < good_.files.files.at(header).size() * 8; ++bit) {
        device_.files().at(header)[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
        refused("bit " + std::to_string(bit));
    }
    for (const size_t field : {8U, 9U, 10U, 11U, 12U}) {  // version, kind of TEE, anchor, cipher
        for (unsigned value = 0; value < 256; ++value) {
            std::byte& byte = device_.files().at(header)[field];
            if (byte == static_cast<std::byte>(value)) continue;
            byte = static_cast<std::byte>(value);
            const bool is_other_cipher = field == 12 && (value == 1 || value == 2);
            if (is_other_cipher) {  // nothing depends on it: the record has the right one
                EXPECT_TRUE(device_.connect().list());
                EXPECT_EQ(device_.files().at(header), good_.files.files.at(header)) << "the header is rewritten";
                continue;
            }
            refused("byte " + std::to_string(field) + " is " + std::to_string(value));
        }
    }
    for (size_t size = 0; size < good_.files.files.at(header).size(); ++size) {
        device_.files().at(header).resize(size);
        refused("cut to " + std::to_string(size));
    }
    expect_intact();
}

TEST_F(TamperFiles, PagesReplacedAndTruncated) {
    fill(80, 1500, 1);
    const Device::Snapshot older = device_.snapshot();
    fill(80, 1500, 300);
    fill(80, 1500, 600, kOtherUser, kOther);
    remember();
    size_t index_pages = 0;
    for (size_t number = 2; number < page_count(); ++number) {
        const Use use = use_of(number);
        if (use == Use::index) ++index_pages;
        std::vector<std::pair<std::string, Bytes>> others = {
            {"an older version", page(older, number)}, {"another store's", page(good_, number, kOther)}};
        for (size_t other = 0; other < page_count(); ++other)
            others.emplace_back("page " + std::to_string(other), page(good_, other));
        for (const auto& [what, bytes] : others) {
            if (bytes.empty() || text_of(bytes) == text_of(page(good_, number))) continue;
            replace_page(number, bytes);
            if (use == Use::free_list) {
                EXPECT_EQ(put(), ErrorCode::damaged) << what << " as page " << number;
            } else if (use == Use::index) {
                EXPECT_EQ(listed(), ErrorCode::damaged) << what << " as page " << number;
            }
            replace_page(number, page(good_, number));
            ASSERT_FALSE(HasFailure());
        }
        // Damage of an index page loses objects; damage of any other page loses none.
        for (const size_t i : {0U, 100U, 4095U}) {
            device_.files().at(file("pages"))[number * kPage + i] ^= std::byte{1};
            const Seen seen = look("a flipped byte");
            EXPECT_EQ(seen.list_damaged, use == Use::index);
            EXPECT_EQ(seen.damaged > 0, use == Use::index);
            put_back();
        }
    }
    EXPECT_GT(index_pages, 4U);
    const size_t size = device_.files().at(file("pages")).size();
    size_t partly = 0;
    for (size_t cut = 0; cut < size; cut += 1 + random_() % (997 * engine::kSlow)) {
        device_.files().at(file("pages")).resize(cut);
        const Seen seen = look("cut to " + std::to_string(cut));
        if (seen.damaged > 0 && seen.damaged < truth_.size()) ++partly;
        EXPECT_EQ(seen.list_damaged, seen.damaged > 0);
        EXPECT_TRUE(cut > 2 * kPage || seen.damaged == truth_.size());
        put_back();
    }
    EXPECT_GT(partly, 0U);
    expect_intact();
}

TEST_F(TamperFiles, PayloadsPutBackOrFromAnotherStore) {
    fill(5, 40000, 1);
    const Device::Snapshot older = device_.snapshot();
    fill(5, 40000, 300);
    fill(5, 40000, 600, kOtherUser, kOther);
    remember();
    for (const std::string& name : payloads(good_)) {
        ASSERT_FALSE(older.files.files.contains(name)) << "never changed in place (rule 14)";
        for (const std::string& other : payloads(older)) {
            device_.files().at(name) = older.files.files.at(other);
            EXPECT_EQ(look("an older payload").damaged, 1U);
        }
        for (const std::string& other : payloads(good_, kOther)) {
            device_.files().at(name) = good_.files.files.at(other);
            EXPECT_EQ(look("another store's payload").damaged, 1U);
        }
        // Segments of one payload exchanged, and the first one replaced by that of another payload.
        Content& content = device_.files().at(name);
        content = good_.files.files.at(name);
        constexpr size_t kSealed = limits::kSegmentBytesServed + 16;
        std::rotate(content.begin(), content.begin() + kSealed, content.end());
        EXPECT_EQ(look("segments exchanged").damaged, 1U);
        const Content& first = good_.files.files.at(payloads(good_).front());
        const Content& last = good_.files.files.at(payloads(good_).back());
        content = good_.files.files.at(name);
        copy_bytes(Bytes(name == payloads(good_).front() ? last : first).first(kSealed), content);
        EXPECT_EQ(look("a segment of another payload").damaged, 1U);
        put_back();
    }
    expect_intact();
}

TEST_F(TamperFiles, Rule20DirectoriesOfTwoUsersExchanged) {
    fill(5, 1500, 1);
    fill(5, 1500, 600, kOtherUser, kOther);
    remember();
    for (const auto& [name, content] : good_.files.files)
        if (name.starts_with(kOther) && !name.starts_with(file("payloads", kOther)))
            device_.files().at(file(name.substr(std::string(kOther).size() + 1))) = content;
    EXPECT_EQ(listed(), ErrorCode::not_permitted) << "the header names its owner";
    EXPECT_EQ(put(), ErrorCode::not_permitted);
    device_.files().at(file("festore.store")) = good_.files.files.at(file("festore.store"));
    const Seen seen = look("another one's pages");
    EXPECT_TRUE(seen.list_damaged);
    EXPECT_EQ(seen.damaged, truth_.size());
    EXPECT_EQ(put(), ErrorCode::damaged);
    put_back();
    expect_intact();
}

class PutBack : public TamperFiles, public testing::WithParamInterface<Anchor> {
protected:
    PutBack() {
        InitOptions options;
        options.anchor = GetParam();
        EXPECT_TRUE(device_.connect().store()->init(options));
        fill(20, 1500, 1);
        older_ = device_.snapshot();
        older_truth_ = truth_;
        fill(20, 1500, 300);
        remember();
    }
    void expect_detected(const std::string& what) {
        const Seen seen = look(what);
        EXPECT_TRUE(seen.list_damaged) << what;
        EXPECT_EQ(seen.damaged, truth_.size()) << what;
        EXPECT_EQ(put(), ErrorCode::damaged) << what;
        EXPECT_EQ(device_.tee_objects(), good_.tee) << what;
    }
    Device::Snapshot older_;
    Objects older_truth_;
};

TEST_P(PutBack, AnOlderCopyOfTheDirectoryIsDetected) {
    device_.files().restore(older_.files);
    expect_detected("an older directory");
    put_back();
    expect_intact();
}

// Rule 23: what the anchor is worth. The TEE's files belong to the normal world; the RPMB does not.
TEST_P(PutBack, EverythingThatTheNormalWorldKeeps) {
    Device::Snapshot rolled_back{older_.files, good_.tee};
    for (const auto& [key, content] : older_.tee)
        if (key.first == TEE_STORAGE_PRIVATE_REE) rolled_back.tee[key] = content;
    device_.restore(rolled_back);
    if (GetParam() == Anchor::rpmb) {
        expect_detected("all but the RPMB put back");
        return;
    }
    truth_ = older_truth_;
    EXPECT_TRUE(look("served as if it was new: ree does not detect it").all_well());
}

TEST_P(PutBack, Rule03ADamagedRecordIsNoReasonForANewStore) {
    const uint32_t storage = GetParam() == Anchor::rpmb ? TEE_STORAGE_PRIVATE_RPMB : TEE_STORAGE_PRIVATE_REE;
    device_.tee().damage_object(storage, ta::host_image().uuid, Device::table_in(good_.tee)->first.second);
    EXPECT_EQ(listed(), ErrorCode::damaged);
    EXPECT_EQ(put(), ErrorCode::damaged) << "OP-TEE has deleted it: there is no record of this store";
    EXPECT_EQ(listed(), ErrorCode::damaged);
    EXPECT_FALSE(device_.has_a_table());
    EXPECT_EQ(device_.files().snapshot(), good_.files);
    device_.restore(good_);
    expect_intact();
}

// Truncations of the table that the TEE keeps, as somebody who breaks its storage could make them.
TEST_P(PutBack, ARecordThatMakesNoSenseIsRefused) {
    const auto [key, intact] = *Device::table_in(good_.tee);
    for (size_t size = 0; size < intact.size(); size += 7) {
        device_.restore_tee({{key, Content(intact.begin(), intact.begin() + static_cast<long>(size))}});
        const ErrorCode code = listed();
        EXPECT_EQ(code, ErrorCode::damaged) << size;
    }
    device_.restore(good_);
    expect_intact();
}

INSTANTIATE_TEST_SUITE_P(Anchors, PutBack, testing::Values(Anchor::ree, Anchor::rpmb));

}  // namespace
}  // namespace festore::store_test
