// SPDX-License-Identifier: BSD-2-Clause
// Power cuts on a simulated disk: at every page write, every sync and every write of the root record, with unsynced
// writes lost, torn or reordered. Afterwards the store has the old state or the new one, never less than was
// acknowledged. A failing case prints its id; FESTORE_CRASH_CASE=ID runs only that case.
#include "tests/engine/rounds.h"
#include "tests/engine/store.h"

namespace festore::engine {
namespace {

struct PowerCut {};  // thrown only by the test's disk

// One batch that is cut at its `cut`-th event. Events: each page written, the sync, the root record, the
// acknowledgement.
class CrashRun {
public:
    CrashRun(uint64_t seed, size_t frames) : random_(seed), store_(frames, Cipher::aes_256_gcm, seed) {
        store_.call_capacity = 128;
        fill(model_, 60 + random_() % 200);
        EXPECT_TRUE(store_.commit());
        acknowledged_ = model_;
    }

    // True if the cut came before the batch had ended. Afterwards the store is in the state after the power came back.
    bool batch_until(uint64_t cut) {
        Model next = acknowledged_;
        events_ = 0;
        cut_ = cut;
        store_.on_write = [this](uint32_t) { event(); };
        bool cut_happened = false;
        bool root_written = false;
        try {
            fill(next, 1 + random_() % 12);
            EXPECT_TRUE(store_.prepare());
            write_recovery_copy();
            event();  // before the sync
            store_.disk.sync();
            event();  // before the root record
            store_.root = store_.transaction->record();
            root_written = true;
            event();  // before the acknowledgement
            acknowledged_ = next;
        } catch (const PowerCut&) {
            cut_happened = true;
        }
        store_.on_write = nullptr;
        store_.disk.cut_power(random_);
        store_.reopen();
        const Model found = store_.verify();
        if (root_written) acknowledged_ = next;
        EXPECT_EQ(found, acknowledged_);
        return cut_happened;
    }

    // The recovery copy of the TEE's record must be intact after any cut, because a repair needs it.
    void check_recovery_copy() {
        bool found = false;
        for (uint32_t slot = 0; slot < kRecoverySlots; ++slot) {
            if (!store_.disk.contains(slot)) continue;
            RecoveryCopy copy;
            const auto opened = open_recovery_copy(store_.crypto, store_.device_key, nullptr, store_.disk.read(slot), copy);
            const RootRecord& record = copy.record;
            found = found || (opened && record.generation == store_.root.generation && record.index == store_.root.index);
        }
        EXPECT_TRUE(found) << "generation " << store_.root.generation;
    }

private:
    void event() {
        if (++events_ == cut_) throw PowerCut{};
    }
    void fill(Model& model, size_t operations) {
        store_.begin();
        for (size_t i = 0; i < operations; ++i) {
            const std::string name = std::string(150, 'n') + std::to_string(random_() % 300);
            if (random_() % 3 == 0 && model.contains(name)) {
                EXPECT_TRUE(store_.remove(name));
                model.erase(name);
            } else if (random_() % 9 == 0 && !model.empty()) {
                const auto from = model.begin();
                const Outcome<Effect> moved = store_.rename(from->first, name, true);
                EXPECT_TRUE(moved);
                Object object = from->second;
                object.version = moved ? moved->version : 0;
                model.erase(from);
                model[name] = object;
            } else {
                const std::string content(random_() % 300, static_cast<char>('a' + random_() % 26));
                const Outcome<Effect> effect = store_.put(name, content);
                EXPECT_TRUE(effect);
                model[name] = {content, effect ? effect->version : 0};
            }
        }
    }
    void write_recovery_copy() {
        PageBytes slot{};
        const RootRecord& record = store_.transaction->record();
        EXPECT_TRUE(seal_recovery_copy(store_.crypto, store_.device_key, nullptr, record, {}, slot));
        event();
        store_.disk.write(recovery_slot(record.generation), slot);
    }

    std::mt19937_64 random_;
    TestStore store_;
    Model model_;
    Model acknowledged_;
    uint64_t events_ = 0;
    uint64_t cut_ = 0;
};

// An id is seed:frames:cut. Each history is cut at its first event, then (from the start) at its second, and so on;
// after each cut it continues with a batch that is cut at another place, and one that is not cut.
bool run_case(uint64_t seed, size_t frames, uint64_t cut) {
    CrashRun run(seed, frames);
    const bool happened = run.batch_until(cut);
    run.check_recovery_copy();
    run.batch_until(1 + seed * 7 % 23 + cut % 5);
    run.check_recovery_copy();
    EXPECT_FALSE(run.batch_until(UINT64_MAX));
    run.check_recovery_copy();
    return happened;
}

TEST(Rule08Crash, PowerCutAtEveryWriteSyncAndRootWrite) {
    if (const char* id = std::getenv("FESTORE_CRASH_CASE")) {
        uint64_t seed = 0;
        uint64_t cut = 0;
        size_t frames = 0;
        ASSERT_EQ(std::sscanf(id, "%lu:%zu:%lu", &seed, &frames, &cut), 3);
        run_case(seed, frames, cut);
        return;
    }
    size_t cases = 0;
    for (uint64_t seed = 1; seed <= rounds(60); ++seed) {
        const size_t frames = seed % 3 == 0 ? 3 : seed % 3 == 1 ? 8 : 64;
        bool happened = true;
        for (uint64_t cut = 1; happened && cut < 1000; ++cut, ++cases) {
            happened = run_case(seed, frames, cut);
            ASSERT_FALSE(testing::Test::HasFailure())
                << "again with FESTORE_CRASH_CASE=" << seed << ":" << frames << ":" << cut;
        }
    }
    std::printf("%zu cases of power cuts\n", cases);
    EXPECT_GT(cases, 200U);
}

}  // namespace
}  // namespace festore::engine
