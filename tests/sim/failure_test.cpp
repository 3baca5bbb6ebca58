// SPDX-License-Identifier: BSD-2-Clause
// What follows a failure: handles that must not be used again (rule 2), results that panic, injected faults, panics.
#include "tests/sim/harness.h"

namespace festore::sim {
namespace {

class Failures : public SimTest {
protected:
    explicit Failures(const Config& config = {}, uint32_t flags = kUsualFlags) : SimTest(config, flags) {}
    void SetUp() override {
        ASSERT_EQ(in_ta([] { create(TEE_STORAGE_PRIVATE, "a", "content"); }), TEE_SUCCESS);
    }
    void fail_call(uint64_t n, uint32_t code) {
        Faults faults;
        faults.storage = n;
        faults.storage_code = code;
        tee_->set_faults(faults);
    }
    static TEE_ObjectHandle opened(uint32_t flags = kAllAccess) {
        TEE_ObjectHandle object = TEE_HANDLE_NULL;
        EXPECT_EQ(open_object(TEE_STORAGE_PRIVATE, "a", flags, &object), TEE_SUCCESS);
        return object;
    }
};

// Rule 2, OP-TEE since 4.10.
TEST_F(Failures, AHandleThatFailedDeletesTheIntactObject) {
    EXPECT_EQ(in_ta([&] {
        TEE_ObjectHandle object = opened();
        fail_call(1, TEE_ERROR_STORAGE_NOT_AVAILABLE);
        EXPECT_EQ(TEE_WriteObjectData(object, "X", 1), TEE_ERROR_STORAGE_NOT_AVAILABLE);
        EXPECT_EQ(TEE_WriteObjectData(object, "X", 1), TEE_ERROR_CORRUPT_OBJECT) << "the same handle again";
        EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "a"), error(TEE_ERROR_ITEM_NOT_FOUND));
    }), TEE_SUCCESS);
    EXPECT_EQ(tee_->ta_handles_open(kTa), 0U) << "the TEE closed it";
}

TEST_F(Failures, AHandleThatFailedAndIsOpenedAfreshIsFine) {
    EXPECT_EQ(in_ta([&] {
        TEE_ObjectHandle object = opened();
        fail_call(1, TEE_ERROR_STORAGE_NOT_AVAILABLE);
        std::array<char, 8> buffer{};
        size_t count = 0;
        EXPECT_EQ(TEE_ReadObjectData(object, buffer.data(), buffer.size(), &count), TEE_ERROR_STORAGE_NOT_AVAILABLE);
        TEE_CloseObject(object);
        EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "a"), "content");
    }), TEE_SUCCESS);
}

TEST_F(Failures, AFoundDamageClosesTheHandleSoThatClosingItPanics) {
    EXPECT_TRUE(panics([&] {
        TEE_ObjectHandle object = opened();
        fail_call(1, TEE_ERROR_CORRUPT_OBJECT);
        EXPECT_EQ(read_all(object), error(TEE_ERROR_CORRUPT_OBJECT));
        TEE_CloseObject(object);
    }));
    EXPECT_EQ(in_ta([] { EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "a"), error(TEE_ERROR_ITEM_NOT_FOUND)); }), TEE_SUCCESS);
}

TEST_F(Failures, ASecondHandleOfAnObjectFoundDamagedIsNotModelled) {
    EXPECT_TRUE(panics([&] {
        const uint32_t shared = kReadWrite | TEE_DATA_FLAG_SHARE_READ | TEE_DATA_FLAG_SHARE_WRITE;
        TEE_ObjectHandle first = opened(shared);
        TEE_ObjectHandle second = opened(shared);
        fail_call(1, TEE_ERROR_CORRUPT_OBJECT);
        EXPECT_EQ(read_all(first), error(TEE_ERROR_CORRUPT_OBJECT));
        TEE_WriteObjectData(second, "X", 1);
    }));
}

class KeepingHandles : public Failures {
protected:
    KeepingHandles() : Failures({}, kUsualFlags | TA_FLAG_DONT_CLOSE_HANDLE_ON_CORRUPT_OBJECT) {}
};

TEST_F(KeepingHandles, AFoundDamageLeavesTheHandleOpenWhenTheTaSaysSo) {
    EXPECT_EQ(in_ta([&] {
        TEE_ObjectHandle object = opened();
        fail_call(1, TEE_ERROR_CORRUPT_OBJECT);
        EXPECT_EQ(read_all(object), error(TEE_ERROR_CORRUPT_OBJECT));
        EXPECT_EQ(read_all(object), error(TEE_ERROR_CORRUPT_OBJECT));
        TEE_CloseObject(object);
        EXPECT_EQ(create(TEE_STORAGE_PRIVATE, "a", "new"), TEE_SUCCESS);
    }), TEE_SUCCESS);
}

class OldTee : public Failures {
protected:
    static Config old() {
        Config config;
        config.crashes_on_failed_handle = true;
        return config;
    }
    OldTee() : Failures(old()) {}
};

// Rule 2, OP-TEE before 4.10.
TEST_F(OldTee, AHandleThatFailedTakesTheWholeTeeDown) {
    uint32_t other = 0;
    ASSERT_EQ(open(kOtherTa, &other), TEE_SUCCESS);
    EXPECT_EQ(in_ta([&] {
        TEE_ObjectHandle object = opened();
        fail_call(1, TEE_ERROR_STORAGE_NO_SPACE);
        EXPECT_EQ(TEE_WriteObjectData(object, "X", 1), TEE_ERROR_STORAGE_NO_SPACE);
        TEE_WriteObjectData(object, "X", 1);
        ADD_FAILURE() << "the TEE is gone";
    }), TEE_ERROR_COMMUNICATION);
    Params none;
    EXPECT_EQ(invoke(other, none, [](uint32_t, TEE_Param*) { return TEE_SUCCESS; }), TEE_ERROR_COMMUNICATION);
    EXPECT_EQ(origin_, TEE_ORIGIN_COMMS);
    EXPECT_EQ(open(kOtherTa, &other), TEE_ERROR_COMMUNICATION);
}

TEST_F(Failures, TheNthCallThatCanFailSoDoes) {
    EXPECT_EQ(in_ta([&] {
        fail_call(2, TEE_ERROR_STORAGE_NO_SPACE);
        EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "a"), "content") << "opening and reading never report no space";
        EXPECT_EQ(create(TEE_STORAGE_PRIVATE, "b", ""), TEE_SUCCESS);
        EXPECT_EQ(create(TEE_STORAGE_PRIVATE, "c", ""), TEE_ERROR_STORAGE_NO_SPACE);
        EXPECT_EQ(create(TEE_STORAGE_PRIVATE, "c", ""), TEE_SUCCESS) << "only once";
        fail_call(1, TEE_ERROR_OUT_OF_MEMORY);
        EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "a"), error(TEE_ERROR_OUT_OF_MEMORY));
    }), TEE_SUCCESS);
}

TEST_F(Failures, ADeletionThatFailsClosesTheHandleAllTheSame) {
    EXPECT_EQ(in_ta([&] {
        const TEE_ObjectHandle object = opened();
        fail_call(1, TEE_ERROR_STORAGE_NOT_AVAILABLE);
        EXPECT_EQ(TEE_CloseAndDeletePersistentObject1(object), TEE_ERROR_STORAGE_NOT_AVAILABLE);
    }), TEE_SUCCESS);
    EXPECT_EQ(tee_->ta_handles_open(kTa), 0U);
    EXPECT_EQ(in_ta([] { EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "a"), "content"); }), TEE_SUCCESS);
}

TEST_F(Failures, AnInjectedPanicIsOne) {
    Faults faults;
    faults.storage = 2;
    faults.panic_on_storage = true;
    tee_->set_faults(faults);
    int calls = 0;
    EXPECT_TRUE(panics([&] {
        for (; calls < 10; ++calls) content_of(TEE_STORAGE_PRIVATE, "a");
    }));
    EXPECT_EQ(calls, 0) << "at the first read";
}

TEST_F(Failures, TheNthAllocationGivesNothing) {
    EXPECT_EQ(in_ta([&] {
        Faults faults;
        const std::function<bool()> allocations[] = {
            [] { void* p = TEE_Malloc(1, 0); TEE_Free(p); return p != nullptr; },
            [] { void* p = TEE_Realloc(nullptr, 1); TEE_Free(p); return p != nullptr; },
            [] { return create(TEE_STORAGE_PRIVATE, "a", "", TEE_DATA_FLAG_OVERWRITE) == TEE_SUCCESS; },
            [] { return content_of(TEE_STORAGE_PRIVATE, "a").empty(); },
            [] {
                TEE_OperationHandle o = TEE_HANDLE_NULL;
                const bool made = TEE_AllocateOperation(&o, TEE_ALG_SHA256, TEE_MODE_DIGEST, 0) == TEE_SUCCESS;
                TEE_FreeOperation(o);
                return made;
            },
            [] {
                TEE_ObjectHandle o = TEE_HANDLE_NULL;
                const bool made = TEE_AllocateTransientObject(TEE_TYPE_AES, 128, &o) == TEE_SUCCESS;
                TEE_FreeTransientObject(o);
                return made;
            },
        };
        for (uint64_t failing = 1; failing <= std::size(allocations); ++failing) {
            faults.allocation = failing;
            tee_->set_faults(faults);
            for (uint64_t i = 1; i <= std::size(allocations); ++i)
                EXPECT_EQ(allocations[i - 1](), i != failing) << i << " when " << failing << " fails";
        }
    }), TEE_SUCCESS);
    EXPECT_EQ(tee_->ta_handles_open(kTa), 0U);
    EXPECT_EQ(tee_->ta_heap_bytes_in_use(kTa), 0U);
}

TEST_F(Failures, InputsAreScribbledOverAtEachCallIntoTheTee) {
    std::string input = "input";
    std::string both = "both";
    std::string output = "output";
    Params params;
    params.types = TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT, TEE_PARAM_TYPE_MEMREF_INOUT, TEE_PARAM_TYPE_MEMREF_OUTPUT,
                                   TEE_PARAM_TYPE_MEMREF_INPUT);
    params.values[0] = {input.data(), input.size(), 0, 0};
    params.values[1] = {both.data(), both.size(), 0, 0};
    params.values[2] = {output.data(), output.size(), 0, 0};
    Faults faults;
    faults.scribbles_over_inputs = true;
    tee_->set_faults(faults);
    uint32_t session = 0;
    ASSERT_EQ(open(kTa, &session), TEE_SUCCESS);
    EXPECT_EQ(invoke(session, params, [&](uint32_t, TEE_Param* p) {
        EXPECT_EQ(input, "input") << "as it was sent, until the first call";
        std::string copy(5, '.');
        TEE_MemMove(copy.data(), p[0].memref.buffer, 5);
        EXPECT_EQ(copy, "input") << "the bytes are moved before they are overwritten";
        const std::string after_move = input;
        EXPECT_NE(after_move, "input");
        TEE_Free(TEE_Malloc(1, 0));
        EXPECT_NE(input, after_move) << "different bytes each time";
        EXPECT_NE(both, "both");
        EXPECT_EQ(output, "output");
        return TEE_SUCCESS;
    }), TEE_SUCCESS);
    tee_->set_faults({});
    tee_->close_session(session);
}

TEST_F(Failures, MemoryThatIsFreedWithSomethingInItIsCounted) {
    EXPECT_EQ(in_ta([] {
        TEE_Free(TEE_Malloc(10, TEE_MALLOC_FILL_ZERO));
        TEE_Free(nullptr);
        void* memory = TEE_Malloc(10, TEE_MALLOC_FILL_ZERO);
        TEE_MemFill(static_cast<char*>(memory) + 9, 1, 1);
        TEE_Free(memory);
    }), TEE_SUCCESS);
    EXPECT_EQ(tee_->ta_frees_unwiped(kTa), 1U);
}

TEST_F(Failures, TheStorageCanBeLookedAtAndChangedBehindTheTa) {
    ASSERT_EQ(tee_->stored_ids(TEE_STORAGE_PRIVATE_REE, kTa).size(), 1U);
    EXPECT_EQ(text_of(tee_->stored_object(TEE_STORAGE_PRIVATE_REE, kTa, bytes_of("a")).value()), "content");
    EXPECT_FALSE(tee_->stored_object(TEE_STORAGE_PRIVATE_REE, kOtherTa, bytes_of("a")));
    EXPECT_TRUE(tee_->store_object(TEE_STORAGE_PRIVATE_REE, kTa, bytes_of("b"), bytes_of("forged")));
    EXPECT_EQ(in_ta([] { EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "b"), "forged"); }), TEE_SUCCESS);
    tee_->damage_object(TEE_STORAGE_PRIVATE_REE, kTa, bytes_of("b"));
    tee_->damage_object(TEE_STORAGE_PRIVATE_REE, kTa, bytes_of("b"));
    EXPECT_EQ(in_ta([] {
        EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "b"), error(TEE_ERROR_CORRUPT_OBJECT));
        EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "b"), error(TEE_ERROR_ITEM_NOT_FOUND));
        EXPECT_EQ(create(TEE_STORAGE_PRIVATE, "b", "anew"), TEE_SUCCESS);
        EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "b"), "anew");
        EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "a"), "content");
    }), TEE_SUCCESS);
}

}  // namespace
}  // namespace festore::sim
