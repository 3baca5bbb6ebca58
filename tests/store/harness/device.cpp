// SPDX-License-Identifier: BSD-2-Clause
#include "tests/store/harness/device.h"

#include "engine/records/store_claim.h"
#include "engine/records/table_format.h"
#include "sim/include/tee_internal_api.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace festore::store_test {
namespace {

Device* the_device = nullptr;

constexpr Uuid kAnotherTa = Uuid::from_fields(0x0ddba11, 0x0ddb, 0xa110, {1, 2, 3, 4, 5, 6, 7, 8});

bool is_claim(const Device::TeeObjects::value_type& object) {
    return text_of(Bytes(object.first.second)).starts_with(engine::kStoreClaimId);
}
bool is_table(const Device::TeeObjects::value_type& object) { return text_of(Bytes(object.first.second)) == engine::kRootTableId; }

// The thread of a call and the one that waits for it take turns. Between two processors each turn costs an interrupt, on one
// processor almost nothing. Threads that begin later are bound to it, too.
cpu_set_t bind_to_one_processor() {
    cpu_set_t before, one;
    CPU_ZERO(&before);
    CPU_ZERO(&one);
    EXPECT_EQ(sched_getaffinity(0, sizeof(before), &before), 0);
    CPU_SET(static_cast<size_t>(sched_getcpu()), &one);
    EXPECT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
    return before;
}

}  // namespace

// The Client API of a TEE that may lose its power.
struct DeviceCalls {
    static TEEC_Result initialize(const char* name, TEEC_Context* context) {
        if (the_device->off_) return TEEC_ERROR_COMMUNICATION;
        return sim::teec_in_process().initialize_context(name, context);
    }
    // Events before and after a call. If the power fails after the call, its effect may stay, but its answer is lost.
    template <class F>
    static TEEC_Result between_events(uint32_t* origin, F&& call) {
        Device& device = *the_device;
        if (!device.off_) device.event();
        TEEC_Result result = TEEC_ERROR_TARGET_DEAD;
        if (!device.off_) {
            result = call();
            if (device.cuts_at_storage_call_ && result == TEEC_ERROR_TARGET_DEAD) device.turn_off();
            if (!device.off_) device.event();
        }
        if (!device.off_) return result;
        if (origin != nullptr) *origin = TEEC_ORIGIN_COMMS;
        return TEEC_ERROR_TARGET_DEAD;
    }
    static TEEC_Result open_session(TEEC_Context* context, TEEC_Session* session, const TEEC_UUID* uuid, uint32_t method,
                                    const void* data, TEEC_Operation* operation, uint32_t* origin) {
        return between_events(origin, [&] {
            return sim::teec_in_process().open_session(context, session, uuid, method, data, operation, origin);
        });
    }
    static TEEC_Result invoke(TEEC_Session* session, uint32_t command, TEEC_Operation* operation, uint32_t* origin) {
        return between_events(origin, [&] {
            const TEEC_Result result = sim::teec_in_process().invoke_command(session, command, operation, origin);
            uint64_t& left = the_device->lose_answer_at_;
            return left != 0 && --left == 0 ? TEEC_ERROR_TARGET_DEAD : result;
        });
    }
};

Device::Device(const sim::Config& config) : config_(config), processors_(bind_to_one_processor()) {
    the_device = this;
    // A new store measures ciphers for 40 ms of the clock, which would take most of the time of tests that make many stores.
    config_.repeatable_clocks = true;
    files_.on_event = [this] { event(); };
    restore_tee({});
}

Device::~Device() {
    (void)sched_setaffinity(0, sizeof(processors_), &processors_);
    sim::reset_caller();
    sim::use_tee(nullptr);
    the_device = nullptr;
}

Result<Client> Device::try_connect(uint32_t uid, const std::string& directory) {
    static const TeecFunctions functions = [] {
        TeecFunctions f = sim::teec_in_process();
        f.initialize_context = DeviceCalls::initialize;
        f.open_session = DeviceCalls::open_session;
        f.invoke_command = DeviceCalls::invoke;
        return f;
    }();
    sim::set_caller({uid, uid, {}});
    ClientOptions options;
    options.storage = Storage::store;
    options.store_directory = directory;
    options.wait = std::chrono::seconds(0);
    return ClientAccess::connect(functions, options, uid, &files_);
}

Client Device::connect(uint32_t uid, const std::string& directory) {
    Result<Client> client = try_connect(uid, directory);
    if (!client) throw std::runtime_error(client.error().message);
    return std::move(*client);
}

void Device::event() {
    if (++events_ == cut_at_event_) turn_off();
}
void Device::turn_off() {
    off_ = true;
    files_.lose_power();
}
void Device::turn_on() {
    off_ = false;
    cut_at_event(0);
    cut_at_storage_call(0);
}

void Device::cut_at_event(uint64_t n) {
    events_ = 0;
    cut_at_event_ = n;
}
void Device::cut_at_storage_call(uint64_t n) {
    sim::Faults faults;
    faults.storage = n;
    faults.panic_on_storage = n != 0;
    tee_->set_faults(faults);
    cuts_at_storage_call_ = n != 0;
}

void Device::cut_power(std::mt19937_64& random) {
    files_.cut_power(random);
    // The RPMB's blocks are on a device of their own, and stay.
    const TeeObjects rpmb = objects_of({TEE_STORAGE_PRIVATE_RPMB});
    tee_.reset();  // what it does when it ends is lost, too
    disk_->turn_on();
    start_tee(rpmb);
    turn_on();
}
void Device::end_programs() {
    files_.end_program();
    turn_on();
}

Device::TeeObjects Device::objects_of(std::initializer_list<uint32_t> storages) const {
    TeeObjects objects;
    for (const uint32_t storage : storages)
        for (const Content& id : tee_->stored_ids(storage, ta::host_image().uuid))
            objects[{storage, id}] = tee_->stored_object(storage, ta::host_image().uuid, id).value();
    return objects;
}

Device::TeeObjects::iterator Device::table_in(TeeObjects& objects) { return std::ranges::find_if(objects, is_table); }

bool Device::has_a_table() const { return std::ranges::any_of(tee_objects(), is_table); }

Device::TeeObjects Device::tee_objects_but_tables() const {
    TeeObjects objects = tee_objects();
    std::erase_if(objects, [](const auto& object) { return is_table(object) || is_claim(object); });
    return objects;
}

void Device::restore_tee(const TeeObjects& objects) {
    tee_.reset();
    disk_ = std::make_shared<TeeDisk>();
    disk_->on_cut = [this] { turn_off(); };
    config_.ree_disk = disk_;
    start_tee(objects);
    // On a real device, other TAs have stored something. OP-TEE does not create dirf.db safely the very first time.
    tee_->store_object(TEE_STORAGE_PRIVATE_REE, kAnotherTa, bytes_of("another"), bytes_of("object"));
}

void Device::start_tee(const TeeObjects& objects) {
    tee_.reset();
    tee_ = std::make_unique<sim::Tee>(config_);
    tee_->install(ta::host_image());
    for (const auto& [key, content] : objects) tee_->store_object(key.first, ta::host_image().uuid, key.second, content);
    sim::use_tee(tee_.get());
}

void Device::restore(const Snapshot& snapshot) {
    files_.restore(snapshot.files);
    restore_tee(snapshot.disk.empty() ? snapshot.tee : TeeObjects());
    if (!snapshot.disk.empty()) {
        TeeObjects rpmb;
        for (const auto& [key, content] : snapshot.tee)
            if (key.first == TEE_STORAGE_PRIVATE_RPMB) rpmb[key] = content;
        tee_.reset();
        disk_->replace(snapshot.disk);
        start_tee(rpmb);
    }
    turn_on();
}

}  // namespace festore::store_test
