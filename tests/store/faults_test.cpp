// SPDX-License-Identifier: BSD-2-Clause
// The n-th allocation, call into TEE storage or operation on files fails, the TA panics at the n-th storage call, or the
// n-th answer of the TA is lost: for all n of each verb. The verb returns success or a clear error; nothing acknowledged
// is lost; the state is the old or the new one; and the same client still works.
#include "sim/include/tee_internal_api.h"
#include "tests/engine/rounds.h"
#include "tests/store/harness/model.h"

#include <algorithm>
#include <cerrno>

namespace festore::store_test {
namespace {

const Content kNext = content_of(300, 9);

struct Fault {
    const char* name;
    std::function<void(Device&, uint64_t n)> arm;
    std::function<bool(Device&)> is_due;  // the fault was not reached
    std::set<ErrorCode> codes;            // that may report it
};

void set_faults(Device& device, uint64_t allocation, uint64_t storage, uint32_t code, bool panic) {
    sim::Faults faults;
    faults.allocation = allocation;
    faults.storage = storage;
    faults.storage_code = code;
    faults.panic_on_storage = panic;
    device.tee().set_faults(faults);
}
Fault storage_fault(const char* name, uint32_t code, bool panic, ErrorCode expected) {
    return {name, [=](Device& d, uint64_t n) { set_faults(d, 0, n, code, panic); },
            [](Device& d) { return d.tee().faults().storage != 0; }, {expected}};
}
Fault file_fault(const char* name, int number, ErrorCode expected) {
    return {name, [=](Device& d, uint64_t n) { d.files().fail_at(n, number); },
            [](Device& d) { return d.files().will_fail(); }, {expected}};
}

class StoreFaults : public testing::Test {
protected:
    // True if the fault happened.
    bool run(const Verb& verb, Anchor anchor, const Device::Snapshot& before, const Fault& fault, uint64_t n) {
        const std::string what = std::string(fault.name) + " " + std::to_string(n) + " of " + verb.name;
        device_.restore(before);
        std::vector<Model> allowed = verb.states();
        bool happened = false;
        {
            fault.arm(device_, n);
            Result<Client> client = device_.try_connect();
            const Result<void> done = client ? verb.run(*client, anchor) : Result<void>(unexpected(client.error()));
            happened = !fault.is_due(device_);
            fault.arm(device_, 0);
            const bool has_committed = device_.tee_objects() != before.tee;
            narrow(allowed, done, has_committed, fault, what);
            EXPECT_TRUE(happened || done) << what << ": " << done.error().message;
            if (!client) client = device_.try_connect();
            const auto next = client->put("next", kNext);
            EXPECT_TRUE(next) << what << ", then: " << next.error().message;
        }
        for (Model& state : allowed) {
            if (!state) state.emplace();
            state->insert({"next", kNext});
        }
        device_.cut_power(random_);  // what a failed sync lost is lost now
        const Model found = read_all(device_, what);
        EXPECT_NE(std::find(allowed.begin(), allowed.end(), found), allowed.end()) << what << ": neither old nor new";
        ++cases_;
        return happened;
    }
    // Keeps only the states that are right for the answer.
    void narrow(std::vector<Model>& allowed, const Result<void>& done, bool has_committed, const Fault& fault,
                const std::string& what) {
        if (done) {
            allowed.erase(allowed.begin(), allowed.end() - 1);
            return;
        }
        EXPECT_TRUE(fault.codes.contains(done.error().code)) << what << ": " << done.error().message;
        EXPECT_FALSE(done.error().message.empty());
        // Making a store and the first put are two commits.
        EXPECT_FALSE(allowed.front() && has_committed) << what << ": rule 4: committed, but reported as failed";
        if (!has_committed) allowed.resize(1);
    }
    void check_all(const Fault& fault, uint64_t step, size_t places_min) {
        for (const Verb& verb : all_verbs()) {
            for (const Anchor anchor : {Anchor::ree, Anchor::rpmb}) {
                const Device::Snapshot before = before_verb(device_, verb, anchor);
                uint64_t n = 1;
                while (run(verb, anchor, before, fault, n)) {
                    n += step;
                    ASSERT_LT(n, 2000U) << "it never ends";
                    ASSERT_FALSE(HasFailure()) << (anchor == Anchor::rpmb ? "rpmb" : "ree");
                }
                EXPECT_GT(n, places_min) << verb.name;
            }
        }
        std::printf("%zu cases of: %s\n", cases_, fault.name);
    }

    Device device_;
    std::mt19937_64 random_{1};
    size_t cases_ = 0;
};

TEST_F(StoreFaults, EveryAllocationOfTheTa) {
    check_all({"allocation", [](Device& d, uint64_t n) { set_faults(d, n, 0, 0, false); },
               [](Device& d) { return d.tee().faults().allocation != 0; },
               {ErrorCode::failure, ErrorCode::no_space, ErrorCode::no_tee}},
              1, 5);
}

TEST_F(StoreFaults, Rule02EveryCallIntoTeeStorage) {
    check_all(storage_fault("TEE storage not available", TEE_ERROR_STORAGE_NOT_AVAILABLE, false, ErrorCode::no_tee), 1, 2);
}

TEST_F(StoreFaults, Rule02TeeStorageIsFull) {
    check_all(storage_fault("TEE storage full", TEE_ERROR_STORAGE_NO_SPACE, false, ErrorCode::no_space), 1, 1);
}

TEST_F(StoreFaults, Rule04PanicsAtEveryCallIntoTeeStorage) {
    check_all(storage_fault("panic", TEE_ERROR_GENERIC, true, ErrorCode::no_tee), 1, 3);
}

TEST_F(StoreFaults, Rule04EveryLostAnswer) {
    check_all({"lost answer", [](Device& d, uint64_t n) { d.lose_answer(n); },
               [](Device& d) { return d.will_lose_answer(); }, {ErrorCode::no_tee}},
              1, 4);
}

TEST_F(StoreFaults, Rule07EveryOperationOnFilesWithoutSpace) {
    check_all(file_fault("ENOSPC", ENOSPC, ErrorCode::no_space), 1, 10);
}

TEST_F(StoreFaults, Rule07EveryOperationOnFilesBeyondTheQuota) {
    check_all(file_fault("EDQUOT", EDQUOT, ErrorCode::no_space), 1, 10);
}

TEST_F(StoreFaults, Rule07EveryOperationOnFilesOfAReadOnlyFileSystem) {
    check_all(file_fault("EROFS", EROFS, ErrorCode::not_permitted), 1, 10);
}

TEST_F(StoreFaults, Rule07EveryOperationOnFilesFails) {
    check_all(file_fault("EIO", EIO, ErrorCode::failure), 1, 10);
}

}  // namespace
}  // namespace festore::store_test
