// SPDX-License-Identifier: BSD-2-Clause
// Properties, identities, time, random, memory rights, and OP-TEE's system pseudo-TA.
#include "base/host/hex.h"
#include "sim/identity.h"
#include "tests/sim/harness.h"

namespace festore::sim {
namespace {

std::string property(TEE_PropSetHandle set, const char* name) {
    std::array<char, 80> text{};
    size_t size = text.size();
    const uint32_t result = TEE_GetPropertyAsString(set, name, text.data(), &size);
    if (result != TEE_SUCCESS) return error(result);
    EXPECT_EQ(size, std::string(text.data()).size() + 1) << "with the terminating zero";
    return text.data();
}

class System : public SimTest {};

TEST_F(System, SaysThatItIsSimulated) {
    EXPECT_EQ(in_ta([] {
        EXPECT_EQ(property(TEE_PROPSET_TEE_IMPLEMENTATION, "gpd.tee.description"), "festore simulated TEE");
        char little = 0;
        size_t size = 1;
        EXPECT_EQ(TEE_GetPropertyAsString(TEE_PROPSET_TEE_IMPLEMENTATION, "gpd.tee.description", &little, &size),
                  TEE_ERROR_SHORT_BUFFER);
        EXPECT_EQ(size, 22U);
    }), TEE_SUCCESS);
}

TEST_F(System, PropertiesHaveTypes) {
    EXPECT_EQ(in_ta([] {
        const auto tee = TEE_PROPSET_TEE_IMPLEMENTATION;
        const auto ta = TEE_PROPSET_CURRENT_TA;
        uint32_t number = 0;
        bool yes = false;
        TEE_UUID uuid{};
        EXPECT_EQ(TEE_GetPropertyAsU32(tee, "gpd.tee.trustedStorage.antiRollback.protectionLevel", &number), TEE_SUCCESS);
        EXPECT_EQ(number, 1000U);
        EXPECT_EQ(TEE_GetPropertyAsU32(ta, "gpd.ta.dataSize", &number), TEE_SUCCESS);
        EXPECT_EQ(number, kHeapBytes);
        EXPECT_EQ(TEE_GetPropertyAsBool(ta, "gpd.ta.multiSession", &yes), TEE_SUCCESS);
        EXPECT_TRUE(yes);
        EXPECT_EQ(TEE_GetPropertyAsUUID(ta, "gpd.ta.appID", &uuid), TEE_SUCCESS);
        EXPECT_EQ(uuid.timeLow, 0x11111111U);
        EXPECT_EQ(property(ta, "gpd.ta.version"), "7.8");
        EXPECT_EQ(property(ta, "gpd.ta.dataSize"), "65536");
        EXPECT_EQ(property(ta, "gpd.ta.instanceKeepAlive"), "false");
        EXPECT_EQ(property(ta, "gpd.ta.appID"), "11111111-1111-1111-0101-010101010101");
        EXPECT_EQ(TEE_GetPropertyAsU32(tee, "gpd.tee.description", &number), TEE_ERROR_BAD_FORMAT);
        EXPECT_EQ(TEE_GetPropertyAsU32(tee, "gpd.tee.unheard.of", &number), TEE_ERROR_ITEM_NOT_FOUND);
        EXPECT_EQ(TEE_GetPropertyAsU32(ta, "gpd.tee.systemTime.protectionLevel", &number), TEE_ERROR_ITEM_NOT_FOUND);
        EXPECT_EQ(property(TEE_PROPSET_CURRENT_CLIENT, "gpd.client.name"), error(TEE_ERROR_ITEM_NOT_FOUND));
    }), TEE_SUCCESS);
    EXPECT_TRUE(panics([] { TEE_GetPropertyAsU32(TEE_PROPSET_CURRENT_TA, "gpd.ta.dataSize", nullptr); }));
    EXPECT_TRUE(panics([] { size_t n = 0; TEE_GetPropertyAsString(TEE_PROPSET_CURRENT_TA, "gpd.ta.version", nullptr, &n); }));
}

// As in OP-TEE: 100 without any protection, and no property "rollbackDetection".
TEST_F(System, WithoutRpmbClaimsWhatOpteeClaims) {
    Config config;
    config.has_rpmb = false;
    restart(config);
    EXPECT_EQ(in_ta([] {
        const auto tee = TEE_PROPSET_TEE_IMPLEMENTATION;
        uint32_t level = 7;
        EXPECT_EQ(TEE_GetPropertyAsU32(tee, "gpd.tee.trustedStorage.antiRollback.protectionLevel", &level), TEE_SUCCESS);
        EXPECT_EQ(level, 100U);
        EXPECT_EQ(TEE_GetPropertyAsU32(tee, "gpd.tee.trustedStorage.rollbackDetection.protectionLevel", &level),
                  TEE_ERROR_ITEM_NOT_FOUND);
    }), TEE_SUCCESS);
}

TEST_F(System, TheClientsIdentityIsThatOfTheSessionBeingServed) {
    uint32_t root = 0;
    uint32_t nobody = 0;
    ASSERT_EQ(open(kTa, &root, Identity{TEE_LOGIN_USER, uuid_of_user(0)}), TEE_SUCCESS);
    ASSERT_EQ(open(kTa, &nobody), TEE_SUCCESS);
    const auto identity = [&](uint32_t session) {
        TEE_Identity seen{};
        Params none;
        EXPECT_EQ(invoke(session, none, [&](uint32_t, TEE_Param*) {
            EXPECT_EQ(property(TEE_PROPSET_CURRENT_CLIENT, "gpd.client.identity").substr(0, 2),
                      session == root ? "1:" : "0:");
            return TEE_GetPropertyAsIdentity(TEE_PROPSET_CURRENT_CLIENT, "gpd.client.identity", &seen);
        }), TEE_SUCCESS);
        return seen;
    };
    EXPECT_EQ(identity(root).login, TEE_LOGIN_USER);
    EXPECT_EQ(identity(root).uuid.timeLow, 0xef0180a3U) << "of uid 0, as Linux computes it";
    EXPECT_EQ(identity(nobody).login, TEE_LOGIN_PUBLIC);
    EXPECT_EQ(identity(nobody).uuid.timeLow, 0U);
    tee_->close_session(root);
    tee_->close_session(nobody);
}

TEST(Identities, AreThoseThatLinuxComputes) {
    EXPECT_EQ(hex(uuid_of_user(0).bytes), "ef0180a313f35d1cb7f5888c0e21059a");
    EXPECT_EQ(hex(uuid_of_user(1000).bytes), "fc34275cd8dd5ba7968b504718363b87");
    EXPECT_NE(uuid_of_group(1000), uuid_of_user(1000));
}

TEST_F(System, TimePassesAndRandomIsRandom) {
    EXPECT_EQ(in_ta([] {
        TEE_Time before{};
        TEE_Time after{};
        TEE_GetSystemTime(&before);
        EXPECT_EQ(TEE_Wait(20), TEE_SUCCESS);
        TEE_GetSystemTime(&after);
        const auto ms = [](const TEE_Time& t) { return int64_t{t.seconds} * 1000 + t.millis; };
        EXPECT_GE(ms(after) - ms(before), 19);
        TEE_GetREETime(&after);
        EXPECT_GT(after.seconds, 1700000000U);
        std::array<char, 32> a{};
        std::array<char, 32> b{};
        TEE_GenerateRandom(a.data(), a.size());
        TEE_GenerateRandom(b.data(), b.size());
        TEE_GenerateRandom(nullptr, 0);
        EXPECT_NE(a, b);
    }), TEE_SUCCESS);
}

// Runs TA code with the address of memory that the normal world shares.
class SharedMemory : public System {
protected:
    uint32_t with_shared(const std::function<void(char*)>& work) {
        uint32_t session = 0;
        EXPECT_EQ(open(kTa, &session), TEE_SUCCESS);
        std::array<char, 64> shared{};
        Params params;
        params.types = TEE_PARAM_TYPES(TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_MEMREF_INPUT, 0U, 0U);
        params.values[1] = {shared.data(), shared.size(), 0, 0};
        const uint32_t result = invoke(session, params, [&](uint32_t, TEE_Param* p) {
            return work(static_cast<char*>(p[1].memref.buffer)), TEE_SUCCESS;
        });
        tee_->close_session(session);
        return result;
    }
};

TEST_F(SharedMemory, IsNotTheTasOwn) {
    EXPECT_EQ(with_shared([](char* shared) {
        char own = 0;
        const uint32_t read = TEE_MEMORY_ACCESS_READ;
        EXPECT_EQ(TEE_CheckMemoryAccessRights(read, &own, 1), TEE_SUCCESS);
        EXPECT_EQ(TEE_CheckMemoryAccessRights(read, shared, 1), TEE_ERROR_ACCESS_DENIED);
        EXPECT_EQ(TEE_CheckMemoryAccessRights(read, shared + 63, 1), TEE_ERROR_ACCESS_DENIED);
        EXPECT_EQ(TEE_CheckMemoryAccessRights(read | TEE_MEMORY_ACCESS_ANY_OWNER, shared, 64), TEE_SUCCESS);
        EXPECT_EQ(TEE_CheckMemoryAccessRights(read, shared, 0), TEE_SUCCESS);
        EXPECT_EQ(TEE_CheckMemoryAccessRights(read, nullptr, 1), TEE_ERROR_ACCESS_DENIED);
    }), TEE_SUCCESS);
    EXPECT_EQ(with_shared([](char* shared) { TEE_GenerateRandom(shared, 1); }), TEE_ERROR_TARGET_DEAD);
}

class Derivation : public SharedMemory {
protected:
    static uint32_t derive(std::string_view extra, void* key, size_t size) {
        constexpr TEE_UUID pta = PTA_SYSTEM_UUID;
        TEE_TASessionHandle session = TEE_HANDLE_NULL;
        const uint32_t opened = TEE_OpenTASession(&pta, TEE_TIMEOUT_INFINITE, 0, nullptr, &session, nullptr);
        if (opened != TEE_SUCCESS) return opened;
        std::array<TEE_Param, 4> params{};
        params[0].memref = {const_cast<char*>(extra.data()), extra.size()};
        params[1].memref = {key, size};
        const uint32_t types = TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT, TEE_PARAM_TYPE_MEMREF_OUTPUT, 0U, 0U);
        const uint32_t result = TEE_InvokeTACommand(session, TEE_TIMEOUT_INFINITE, PTA_SYSTEM_DERIVE_TA_UNIQUE_KEY, types,
                                                    params.data(), nullptr);
        TEE_CloseTASession(session);
        return result;
    }
    std::string key_of(const Uuid& ta, std::string_view extra) {
        std::string key;
        EXPECT_EQ(in_ta([&] {
            std::array<char, 32> bytes{};
            EXPECT_EQ(derive(extra, bytes.data(), bytes.size()), TEE_SUCCESS);
            key = hex(std::as_bytes(std::span(bytes)));
        }, ta), TEE_SUCCESS);
        EXPECT_EQ(tee_->ta_handles_open(ta), 0U);
        return key;
    }
};

TEST_F(Derivation, IsTheOneThatARealOpTeeWithAZeroKeyMakes) {
    const Uuid festore = Uuid::from_fields(0xb7e89fc1, 0x5044, 0x431e, {0xb4, 0xc5, 0x9f, 0xb6, 0xae, 0x25, 0x64, 0x23});
    tee_->install(image_of(festore));
    EXPECT_EQ(key_of(festore, ""), "269498274e02f5cd6e8caf29618ee3b396819ad64df7e6c9598f9778018749e2");
}

TEST_F(Derivation, DependsOnTheTaTheExtraDataAndTheDevice) {
    const std::string key = key_of(kTa, "");
    EXPECT_EQ(key_of(kTa, ""), key);
    EXPECT_NE(key_of(kTa, "label"), key);
    EXPECT_NE(key_of(kOtherTa, ""), key);
    Config other;
    other.huk[0] = std::byte{1};
    restart(other);
    EXPECT_NE(key_of(kTa, ""), key);
}

TEST_F(Derivation, ChecksItsParameters) {
    EXPECT_EQ(with_shared([](char* shared) {
        std::array<char, 33> key{};
        EXPECT_EQ(derive("", key.data(), 16), TEE_SUCCESS);
        EXPECT_EQ(derive("", key.data(), 15), TEE_ERROR_BAD_PARAMETERS);
        EXPECT_EQ(derive("", key.data(), 33), TEE_ERROR_BAD_PARAMETERS);
        EXPECT_EQ(derive(std::string(1024, 'x'), key.data(), 32), TEE_SUCCESS);
        EXPECT_EQ(derive(std::string(1025, 'x'), key.data(), 32), TEE_ERROR_BAD_PARAMETERS);
        EXPECT_EQ(derive("", shared, 32), TEE_ERROR_SECURITY) << "a key must not go to the normal world";
    }), TEE_SUCCESS);
}

TEST_F(Derivation, IsAbsentWithoutThePseudoTa) {
    Config config;
    config.has_system_pta = false;
    restart(config);
    EXPECT_EQ(in_ta([] {
        std::array<char, 32> key{};
        EXPECT_EQ(derive("", key.data(), key.size()), TEE_ERROR_ITEM_NOT_FOUND);
    }), TEE_SUCCESS);
}

TEST_F(Derivation, SessionsAreHandlesLikeOthers) {
    static constexpr TEE_UUID pta = PTA_SYSTEM_UUID;
    EXPECT_EQ(in_ta([] {
        TEE_TASessionHandle session = TEE_HANDLE_NULL;
        EXPECT_EQ(TEE_OpenTASession(&pta, 0, 0, nullptr, &session, nullptr), TEE_SUCCESS);
    }), TEE_SUCCESS);
    EXPECT_EQ(tee_->ta_handles_open(kTa), 1U) << "a leak is visible";
    EXPECT_TRUE(panics([] {
        TEE_TASessionHandle session = TEE_HANDLE_NULL;
        TEE_OpenTASession(&pta, 0, 0, nullptr, &session, nullptr);
        TEE_CloseTASession(session);
        TEE_CloseTASession(session);
    }));
    EXPECT_TRUE(panics([] {
        TEE_TASessionHandle session = TEE_HANDLE_NULL;
        constexpr TEE_UUID other{1, 2, 3, {}};
        TEE_OpenTASession(&other, 0, 0, nullptr, &session, nullptr);
    })) << "another TA is not modelled";
    EXPECT_TRUE(panics([] {
        TEE_TASessionHandle session = TEE_HANDLE_NULL;
        TEE_OpenTASession(&pta, 0, 0, nullptr, &session, nullptr);
        TEE_InvokeTACommand(session, 0, 2, 0, nullptr, nullptr);
    })) << "nor another command";
}

}  // namespace
}  // namespace festore::sim
