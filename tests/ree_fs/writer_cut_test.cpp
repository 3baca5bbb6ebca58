// SPDX-License-Identifier: BSD-2-Clause
// A power cut at each change of the disk: before it, in the middle of it and after it. Afterwards the storage has the state
// before the operation or the one after it, and still works.
#include "tests/ree_fs/writer.h"

#include <algorithm>
#include <functional>

namespace festore::ree_fs::test {
namespace {

// A disk that loses power at the n-th change: only the first bytes of that change arrive, and nothing works any more.
class CutSupplicant final : public MemorySupplicant {
public:
    uint64_t changes = 0;
    uint64_t cut_at = UINT64_MAX;
    size_t torn_bytes = 0;

protected:
    Outcome<int> do_create(const std::string& name) override {
        if (cut()) return fail(Code::storage_not_available);
        return MemorySupplicant::do_create(name);
    }
    Status do_write(int file, uint64_t offset, Bytes bytes) override {
        if (!cut()) return MemorySupplicant::do_write(file, offset, bytes);
        const Bytes arrived = bytes.first(std::min(torn_bytes, bytes.size()));
        if (changes == cut_at && !arrived.empty()) (void)MemorySupplicant::do_write(file, offset, arrived);
        return fail(Code::storage_not_available);
    }
    Status do_truncate(int file, uint64_t size) override {
        if (cut()) return fail(Code::storage_not_available);
        return MemorySupplicant::do_truncate(file, size);
    }
    Status do_remove(const std::string& name) override {
        if (cut()) return fail(Code::storage_not_available);
        return MemorySupplicant::do_remove(name);
    }

private:
    bool cut() { return ++changes >= cut_at; }
};

void start_with(Storage& storage) {
    EXPECT_TRUE(storage.create(kSampleTa, bytes_of("one"), {pattern(24), pattern(9000, 1)}, false));
    EXPECT_TRUE(storage.create(kOtherTa, bytes_of("two"), {pattern(24), pattern(130000, 2)}, false));
    EXPECT_TRUE(storage.create(kSampleTa, bytes_of("gone"), {pattern(24)}, false));
    EXPECT_TRUE(storage.remove(kSampleTa, bytes_of("gone")));
    const auto one = storage.open(kSampleTa, bytes_of("one"));
    EXPECT_TRUE((*one)->write(4000, pattern(200)));
}

struct Outcomes {
    unsigned old_state = 0;
    unsigned new_state = 0;
    unsigned damaged = 0;
};

// Runs `operation` with the power cut at every change in turn.
Outcomes cut_everywhere(HeadLayout layout, size_t torn_bytes, const std::function<bool(Storage&)>& operation) {
    const Huk huk = zero_huk();
    Outcomes outcomes;
    for (uint64_t cut = 1;; ++cut) {
        CutSupplicant disk;
        std::string faults;
        Objects before;
        bool done = false;
        {
            Storage storage(disk, huk, Derivation::compatible, {layout, HeadRule::first_half});
            start_with(storage);
            before = verified(disk.files(), faults);
            disk.changes = 0;
            disk.cut_at = cut;
            disk.torn_bytes = torn_bytes;
            done = operation(storage);
        }
        if (disk.changes < cut) {
            EXPECT_TRUE(done);
            return outcomes;
        }
        // Power is back. A run without a cut shows the new state.
        MemorySupplicant after;
        for (const auto& [name, content] : disk.files()) after.files()[name] = std::make_shared<Buffer>(*content);
        CutSupplicant whole;
        {
            Storage storage(whole, huk, Derivation::compatible, {layout, HeadRule::first_half});
            start_with(storage);
            EXPECT_TRUE(operation(storage));
        }
        const Objects wanted = verified(whole.files(), faults);
        EXPECT_EQ(faults, "");
        const Objects found = verified(after.files(), faults);
        const bool is_old = faults.empty() && found == before;
        const bool is_new = faults.empty() && found == wanted;
        outcomes.old_state += is_old ? 1 : 0;
        outcomes.new_state += is_new ? 1 : 0;
        outcomes.damaged += is_old || is_new ? 0 : 1;
        EXPECT_TRUE(is_new || !done) << "cut " << cut << ": a change that was acknowledged is lost";
        if (!is_old && !is_new) continue;
        // What the cut left behind does not disturb later operations.
        Storage storage(after, huk, Derivation::compatible, {layout, HeadRule::first_half});
        EXPECT_TRUE(storage.create(kSampleTa, bytes_of("later"), {pattern(5000)}, true)) << "cut " << cut;
        EXPECT_TRUE(storage.create(kSampleTa, bytes_of("one"), {pattern(50)}, true)) << "cut " << cut;
        EXPECT_TRUE(storage.ids(kOtherTa).has_value());
        (void)verified(after.files(), faults);
        EXPECT_EQ(faults, "") << "cut " << cut;
    }
}

class Cut : public testing::TestWithParam<std::tuple<HeadLayout, size_t>> {
protected:
    Outcomes run(const std::function<bool(Storage&)>& operation) {
        return cut_everywhere(std::get<0>(GetParam()), std::get<1>(GetParam()), operation);
    }
};

TEST_P(Cut, LeavesOldOrNew) {
    const std::map<std::string, std::function<bool(Storage&)>> operations = {
        {"create", [](Storage& s) {
             return s.create(kSampleTa, bytes_of("three"), {pattern(24), pattern(9000)}, false).has_value();
         }},
        {"replace", [](Storage& s) {
             return s.create(kSampleTa, bytes_of("one"), {pattern(24), pattern(5000, 7)}, true).has_value();
         }},
        {"write", [](Storage& s) {
             auto object = s.open(kOtherTa, bytes_of("two"));
             return object && (*object)->write(4090, pattern(90000, 5)).has_value();
         }},
        {"append", [](Storage& s) {
             auto object = s.open(kSampleTa, bytes_of("one"));
             return object && (*object)->write(20000, pattern(10)).has_value();
         }},
        {"rename", [](Storage& s) { return s.rename(kSampleTa, bytes_of("one"), bytes_of("uno")).has_value(); }},
        {"remove", [](Storage& s) { return s.remove(kOtherTa, bytes_of("two")).has_value(); }},
    };
    for (const auto& [name, operation] : operations) {
        SCOPED_TRACE(name);
        const Outcomes outcomes = run(operation);
        EXPECT_EQ(outcomes.damaged, 0U);
        // At least a block, a node and the head of dirf.db; the head's counter, at its end, makes the change.
        EXPECT_GE(outcomes.old_state, std::get<1>(GetParam()) < head_counter_offset(HeadLayout::packed) ? 3U : 2U);
    }
}

// OP-TEE truncates the file before it commits. If that removed blocks of the version in force, a cut is detected, never served.
TEST_P(Cut, InAShrinkingCanDamageTheObject) {
    const Outcomes outcomes = run([](Storage& s) {
        auto object = s.open(kOtherTa, bytes_of("two"));
        return object && (*object)->resize(10).has_value();
    });
    EXPECT_GT(outcomes.damaged, 0U);
    EXPECT_EQ(outcomes.old_state, 1U);  // cut before the file was truncated
}

INSTANTIATE_TEST_SUITE_P(All, Cut, testing::Combine(testing::Values(HeadLayout::padded, HeadLayout::packed),
                                                    testing::Values(size_t{0}, size_t{1}, size_t{40}, size_t{65},
                                                                                      size_t{2000})));

}  // namespace
}  // namespace festore::ree_fs::test
