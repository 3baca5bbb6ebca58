// SPDX-License-Identifier: BSD-2-Clause
// A whole device for tests: files and a TEE, both in memory, whose power can fail at any event, and which can be restored
// to an earlier state. A process can have one at a time.
//
// Events: each event of the files, and each session opening and call into the TA, once before it and once between its
// effect and its answer. Calls of the TA into TEE storage are counted separately.
#pragma once
#include "client/files/access.h"
#include "sim/include/tee_internal_api.h"
#include "sim/teec/teec_in_process.h"
#include "tests/store/harness/harness.h"
#include "tests/store/harness/simulated_files.h"
#include "tests/store/harness/tee_disk.h"

#include <sched.h>

namespace festore::store_test {

class Device {
public:
    // What the TA keeps in all trusted storages.
    using TeeObjects = std::map<std::pair<uint32_t, Content>, Content>;
    struct Snapshot {
        SimulatedFiles::Snapshot files;
        TeeObjects tee;
        // The files of the TEE's REE storage, including older versions of blocks. If empty, they are made from the objects.
        std::map<std::string, Content> disk = {};
    };

    explicit Device(const sim::Config& config = {});
    ~Device();
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;

    SimulatedFiles& files() { return files_; }
    sim::Tee& tee() { return *tee_; }
    // A client of the store at `directory`.
    Result<Client> try_connect(uint32_t uid = 1000, const std::string& directory = "/data/user/store");
    Client connect(uint32_t uid = 1000, const std::string& directory = "/data/user/store");

    // The power fails at the n-th event from now on, at the n-th call into TEE storage, or at the n-th change that the TEE makes to
    // the files of its REE storage; 0: it does not.
    void cut_at_event(uint64_t n);
    void cut_at_storage_call(uint64_t n);
    void cut_at_disk_change(uint64_t n, unsigned quarters) { disk_->cut_at(n, quarters); }
    [[nodiscard]] bool is_off() const { return off_; }

    // The n-th call into the TA from now on takes effect, but dies before it answers; 0: none.
    void lose_answer(uint64_t n) { lose_answer_at_ = n; }
    [[nodiscard]] bool will_lose_answer() const { return lose_answer_at_ != 0; }

    // To be called after the end of all clients. The TA's memory is lost, and so is what the disk had not yet stored. The TEE starts
    // again with what its own disk has.
    void cut_power(std::mt19937_64& random);
    // Only the programs have ended. The TA has lost its sessions.
    void end_programs();

    [[nodiscard]] TeeObjects tee_objects() const { return objects_of({TEE_STORAGE_PRIVATE_REE, TEE_STORAGE_PRIVATE_RPMB}); }
    // Finds the root table; there must be exactly one, of one anchor.
    static TeeObjects::iterator table_in(TeeObjects& objects);
    // What is left when the TEE has lost its root tables and the claims of the stores: with the anchor rpmb, the secrets of the recovery
    // copies.
    [[nodiscard]] TeeObjects tee_objects_but_tables() const;
    [[nodiscard]] bool has_a_table() const;
    [[nodiscard]] Snapshot snapshot() const { return {files_.snapshot(), tee_objects(), disk_->copy()}; }
    void restore(const Snapshot& snapshot);
    void restore_tee(const TeeObjects& objects);  // after the end of all clients: the TEE starts again with these

private:
    friend struct DeviceCalls;
    [[nodiscard]] TeeObjects objects_of(std::initializer_list<uint32_t> storages) const;
    void start_tee(const TeeObjects& objects);
    void event();
    void turn_off();
    void turn_on();

    sim::Config config_;
    cpu_set_t processors_;  // of the thread before
    SimulatedFiles files_;
    std::shared_ptr<TeeDisk> disk_;
    std::unique_ptr<sim::Tee> tee_;
    uint64_t events_ = 0;
    uint64_t cut_at_event_ = 0;
    uint64_t lose_answer_at_ = 0;
    bool cuts_at_storage_call_ = false;
    bool off_ = false;
};

}  // namespace festore::store_test
