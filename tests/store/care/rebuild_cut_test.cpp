// SPDX-License-Identifier: BSD-2-Clause
// Rebuild, also with another cipher, dropping damage, and undoing a drop: cut at every event and every call into TEE storage, and
// with every fault. Afterwards the store has the state before or the one after, and works.
#include "tests/store/harness/rebuilding.h"

#include <cerrno>

namespace festore::store_test {
namespace {

enum class Step { rebuild, drop, undo, move, recipher };

class RebuildCuts : public Rebuilding {
protected:
    void SetUp() override { fill(60); }

    // Prepares the device for the step, and what must be seen before and after it.
    void prepare(Step step) {
        device_.restore(good_);
        if (step == Step::rebuild || step == Step::move || step == Step::recipher) {
            before_ = after_ = {truth_, {}};
        } else {
            const size_t leaf = leaf_page();
            const std::string payload = payload_file(1);
            flip_page(leaf);
            flip(payload, 70);
            if (step == Step::undo) {
                ASSERT_TRUE(drop());
                flip_page(leaf, kOldPages);
                flip(payload, 70);
            }
            before_ = look();
            after_ = step == Step::undo ? Seen{truth_, {}} : before_;
        }
        start_ = device_.snapshot();
        cipher_ = other_cipher();
    }
    Result<void> run(Client& client, Step step) const {
        DropOptions most;
        most.most = true;
        if (step == Step::drop) {
            const auto done = client.store()->drop_damaged(most);
            return done ? Result<void>() : unexpected(done.error());
        }
        RebuildOptions to_rpmb;
        if (step == Step::move) to_rpmb.anchor = Anchor::rpmb;
        if (step == Step::recipher) to_rpmb.cipher = cipher_;
        const auto done = step == Step::undo ? client.store()->undo_drop() : client.store()->rebuild(to_rpmb);
        EXPECT_TRUE(!done || step != Step::recipher || !done->has_other_cipher);
        return done ? Result<void>() : unexpected(done.error());
    }
    [[nodiscard]] bool is_done(Step step) {
        Client client = device_.connect();
        const auto ranges = client.store()->lost_ranges();
        EXPECT_TRUE(ranges) << message(ranges);
        if (step == Step::drop) return ranges && !ranges->empty();
        if (step == Step::undo) return ranges && ranges->empty();
        const auto status = client.store()->status();
        EXPECT_TRUE(status) << message(status);
        if (step == Step::move) return status && status->anchor == Anchor::rpmb;
        if (step == Step::recipher) return status && status->cipher == name_of(cipher_) && !status->has_other_cipher;
        return status && status->epoch != epoch_;
    }

    void expect_before_or_after(Step step, bool acknowledged, const std::string& what) {
        const Seen seen = look();
        const bool is_after = is_done(step);
        EXPECT_TRUE(is_after || !acknowledged) << what << ": acknowledged, but lost";
        EXPECT_TRUE(seen.objects == (is_after ? after_ : before_).objects) << what;
        EXPECT_EQ(seen.damaged, is_after ? after_.damaged : before_.damaged) << what;
        EXPECT_FALSE(has_file(kNextPages)) << what;
        EXPECT_TRUE(device_.connect().put("payload 0", truth_["payload 0"])) << what;
        Client client = device_.connect();
        const auto again = run(client, step);
        EXPECT_TRUE(again || is_after) << what << ": " << message(again);
        EXPECT_TRUE(look().objects == after_.objects) << what;
        if (step != Step::recipher) return;
        EXPECT_TRUE(again && is_done(step)) << what << ": the same step again completes it";
        EXPECT_EQ(device_.files().at(kHeader)[12], std::byte{static_cast<unsigned char>(cipher_)}) << what;
        VerifyOptions clean;
        clean.remove_orphaned = true;
        const auto cleaned = client.verify(clean);
        EXPECT_TRUE(cleaned && cleaned->damaged.empty()) << what << message(cleaned);
        EXPECT_EQ(payload_files(), 2U) << what << ": files that a cut commit leaves are removed";
    }

    // A store under ree can also move.
    static std::vector<Step> steps() {
        std::vector<Step> steps{Step::rebuild, Step::drop, Step::undo, Step::recipher};
        if (GetParam() == Anchor::ree) steps.push_back(Step::move);
        return steps;
    }

    Seen before_;
    Seen after_;
    Device::Snapshot start_;
    uint64_t epoch_ = 0;
    Cipher cipher_ = Cipher::automatic;  // the one that the store does not have
};

TEST_P(RebuildCuts, AtEveryEventAndEveryCallIntoTeeStorage) {
    size_t cases = 0;
    for (const Step step : steps()) {
        prepare(step);
        ASSERT_FALSE(HasFailure());
        epoch_ = device_.connect().store()->status()->epoch;
        for (const char kind : {'e', 's'}) {
            for (uint64_t n = 1;; ++n, ++cases) {
                std::mt19937_64 random(n);
                device_.restore(start_);
                if (kind == 'e') device_.cut_at_event(n);
                else device_.cut_at_storage_call(n);
                bool done = false;
                if (Result<Client> client = device_.try_connect()) done = run(*client, step).has_value();
                const bool cut = device_.is_off();
                EXPECT_TRUE(cut || done) << kind << n;
                device_.cut_power(random);
                expect_before_or_after(step, done, std::to_string(static_cast<int>(step)) + kind + std::to_string(n));
                if (!cut) break;
                ASSERT_FALSE(HasFailure()) << static_cast<int>(step) << kind << n;
                ASSERT_LT(n, 1000U);
            }
        }
    }
    std::printf("%zu cuts\n", cases);
    EXPECT_GT(cases, 100U);
}

TEST_P(RebuildCuts, EveryFault) {
    size_t cases = 0;
    for (const Step step : steps()) {
        prepare(step);
        ASSERT_FALSE(HasFailure());
        epoch_ = device_.connect().store()->status()->epoch;
        const auto all = [&](const char* what, const std::function<void(uint64_t)>& arm, const std::function<bool()>& is_due) {
            for (uint64_t n = 1; n < 1000; ++n, ++cases) {
                device_.restore(start_);
                arm(n);
                bool done = false;
                if (Result<Client> client = device_.try_connect()) {
                    const auto ran = run(*client, step);
                    done = ran.has_value();
                    EXPECT_TRUE(ran || !ran.error().message.empty());
                }
                const bool due = is_due();
                arm(0);
                device_.end_programs();
                expect_before_or_after(step, done, std::to_string(static_cast<int>(step)) + what + std::to_string(n));
                if (due) return;
                ASSERT_FALSE(HasFailure()) << static_cast<int>(step) << what << n;
            }
        };
        for (const int number : {EIO, ENOSPC})
            all("file ", [&](uint64_t n) { device_.files().fail_at(n, number); }, [&] { return device_.files().will_fail(); });
        const auto faults = [&](uint64_t n, uint32_t result, bool panics) {
            sim::Faults f;
            f.storage = n;
            f.storage_code = result;
            f.panic_on_storage = panics && n != 0;
            device_.tee().set_faults(f);
        };
        const auto storage_due = [&] { return device_.tee().faults().storage != 0; };
        all("storage ", [&](uint64_t n) { faults(n, TEE_ERROR_STORAGE_NOT_AVAILABLE, false); }, storage_due);
        all("panic ", [&](uint64_t n) { faults(n, TEE_ERROR_GENERIC, true); }, storage_due);
        all("answer ", [&](uint64_t n) { device_.lose_answer(n); }, [&] { return device_.will_lose_answer(); });
    }
    std::printf("%zu faults\n", cases);
}

INSTANTIATE_TEST_SUITE_P(Anchors, RebuildCuts, testing::Values(Anchor::ree, Anchor::rpmb),
                         [](const auto& of) { return of.param == Anchor::ree ? "ree" : "rpmb"; });

}  // namespace
}  // namespace festore::store_test
