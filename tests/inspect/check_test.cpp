// SPDX-License-Identifier: BSD-2-Clause
// The checker on stores that the engine would never make: authentic pages that contradict each other.
#include "inspect/store_check.h"

#include "engine/node.h"
#include "engine/sealing.h"
#include "protocol/store_files.h"
#include "tests/engine/store.h"

#include <algorithm>

namespace festore::inspect_test {
namespace {

using namespace engine;

class Names final : public inspect::EntrySink {
public:
    void take(Bytes name, const Entry&) override { names.emplace_back(text_of(name)); }
    std::vector<std::string> names;
};

class Check : public testing::Test {
protected:
    Check() {
        for (int round = 0; round < 3; ++round) {
            store_.begin();
            for (int i = 0; i < 60; ++i)
                EXPECT_TRUE(store_.put("name " + std::to_string(100 + i), std::string(static_cast<size_t>(100 + i), 'x')));
            EXPECT_TRUE(store_.commit());
        }
    }
    inspect::StoreCheck check() {
        file_.assign(size_t{store_.root.page_count} * kPageBytes, std::byte{0});
        for (const auto& [page, bytes] : store_.disk.pages())
            copy_bytes(bytes, MutableBytes(file_).subspan(protocol::page_offset(page), kPageBytes));
        ree_fs::MemorySource source(file_);
        names_ = {};
        return inspect::check_store(store_.crypto, store_.keys, store_.root, &source, &names_);
    }
    // Opens the root of the index, applies `change`, and seals it again, which only a TEE can do.
    template <class F>
    void forge_root(F change) {
        const PageContext context{store_.root.store_id, store_.root.epoch, store_.root.cipher};
        PageBytes plain{};
        PageBytes sealed{};
        ASSERT_TRUE(open_page(store_.crypto, store_.keys, context, PageKind::inner, store_.root.index,
                              store_.disk.read(store_.root.index.page), plain));
        change(plain);
        const auto ref = seal_page(store_.crypto, store_.keys, context, PageKind::inner, store_.root.index.page,
                                   store_.root.generation, plain, sealed);
        ASSERT_TRUE(ref);
        store_.root.index = *ref;
        store_.disk.write(ref->page, sealed);
    }
    static std::string texts(const inspect::StoreCheck& check) {
        std::string all;
        for (const inspect::StoreFinding& finding : check.findings.list()) all += inspect::place_of(finding) + ": " + finding.text + "\n";
        return all;
    }

    TestStore store_;
    std::vector<std::byte> file_;
    Names names_;
};

TEST_F(Check, AWholeStore) {
    const inspect::StoreCheck result = check();
    EXPECT_TRUE(result.whole()) << texts(result);
    EXPECT_EQ(result.objects, 60U);
    EXPECT_EQ(names_.names.size(), 60U);
    EXPECT_TRUE(std::is_sorted(names_.names.begin(), names_.names.end()));
    EXPECT_EQ(result.index_pages + result.list_pages + result.free_numbers + kFirstPage, store_.root.page_count);
    EXPECT_GT(result.free_numbers, 0U);
}

TEST_F(Check, BothCiphersAgreeWithTheOtherVerifier) {
    TestStore other(64, Cipher::chacha20_poly1305, 3);
    other.begin();
    ASSERT_TRUE(other.put("a", "content"));
    ASSERT_TRUE(other.commit());
    store_.crypto.reseed(1);
    std::vector<std::byte> file(size_t{other.root.page_count} * kPageBytes);
    for (const auto& [page, bytes] : other.disk.pages())
        copy_bytes(bytes, MutableBytes(file).subspan(protocol::page_offset(page), kPageBytes));
    ree_fs::MemorySource source(file);
    const inspect::StoreCheck result = inspect::check_store(other.crypto, other.keys, other.root, &source, nullptr);
    EXPECT_TRUE(result.whole()) << texts(result);
    EXPECT_EQ(result.objects, other.verify().size());
}

TEST_F(Check, CountsThatDisagree) {
    ++store_.root.objects;
    store_.root.content_bytes -= 5;
    --store_.root.free_pages;
    const std::string text = texts(check());
    EXPECT_NE(text.find("says 61 objects, and there are 60"), std::string::npos) << text;
    EXPECT_NE(text.find("bytes of content"), std::string::npos) << text;
    EXPECT_NE(text.find("free pages"), std::string::npos) << text;
}

TEST_F(Check, APageThatIsNeitherInUseNorFree) {
    ++store_.root.page_count;
    const std::string text = texts(check());
    EXPECT_NE(text.find("page " + std::to_string(store_.root.page_count - 1)), std::string::npos) << text;
    EXPECT_NE(text.find("neither in use nor listed as free"), std::string::npos) << text;
}

TEST_F(Check, APageThatIsUsedTwice) {
    forge_root([](PageBytes& plain) {
        Node node(plain);
        ASSERT_GE(node.count(), 2U);
        node.set_child(1, node.child(0));
    });
    const std::string text = texts(check());
    EXPECT_NE(text.find("refers to it, and so does something else"), std::string::npos) << text;
}

TEST_F(Check, APageThatPointsOutOfTheStore) {
    const uint32_t outside = store_.root.page_count + 7;
    forge_root([&](PageBytes& plain) {
        Node node(plain);
        PageRef ref = node.child(0);
        ref.page = outside;
        node.set_child(0, ref);
    });
    const std::string text = texts(check());
    EXPECT_NE(text.find("page " + std::to_string(outside)), std::string::npos) << text;
    EXPECT_FALSE(names_.names.empty()) << "the other leaves are read";
}

TEST_F(Check, NamesInTheWrongPage) {
    forge_root([](PageBytes& plain) {
        Node node(plain);
        const PageRef first = node.child(0);
        node.set_child(0, node.child(1));
        node.set_child(1, first);
    });
    const std::string text = texts(check());
    EXPECT_NE(text.find("holds a name that does not belong here"), std::string::npos) << text;
}

TEST_F(Check, AnOlderVersionOfAPage) {
    const std::map<uint32_t, PageBytes> before = store_.disk.pages();
    store_.begin();
    ASSERT_TRUE(store_.put("name 130", "changed"));
    ASSERT_TRUE(store_.commit());
    store_.begin();
    ASSERT_TRUE(store_.put("name 130", "changed again"));
    ASSERT_TRUE(store_.commit());
    size_t replaced = 0;
    const std::map<uint32_t, PageBytes> now = store_.disk.pages();
    for (const auto& [page, bytes] : now) {
        if (page < kFirstPage || !before.contains(page) || before.at(page) == bytes) continue;
        const inspect::StoreCheck whole = check();
        store_.disk.write(page, before.at(page));
        const inspect::StoreCheck result = check();
        bool unused = false;
        for (const auto& [first, last] : whole.not_in_use) unused = unused || (page >= first && page <= last);
        EXPECT_EQ(result.whole(), unused) << page;
        ++replaced;
        store_.disk.write(page, bytes);
    }
    EXPECT_GT(replaced, 0U);
}

}  // namespace
}  // namespace festore::inspect_test
