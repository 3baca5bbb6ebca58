// SPDX-License-Identifier: BSD-2-Clause
// Random operations against std::map. After each step the store is reopened from its root record, and every page is
// reachable or free, exactly once.
#include "tests/engine/store.h"
#include "tests/engine/rounds.h"

#include <algorithm>

namespace festore::engine {
namespace {

std::string random_name(std::mt19937_64& random, int kind) {
    switch (kind) {
    case 0: return "n" + std::to_string(random() % 400);
    case 1: return std::string(1 + random() % 255, static_cast<char>('a' + random() % 3));
    case 2: return "a/common/prefix/of/all/" + std::to_string(random() % 300);
    default: return std::string(200 + random() % 52, 'x') + std::to_string(random() % 200);
    }
}

std::string random_content(std::mt19937_64& random, size_t name_bytes) {
    const size_t largest = inline_bytes_max(name_bytes);
    const size_t size = random() % 4 == 0 ? largest : random() % std::min<size_t>(largest + 1, 1 + (random() % 300));
    return std::string(size, static_cast<char>('A' + random() % 26));
}

// Does one operation on both. The store's answer must match the model's.
void step(TestStore& store, Model& model, uint64_t& changes, std::mt19937_64& random, int kind) {
    const std::string name = random_name(random, kind);
    const auto what = random() % 10;
    const bool filling = model.size() < 250;
    if (what < (filling ? 6U : 3U)) {
        const std::string content = random_content(random, name.size());
        const Outcome<Effect> effect = store.put(name, content);
        ASSERT_TRUE(effect) << static_cast<uint32_t>(effect.error().code);
        EXPECT_EQ(effect->version, ++changes);
        model[name] = {content, changes};
    } else if (what < 9) {
        std::string victim = name;
        if (const auto at = model.lower_bound(name); at != model.end()) victim = at->first;
        const Outcome<Effect> effect = store.remove(victim);
        EXPECT_EQ(effect.has_value(), model.erase(victim) == 1) << static_cast<uint32_t>(effect ? Code::success : effect.error().code);
    } else {
        std::string from = random_name(random, kind);
        if (const auto at = model.lower_bound(from); at != model.end()) from = at->first;
        const bool fits = !model.contains(from) || model[from].content.size() <= inline_bytes_max(name.size());
        const Outcome<Effect> effect = store.rename(from, name, true);
        ASSERT_EQ(effect.has_value(), model.contains(from) && fits);
        if (effect && from != name) {
            Object moved = model[from];
            moved.version = ++changes;
            EXPECT_EQ(effect->version, moved.version);
            model.erase(from);
            model[name] = moved;
        }
    }
}

struct Shape {
    size_t frames;
    int kind;
    size_t batch;
};
class Rule08FreePages : public testing::TestWithParam<Shape> {};

TEST_P(Rule08FreePages, EveryPageReachableOrFreeExactlyOnceAfterEveryStep) {
    const Shape shape = GetParam();
    TestStore store(shape.frames);
    Model model;
    std::mt19937_64 random(shape.frames * 100 + static_cast<uint64_t>(shape.kind));
    const size_t steps = rounds(500);
    for (size_t i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
        const Model before = model;
        uint64_t changes = store.root.changes;
        const RootRecord root_before = store.root;
        store.begin();
        for (size_t k = 0; k < shape.batch; ++k) step(store, model, changes, random, shape.kind);
        if (random() % 8 == 0) {
            model = before;
            store.give_up();
        } else {
            ASSERT_TRUE(store.commit());
            EXPECT_EQ(store.root.generation, root_before.generation + 1);
            EXPECT_EQ(store.root.changes, changes) << "no version comes twice, whatever was removed";
        }
        store.reopen();
        ASSERT_EQ(store.verify(), model) << "step " << i;
        if (i % 16 == 0) {
            ASSERT_EQ(store.list({}, 7).value(), model) << "step " << i;
        }
    }
    for (const auto& [name, object] : model) ASSERT_EQ(store.get(name).value(), object);
}

INSTANTIATE_TEST_SUITE_P(Frames, Rule08FreePages,
                         testing::Values(Shape{64, 0, 1}, Shape{64, 1, 1}, Shape{64, 2, 5}, Shape{64, 3, 1}, Shape{64, 3, 20},
                                         Shape{3, 0, 1}, Shape{3, 3, 1}, Shape{3, 3, 7}, Shape{3, 2, 5}, Shape{8, 3, 5},
                                         Shape{5, 1, 5}, Shape{20, 3, 30}),
                         [](const auto& i) {
                             return "Frames" + std::to_string(i.param.frames) + "Names" +
                                    std::to_string(i.param.kind) + "Batch" + std::to_string(i.param.batch);
                         });

}  // namespace
}  // namespace festore::engine
