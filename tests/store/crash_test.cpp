// SPDX-License-Identifier: BSD-2-Clause
// Rules 4, 6, 7, 8: engine, client library and TA on a disk and a TEE that lose power at every event of each verb
// (tests/store/harness/device.h), at every call into TEE storage and at every change of the TEE's own files; with a second cut in the next
// operations; and with programs that are killed before a later power cut. Afterwards the store has the old state or the new one,
// never less than was acknowledged, and works. A failing case prints its id; FESTORE_CRASH_CASE=ID runs only that case.
#include "tests/engine/rounds.h"
#include "tests/store/harness/model.h"

#include <algorithm>

namespace festore::store_test {
namespace {

using engine::rounds;

struct Case {
    size_t verb = 0;
    Anchor anchor = Anchor::ree;
    // e: cut at an event; s: at a call into TEE storage; d: at a change that the TEE makes to its files; k: killed at an event
    char kind = 'e';
    unsigned seed = 1;    // for what happens to unsynced data
    uint64_t first = 1;   // place of the cut
    uint64_t second = 0;  // event of the next operations with another cut; 0: none

    [[nodiscard]] std::string id() const {
        return std::string(all_verbs()[verb].name) + ":" + (anchor == Anchor::rpmb ? "rpmb" : "ree") + ":" + kind + ":" +
               std::to_string(seed) + ":" + std::to_string(first) + ":" + std::to_string(second);
    }
    static std::optional<Case> of(const char* id) {
        char verb[32] = {};
        char anchor[8] = {};
        Case c;
        if (std::sscanf(id, "%31[^:]:%7[^:]:%c:%u:%lu:%lu", verb, anchor, &c.kind, &c.seed, &c.first, &c.second) != 6)
            return std::nullopt;
        c.anchor = std::string_view(anchor) == "rpmb" ? Anchor::rpmb : Anchor::ree;
        for (; c.verb < all_verbs().size(); ++c.verb)
            if (std::string_view(all_verbs()[c.verb].name) == verb) return c;
        return std::nullopt;
    }
};

const Content kNext = content_of(300, 9);

std::vector<Model> after_next(std::vector<Model> states) {
    for (Model& state : states) {
        if (!state) state.emplace();
        state->insert({"next", kNext});
    }
    return states;
}

class CrashRun {
public:
    CrashRun(Device& device, const Device::Snapshot& before, const Case& which)
        : device_(device), case_(which), random_(which.seed * 1000003ULL + which.first * 1009 + which.second),
          allowed_(all_verbs()[which.verb].states()) {
        device_.restore(before);
    }

    // True if the first cut came before the verb had ended.
    bool run() {
        const Device::TeeObjects tee_before = device_.tee_objects();
        const bool happened = run_verb();
        bool has_committed = case_.kind != 'd' && device_.tee_objects() != tee_before;
        if (case_.kind == 'k') kill();
        else device_.cut_power(random_);
        if (case_.kind == 'd') has_committed = device_.tee_objects() != tee_before;  // unknown while the disk is off
        if (case_.kind != 'k' && !has_committed) allowed_.resize(1);
        if (case_.second != 0) cut_again();
        check();
        return happened;
    }

private:
    bool run_verb() {
        if (case_.kind == 's') device_.cut_at_storage_call(case_.first);
        else if (case_.kind == 'd') device_.cut_at_disk_change(case_.first, case_.seed % 5);
        else device_.cut_at_event(case_.first);
        bool acknowledged = false;
        if (Result<Client> client = device_.try_connect())
            acknowledged = all_verbs()[case_.verb].run(*client, case_.anchor).has_value();
        EXPECT_TRUE(device_.is_off() || acknowledged);
        if (acknowledged) allowed_.erase(allowed_.begin(), allowed_.end() - 1);
        return device_.is_off();
    }
    // The next program builds on what the killed one left, durable or not. Then the power fails.
    void kill() {
        device_.end_programs();
        const Result<ObjectInfo> stored = device_.connect().put("next", kNext);
        EXPECT_TRUE(stored) << stored.error().message;
        allowed_ = after_next(allowed_);
        device_.cut_power(random_);
    }
    // Opens, reads and changes the store after the first cut, until a second one.
    void cut_again() {
        device_.cut_at_event(case_.second);
        bool acknowledged = false;
        if (Result<Client> client = device_.try_connect()) {
            (void)client->get("p");
            acknowledged = client->put("next", kNext).has_value();
        }
        EXPECT_TRUE(device_.is_off() || acknowledged);
        device_.cut_power(random_);
        const std::vector<Model> with_next = after_next(allowed_);
        if (acknowledged) allowed_.clear();
        else if (!allowed_.front()) allowed_.emplace_back(Objects{});  // created, but still empty
        allowed_.insert(allowed_.end(), with_next.begin(), with_next.end());
    }
    void check() {
        Model found = read_all(device_, case_.id());
        EXPECT_NE(std::find(allowed_.begin(), allowed_.end(), found), allowed_.end())
            << "neither the old state nor the new one: " << (found ? std::to_string(found->size()) : "no") << " objects";
        {
            Client client = device_.connect();
            const Result<ObjectInfo> stored = client.put("again", kNext);
            ASSERT_TRUE(stored) << stored.error().message;
        }
        if (!found) found.emplace();
        found->insert({"again", kNext});
        EXPECT_EQ(read_all(device_, case_.id()), found);
    }

    Device& device_;
    Case case_;
    std::mt19937_64 random_;
    std::vector<Model> allowed_;
};

class Crash : public testing::Test {
protected:
    // True if the cut came before the verb had ended.
    bool run(const Case& which) {
        const std::pair key{which.verb, which.anchor};
        auto before = before_.find(key);
        if (before == before_.end())
            before = before_.emplace(key, before_verb(device_, all_verbs()[which.verb], which.anchor)).first;
        ++cases_;
        const bool happened = CrashRun(device_, before->second, which).run();
        if (HasFailure()) std::printf("again with FESTORE_CRASH_CASE=%s\n", which.id().c_str());
        return happened;
    }
    // For each verb and anchor, at all places of the kind: `one` runs the cases of one place.
    template <class F>
    void everywhere(char kind, F&& one) {
        for (size_t verb = 0; verb < all_verbs().size(); ++verb) {
            for (const Anchor anchor : {Anchor::ree, Anchor::rpmb}) {
                bool happened = true;
                uint64_t first = 1;
                for (; happened; ++first) {
                    ASSERT_LT(first, 1000U) << "it never ends";
                    happened = one(Case{verb, anchor, kind, 1, first, 0});
                    if (HasFailure()) return;
                }
                if (kind == 'd' && anchor == Anchor::rpmb) EXPECT_EQ(first, 2U) << "the RPMB is not a file";
                else EXPECT_GT(first, kind == 's' ? 4U : kind == 'd' ? 6U : 15U) << "there are more places than that";
            }
        }
    }
    void report(size_t floor) const {
        std::printf("%zu cases of power cuts\n", cases_);
        if (!HasFailure()) {
            EXPECT_GE(cases_, floor / engine::kSlow);
        }
    }
    bool replays() {
        const char* id = std::getenv("FESTORE_CRASH_CASE");
        if (id == nullptr) return false;
        const std::optional<Case> which = Case::of(id);
        EXPECT_TRUE(which) << "no case has the id " << id;
        if (which) run(*which);
        return true;
    }

    Device device_;
    std::map<std::pair<size_t, Anchor>, Device::Snapshot> before_;
    size_t cases_ = 0;
};

TEST_F(Crash, Rule07AtEveryEventOfEachVerb) {
    if (replays()) return;
    everywhere('e', [&](Case which) {
        bool happened = false;
        for (which.seed = 1; which.seed <= rounds(2); ++which.seed) happened = run(which);
        return happened;
    });
    report(800);
}

TEST_F(Crash, Rule04AtEveryCallIntoTeeStorage) {
    if (std::getenv("FESTORE_CRASH_CASE") != nullptr) GTEST_SKIP();
    everywhere('s', [&](Case which) { return run(which); });
    report(60);
}

// The files are then as a real OP-TEE would find them: blocks and nodes partly written, dirf.db old or new.
TEST_F(Crash, Rule04AtEveryChangeOfTheTeesOwnFiles) {
    if (std::getenv("FESTORE_CRASH_CASE") != nullptr) GTEST_SKIP();
    everywhere('d', [&](Case which) {
        bool happened = false;
        for (which.seed = 0; which.seed < 5; ++which.seed) happened = run(which);  // how much of the change reaches the disk
        return happened;
    });
    report(300);
}

TEST_F(Crash, Rule06KilledAtEveryEventAndThePowerCutLater) {
    if (std::getenv("FESTORE_CRASH_CASE") != nullptr) GTEST_SKIP();
    everywhere('k', [&](Case which) { return run(which); });
    report(400);
}

TEST_F(Crash, Rule08ASecondCutInWhatComesNext) {
    if (std::getenv("FESTORE_CRASH_CASE") != nullptr) GTEST_SKIP();
    std::mt19937_64 random(1);
    everywhere('e', [&](Case which) {
        bool happened = false;
        for (which.seed = 1; which.seed <= rounds(2); ++which.seed) {
            which.second = 1 + random() % 36;
            happened = run(which);
        }
        return happened;
    });
    report(800);
}

}  // namespace
}  // namespace festore::store_test
