// SPDX-License-Identifier: BSD-2-Clause
// The Client API in process: shared memory that is really shared, references and their checks, logins, origins.
#include "sim/teec/teec_in_process.h"
#include "tests/sim/harness.h"

#include <atomic>
#include <thread>

namespace festore::sim {
namespace {

constexpr TEEC_UUID kTeecTa = {0x11111111, 0x1111, 0x1111, {1, 1, 1, 1, 1, 1, 1, 1}};

class Teec : public SimTest {
protected:
    void SetUp() override {
        use_tee(tee_.get());
        ASSERT_EQ(api_.initialize_context(nullptr, &context_), TEEC_SUCCESS);
        ASSERT_EQ(login(TEEC_LOGIN_PUBLIC, nullptr, &session_), TEEC_SUCCESS);
    }
    void TearDown() override {
        api_.close_session(&session_);
        api_.finalize_context(&context_);
        use_tee(nullptr);
        reset_caller();
    }
    uint32_t login(uint32_t method, const void* data, TEEC_Session* session) {
        return api_.open_session(&context_, session, &kTeecTa, method, data, nullptr, &origin_);
    }
    uint32_t call(TEEC_Operation& operation, const Work& work) {
        TestTa::now().work = work;
        return api_.invoke_command(&session_, 1, &operation, &origin_);
    }
    TEEC_SharedMemory allocate(size_t size, uint32_t flags) {
        TEEC_SharedMemory memory{};
        memory.size = size;
        memory.flags = flags;
        EXPECT_EQ(api_.allocate_shared_memory(&context_, &memory), TEEC_SUCCESS);
        return memory;
    }
    static TEEC_Operation with(uint32_t type) {
        TEEC_Operation operation{};
        operation.paramTypes = type;
        return operation;
    }
    static uint32_t nothing(uint32_t, TEE_Param*) { return TEE_SUCCESS; }

    const TeecFunctions& api_ = teec_in_process();
    TEEC_Context context_{};
    TEEC_Session session_{};
};

TEST_F(Teec, WithoutATeeThereIsNoContext) {
    use_tee(nullptr);
    TEEC_Context context{};
    EXPECT_EQ(api_.initialize_context(nullptr, &context), TEEC_ERROR_ITEM_NOT_FOUND);
    EXPECT_EQ(api_.initialize_context(nullptr, nullptr), TEEC_ERROR_BAD_PARAMETERS);
}

TEST_F(Teec, NullPointersAreBadParametersOrNothing) {
    TEEC_Session session{};
    EXPECT_EQ(api_.open_session(nullptr, &session, &kTeecTa, TEEC_LOGIN_PUBLIC, nullptr, nullptr, nullptr),
              TEEC_ERROR_BAD_PARAMETERS);
    EXPECT_EQ(api_.open_session(&context_, nullptr, &kTeecTa, TEEC_LOGIN_PUBLIC, nullptr, nullptr, &origin_),
              TEEC_ERROR_BAD_PARAMETERS);
    EXPECT_EQ(origin_, TEEC_ORIGIN_API);
    EXPECT_EQ(api_.invoke_command(nullptr, 1, nullptr, nullptr), TEEC_ERROR_BAD_PARAMETERS);
    TEEC_SharedMemory memory{};
    memory.flags = TEEC_MEM_INPUT;
    EXPECT_EQ(api_.register_shared_memory(&context_, &memory), TEEC_ERROR_BAD_PARAMETERS) << "nothing to register";
    EXPECT_EQ(api_.allocate_shared_memory(nullptr, &memory), TEEC_ERROR_BAD_PARAMETERS);
    memory.flags = 4;
    EXPECT_EQ(api_.allocate_shared_memory(&context_, &memory), TEEC_ERROR_BAD_PARAMETERS) << "unknown flags";
    api_.close_session(nullptr);
    api_.release_shared_memory(nullptr);
    api_.finalize_context(nullptr);
}

// The TA reads what another thread of the client writes during the call: copies would hide bugs of this kind.
TEST_F(Teec, SharedMemoryIsSharedWhileTheTaRuns) {
    TEEC_SharedMemory memory = allocate(8, TEEC_MEM_INPUT | TEEC_MEM_OUTPUT);
    auto* ours = static_cast<std::atomic<char>*>(memory.buffer);
    std::thread client([&] {
        while (ours[0] != 'q') std::this_thread::yield();
        ours[1] = 'a';
    });
    TEEC_Operation operation = with(TEEC_MEMREF_WHOLE);
    operation.params[0].memref.parent = &memory;
    EXPECT_EQ(call(operation, [&](uint32_t types, TEE_Param* p) {
        EXPECT_EQ(types, TEE_PARAM_TYPE_MEMREF_INOUT);
        auto* theirs = static_cast<std::atomic<char>*>(p[0].memref.buffer);
        theirs[0] = 'q';
        while (theirs[1] != 'a') std::this_thread::yield();
        return TEE_SUCCESS;
    }), TEEC_SUCCESS);
    client.join();
    api_.release_shared_memory(&memory);
    EXPECT_EQ(memory.buffer, nullptr);
}

TEST_F(Teec, RegisteredAndTemporaryMemoryIsTheCallersOwn) {
    std::array<char, 16> buffer{};
    TEEC_SharedMemory memory{};
    memory.buffer = buffer.data();
    memory.size = buffer.size();
    memory.flags = TEEC_MEM_OUTPUT;
    ASSERT_EQ(api_.register_shared_memory(&context_, &memory), TEEC_SUCCESS);
    TEEC_Operation operation = with(TEEC_MEMREF_PARTIAL_OUTPUT | TEEC_MEMREF_TEMP_INOUT << 4);
    operation.params[0].memref = {&memory, 4, 8};
    std::array<char, 4> temporary{};
    operation.params[1].tmpref = {temporary.data(), temporary.size()};
    EXPECT_EQ(call(operation, [&](uint32_t, TEE_Param* p) {
        EXPECT_EQ(p[0].memref.buffer, buffer.data() + 8);
        EXPECT_EQ(p[0].memref.size, 4U);
        EXPECT_EQ(p[1].memref.buffer, temporary.data());
        p[0].memref.size = 3;
        p[1].memref.size = 77;
        return TEE_ERROR_SHORT_BUFFER;
    }), TEEC_ERROR_SHORT_BUFFER);
    EXPECT_EQ(origin_, TEEC_ORIGIN_TRUSTED_APP);
    EXPECT_EQ(operation.params[0].memref.size, 3U);
    EXPECT_EQ(operation.params[1].tmpref.size, 77U);
    api_.release_shared_memory(&memory);
}

TEST_F(Teec, ReferencesAreChecked) {
    TEEC_SharedMemory input = allocate(16, TEEC_MEM_INPUT);
    struct Case {
        uint32_t type;
        size_t size, offset;
        uint32_t expected;
    };
    const Case cases[] = {
        {TEEC_MEMREF_PARTIAL_INPUT, 16, 0, TEEC_SUCCESS},
        {TEEC_MEMREF_PARTIAL_INPUT, 0, 16, TEEC_SUCCESS},
        {TEEC_MEMREF_PARTIAL_INPUT, 17, 0, TEEC_ERROR_BAD_PARAMETERS},
        {TEEC_MEMREF_PARTIAL_INPUT, 1, 16, TEEC_ERROR_BAD_PARAMETERS},
        {TEEC_MEMREF_PARTIAL_INPUT, 2, SIZE_MAX, TEEC_ERROR_BAD_PARAMETERS},
        {TEEC_MEMREF_PARTIAL_INPUT, SIZE_MAX, 1, TEEC_ERROR_BAD_PARAMETERS},
        {TEEC_MEMREF_PARTIAL_OUTPUT, 16, 0, TEEC_ERROR_BAD_PARAMETERS},
        {TEEC_MEMREF_PARTIAL_INOUT, 16, 0, TEEC_ERROR_BAD_PARAMETERS},
        {TEEC_MEMREF_WHOLE, 999, 999, TEEC_SUCCESS},
        {4, 0, 0, TEEC_ERROR_BAD_PARAMETERS},
        {8, 0, 0, TEEC_ERROR_BAD_PARAMETERS},
    };
    for (const Case& c : cases) {
        TEEC_Operation operation = with(c.type);
        operation.params[0].memref = {&input, c.size, c.offset};
        EXPECT_EQ(call(operation, nothing), c.expected) << "type " << c.type << " size " << c.size << " at " << c.offset;
        if (c.expected != TEEC_SUCCESS) {
            EXPECT_EQ(origin_, TEEC_ORIGIN_API);
        }
    }
    TEEC_Operation operation = with(TEEC_MEMREF_TEMP_INPUT);
    EXPECT_EQ(call(operation, nothing), TEEC_SUCCESS) << "a null reference";
    operation.params[0].tmpref.size = 1;
    EXPECT_EQ(call(operation, nothing), TEEC_ERROR_BAD_PARAMETERS) << "null with a size";
    operation = with(TEEC_MEMREF_WHOLE);
    EXPECT_EQ(call(operation, nothing), TEEC_ERROR_BAD_PARAMETERS) << "no parent";
    api_.release_shared_memory(&input);
}

TEST_F(Teec, ValuesGoBothWays) {
    TEEC_Operation operation = with(TEEC_VALUE_INOUT | TEEC_VALUE_INPUT << 4);
    operation.params[0].value = {1, 2};
    operation.params[1].value = {3, 4};
    EXPECT_EQ(call(operation, [](uint32_t, TEE_Param* p) {
        EXPECT_EQ(p[0].value.b, 2U);
        p[0].value = {10, 20};
        p[1].value = {30, 40};
        return TEE_SUCCESS;
    }), TEEC_SUCCESS);
    EXPECT_EQ(operation.params[0].value.a, 10U);
    EXPECT_EQ(operation.params[1].value.a, 3U);
}

TEST_F(Teec, ThePanicOfTheTaIsTargetDead) {
    TEEC_Operation operation = with(TEEC_NONE);
    EXPECT_EQ(call(operation, [](uint32_t, TEE_Param*) -> uint32_t { TEE_Panic(1); }), TEEC_ERROR_TARGET_DEAD);
    EXPECT_EQ(origin_, TEEC_ORIGIN_TEE);
    EXPECT_EQ(call(operation, nothing), TEEC_ERROR_TARGET_DEAD);
    TEEC_Session fresh{};
    ASSERT_EQ(login(TEEC_LOGIN_PUBLIC, nullptr, &fresh), TEEC_SUCCESS);
    EXPECT_EQ(api_.invoke_command(&fresh, 1, nullptr, nullptr), TEEC_SUCCESS);
    api_.close_session(&fresh);
}

class Logins : public Teec {
protected:
    // The identity that the TA sees; login 0xFF if the login was refused.
    Identity seen(uint32_t method, const void* data = nullptr) {
        TEEC_Session session{};
        if (login(method, data, &session) != TEEC_SUCCESS) return {0xFF, {}};
        TEE_Identity id{};
        TestTa::now().work = [&](uint32_t, TEE_Param*) {
            return TEE_GetPropertyAsIdentity(TEE_PROPSET_CURRENT_CLIENT, "gpd.client.identity", &id);
        };
        EXPECT_EQ(api_.invoke_command(&session, 1, nullptr, nullptr), TEEC_SUCCESS);
        api_.close_session(&session);
        std::array<uint8_t, 8> rest{};
        for (size_t i = 0; i < rest.size(); ++i) rest[i] = id.uuid.clockSeqAndNode[i];
        return {id.login, Uuid::from_fields(id.uuid.timeLow, id.uuid.timeMid, id.uuid.timeHiAndVersion, rest)};
    }
};

TEST_F(Logins, TheKernelSaysWhoTheCallerIs) {
    set_caller({1000, 100, {200, 300}});
    EXPECT_EQ(seen(TEEC_LOGIN_PUBLIC).login, TEE_LOGIN_PUBLIC);
    EXPECT_TRUE(seen(TEEC_LOGIN_PUBLIC).uuid.is_nil());
    EXPECT_EQ(seen(TEEC_LOGIN_USER).login, TEE_LOGIN_USER);
    EXPECT_EQ(seen(TEEC_LOGIN_USER).uuid,
              Uuid::from_fields(0xfc34275c, 0xd8dd, 0x5ba7, {0x96, 0x8b, 0x50, 0x47, 0x18, 0x36, 0x3b, 0x87}));
    for (const uint32_t member : {100U, 200U, 300U}) {
        EXPECT_EQ(seen(TEEC_LOGIN_GROUP, &member).login, TEE_LOGIN_GROUP);
        EXPECT_EQ(seen(TEEC_LOGIN_GROUP, &member).uuid, uuid_of_group(member));
    }
    set_caller({0, 0, {}});
    EXPECT_EQ(seen(TEEC_LOGIN_USER).uuid, uuid_of_user(0));
}

TEST_F(Logins, OthersGroupsAndApplicationLoginsAreRefused) {
    set_caller({1000, 100, {200}});
    const uint32_t other = 201;
    TEEC_Session session{};
    EXPECT_EQ(login(TEEC_LOGIN_GROUP, &other, &session), TEEC_ERROR_ACCESS_DENIED);
    EXPECT_EQ(origin_, TEEC_ORIGIN_COMMS);
    EXPECT_NE(login(TEEC_LOGIN_GROUP, nullptr, &session), TEEC_SUCCESS);
    for (const uint32_t application : {4U, 5U, 6U, 7U, 99U})
        EXPECT_NE(login(application, nullptr, &session), TEEC_SUCCESS) << application;
    EXPECT_EQ(TestTa::now().opened, 1) << "the TA saw none of them";
}

TEST_F(Logins, TheProcesssOwnIdsAreTheDefault) {
    EXPECT_EQ(seen(TEEC_LOGIN_USER).uuid, uuid_of_user(geteuid()));
    const uint32_t own = getegid();
    EXPECT_EQ(seen(TEEC_LOGIN_GROUP, &own).uuid, uuid_of_group(own));
}

}  // namespace
}  // namespace festore::sim
