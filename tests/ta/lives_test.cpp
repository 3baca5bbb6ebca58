// SPDX-License-Identifier: BSD-2-Clause
// The entry points, called in every order that OP-TEE may use and in some that it should not: an instance that has ended and is
// entered again, an instance that could not be created, contexts that are not sessions.
#include "ta/session.h"
#include "tests/ta/harness/store_harness.h"

namespace festore::ta {
namespace {

class Lives : public StoreCommands {
protected:
    Lives() { enter_ended_instances(); }
    void enter_ended_instances(uint64_t allocation = 0) {
        sim::Faults faults;
        faults.enters_ended_instances = true;
        faults.allocation = allocation;
        tee_.set_faults(faults);
    }
    uint64_t leaks() { return tee_.counters().instances_ended_with_leaks; }
};

TEST_F(Lives, AnInstanceThatHasEndedServesTheNextSessionAsANewOneDoes) {
    Disk disk;
    for (unsigned life = 0; life < 4; ++life) {
        const uint32_t session = session_of(1000);
        if (life == 0) make_store(session, disk);
        else ASSERT_EQ(open_store(session, disk), 0U) << life;
        ASSERT_EQ(store_put(session, disk, "object", filled(100, life)), 0U) << life;
        Content content(100);
        ASSERT_EQ(store_get(session, disk, "object", content).result, 0U) << life;
        EXPECT_EQ(content, filled(100, life));
        ASSERT_EQ(put(session, "in the TEE", filled(10, life)), 0U) << life;
        EXPECT_GT(tee_.ta_heap_bytes_in_use(protocol::kTaUuid), 0U);
        tee_.close_session(session);
        EXPECT_EQ(tee_.ta_heap_bytes_in_use(protocol::kTaUuid), 0U) << "an ended instance leaves nothing";
        EXPECT_EQ(tee_.ta_handles_open(protocol::kTaUuid), 0U);
    }
    EXPECT_EQ(leaks(), 0U);
}

TEST_F(Lives, ASessionThatIsRefusedEndsTheInstanceAndTheNextOneIsServed) {
    uint32_t session = 0;
    tee_.close_session(session_of(1000));
    EXPECT_EQ(open({1, {}}, &session), number(Code::no_identity));
    EXPECT_EQ(open({1, {}}, &session), number(Code::no_identity)) << "again";
    EXPECT_EQ(stat(session_of(1000), "x"), number(Code::item_not_found));
    EXPECT_EQ(leaks(), 0U);
}

TEST_F(Lives, AnInstanceThatCouldNotBeMadeIsMadeByTheNextSession) {
    uint32_t session = 0;
    enter_ended_instances(1);
    EXPECT_EQ(open(user(1000), &session), number(Code::out_of_memory)) << "TA_CreateEntryPoint";
    enter_ended_instances(1);
    EXPECT_EQ(open(user(1000), &session), number(Code::out_of_memory)) << "again, in the same memory";
    EXPECT_EQ(stat(session_of(1000), "x"), number(Code::item_not_found));
}

void* other_context = nullptr;  // given to the TA in place of a session's context

class Contexts : public StoreCommands {
protected:
    Contexts() {
        sim::TaImage image = host_image();
        image.invoke_command = [](void* context, uint32_t command, uint32_t types, void* params) -> uint32_t {
            return host_image().invoke_command(is_exchanged_ ? other_context : context, command, types, params);
        };
        image.close_session = [](void* context) {
            if (is_exchanged_) host_image().close_session(other_context);
            host_image().close_session(context);
        };
        tee_.install(image);
    }
    ~Contexts() override { is_exchanged_ = false; }
    static inline bool is_exchanged_ = false;
};

TEST_F(Contexts, ThatAreNoSessionsAreNeitherServedNorClosed) {
    const uint32_t stays = session_of(1000);
    std::array<std::byte, sizeof(Session)> foreign{};
    for (void* const context : {static_cast<void*>(nullptr), static_cast<void*>(foreign.data())}) {
        const uint32_t session = session_of(1000);
        other_context = context;
        is_exchanged_ = true;
        EXPECT_EQ(stat(session, "x"), number(Code::bad_state));
        EXPECT_EQ(find(session), number(Code::bad_state));
        tee_.close_session(session);
        is_exchanged_ = false;
        EXPECT_EQ(stat(stays, "x"), number(Code::item_not_found));
    }
}

}  // namespace
}  // namespace festore::ta
