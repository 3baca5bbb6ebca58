// SPDX-License-Identifier: BSD-2-Clause
// A client that follows the first demo's contract: public login, command 0, an id and 7000 bytes, without our library.
#include "tests/conformance/fixture.h"

namespace festore::conformance {
namespace {

class Demo : public Conformance {
protected:
    // The result of command 0; TEEC_ERROR_GENERIC if no session could be opened.
    static uint32_t store_as_the_demo(std::string id, Content data) {
        const TeecFunctions& tee = backend().functions();
        TEEC_Context context{};
        if (tee.initialize_context(nullptr, &context) != TEEC_SUCCESS) return TEEC_ERROR_GENERIC;
        const TEEC_UUID ta{0xb7e89fc1, 0x5044, 0x431e, {0xb4, 0xc5, 0x9f, 0xb6, 0xae, 0x25, 0x64, 0x23}};
        TEEC_Session session{};
        uint32_t origin = 0;
        uint32_t result = TEEC_ERROR_GENERIC;
        if (tee.open_session(&context, &session, &ta, TEEC_LOGIN_PUBLIC, nullptr, nullptr, &origin) == TEEC_SUCCESS) {
            TEEC_Operation operation{};
            operation.paramTypes =
                TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_INPUT, TEEC_MEMREF_TEMP_INPUT, TEEC_NONE, TEEC_NONE);
            operation.params[0].tmpref = {id.data(), id.size()};
            operation.params[1].tmpref = {data.data(), data.size()};
            result = tee.invoke_command(&session, 0, &operation, &origin);
            tee.close_session(&session);
        }
        tee.finalize_context(&context);
        return result;
    }
};

TEST_P(Demo, ItsClientStoresWhatFestoreReads) {
    if (GetParam() != Storage::ree) GTEST_SKIP() << "skipped: the demo stored in the TEE's default storage only";
    Content data(7000, std::byte{0x42});
    EXPECT_EQ(store_as_the_demo("object#1", data), TEEC_SUCCESS);

    Client anybody = connect(Owner::public_());
    EXPECT_EQ(anybody.get("object#1").value_or(Content{}), data);
    EXPECT_EQ(names(anybody), std::vector<std::string>{"object#1"});
    Client own = connect();
    EXPECT_EQ(code("get from a user's space", own.get("object#1")), kNotFound);
    EXPECT_EQ(code("remove", anybody.remove("object#1")), 0);
}

// The library would not send this, so the test checks the trusted application's own limit.
TEST_P(Demo, ItsClientMayNotStoreMoreThanOthers) {
    if (GetParam() != Storage::ree) GTEST_SKIP() << "skipped: the demo stored in the TEE's default storage only";
    constexpr uint32_t kLimitExceeded = 0x80FE0004;  // docs/protocol.md
    constexpr size_t kLimit = 512 * 1024;
    EXPECT_EQ(store_as_the_demo("large", Content(kLimit + 1)), kLimitExceeded);
    Client anybody = connect(Owner::public_());
    EXPECT_EQ(code("get", anybody.get("large")), kNotFound);
}

INSTANTIATE_TEST_SUITE_P(Storage, Demo, testing::ValuesIn(storages()),
                         [](const auto& parameter) { return name_of(parameter.param); });

}  // namespace
}  // namespace festore::conformance
