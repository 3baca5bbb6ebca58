// SPDX-License-Identifier: BSD-2-Clause
// The tree at its edges: names and contents of every size, splits and joins at each level, listings, conditions.
#include "tests/engine/rounds.h"
#include "tests/engine/store.h"

#include <algorithm>

namespace festore::engine {
namespace {

Code code_of(const Outcome<Effect>& result) { return result ? Code::success : result.error().code; }

class TreeTest : public testing::Test {
protected:
    void change(const std::function<void()>& what) {
        store_.begin();
        what();
        ASSERT_TRUE(store_.commit());
        store_.reopen();
        store_.verify();
    }
    TestStore store_;
};

TEST_F(TreeTest, EveryLengthOfNameWithNoContentAndTheMost) {
    Model model;
    for (size_t length = 1; length <= limits::kNameBytesMax; ++length) {
        const std::string name(length, 'n');
        const std::string content(length % 2 == 0 ? 0 : inline_bytes_max(length), 'c');
        change([&] { ASSERT_TRUE(store_.put(name, content)) << length; });
        model[name] = {content, store_.root.changes};
    }
    EXPECT_EQ(store_.verify(), model);
    EXPECT_EQ(store_.list({}, 10).value(), model);
    for (size_t length = 1; length <= limits::kNameBytesMax; ++length)
        change([&] { ASSERT_TRUE(store_.remove(std::string(length, 'n'))) << length; });
    EXPECT_EQ(store_.root.height, 0);
    EXPECT_TRUE(store_.root.index.is_none());
    EXPECT_EQ(store_.root.objects, 0U);
}

TEST_F(TreeTest, Rule12AnEntryTakesAQuarterOfAPageAtMost) {
    for (const size_t length : {size_t{1}, size_t{100}, limits::kNameBytesMax}) {
        const std::string name(length, 'q');
        store_.begin();
        EXPECT_EQ(code_of(store_.put(name, std::string(inline_bytes_max(length) + 1, 'c'))), Code::limit_exceeded);
        EXPECT_TRUE(store_.put(name, std::string(inline_bytes_max(length), 'c')));
        ASSERT_TRUE(store_.commit());
        EXPECT_EQ(Node::entry_bytes(length, kEntryFixedBytes + inline_bytes_max(length)), Node::kRoom / 4);
    }
    store_.begin();
    EXPECT_EQ(code_of(store_.put("", "c")), Code::bad_parameters);
    EXPECT_EQ(code_of(store_.put(std::string(256, 'n'), "c")), Code::bad_parameters);
}

TEST_F(TreeTest, GrowsToFourLevelsAndShrinksToNothing) {
    Model model;
    const size_t objects = 4000;
    std::mt19937_64 random(3);
    std::vector<std::string> names;
    for (size_t i = 0; i < objects; ++i)
        names.push_back(std::string(240, 'k') + std::to_string(random() % 1000000) + std::string(random() % 8, 'z'));
    for (size_t i = 0; i < objects;) {
        store_.begin();
        for (size_t k = 0; k < 400; ++k, ++i) {
            ASSERT_TRUE(store_.put(names[i], "c"));
            model[names[i]] = {"c", i + 1};
        }
        ASSERT_TRUE(store_.commit());
    }
    EXPECT_EQ(store_.root.height, 4);
    EXPECT_EQ(store_.verify(), model);
    size_t height = 4;
    while (!model.empty()) {
        store_.begin();
        for (size_t k = 0; k < 200 && !model.empty(); ++k) {
            auto victim = model.lower_bound(std::string(240, 'k') + std::to_string(random() % 10));
            if (victim == model.end()) victim = model.begin();
            ASSERT_TRUE(store_.remove(victim->first));
            model.erase(victim);
        }
        ASSERT_TRUE(store_.commit());
        ASSERT_EQ(store_.verify(), model);
        EXPECT_LE(store_.root.height, height);
        height = store_.root.height;
    }
    EXPECT_EQ(store_.root.height, 0);
    EXPECT_TRUE(store_.root.index.is_none());
}

TEST_F(TreeTest, ListingByPrefixAndCursor) {
    Model model;
    change([&] {
        for (const char* folder : {"a/", "b/", "b/c/", "c"}) {
            for (int i = 0; i < 300; ++i) {
                const std::string name = folder + std::to_string(i);
                ASSERT_TRUE(store_.put(name, "x"));
                model[name] = {"x", model.size() + 1};
            }
        }
    });
    for (const std::string prefix : {"", "a", "a/", "a/1", "b/", "b/c/29", "c", "c299", "d", "0", "\xff"}) {
        Model expected;
        for (const auto& [name, object] : model) {
            if (name.starts_with(prefix)) expected[name] = object;
        }
        for (const size_t page : {size_t{1}, size_t{50}, size_t{10000}}) {
            if (page == 1 && expected.size() > 300) continue;
            store_.reopen();
            EXPECT_EQ(store_.list(prefix, page).value(), expected) << prefix;
        }
    }
    // A listing that runs into missing pages also requests the pages after them.
    store_.reopen();
    ASSERT_TRUE(store_.list("b/"));
    EXPECT_LE(store_.counts.rounds, 2U + store_.root.height);
}

TEST_F(TreeTest, ConditionsAreJudgedBeforeAnythingChanges) {
    PutArguments if_absent;
    if_absent.if_absent = true;
    PutArguments if_version;
    if_version.if_version = 1;
    PutArguments write_once;
    write_once.entry.flags = kEntryWriteOnce;
    store_.begin();
    EXPECT_EQ(code_of(store_.put("n", "c", if_version)), Code::item_not_found);
    EXPECT_EQ(store_.put("n", "c", if_absent)->version, 1U);
    EXPECT_EQ(code_of(store_.put("n", "c", if_absent)), Code::access_conflict);
    EXPECT_EQ(store_.put("n", "d", if_version)->version, 2U);
    EXPECT_EQ(code_of(store_.put("n", "e", if_version)), Code::version_conflict);
    EXPECT_TRUE(store_.put("once", "1", write_once));
    EXPECT_EQ(code_of(store_.put("once", "2")), Code::write_once);
    EXPECT_EQ(code_of(store_.rename("n", "once", true)), Code::write_once);
    EXPECT_EQ(code_of(store_.rename("n", "once")), Code::access_conflict);
    EXPECT_EQ(code_of(store_.rename("absent", "n", true)), Code::item_not_found);
    EXPECT_EQ(code_of(store_.remove("absent")), Code::item_not_found);
    EXPECT_EQ(store_.rename("n", "n")->version, 2U);
    ASSERT_TRUE(store_.commit());
    EXPECT_EQ(store_.verify(), (Model{{"n", {"d", 2}}, {"once", {"1", 3}}}));
    store_.begin();
    EXPECT_EQ(store_.rename("n", "m")->version, 4U);
    EXPECT_EQ(store_.get("m", true)->content, "d") << "a transaction reads its own changes";
    EXPECT_FALSE(store_.get("n", true));
    EXPECT_EQ(store_.get("n")->content, "d") << "other readers do not";
    EXPECT_TRUE(store_.remove("once"));
    ASSERT_TRUE(store_.commit());
    EXPECT_EQ(store_.verify(), (Model{{"m", {"d", 4}}}));
}

TEST_F(TreeTest, PayloadsAreNamedWhenTheyAreDropped) {
    Entry entry;
    entry.kind = EntryKind::payload;
    entry.size = 100000;
    std::array<std::byte, 16> id{};
    std::array<std::byte, 32> key{};
    id.fill(std::byte{0x77});
    entry.payload = {id, key, 65536, 2};
    store_.begin();
    EXPECT_FALSE(store_.put_entry("big", entry)->dropped_payload);
    entry.payload.segments = 3;
    EXPECT_EQ(code_of(store_.put_entry("big", entry)), Code::bad_parameters) << "the count must fit the size";
    ASSERT_TRUE(store_.commit());
    EXPECT_EQ(store_.root.content_bytes, 100000U);
    store_.begin();
    const Outcome<Effect> effect = store_.put("big", "small now");
    ASSERT_TRUE(effect->dropped_payload);
    EXPECT_EQ(effect->payload, id);
    ASSERT_TRUE(store_.commit());
    EXPECT_EQ(store_.root.content_bytes, 9U);
    store_.verify();
}

// With three frames, each operation still ends, each page is requested once, and the calls are bounded by the height.
TEST(Rule11RestartWithoutEnd, ACacheOfThreePagesIsEnough) {
    TestStore store(Pages::kFramesMin);
    Model model;
    size_t rounds_most = 0;
    uint64_t changes = 0;
    std::mt19937_64 random(5);
    for (size_t i = 0; i < rounds(400); ++i) {
        store.begin();
        for (size_t k = 0; k < 5; ++k) {
            const std::string name = std::string(230, 'k') + std::to_string(random() % 2000);
            const bool removing = random() % 3 == 0 && model.contains(name);
            ASSERT_TRUE(removing ? store.remove(name) : store.put(name, "c"));
            EXPECT_LE(store.counts.rounds, 2U * store.root.height + 3U);
            rounds_most = std::max(rounds_most, store.counts.rounds);
            if (removing) model.erase(name);
            else model[name] = {"c", ++changes};
        }
        ASSERT_TRUE(store.commit());
    }
    EXPECT_EQ(store.verify(), model);
    EXPECT_EQ(store.list({}, 100).value(), model);
    EXPECT_GE(store.root.height, 3);
    std::printf("three frames, height %d: at most %zu calls for one operation\n", store.root.height, rounds_most);
}

}  // namespace
}  // namespace festore::engine
