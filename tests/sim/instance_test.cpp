// SPDX-License-Identifier: BSD-2-Clause
// Instances and sessions: their life, what a panic does to them, the heap's limit, counters, threads.
#include "tests/sim/harness.h"

#include <thread>

namespace festore::sim {
namespace {

class Instances : public SimTest {
protected:
    uint32_t run(uint32_t session, const std::function<void()>& work) {
        Params none;
        return invoke(session, none, [&](uint32_t, TEE_Param*) { return work(), TEE_SUCCESS; });
    }
    uint32_t answer(uint32_t session) {
        return run(session, [] {});
    }
};

TEST_F(Instances, OneServesAllSessionsAndEndsWithTheLast) {
    uint32_t a = 0;
    uint32_t b = 0;
    ASSERT_EQ(open(kTa, &a), TEE_SUCCESS);
    ASSERT_EQ(open(kTa, &b), TEE_SUCCESS);
    EXPECT_NE(a, b);
    TestTa& ta = TestTa::now();
    EXPECT_EQ(ta.created, 1);
    EXPECT_EQ(ta.opened, 2);
    tee_->close_session(a);
    tee_->close_session(a);
    EXPECT_EQ(ta.closed, 1);
    EXPECT_EQ(ta.destroyed, 0);
    EXPECT_EQ(answer(a), TEE_ERROR_BAD_PARAMETERS) << "a closed session";
    EXPECT_EQ(answer(b), TEE_SUCCESS);
    tee_->close_session(b);
    EXPECT_EQ(ta.destroyed, 1);
    ASSERT_EQ(open(kTa, &a), TEE_SUCCESS);
    EXPECT_EQ(ta.created, 2);
}

TEST_F(Instances, AreKeptAliveWhenTheTaSaysSo) {
    install(kUsualFlags | TA_FLAG_INSTANCE_KEEP_ALIVE);
    uint32_t session = 0;
    ASSERT_EQ(open(kTa, &session), TEE_SUCCESS);
    tee_->close_session(session);
    ASSERT_EQ(open(kTa, &session), TEE_SUCCESS);
    EXPECT_EQ(TestTa::now().created, 1);
    tee_->close_session(session);
    EXPECT_EQ(TestTa::now().destroyed, 0);
    tee_.reset();
    EXPECT_EQ(TestTa::now().destroyed, 1) << "it ends with the TEE";
}

TEST_F(Instances, ThatHaveEndedAreEnteredWhenATestAsksForIt) {
    TestTa& ta = TestTa::now();
    void* kept = nullptr;
    uint32_t session = 0;
    Faults faults;
    faults.enters_ended_instances = true;
    tee_->set_faults(faults);
    ASSERT_EQ(open(kTa, &session), TEE_SUCCESS);
    run(session, [&] { kept = TEE_Malloc(10, TEE_MALLOC_FILL_ZERO); });
    tee_->close_session(session);
    EXPECT_EQ(ta.destroyed, 1);
    ASSERT_EQ(open(kTa, &session), TEE_SUCCESS);
    EXPECT_EQ(ta.created, 1) << "not called again";
    EXPECT_EQ(run(session, [&] { TEE_Free(kept); }), TEE_SUCCESS) << "the same memory";
    tee_->close_session(session);
    EXPECT_EQ(ta.destroyed, 2);
    tee_->set_faults({});
    ASSERT_EQ(open(kTa, &session), TEE_SUCCESS);
    tee_->close_session(session);
    EXPECT_EQ(ta.created, 1) << "the ended instance still existed";
    ASSERT_EQ(open(kTa, &session), TEE_SUCCESS);
    EXPECT_EQ(ta.created, 2);
}

TEST_F(Instances, ThatCouldNotBeMadeAreEnteredWhenATestAsksForIt) {
    TestTa& ta = TestTa::now();
    Faults faults;
    faults.enters_ended_instances = true;
    tee_->set_faults(faults);
    ta.on_create = [] { return TEE_ERROR_GENERIC; };
    uint32_t session = 0;
    EXPECT_EQ(open(kTa, &session), TEE_ERROR_GENERIC);
    EXPECT_EQ(ta.opened, 0);
    EXPECT_EQ(open(kTa, &session), TEE_SUCCESS);
    EXPECT_EQ(ta.created, 1);
    EXPECT_EQ(ta.opened, 1);
}

TEST_F(Instances, HaveOneSessionWhenTheTaIsNotForSeveral) {
    install(TA_FLAG_SINGLE_INSTANCE);
    uint32_t a = 0;
    uint32_t b = 0;
    ASSERT_EQ(open(kTa, &a), TEE_SUCCESS);
    EXPECT_EQ(open(kTa, &b), TEE_ERROR_BUSY);
    tee_->close_session(a);
    EXPECT_EQ(open(kTa, &b), TEE_SUCCESS);
}

TEST_F(Instances, AnUnknownTaIsNotFound) {
    uint32_t session = 0;
    EXPECT_EQ(open(Uuid{}, &session), TEE_ERROR_ITEM_NOT_FOUND);
    EXPECT_EQ(origin_, TEE_ORIGIN_TEE);
}

TEST_F(Instances, ARefusedSessionIsNone) {
    TestTa::now().on_open = [] { return TEE_ERROR_ACCESS_DENIED; };
    uint32_t session = 0;
    EXPECT_EQ(open(kTa, &session), TEE_ERROR_ACCESS_DENIED);
    EXPECT_EQ(origin_, TEE_ORIGIN_TRUSTED_APP);
    EXPECT_EQ(TestTa::now().closed, 0) << "what was not opened is not closed";
    EXPECT_EQ(TestTa::now().destroyed, 1) << "the instance had no other session";
    TestTa::now() = {};
    TestTa::now().on_create = [] { return TEE_ERROR_OUT_OF_MEMORY; };
    EXPECT_EQ(open(kTa, &session), TEE_ERROR_OUT_OF_MEMORY);
    EXPECT_EQ(TestTa::now().opened, 0);
    EXPECT_EQ(TestTa::now().destroyed, 0);
}

TEST_F(Instances, APanicKillsAllSessionsOfTheTaAndNoOther) {
    uint32_t a = 0;
    uint32_t b = 0;
    uint32_t other = 0;
    ASSERT_EQ(open(kTa, &a), TEE_SUCCESS);
    ASSERT_EQ(open(kTa, &b), TEE_SUCCESS);
    ASSERT_EQ(open(kOtherTa, &other), TEE_SUCCESS);
    EXPECT_EQ(run(a, [] {
        EXPECT_NE(TEE_Malloc(1000, 0), nullptr);
        TEE_ObjectHandle key = TEE_HANDLE_NULL;
        TEE_OperationHandle operation = TEE_HANDLE_NULL;
        TEE_ObjectEnumHandle enumerator = TEE_HANDLE_NULL;
        EXPECT_EQ(TEE_AllocateTransientObject(TEE_TYPE_AES, 128, &key), TEE_SUCCESS);
        EXPECT_EQ(TEE_AllocateOperation(&operation, TEE_ALG_SHA256, TEE_MODE_DIGEST, 0), TEE_SUCCESS);
        EXPECT_EQ(TEE_AllocatePersistentObjectEnumerator(&enumerator), TEE_SUCCESS);
    }), TEE_SUCCESS);
    EXPECT_EQ(tee_->ta_heap_bytes_in_use(kTa), 1000U) << "a TA's leaks are visible";
    EXPECT_EQ(tee_->ta_handles_open(kTa), 3U);
    EXPECT_EQ(run(a, [] { TEE_Panic(7); }), TEE_ERROR_TARGET_DEAD);
    EXPECT_EQ(origin_, TEE_ORIGIN_TEE);
    EXPECT_EQ(tee_->ta_heap_bytes_in_use(kTa), 0U);
    EXPECT_EQ(tee_->ta_handles_open(kTa), 0U);
    EXPECT_EQ(answer(a), TEE_ERROR_TARGET_DEAD);
    EXPECT_EQ(answer(b), TEE_ERROR_TARGET_DEAD);
    EXPECT_EQ(answer(other), TEE_SUCCESS);
    tee_->close_session(a);
    EXPECT_EQ(TestTa::now().closed, 0) << "there is no TA to call";
    uint32_t fresh = 0;
    EXPECT_EQ(open(kTa, &fresh), TEE_SUCCESS);
    EXPECT_EQ(answer(fresh), TEE_SUCCESS);
    EXPECT_EQ(answer(b), TEE_ERROR_TARGET_DEAD) << "also while there is a new instance";
}

TEST_F(Instances, PanicsInOtherEntryPointsAreCaughtToo) {
    uint32_t session = 0;
    TestTa::now().on_create = []() -> uint32_t { TEE_Panic(1); };
    EXPECT_EQ(open(kTa, &session), TEE_ERROR_TARGET_DEAD);
    TestTa::now() = {};
    TestTa::now().on_open = []() -> uint32_t { TEE_Panic(1); };
    EXPECT_EQ(open(kTa, &session), TEE_ERROR_TARGET_DEAD);
    TestTa::now() = {};
    TestTa::now().on_close = [] { TEE_Panic(1); };
    ASSERT_EQ(open(kTa, &session), TEE_SUCCESS);
    tee_->close_session(session);
    EXPECT_EQ(TestTa::now().destroyed, 0) << "it had died before";
    TestTa::now() = {};
    TestTa::now().on_destroy = [] { TEE_Panic(1); };
    ASSERT_EQ(open(kTa, &session), TEE_SUCCESS);
    tee_->close_session(session);
    TestTa::now() = {};
    EXPECT_EQ(open(kTa, &session), TEE_SUCCESS);
    EXPECT_EQ(TestTa::now().created, 1);
}

TEST_F(Instances, TheHeapHasALimit) {
    EXPECT_EQ(in_ta([] {
        EXPECT_EQ(TEE_Malloc(kHeapBytes + 1, 0), nullptr);
        EXPECT_EQ(TEE_Malloc(SIZE_MAX, 0), nullptr);
        void* most = TEE_Malloc(kHeapBytes - 10, 0);
        ASSERT_NE(most, nullptr);
        EXPECT_EQ(TEE_Malloc(11, 0), nullptr);
        void* rest = TEE_Malloc(10, 0);
        EXPECT_NE(rest, nullptr);
        EXPECT_EQ(TEE_Realloc(rest, 11), nullptr) << "and the old memory stays";
        TEE_Free(most);
        TEE_Free(rest);
    }), TEE_SUCCESS);
    EXPECT_EQ(tee_->ta_heap_bytes_in_use(kTa), 0U);
    EXPECT_EQ(tee_->ta_heap_bytes_peak(kTa), kHeapBytes);
}

TEST_F(Instances, MemoryIsFilledOnlyWhenAskedAndKeepsItsContent) {
    EXPECT_EQ(in_ta([] {
        auto* zeroes = static_cast<char*>(TEE_Malloc(8, TEE_MALLOC_FILL_ZERO));
        EXPECT_EQ(std::string(zeroes, 8), std::string(8, '\0'));
        auto* anything = static_cast<char*>(TEE_Malloc(8, TEE_MALLOC_NO_FILL));
        EXPECT_NE(std::string(anything, 8), std::string(8, '\0')) << "a TA must not rely on zeroes";
        TEE_MemFill(zeroes, 0x141, 8);
        zeroes = static_cast<char*>(TEE_Realloc(zeroes, 100));
        EXPECT_EQ(std::string(zeroes, 8), "AAAAAAAA");
        EXPECT_NE(TEE_MemCompare(zeroes, anything, 8), 0);
        TEE_MemMove(anything, zeroes, 8);
        EXPECT_EQ(TEE_MemCompare(zeroes, anything, 8), 0);
        EXPECT_EQ(TEE_Malloc(8, 0x55), nullptr) << "an unknown hint";
        void* nothing = TEE_Malloc(0, 0);
        EXPECT_NE(nothing, nullptr);
        TEE_Free(nothing);
        TEE_Free(nullptr);
        TEE_Free(zeroes);
        TEE_Free(anything);
    }), TEE_SUCCESS);
    EXPECT_EQ(tee_->ta_heap_bytes_in_use(kTa), 0U);
    EXPECT_TRUE(panics([] { void* p = TEE_Malloc(8, 0); TEE_Free(p); TEE_Free(p); }));
    EXPECT_TRUE(panics([] { int local = 0; TEE_Free(&local); }));
    EXPECT_TRUE(panics([] { int local = 0; TEE_Realloc(&local, 8); }));
}

TEST_F(Instances, CallsAreCounted) {
    ASSERT_EQ(in_ta([] { create(TEE_STORAGE_PRIVATE, "a", "content"); }), TEE_SUCCESS);
    const Counters before = tee_->counters();
    EXPECT_EQ(before.ta_open_session, 1U);
    ASSERT_EQ(in_ta([] {
        TEE_ObjectHandle a = TEE_HANDLE_NULL;
        open_object(TEE_STORAGE_PRIVATE, "a", kAllAccess, &a);
        read_all(a);
        read_all(a);
        TEE_SeekObjectData(a, 0, TEE_DATA_SEEK_SET);
        TEE_WriteObjectData(a, "x", 1);
        TEE_TruncateObjectData(a, 1);
        TEE_RenamePersistentObject(a, "b", 1);
        TEE_CloseAndDeletePersistentObject1(a);
        content_of(TEE_STORAGE_PRIVATE, "missing");
        TEE_ObjectEnumHandle e = TEE_HANDLE_NULL;
        TEE_AllocatePersistentObjectEnumerator(&e);
        TEE_StartPersistentObjectEnumerator(e, TEE_STORAGE_PRIVATE);
        TEE_FreePersistentObjectEnumerator(e);
    }), TEE_SUCCESS);
    const Counters after = tee_->counters();
    EXPECT_EQ(after.ta_invoke - before.ta_invoke, 1U);
    EXPECT_EQ(after.storage_open - before.storage_open, 2U);
    EXPECT_EQ(after.storage_read - before.storage_read, 2U);
    EXPECT_EQ(after.storage_seek - before.storage_seek, 1U);
    EXPECT_EQ(after.storage_write - before.storage_write, 1U);
    EXPECT_EQ(after.storage_truncate - before.storage_truncate, 1U);
    EXPECT_EQ(after.storage_rename - before.storage_rename, 1U);
    EXPECT_EQ(after.storage_delete - before.storage_delete, 1U);
    EXPECT_EQ(after.storage_enumerate - before.storage_enumerate, 1U);
    EXPECT_EQ(after.storage_calls() - before.storage_calls(), 9U) << "a seek costs nothing";
}

TEST_F(Instances, ParameterTypesAreCheckedAndValuesGoBackByThem) {
    uint32_t session = 0;
    ASSERT_EQ(open(kTa, &session), TEE_SUCCESS);
    const auto nothing = [](uint32_t, TEE_Param*) { return TEE_SUCCESS; };
    for (const uint32_t types : {4U, 8U, 0xF000U, 0x10000U}) {
        Params bad;
        bad.types = types;
        EXPECT_EQ(invoke(session, bad, nothing), TEE_ERROR_BAD_PARAMETERS) << types;
        uint32_t unused = 0;
        EXPECT_EQ(tee_->open_session(kTa, {}, bad, &unused, &origin_), TEE_ERROR_BAD_PARAMETERS) << types;
    }
    std::array<char, 16> buffer{};
    Params params;
    params.types = TEE_PARAM_TYPES(TEE_PARAM_TYPE_VALUE_INPUT, TEE_PARAM_TYPE_VALUE_OUTPUT, TEE_PARAM_TYPE_VALUE_INOUT,
                                   TEE_PARAM_TYPE_MEMREF_OUTPUT);
    params.values = {Param{nullptr, 0, 1, 2}, Param{nullptr, 0, 3, 4}, Param{nullptr, 0, 5, 6},
                     Param{buffer.data(), buffer.size(), 0, 0}};
    EXPECT_EQ(invoke(session, params, [&](uint32_t types, TEE_Param* p) {
        EXPECT_EQ(types, params.types);
        EXPECT_EQ(p[0].value.a, 1U);
        EXPECT_EQ(p[1].value.a, 0U) << "an output comes empty";
        EXPECT_EQ(p[2].value.b, 6U);
        EXPECT_EQ(p[3].memref.buffer, buffer.data());
        EXPECT_EQ(p[3].memref.size, 16U);
        for (int i = 0; i < 3; ++i) p[i].value = {70, 80};
        p[3].memref.size = 1000;
        return TEE_ERROR_SHORT_BUFFER;
    }), TEE_ERROR_SHORT_BUFFER);
    EXPECT_EQ(origin_, TEE_ORIGIN_TRUSTED_APP);
    EXPECT_EQ(params.values[0].a, 1U);
    EXPECT_EQ(params.values[1].a, 70U);
    EXPECT_EQ(params.values[2].b, 80U);
    EXPECT_EQ(params.values[3].size, 1000U);
    tee_->close_session(session);
}

TEST_F(Instances, CallsOfSeveralThreadsFollowOneAnother) {
    uint32_t session = 0;
    ASSERT_EQ(open(kTa, &session), TEE_SUCCESS);
    int inside = 0;
    int total = 0;
    TestTa::now().work = [&](uint32_t, TEE_Param*) {
        EXPECT_EQ(++inside, 1);
        ++total;
        std::this_thread::yield();
        --inside;
        return TEE_SUCCESS;
    };
    const auto call = [&] {
        for (int i = 0; i < 200; ++i) {
            Params none;
            uint32_t origin = 0;
            EXPECT_EQ(tee_->invoke(session, 1, none, &origin), TEE_SUCCESS);
        }
    };
    std::thread a(call);
    std::thread b(call);
    a.join();
    b.join();
    EXPECT_EQ(total, 400);
    tee_->close_session(session);
}

using InstancesDeathTest = Instances;

TEST_F(InstancesDeathTest, WhatIsNotModelledIsRefusedLoudly) {
    EXPECT_DEATH(tee_->install(image_of(kTa, TA_FLAG_MULTI_SESSION)), "not modelled");
    EXPECT_DEATH(tee_->install(image_of(kTa, kUsualFlags | 1U << 8)), "not modelled");
    EXPECT_DEATH(TEE_Malloc(1, 0), "outside of a TA");
}

}  // namespace
}  // namespace festore::sim
