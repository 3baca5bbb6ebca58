// SPDX-License-Identifier: BSD-2-Clause
// A TA compiled for API 1.1 sizes and without exceptions (tests/sim/ta_1_1.cpp), compared with the same work done in API 1.3.
#include "tests/sim/harness.h"

#include <algorithm>
#include <cstring>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

extern "C" bool ta_1_1_cleaned_up;

namespace festore::sim {
namespace {

constexpr Uuid kOldTa = Uuid::from_fields(0x33333333, 0, 0, {});

TaImage old_image() {
    TaImage image = image_of(kOldTa);
    image.api_1_1 = true;
    image.create = TA_CreateEntryPoint;
    image.destroy = TA_DestroyEntryPoint;
    image.open_session = [](uint32_t types, void* params, void** context) -> uint32_t {
        return __GP11_TA_OpenSessionEntryPoint(types, static_cast<__GP11_TEE_Param*>(params), context);
    };
    image.close_session = TA_CloseSessionEntryPoint;
    image.invoke_command = [](void* context, uint32_t command, uint32_t types, void* params) -> uint32_t {
        return __GP11_TA_InvokeCommandEntryPoint(context, command, types, static_cast<__GP11_TEE_Param*>(params));
    };
    return image;
}

class Api11 : public SimTest {
protected:
    void SetUp() override {
        tee_->install(old_image());
        ASSERT_EQ(open(kOldTa, &session_), TEE_SUCCESS);
    }
    uint32_t call(uint32_t command, std::string input, std::string& output) {
        Params params;
        params.types = TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT, TEE_PARAM_TYPE_MEMREF_OUTPUT, 0U, 0U);
        params.values[0] = {input.data(), input.size(), 0, 0};
        params.values[1] = {output.data(), output.size(), 0, 0};
        const uint32_t result = tee_->invoke(session_, command, params, &origin_);
        output.resize(std::min(output.size(), params.values[1].size));
        return result;
    }
    uint32_t session_ = 0;
};

TEST_F(Api11, StoresReadsAndLists) {
    std::string output(100, '\0');
    ASSERT_EQ(call(0, "content", output), TEE_SUCCESS);
    EXPECT_EQ(output, "conten!") << "overwritten and truncated";
    EXPECT_EQ(tee_->ta_handles_open(kOldTa), 0U);
    EXPECT_EQ(tee_->ta_heap_bytes_in_use(kOldTa), 0U);
}

TEST_F(Api11, ComputesTheSame) {
    const std::string input = "some input";
    const std::string secret = "0123456789abcdef0123456789abcdef";
    std::string output(200, '\0');
    ASSERT_EQ(call(1, input, output), TEE_SUCCESS);
    ASSERT_EQ(output.size(), 64 + input.size() + 16 + 32);
    const auto* in = reinterpret_cast<const unsigned char*>(input.data());
    std::string expected(64, '\0');
    auto* out = reinterpret_cast<unsigned char*>(expected.data());
    SHA256(in, input.size(), out);
    HMAC(EVP_sha256(), secret.data(), 32, in, input.size(), out + 32, nullptr);
    EXPECT_EQ(output.substr(0, 64), expected);

    const std::string text = output.substr(64, input.size());
    std::string tag = output.substr(64 + input.size(), 16);
    std::string key_bytes = output.substr(80 + input.size());
    std::string back(input.size(), '\0');
    EXPECT_EQ(in_ta([&] {
        TEE_OperationHandle o = TEE_HANDLE_NULL;
        TEE_ObjectHandle key = TEE_HANDLE_NULL;
        TEE_Attribute attribute{};
        TEE_AllocateOperation(&o, TEE_ALG_AES_GCM, TEE_MODE_DECRYPT, 256);
        TEE_AllocateTransientObject(TEE_TYPE_AES, 256, &key);
        TEE_InitRefAttribute(&attribute, TEE_ATTR_SECRET_VALUE, secret.data(), 32);
        TEE_PopulateTransientObject(key, &attribute, 1);
        TEE_SetOperationKey(o, key);
        TEE_AEInit(o, secret.data(), 12, 128, 0, 0);
        size_t size = back.size();
        EXPECT_EQ(TEE_AEDecryptFinal(o, text.data(), text.size(), back.data(), &size, tag.data(), 16), TEE_SUCCESS);
        TEE_FreeOperation(o);
        TEE_FreeTransientObject(key);
    }), TEE_SUCCESS);
    EXPECT_EQ(back, input);
    EXPECT_NE(key_bytes, std::string(32, '\0'));
}

TEST_F(Api11, APanicLeavesTheTasFramesWithoutRunningThem) {
    std::string output;
    EXPECT_EQ(call(2, "", output), TEE_ERROR_TARGET_DEAD);
    EXPECT_FALSE(ta_1_1_cleaned_up);
    ASSERT_EQ(open(kOldTa, &session_), TEE_SUCCESS) << "a new instance starts";
    output.resize(100);
    EXPECT_EQ(call(0, "content", output), TEE_SUCCESS);
    EXPECT_EQ(call(2, "x", output), TEE_SUCCESS);
    EXPECT_TRUE(ta_1_1_cleaned_up) << "destructors run if the TA does not panic";
}

}  // namespace
}  // namespace festore::sim
