// SPDX-License-Identifier: BSD-2-Clause
// A client written to the first demo's contract: public login, command 0, an id and 7000 bytes, no library of ours.
#include "tests/conformance/fixture.h"

namespace festore::conformance {
namespace {

class Demo : public Conformance {};

TEST_P(Demo, ItsClientStoresWhatFestoreReads) {
    if (GetParam() != Storage::ree) GTEST_SKIP() << "skipped: the demo stored in the TEE's default storage only";
    const TeecFunctions& tee = backend().functions();
    TEEC_Context context{};
    ASSERT_EQ(tee.initialize_context(nullptr, &context), TEEC_SUCCESS);
    const TEEC_UUID ta{0xb7e89fc1, 0x5044, 0x431e, {0xb4, 0xc5, 0x9f, 0xb6, 0xae, 0x25, 0x64, 0x23}};
    TEEC_Session session{};
    uint32_t origin = 0;
    ASSERT_EQ(tee.open_session(&context, &session, &ta, TEEC_LOGIN_PUBLIC, nullptr, nullptr, &origin), TEEC_SUCCESS);
    std::string id = "object#1";
    Content data(7000, std::byte{0x42});
    TEEC_Operation operation{};
    operation.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_INPUT, TEEC_MEMREF_TEMP_INPUT, TEEC_NONE, TEEC_NONE);
    operation.params[0].tmpref = {id.data(), id.size()};
    operation.params[1].tmpref = {data.data(), data.size()};
    EXPECT_EQ(tee.invoke_command(&session, 0, &operation, &origin), TEEC_SUCCESS);
    tee.close_session(&session);
    tee.finalize_context(&context);

    Client everybody = connect(Owner::everybody());
    EXPECT_EQ(everybody.get("object#1").value_or(Content{}), data);
    EXPECT_EQ(names(everybody), std::vector<std::string>{"object#1"});
    Client own = connect();
    EXPECT_EQ(code("get from a user's space", own.get("object#1")), kNotFound);
    EXPECT_EQ(code("remove", everybody.remove("object#1")), 0);
}

INSTANTIATE_TEST_SUITE_P(Storage, Demo, testing::ValuesIn(storages()),
                         [](const auto& parameter) { return name_of(parameter.param); });

}  // namespace
}  // namespace festore::conformance
