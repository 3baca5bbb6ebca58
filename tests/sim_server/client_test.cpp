// SPDX-License-Identifier: BSD-2-Clause
// The Client API over the socket: shared memory whose changes both sides see, copies of memory that a client lends, panics, and
// the caller's identity that the TA gets.
#include "base/tee_client_api.h"
#include "sim/identity.h"
#include "tests/sim_server/harness.h"

#include <algorithm>
#include <cstring>

extern "C" {
TEEC_Result TEEC_InitializeContext(const char* name, TEEC_Context* context);
void TEEC_FinalizeContext(TEEC_Context* context);
TEEC_Result TEEC_OpenSession(TEEC_Context* context, TEEC_Session* session, const TEEC_UUID* ta, uint32_t method,
                             const void* data, TEEC_Operation* operation, uint32_t* origin);
void TEEC_CloseSession(TEEC_Session* session);
TEEC_Result TEEC_InvokeCommand(TEEC_Session* session, uint32_t command, TEEC_Operation* operation, uint32_t* origin);
TEEC_Result TEEC_AllocateSharedMemory(TEEC_Context* context, TEEC_SharedMemory* memory);
TEEC_Result TEEC_RegisterSharedMemory(TEEC_Context* context, TEEC_SharedMemory* memory);
void TEEC_ReleaseSharedMemory(TEEC_SharedMemory* memory);
}

namespace festore::sim {
namespace {

constexpr TEEC_UUID kFirst = {0x11111111, 0x1111, 0x1111, {1, 1, 1, 1, 1, 1, 1, 1}};
constexpr TEEC_UUID kSecond = {0x22222222, 0x2222, 0x2222, {2, 2, 2, 2, 2, 2, 2, 2}};

class SocketClients : public ServerTest {
protected:
    struct Connected {
        TEEC_Context context{};
        TEEC_Session session{};
        explicit Connected(const TEEC_UUID& ta = kFirst) {
            EXPECT_EQ(TEEC_InitializeContext(nullptr, &context), TEEC_SUCCESS);
            EXPECT_EQ(TEEC_OpenSession(&context, &session, &ta, TEEC_LOGIN_PUBLIC, nullptr, nullptr, nullptr),
                      TEEC_SUCCESS);
        }
        ~Connected() {
            TEEC_CloseSession(&session);
            TEEC_FinalizeContext(&context);
        }
        Connected(const Connected&) = delete;
        Connected& operator=(const Connected&) = delete;
        uint32_t call(TEEC_Operation* operation, uint32_t* origin = nullptr) {
            return TEEC_InvokeCommand(&session, 1, operation, origin);
        }
    };
    void SetUp() override {
        ServerTest::SetUp();
        serve();
    }
    static void in_ta(const Work& work) { TestTa::now().work = work; }
};

TEST_F(SocketClients, AllocatedMemoryChangesOnBothSidesDuringACall) {
    Connected client;
    TEEC_SharedMemory memory{};
    memory.size = 8;
    memory.flags = TEEC_MEM_INPUT | TEEC_MEM_OUTPUT;
    ASSERT_EQ(TEEC_AllocateSharedMemory(&client.context, &memory), TEEC_SUCCESS);
    auto* ours = static_cast<std::atomic<char>*>(memory.buffer);
    std::thread other([&] {
        while (ours[0] != 'q') std::this_thread::yield();
        ours[1] = 'a';
    });
    const void* seen_at = nullptr;
    in_ta([&](uint32_t, TEE_Param* p) -> uint32_t {
        seen_at = p[0].memref.buffer;
        auto* theirs = static_cast<std::atomic<char>*>(p[0].memref.buffer);
        theirs[0] = 'q';
        while (theirs[1] != 'a') std::this_thread::yield();
        return TEE_SUCCESS;
    });
    TEEC_Operation operation{};
    operation.paramTypes = TEEC_MEMREF_WHOLE;
    operation.params[0].memref.parent = &memory;
    EXPECT_EQ(client.call(&operation), TEEC_SUCCESS);
    other.join();
    EXPECT_NE(seen_at, memory.buffer) << "the server's own mapping";
    TEEC_ReleaseSharedMemory(&memory);
    EXPECT_EQ(memory.buffer, nullptr);
}

TEST_F(SocketClients, RegisteredAndTemporaryMemoryIsCopiedThereAndBack) {
    Connected client;
    std::string own = "registered";
    TEEC_SharedMemory memory{};
    memory.buffer = own.data();
    memory.size = own.size();
    memory.flags = TEEC_MEM_INPUT | TEEC_MEM_OUTPUT;
    ASSERT_EQ(TEEC_RegisterSharedMemory(&client.context, &memory), TEEC_SUCCESS);
    std::string temporary = "temporary";
    TEEC_Operation operation{};
    operation.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_PARTIAL_INOUT, TEEC_MEMREF_TEMP_INOUT, TEEC_VALUE_INOUT,
                                            TEEC_MEMREF_TEMP_INPUT);
    operation.params[0].memref = {&memory, 4, 2};
    operation.params[1].tmpref = {temporary.data(), temporary.size()};
    operation.params[2].value = {1, 2};
    in_ta([&](uint32_t, TEE_Param* p) -> uint32_t {
        EXPECT_EQ(std::string(static_cast<char*>(p[0].memref.buffer), p[0].memref.size), "gist");
        EXPECT_EQ(std::string(static_cast<char*>(p[1].memref.buffer), p[1].memref.size), "temporary");
        EXPECT_EQ(p[3].memref.buffer, nullptr);
        std::memcpy(p[0].memref.buffer, "GIST", 4);
        std::memcpy(p[1].memref.buffer, "TEMPORARY", 9);
        p[0].memref.size = 2;
        p[1].memref.size = 1000;  // says what it needs
        p[2].value = {3, 4};
        return TEE_ERROR_SHORT_BUFFER;
    });
    uint32_t origin = 0;
    EXPECT_EQ(client.call(&operation, &origin), TEEC_ERROR_SHORT_BUFFER);
    EXPECT_EQ(origin, TEEC_ORIGIN_TRUSTED_APP);
    EXPECT_EQ(own, "reGIstered") << "as much as the TA said it wrote";
    EXPECT_EQ(operation.params[0].memref.size, 2U);
    EXPECT_EQ(temporary, "temporary") << "a size beyond the buffer writes nothing";
    EXPECT_EQ(operation.params[1].tmpref.size, 1000U);
    EXPECT_EQ(operation.params[2].value.b, 4U);
    TEEC_ReleaseSharedMemory(&memory);
}

TEST_F(SocketClients, APanicIsTargetDeadForAllSessionsOfThatTaAndForNoOther) {
    Connected panicking;
    Connected bystander;
    Connected other_ta(kSecond);
    in_ta([](uint32_t, TEE_Param*) -> uint32_t { TEE_Panic(1); });
    uint32_t origin = 0;
    EXPECT_EQ(panicking.call(nullptr, &origin), TEEC_ERROR_TARGET_DEAD);
    EXPECT_EQ(origin, TEEC_ORIGIN_TEE);
    in_ta([](uint32_t, TEE_Param*) -> uint32_t { return TEE_SUCCESS; });
    EXPECT_EQ(panicking.call(nullptr), TEEC_ERROR_TARGET_DEAD);
    EXPECT_EQ(bystander.call(nullptr), TEEC_ERROR_TARGET_DEAD);
    EXPECT_EQ(other_ta.call(nullptr), TEEC_SUCCESS);
    Connected fresh;
    EXPECT_EQ(fresh.call(nullptr), TEEC_SUCCESS);
}

TEST_F(SocketClients, AServerThatEndedIsACommunicationErrorForGood) {
    Connected client;
    end_server();
    uint32_t origin = 0;
    EXPECT_EQ(client.call(nullptr, &origin), TEEC_ERROR_COMMUNICATION);
    EXPECT_EQ(origin, TEEC_ORIGIN_COMMS);
    serve();
    EXPECT_EQ(client.call(nullptr), TEEC_ERROR_COMMUNICATION) << "the next server does not have this session";
    Connected fresh;
    EXPECT_EQ(fresh.call(nullptr), TEEC_SUCCESS);
}

TEST_F(SocketClients, MoreMemoryThanTheLimitIsRefusedBeforeItIsAskedFor) {
    Connected client;
    TEEC_SharedMemory memory{};
    memory.size = wire::kSharedBytesMax + 1;
    memory.flags = TEEC_MEM_INPUT;
    EXPECT_EQ(TEEC_AllocateSharedMemory(&client.context, &memory), TEEC_ERROR_OUT_OF_MEMORY);
    std::vector<char> large(wire::kSharedBytesMax / 2 + 1);
    TEEC_Operation operation{};
    operation.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_INPUT, TEEC_MEMREF_TEMP_INPUT, TEEC_NONE, TEEC_NONE);
    operation.params[0].tmpref = {large.data(), large.size()};
    operation.params[1].tmpref = {large.data(), large.size()};
    EXPECT_EQ(client.call(&operation), TEEC_ERROR_OUT_OF_MEMORY);
    operation.params[1].tmpref = {nullptr, 0};
    EXPECT_EQ(client.call(&operation), TEEC_SUCCESS);
}

TEST_F(SocketClients, TheTaIsToldWhoTheKernelSaysIsAtTheOtherEnd) {
    TEEC_Context context{};
    ASSERT_EQ(TEEC_InitializeContext(nullptr, &context), TEEC_SUCCESS);
    TEE_Identity id{};
    in_ta([&](uint32_t, TEE_Param*) {
        return TEE_GetPropertyAsIdentity(TEE_PROPSET_CURRENT_CLIENT, "gpd.client.identity", &id);
    });
    const auto seen = [&](uint32_t method, const void* data) {
        TEEC_Session session{};
        const TEEC_Result opened = TEEC_OpenSession(&context, &session, &kFirst, method, data, nullptr, nullptr);
        if (opened != TEEC_SUCCESS) return Uuid{};
        EXPECT_EQ(TEEC_InvokeCommand(&session, 1, nullptr, nullptr), TEEC_SUCCESS);
        TEEC_CloseSession(&session);
        std::array<uint8_t, 8> rest{};
        std::copy(std::begin(id.uuid.clockSeqAndNode), std::end(id.uuid.clockSeqAndNode), rest.begin());
        return Uuid::from_fields(id.uuid.timeLow, id.uuid.timeMid, id.uuid.timeHiAndVersion, rest);
    };
    EXPECT_EQ(seen(TEEC_LOGIN_USER, nullptr), uuid_of_user(geteuid()));
    const uint32_t own = getegid();
    EXPECT_EQ(seen(TEEC_LOGIN_GROUP, &own), uuid_of_group(own));
    const uint32_t others = 4000000;
    uint32_t origin = 0;
    TEEC_Session session{};
    EXPECT_EQ(TEEC_OpenSession(&context, &session, &kFirst, TEEC_LOGIN_GROUP, &others, nullptr, &origin),
              TEEC_ERROR_ACCESS_DENIED);
    EXPECT_EQ(origin, TEEC_ORIGIN_COMMS);
    TEEC_FinalizeContext(&context);
}

}  // namespace
}  // namespace festore::sim
