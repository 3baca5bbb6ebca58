// SPDX-License-Identifier: BSD-2-Clause
// What the normal world may do to pages: every byte flipped; every page replaced by an older version of itself or by
// another page, removed, or changed between two reads of one call. The page is always reported as damaged, never
// served.
#include "tests/engine/rounds.h"
#include "tests/engine/store.h"

namespace festore::engine {
namespace {

std::string name_of(size_t i) { return std::string(180, 'n') + std::to_string(100 + i); }

class Tamper : public testing::Test {
protected:
    Tamper() {
        fill("old");
        older_ = store_.disk.pages();
        fill("new");
        good_ = store_.verify();
        // Some pages are free, so there is a free list.
        EXPECT_FALSE(store_.root.free_list.is_none());
    }
    void fill(const std::string& content) {
        store_.begin();
        for (size_t i = 0; i < 100; ++i) ASSERT_TRUE(store_.put(name_of(i), content));
        ASSERT_TRUE(store_.commit());
    }
    // Every object is read as it was stored, or its read fails as damage; at least one fails if the page is in use.
    // Without the free list, all objects are read and a change fails.
    void expect_detected(uint32_t page, const std::string& what) {
        store_.reopen();
        size_t damaged = 0;
        for (const auto& [name, object] : good_) {
            const Outcome<Object> read = store_.get(name);
            if (read) {
                ASSERT_EQ(*read, object) << what;
                continue;
            }
            ASSERT_EQ(read.error().code, Code::corrupt_object) << what;
            ++damaged;
        }
        if (page == store_.root.free_list.page) {
            EXPECT_EQ(damaged, 0U) << what << ": objects stay readable without the free list";
            store_.begin();
            EXPECT_EQ(store_.put("x", "y").error().code, Code::corrupt_object) << what;
            store_.give_up();
        } else if (in_use_.contains(page)) {
            EXPECT_GT(damaged, 0U) << what << " of page " << page;
            const Outcome<Model> listed = store_.list();
            EXPECT_FALSE(listed) << what;
        } else {
            EXPECT_EQ(damaged, 0U) << what;
        }
        EXPECT_TRUE(page == store_.root.index.page || damaged < good_.size()) << "the rest stays readable";
    }
    // Pages of the current tree.
    void find_pages_in_use() {
        store_.reopen();
        std::set<uint32_t>& used = in_use_;
        store_.before_call = [&](Call& call) {
            for (const auto& [page, bytes] : call.in) used.insert(page);
        };
        ASSERT_TRUE(store_.list());
        store_.before_call = nullptr;
    }

    TestStore store_{64};
    std::map<uint32_t, PageBytes> older_;
    Model good_;
    std::set<uint32_t> in_use_;
};

TEST_F(Tamper, EveryByteOfEveryPageFlipped) {
    std::mt19937_64 random(1);
    size_t flips = 0;
    PageBytes plain{};
    const PageContext context{store_.root.store_id, store_.root.epoch, store_.root.cipher};
    find_pages_in_use();
    ASSERT_GT(in_use_.size(), 5U);
    // Every byte of every page, against the reference to it.
    std::vector<std::pair<PageRef, PageKind>> refs = {{store_.root.index, PageKind::inner},
                                                      {store_.root.free_list, PageKind::free_list}};
    ASSERT_EQ(store_.root.height, 2);
    ASSERT_TRUE(open_page(store_.crypto, store_.keys, context, PageKind::inner, store_.root.index,
                          store_.disk.read(store_.root.index.page), plain));
    for (size_t i = 0; i < Node(plain).count(); ++i) refs.emplace_back(Node(plain).child(i), PageKind::leaf);
    for (const auto& [ref, kind] : refs) {
        const PageBytes& intact = store_.disk.read(ref.page);
        PageBytes sealed = intact;
        ASSERT_TRUE(open_page(store_.crypto, store_.keys, context, kind, ref, sealed, plain));
        for (size_t i = 0; i < kPageBytes; ++i, ++flips) {
            sealed[i] ^= static_cast<std::byte>(1 + random() % 255);
            const Status opened = open_page(store_.crypto, store_.keys, context, kind, ref, sealed, plain);
            ASSERT_FALSE(opened);
            ASSERT_EQ(opened.error().code, Code::security);
            sealed[i] = intact[i];
        }
    }
    // Also by reading all objects, for each page with some of its bytes flipped.
    for (uint32_t page = kFirstPage; page < store_.root.page_count; ++page) {
        const PageBytes intact = store_.disk.read(page);
        for (size_t i = random() % 64; i < kPageBytes; i += 512 * kSlow, ++flips) {
            store_.disk.pages()[page][i] ^= static_cast<std::byte>(1 + random() % 255);
            expect_detected(page, "a flipped byte");
            store_.disk.pages()[page] = intact;
            ASSERT_FALSE(testing::Test::HasFailure());
        }
    }
    store_.reopen();
    EXPECT_EQ(store_.verify(), good_);
    std::printf("%zu bytes flipped\n", flips);
}

TEST_F(Tamper, PagesReplacedByOlderOnesOthersAndNothing) {
    find_pages_in_use();
    for (uint32_t page = kFirstPage; page < store_.root.page_count; ++page) {
        const PageBytes intact = store_.disk.read(page);
        if (older_.contains(page) && older_[page] != intact) {
            store_.disk.pages()[page] = older_[page];
            expect_detected(page, "an older version");
        }
        for (uint32_t other = kFirstPage; other < store_.root.page_count; ++other) {
            if (other == page) continue;
            store_.disk.pages()[page] = store_.disk.read(other);
            expect_detected(page, "another page");
        }
        store_.disk.pages()[page].fill(std::byte{0});
        expect_detected(page, "zeroes");
        store_.disk.pages().erase(page);
        expect_detected(page, "a file that ends before it");
        store_.disk.pages()[page] = intact;
        ASSERT_FALSE(testing::Test::HasFailure());
    }
    store_.reopen();
    EXPECT_EQ(store_.verify(), good_);
}

// If a cache returns an older version of a page, the page is requested again, once, and marked (rule 9).
TEST_F(Tamper, Rule09AStaleCopyIsAskedForAgain) {
    const uint32_t root_page = store_.root.index.page;
    Call call;
    call.in[root_page] = PageBytes{};
    const Tree tree{store_.root.index, store_.root.height, store_.root.page_count};
    store_.reopen();
    store_.pages->begin_call(call, tree, nullptr);
    IndexReader reader(*store_.pages, tree);
    EXPECT_EQ(reader.find(bytes_of(name_of(1))).value(), ChangeProgress::need_pages);
    ASSERT_EQ(store_.pages->needs().list().size(), 1U);
    EXPECT_EQ(store_.pages->needs().list()[0].page, root_page);
    EXPECT_TRUE(store_.pages->needs().list()[0].mismatch);
}

// Shared memory changes while it is read: with three frames, the second phase reads pages again.
class ChangingCall final : public CallPages {
public:
    explicit ChangingCall(Call& call, uint64_t change_at) : call_(call), change_at_(change_at) {}
    bool contains(uint32_t page) override { return call_.contains(page); }
    Status read(uint32_t page, PageBytes& sealed) override {
        const Status done = call_.read(page, sealed);
        if (++reads_ == change_at_) sealed[100] ^= std::byte{1};
        return done;
    }
    size_t room() override { return call_.room(); }
    Status write(uint32_t page, const PageBytes& sealed) override { return call_.write(page, sealed); }

private:
    Call& call_;
    uint64_t change_at_;
    uint64_t reads_ = 0;
};

TEST(TamperDuringACall, PagesThatChangeBetweenTwoReadings) {
    TestStore store(3);
    store.begin();
    for (size_t i = 0; i < 900; ++i) ASSERT_TRUE(store.put(name_of(i), "c"));
    ASSERT_TRUE(store.commit());
    const Model before = store.verify();
    size_t broken = 0;
    for (uint64_t change_at = 1; change_at < 30; ++change_at) {
        store.reopen();
        store.begin();
        PutArguments arguments;
        const std::string name = name_of(500) + "x";
        const std::string content(600, 'c');
        arguments.name = bytes_of(name);
        arguments.entry.size = content.size();
        arguments.entry.content = bytes_of(content);
        Effect effect;
        Call call;
        call.in = store.disk.pages();
        ChangingCall changing(call, change_at);
        const auto put = store.transaction->put(changing, arguments, effect);
        if (!put) {
            EXPECT_TRUE(store.transaction->is_broken());
            ++broken;
        } else if (*put == ChangeProgress::need_pages) {
            EXPECT_TRUE(store.pages->needs().list()[0].mismatch);
        }
        store.give_up();
        EXPECT_EQ(store.verify(), before);
        EXPECT_EQ(store.list().value(), before);
    }
    EXPECT_GT(broken, 0U);
}

}  // namespace
}  // namespace festore::engine
